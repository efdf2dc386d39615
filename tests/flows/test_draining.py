"""Serving flows ends without cutting off what runs."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound

from models.child import start

ROOT = Path(__file__).parents[2]

SERVED = """
import asyncio, sys
from pathlib import Path
from prefect import flow
from deployments.draining import serve

@flow
async def slow(begun: str, go_on: str) -> None:
    Path(begun).touch()
    while not Path(go_on).exists():
        await asyncio.sleep(0.05)

async def main():
    await serve([await slow.ato_deployment(name="slow")], 2)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_a_run_under_way_ends_well(
    prefect: str, prefect_home: Path, tmp_path: Path, no_runs: None
) -> None:
    script, begun, go_on = (tmp_path / name for name in ("served.py", "begun", "go-on"))
    script.write_text(SERVED, "utf-8")
    process = start(
        [sys.executable, str(script)],
        env={**_environment(prefect, prefect_home), "PREFECT_RUNNER_POLL_FREQUENCY": "1"},
    )
    try:
        async with get_client() as client:
            deployment = await _deployment(client)
            run = await client.create_flow_run_from_deployment(
                deployment, parameters={"begun": str(begun), "go_on": str(go_on)}
            )
            await _until(begun.exists)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(1)
            assert process.poll() is None  # it waits for the run
            go_on.touch()
            assert await asyncio.to_thread(process.wait, 60) == 0
            ended = await client.read_flow_run(run.id)
            assert ended.state is not None
            assert ended.state.type is StateType.COMPLETED
            await client.delete_deployment(deployment)
    finally:
        process.kill()


def _environment(api: str, home: Path) -> dict[str, str]:
    return {
        **os.environ, "PREFECT_API_URL": api, "PREFECT_HOME": str(home), "PYTHONPATH": str(ROOT),
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }  # fmt: skip


async def _deployment(client: PrefectClient) -> UUID:
    """The identity of what is served, once it is."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        with suppress(ObjectNotFound):
            return (await client.read_deployment_by_name("slow/slow")).id
        await asyncio.sleep(0.2)
    raise TimeoutError


async def _until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not met():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
