"""Everything that can go wrong on a machine goes wrong, in a seeded order; nothing is lost by it.

In the suite each kind of fault comes once, on SQLite. `-m long` runs what takes half an hour each,
with the numbers of the environment: FAULTS_KILLS, FAULTS_MINUTES, FAULTS_AWAY (seconds),
FAULTS_UNITS, FAULTS_SEED, FAULTS_DAY (seconds that a simulated day lasts), FAULTS_CALM (seconds in
which all must be well again). `-s` shows the figures.
"""

import asyncio
import os
import time
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.clock import COMPILER
from tests.faults.faults import KILLED
from tests.faults.trial import Size, Story, Trial, run

pytestmark = [
    pytest.mark.xdist_group("faults"),
    pytest.mark.skipif(not COMPILER, reason="the clock needs cc: apt-get install gcc libc6-dev"),
]

KILLS = int(os.environ.get("FAULTS_KILLS", "500"))
MINUTES = float(os.environ.get("FAULTS_MINUTES", "30"))
AWAY = float(os.environ.get("FAULTS_AWAY", "900"))
UNITS = int(os.environ.get("FAULTS_UNITS", "300"))
SEED = int(os.environ.get("FAULTS_SEED", "7"))
DAY = float(os.environ.get("FAULTS_DAY", "120"))
LONG = Size(units=UNITS, rounds=20, versions=4, pause=10, seed=SEED)

both = pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgres"])


async def check(folder: Path, size: Size, story: Story, *, postgres: bool) -> None:
    found = await run(folder, size, story, postgres=postgres)
    print(f"\n{found}")
    assert found.wrong == {}
    assert found.figures["answers told"]


async def each_once(under: Trial) -> None:
    """Each kind of fault once, while a round is open; then the day on which it is reminded of."""
    faults, machine = under.faults, under.machine
    await faults.kill("run")
    await under.until_answered(0.2)
    await faults.kill("relay")
    await faults.kill("pages")
    if machine.postgres:
        await faults.restart_database()
        await faults.hold_prefect(5)
    elif under.disk:
        await faults.fill_disk(3)
    await faults.set_clock(-timedelta(hours=2), 1)
    await faults.kill("flows" if machine.postgres else "supervisor")
    await under.until_answered(1)


@pytest.mark.parametrize(
    "postgres", [False, pytest.param(True, marks=pytest.mark.long)], ids=["sqlite", "postgres"]
)
async def test_each_fault_once(postgres: bool, tmp_path: Path) -> None:
    await check(tmp_path, Size(units=40, rounds=2, seed=SEED), each_once, postgres=postgres)


async def while_days_go_by(under: Trial, story: Awaitable[None]) -> None:
    """Rounds open, remind and close, a day every so many seconds, until the story is over."""
    told = asyncio.ensure_future(story)
    day = time.monotonic() + DAY
    while not told.done():
        await asyncio.wait([told], timeout=1)
        if time.monotonic() >= day:
            await under.next_day()
            day += DAY
    await told


@pytest.mark.long
@both
async def test_many_kills(postgres: bool, tmp_path: Path) -> None:
    async def story(under: Trial) -> None:
        await while_days_go_by(under, under.faults.kills(KILLS, KILLED, 2))

    await check(tmp_path, LONG, story, postgres=postgres)


@pytest.mark.long
async def test_the_database_restarts_again_and_again(tmp_path: Path) -> None:
    async def restarts(under: Trial) -> None:
        end = time.monotonic() + 60 * MINUTES
        while time.monotonic() < end:
            await asyncio.sleep(under.faults.random.uniform(5, 40))
            await under.faults.restart_database()

    async def story(under: Trial) -> None:
        await while_days_go_by(under, restarts(under))

    await check(tmp_path, LONG, story, postgres=True)


@pytest.mark.long
@both
async def test_prefect_away(postgres: bool, tmp_path: Path) -> None:
    async def away(under: Trial) -> None:
        for seconds in (5, 100, AWAY):
            await under.faults.hold_prefect(seconds)
            await asyncio.sleep(30)

    async def story(under: Trial) -> None:
        await while_days_go_by(under, away(under))

    await check(tmp_path, LONG, story, postgres=postgres)


@pytest.mark.long
@both
async def test_full_disks_and_clocks_that_jump(postgres: bool, tmp_path: Path) -> None:
    async def faults(under: Trial) -> None:
        for _n in range(10):
            if under.disk:
                await under.faults.fill_disk(20)
            await asyncio.sleep(20)
            for hours in (1, -1, 30, -30):
                await under.faults.set_clock(timedelta(hours=hours), 10)
                await asyncio.sleep(10)

    async def story(under: Trial) -> None:
        await while_days_go_by(under, faults(under))

    await check(tmp_path, LONG, story, postgres=postgres)
