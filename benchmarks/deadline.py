"""From a deadline to the first line of its flow: how late a run begins that was due at a moment.

The flow notes the moment itself. The peer in the same run is Prefect's own floor: an empty flow
that imports nothing, served by the same process, its runs in turn with those of `reminders`.
Each run is a process of its own, so most of it is imports.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from datetime import timedelta
from os import getloadavg
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.first_line import NOTED, noted
from dondoc.environment import environment
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import free_port, stop
from flows.timers import api_url
from models.child import start
from models.clock import now
from models.database import database

RUNS = 30
AHEAD = timedelta(seconds=5)  # one run at a time, whatever else the machine does
NAMES = ("reminders", "empty")


async def serve() -> None:
    """Serves both flows as `deployments.serve` does its own."""
    from prefect import aserve

    from benchmarks.first_line_empty import empty
    from benchmarks.first_line_reminders import reminders

    served: list[Any] = [
        await found.ato_deployment(name=found.name) for found in (reminders, empty)
    ]
    await aserve(*served, limit=4, pause_on_shutdown=False)


async def measure(runs: int, file: Path) -> dict[str, list[float]]:
    """Seconds from the moment a run was due to the first line of its flow, by flow."""
    from prefect.client.orchestration import get_client
    from prefect.states import Scheduled

    async with get_client() as client:
        while len(known := await _known(client)) < len(NAMES):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        late: dict[str, list[float]] = {name: [] for name in NAMES}
        for number in range(runs * len(NAMES)):
            name, due = NAMES[number % len(NAMES)], now() + AHEAD
            state: Any = Scheduled(scheduled_time=due)
            made = await client.create_flow_run_from_deployment(known[name], state=state)
            while (found := noted(file).get(str(made.id))) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            late[name].append(found - due.timestamp())
    return late


async def _known(client: Any) -> dict[str, Any]:
    return {found.name: found.id for found in await client.read_deployments()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--serve", action="store_true", help="what the benchmark starts itself")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    with tempfile.TemporaryDirectory() as name:
        found = _measured_in(Path(name), given.runs)
    _tell(found)


def _measured_in(folder: Path, runs: int) -> dict[str, list[float]]:
    home, port, file = folder / "prefect", free_port(), folder / "noted"
    with environment({"DONDOC_DATA": str(folder), NOTED: str(file)}):
        with database().read():
            pass  # its tables are made once, and not by the first run
        with prefect_server(home, port) as server:
            wait_until_ready(server, api_url(port), home / "server.log")
            command = [sys.executable, "-m", "benchmarks.deadline", "--serve"]
            process = start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                return asyncio.run(measure(runs, file))
            finally:
                stop(process)


def _tell(found: dict[str, list[float]]) -> None:
    for name, seconds in found.items():
        tenth = quantiles(seconds, n=10)
        print(
            f"{name:10} {len(seconds)} runs: p10 {tenth[0]:.1f} s, median {median(seconds):.1f} s, "
            f"p90 {tenth[-1]:.1f} s, most {max(seconds):.1f} s"
        )
    ratio = median(found["reminders"]) / median(found["empty"])
    print(f"reminders / empty {ratio:.2f}; load {getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
