"""The cost of reconcile at 100, 1,000 and 10,000 live rounds, of some eight timers each.

Nothing to do, one timer in a hundred lost, all to be made. The peer in the same run is Prefect's
own floor, asked by a plain client: the same runs counted and read page by page, as many states set,
as many runs made by its bulk request. The making is measured with the first thousand timers; the
rest is put into Prefect's database by SQL, since Prefect itself would take up to an hour.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from os import getloadavg
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import sqlalchemy as sa
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Crashed
from sqlmodel import col

from benchmarks.prefect_rows import copy_runs
from dondoc.environment import environment
from dondoc.prefect_server import DATABASE, prefect_server, wait_until_ready
from dondoc.processes import free_port
from flows.timers import api_url
from models.clock import now
from models.database import database
from models.directive import Directive
from models.round import Round
from models.status import day_of
from models.timers import Timer
from models.words import Stage
from tasks import scheduling
from tests.tasks.office import OFFICE, SO_A, a_file, issue, know

ROUNDS = (100, 1_000, 10_000)
A_DIRECTIVE = 20  # rounds
YEARS_AHEAD = 7
LOST = 100  # one timer of so many
MADE = 1_000  # timers that Prefect really makes


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


async def measure(rounds: int, made: int, file: Path) -> None:
    from prefect.client.orchestration import get_client

    from flows.reconcile import _deployments, _wanted, bring_about
    from tasks.reconciling import Now

    def reconcile() -> Awaitable[Any]:
        return bring_about(Now(now(), now()))

    timers = _wanted(None)
    by_moment = sorted(timers, key=lambda timer: timer.at)
    first, rest = by_moment[:made], by_moment[made:]
    print(f"{rounds} live rounds, {len(timers)} timers, load {getloadavg()[0]:.1f}", flush=True)
    async with get_client() as client:
        deployments = await _deployments(client)
        bare, _none = await timed(lambda: plainly_made(client, deployments["reminders"], first))
        with patch("flows.reconcile._wanted", lambda _directive: first):
            ours, found = await timed(reconcile)
        assert len(found.missing) == len(first)
        tell(f"{len(first)} to make", ours, ("plain bulk requests", bare))
        copy_runs(file, first[0].key, rest)
        quiet, found = await timed(reconcile)
        assert not found.missing, found.superseded
        counted, number = await timed(lambda: scheduling.count_waiting(client, ()))
        paged, runs = await timed(lambda: scheduling.scheduled_runs(client))
        assert number == len(runs) == len(timers)
        tell("nothing to do", quiet, ("counted", counted), ("read in pages", paged))
        crashed, _none = await timed(lambda: crash(client, runs[::LOST]))
        lost, found = await timed(reconcile)
        assert len(found.lost) == len(runs[::LOST])
        tell(f"{len(found.lost)} lost", lost, ("read, and as many states set", paged + crashed))


def tell(what: str, ours: float, *floors: tuple[str, float]) -> None:
    """Seconds of ours, and of what Prefect needs for the least of it."""
    beside = "; ".join(f"{name} {took:.2f} s: {ours / took:.2f}×" for name, took in floors)
    print(f"  {what:15} {ours:7.2f} s; {beside}; load {getloadavg()[0]:.1f}", flush=True)


async def crash(client: PrefectClient, runs: Sequence[FlowRun]) -> None:
    for run in runs:
        await client.set_flow_run_state(run.id, Crashed(), force=True)


async def plainly_made(client: PrefectClient, deployment: UUID, timers: Sequence[Timer]) -> None:
    """As many runs by Prefect's bulk request, each batch until its database took it."""
    for start in range(0, len(timers), scheduling.CREATED_AT_ONCE):
        runs = [
            {
                "name": timer.name, "idempotency_key": f"bare-{timer.key}", "tags": ["bare"],
                "parameters": {"directive": timer.directive, "round": timer.round},
                "state": {"type": "SCHEDULED", "state_details": {
                    "scheduled_time": timer.at.isoformat()}},
            }
            for timer in timers[start : start + scheduling.CREATED_AT_ONCE]
        ]  # fmt: skip
        refused = True
        while refused:
            answer = await client.request(
                "POST", scheduling.CREATE_RUNS, path_params={"id": deployment}, json=runs
            )
            refused = any(result["error"] for result in answer.json()["results"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS)
    parser.add_argument("--made", type=int, default=MADE, help="timers that Prefect makes itself")
    given = parser.parse_args()
    for rounds in given.rounds:
        with tempfile.TemporaryDirectory() as name, environment({"DONDOC_DATA": name}):
            home, port = Path(name) / "prefect", free_port()
            with prefect_server(home, port) as server:
                wait_until_ready(server, api_url(port), home / "server.log")
                fill(rounds)
                with temporary_settings(updates={PREFECT_API_URL: api_url(port)}):
                    asyncio.run(measure(rounds, given.made, home / DATABASE))
            database.cache_clear()


if __name__ == "__main__":
    main()
