"""The cost of reconcile at 100, 1,000 and 10,000 live rounds, of eight timers each.

Nothing to do, one timer in a hundred lost, everything to be made. The peer in the same run is
Prefect's own floor: reading the same runs page by page, creating as many by its bulk request, with
a plain client and nothing else.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from os import getloadavg
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from dondoc.environment import environment
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import free_port
from flows.timers import api_url
from models.clock import now
from models.database import database
from models.directive import Directive
from models.round import Round
from models.status import day_of
from models.words import Stage
from tests.tasks.office import OFFICE, SO_A, a_file, issue, know

ROUNDS = (100, 1_000)
A_DIRECTIVE = 20  # rounds
YEARS_AHEAD = 7
LOST = 100  # one timer of so many


def fill(rounds: int) -> None:
    """Directives of twenty rounds over seven years from next month on."""
    with database().write() as session:
        know(session, OFFICE, SO_A)
        for number in range(-(-rounds // A_DIRECTIVE)):
            issue(session, a_file(f"kl-{number + 1}", rounds=[]))
        owners = list(session.scalars(sa.select(col(Directive.id)).order_by(col(Directive.id))))
        begin = day_of(now()) + timedelta(days=30)
        session.connection().execute(
            sa.insert(Round), [_row(owners, number, begin) for number in range(rounds)]
        )


def _row(owners: list[int | None], number: int, begin: date) -> dict[str, Any]:
    opens = begin + timedelta(days=(number * 37) % (YEARS_AHEAD * 365))
    return {
        "directive_id": owners[number // A_DIRECTIVE], "code": f"ky-{number % A_DIRECTIVE}",
        "series": "ky", "stage": Stage.REPORTING, "title": "Báo cáo", "asks": "Báo cáo.",
        "opens": opens, "due": opens + timedelta(days=30), "closes": opens + timedelta(days=40),
        "by_level": {}, "ladder": None, "reason": [], "binding": True,
    }  # fmt: skip


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = await work()
    return time.perf_counter() - begun, found


async def measure(rounds: int) -> None:
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    from flows.reconcile import _deployments, bring_about
    from tasks import scheduling
    from tasks.reconciling import Now

    def reconcile() -> Awaitable[Any]:
        return bring_about(Now(now(), now()))

    async with get_client() as client:
        deployments = await _deployments(client)
        made, found = await timed(reconcile)
        timers = len(found.missing)
        quiet, nothing = await timed(reconcile)
        assert timers
        assert not nothing.missing
        paged, runs = await timed(lambda: scheduling.scheduled_runs(client))
        assert len(runs) == timers
        for run in runs[::LOST]:
            await client.set_flow_run_state(run.id, Crashed(), force=True)
        lost, found = await timed(reconcile)
        assert len(found.lost) == len(runs[::LOST])
        plain, _none = await timed(lambda: bare(client, deployments["reminders"], timers))
    print(f"{rounds} live rounds, {timers} timers, load {getloadavg()[0]:.1f}")
    print(f"  nothing to do {quiet:8.2f} s; read page by page {paged:8.2f} s: {quiet / paged:.2f}")
    print(f"  1 % lost      {lost:8.2f} s")
    print(f"  all to make   {made:8.2f} s; bare requests     {plain:8.2f} s: {made / plain:.2f}")


async def bare(client: Any, deployment: UUID, many: int) -> None:
    """As many runs by Prefect's bulk request, each batch until its database took it."""
    from tasks.scheduling import CREATE_RUNS

    for start in range(0, many, 100):
        runs = [
            {
                "name": "x", "idempotency_key": f"bare-{number}",
                "state": {"type": "SCHEDULED", "state_details": {
                    "scheduled_time": "2033-01-01T00:00:00Z"}},
            }
            for number in range(start, min(start + 100, many))
        ]  # fmt: skip
        refused = True
        while refused:
            answer = await client.request(
                "POST", CREATE_RUNS, path_params={"id": deployment}, json=runs
            )
            refused = any(result["error"] for result in answer.json()["results"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS)
    for rounds in parser.parse_args().rounds:
        with tempfile.TemporaryDirectory() as name, environment({"DONDOC_DATA": name}):
            home, port = Path(name) / "prefect", free_port()
            with prefect_server(home, port) as server:
                wait_until_ready(server, api_url(port), home / "server.log")
                fill(rounds)
                asyncio.run(measure(rounds))
            database.cache_clear()


if __name__ == "__main__":
    main()
