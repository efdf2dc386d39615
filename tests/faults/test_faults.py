"""Everything that can go wrong on a machine goes wrong, in a seeded order; nothing is lost by it.

In the suite a minute of it. `-m long` runs what takes half an hour each, with the numbers of the
environment: FAULTS_KILLS, FAULTS_MINUTES, FAULTS_AWAY (seconds), FAULTS_UNITS, FAULTS_SEED.
"""

import asyncio
import os
import random
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.faults import KILLED
from tests.faults.trial import Size, Story, Trial, run

pytestmark = pytest.mark.xdist_group("faults")

KILLS = int(os.environ.get("FAULTS_KILLS", "500"))
MINUTES = float(os.environ.get("FAULTS_MINUTES", "30"))
AWAY = float(os.environ.get("FAULTS_AWAY", "900"))
UNITS = int(os.environ.get("FAULTS_UNITS", "300"))
SEED = int(os.environ.get("FAULTS_SEED", "7"))



async def check(folder: Path, size: Size, story: Story, *, postgres: bool) -> None:
    found = await run(folder, size, story, postgres=postgres)
    print(f"\n{found}")
    assert found.wrong == {}
    assert found.figures["answers told"]


async def a_minute(under: Trial) -> None:
    """Each kind of fault once; a day goes by in which a round closes and another opens."""
    faults = under.faults
    await faults.kill("relay")
    await under.next_day()
    await faults.kill("run")
    await faults.kill("pages")
    if under.machine.postgres:
        await faults.restart_database()
        await faults.hold_prefect(5)
    elif under.disk:
        await faults.fill_disk(3)
    await faults.set_clock(-timedelta(hours=2), 1)
    await faults.kill("flows" if under.machine.postgres else "supervisor")


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgres"])
async def test_a_minute_of_faults(postgres: bool, tmp_path: Path) -> None:
    await check(tmp_path, Size(units=40, rounds=2, seed=SEED), a_minute, postgres=postgres)
