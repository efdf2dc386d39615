"""What Prefect is set to for years, at a real server: what goes, what stays, what is noticed."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_HOME,
    temporary_settings,
)
from prefect.states import Completed, Scheduled, State

from deployments.watch import WATCH, lost_runs, watch
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import free_port
from flows.timers import api_url

pytestmark = pytest.mark.long  # each waits for what Prefect does by itself
PASSWORD = "office:secret"
PATIENCE = 300
SLOW = """
import asyncio
from prefect import flow

@flow
async def slow() -> None:
    print("begun", flush=True)
    await asyncio.sleep(600)

asyncio.run(slow())
"""


@flow
async def nothing() -> None:
    """Stands for any flow."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server set as `dondoc up` sets it, with a password, whose vacuum comes every second."""
    home, port = tmp_path_factory.mktemp("prefect"), free_port()
    extra = {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "1",
        "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
        "PREFECT_API_AUTH_STRING": PASSWORD,
    }
    with prefect_server(home, port, extra) as process:
        wait_until_ready(process, api_url(port), home / "server.log")
        values = {
            PREFECT_API_URL: api_url(port),
            PREFECT_API_AUTH_STRING: PASSWORD,
            PREFECT_HOME: home,
        }
        with temporary_settings(updates=values):
            yield api_url(port)


async def a_run(state: State[None]) -> FlowRun:
    async with get_client() as client:
        return await client.create_flow_run(nothing, state=state)


async def the_state(run: FlowRun) -> StateType | None:
    """The state of a run; None where it is there no more."""
    async with get_client() as client:
        try:
            return (await client.read_flow_run(run.id)).state_type
        except ObjectNotFound:
            return None


async def becomes(run: FlowRun, state: StateType | None) -> None:
    async with asyncio.timeout(PATIENCE):
        while await the_state(run) is not state:  # noqa: ASYNC110 the server tells nobody
            await asyncio.sleep(0.5)


async def a_run_ended(days_ago: int) -> FlowRun:
    """A run that ended so long ago: the server itself takes every end for now."""
    run = await a_run(Completed())
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    database = PREFECT_HOME.value() / "prefect.db"
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        changed = connection.execute(
            "UPDATE flow_run SET end_time = ? WHERE id = ?", (f"{moment:%F %T.%f}", str(run.id))
        )
        assert changed.rowcount == 1
    return run


class TestTheVacuum:
    async def test_takes_old_runs_and_leaves_timers_of_years_ahead(self, server: str) -> None:
        in_2031 = await a_run(Scheduled(scheduled_time=datetime(2031, 1, 2, tzinfo=UTC)))
        forgotten = await a_run(Scheduled(scheduled_time=datetime(2024, 1, 2, tzinfo=UTC)))
        lately, long_ago = await a_run_ended(80), await a_run_ended(100)
        await becomes(long_ago, None)
        another = await a_run_ended(100)
        await becomes(another, None)  # it came again, and still
        assert await the_state(lately) is StateType.COMPLETED
        assert await the_state(in_2031) is StateType.SCHEDULED
        assert await the_state(forgotten) is StateType.SCHEDULED


class TestTheWatch:
    async def test_stands_once_however_often_it_is_asked(self, server: str) -> None:
        await watch()
        await watch()
        async with get_client() as client:
            [found] = await client.read_automations_by_name(WATCH)
        assert found.enabled
        assert found.trigger.within == timedelta(seconds=90)  # type: ignore[union-attr]

    async def test_calls_a_killed_run_crashed_and_lets_others_be(
        self, server: str, tmp_path: Path
    ) -> None:
        async with get_client() as client:
            quick = lost_runs(timedelta(seconds=4)).model_copy(update={"name": "quick"})
            await client.create_automation(quick)
        done = await a_run(Completed())
        killed = await asyncio.to_thread(self.kill_one_in_its_midst)
        await becomes(killed, StateType.CRASHED)
        assert await the_state(done) is StateType.COMPLETED

    def kill_one_in_its_midst(self) -> FlowRun:
        """A run whose process was killed with no time to say anything."""
        environment = {**os.environ, "PREFECT_API_URL": PREFECT_API_URL.value()}
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True, env=environment
        )
        try:
            assert process.stdout
            assert process.stdout.readline() == "begun\n"
            run = asyncio.run(self.heard_of())
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        return run

    async def heard_of(self) -> FlowRun:
        """The run that goes on, once the server has heard a sign of its life."""
        await asyncio.sleep(3)
        async with get_client() as client:
            [run] = [r for r in await client.read_flow_runs() if r.state_type is StateType.RUNNING]
        return run
