"""A trial: an office amid its rounds, units answering, faults; then calm, then a look."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa

from benchmarks.mail_office import GROUP, PROVINCE, communes
from models.calendar import vietnam
from models.database import Database
from models.directive_asks import OnDate, RoundItem
from models.directive_file import DirectiveFile
from models.register import Register
from models.timers import at
from models.words import Kind, Regime, Stage
from tasks.registering import register_directive
from tasks.units import import_register
from tests.faults.clock import Clock
from tests.faults.faults import Faults
from tests.faults.invariants import Looked, look, waits_until
from tests.faults.machine import Machine, small_disk
from tests.faults.postgres import Postgres
from tests.faults.units import Units

ISSUED = date(2026, 3, 2)  # a Monday
BEGIN = at(ISSUED, datetime.min.time().replace(hour=9))
EVENING = datetime.min.time().replace(hour=16, minute=10)  # after the last timer of a day
MORNING = datetime.min.time().replace(hour=9)
ANSWERED_WITHIN = 120  # seconds that a story waits for answers at most
CALM = float(os.environ.get("FAULTS_CALM", "300"))  # seconds in which all must be well
DELIVERED_EVERY = timedelta(minutes=5)
GIVEN_EVERY = 30  # seconds in which a delivery that became due is done
DISK = 600  # megabytes

Story = Callable[["Trial"], Awaitable[None]]


@dataclass(frozen=True)
class Size:
    """How big a trial is: units, rounds (one opens each working day), answers to each task."""

    units: int
    rounds: int
    versions: int = 2
    at_once: int = 16
    pause: float = 0.5
    seed: int = 7


@dataclass
class Trial:
    """A machine under way, and what is done to it."""

    machine: Machine
    units: Units
    faults: Faults
    size: Size
    disk: bool
    days: list[date] = field(default_factory=list)

    async def next_day(self) -> None:
        """The clock comes to the evening of the next working day: its timers are due at once."""
        day = vietnam().next_working(self.machine.clock.now().date() + timedelta(days=1))
        self.machine.clock.come_to(at(day, EVENING))

    async def until_answered(self, share: float) -> None:
        """Waits until so large a part of all answers to the open round was told to be in."""
        wanted = share * self.size.units * self.size.versions
        end = time.monotonic() + ANSWERED_WITHIN
        while len(self.units.told) < wanted and time.monotonic() < end:  # noqa: ASYNC110 they are files
            await asyncio.sleep(0.2)


def directive(size: Size) -> DirectiveFile:
    """A directive of so many rounds, one due on each working day."""
    days = [vietnam().add_working_days(ISSUED, n + 1) for n in range(size.rounds)]
    return DirectiveFile(
        format="dondoc/directive/1", code="thu", symbol="1/KH-UBND", kind=Kind.PLAN,
        regime=Regime.STATE, issuer="UBND tỉnh", province=PROVINCE, issued=ISSUED,
        subject="thử thách",
        rounds=[
            RoundItem(
                code=f"dot-{n}", stage=Stage.DISSEMINATION, title=f"Đợt {n}", asks="Xác nhận",
                basis=["issued"], units=[GROUP], when=OnDate(on=day), notice=1,
            )
            for n, day in enumerate(days, start=1)
        ],
    )  # fmt: skip


def fill(database: Database, units: Register, file: DirectiveFile) -> None:
    database.migrate()
    with database.write() as session:
        import_register(session, PROVINCE, units, ISSUED)
    with database.write() as session:
        register_directive(session, file, units, vietnam(), at(ISSUED, MORNING))


@asynccontextmanager
async def trial(folder: Path, size: Size, *, postgres: bool) -> AsyncIterator[Trial]:
    """An office on a machine that runs, its units answering."""
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(folder / "data", DISK))
        server = Postgres(folder / "postgres") if postgres else None
        machine = Machine(folder, Clock(folder, BEGIN), server)
        database = Database(machine.url)
        fill(database, communes(size.units), directive(size))
        database.engine.dispose()
        machine.start_relay()
        machine.start()
        tending = asyncio.create_task(_tend(machine))
        try:
            await asyncio.to_thread(machine.wait_until_ready)
            units = Units(machine.mail, machine.pages, ISSUED, size.seed, size.versions,
                          size.at_once, size.pause)  # fmt: skip
            yield Trial(machine, units, Faults(machine, size.seed), size, disk)
        finally:
            tending.cancel()
            await asyncio.to_thread(machine.end)


async def _tend(machine: Machine) -> None:
    while True:
        await asyncio.to_thread(machine.tend)
        await asyncio.sleep(1)


@dataclass(frozen=True)
class Result:
    """What was found after a trial: what is wrong still, and figures."""

    wrong: dict[str, list[str]]
    figures: dict[str, object]

    def __str__(self) -> str:
        rows = [f"  {name:32} {value}" for name, value in self.figures.items()]
        return "\n".join([*rows, *(f"  WRONG {name}: {w}" for name, w in self.wrong.items())])


async def run(folder: Path, size: Size, story: Story, *, postgres: bool) -> Result:
    """Runs a story of faults under units that answer, lets calm come, and looks."""
    async with trial(folder, size, postgres=postgres) as under:
        begun = time.monotonic()
        answering = asyncio.create_task(under.units.work())
        await story(under)
        lasted = time.monotonic() - begun
        calm = time.monotonic()
        holds: dict[str, float] = {}
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
        wrong, counts = await _calm(under, calm, holds)
        database = "Postgres" if postgres else "SQLite"
        figures: dict[str, object] = {
            "database": database, "seed": size.seed, "units": size.units,
            "seconds under faults": round(lasted), **under.faults.done,
            "starts of `dondoc up`": under.machine.starts,
            "ends of it by itself": str(under.machine.ends),
            "tries that told a unit nothing": dict(under.units.trouble), **counts,
            "seconds of calm until right": {k: round(v) for k, v in holds.items()},
            "load of the machine": round(os.getloadavg()[0], 1),
        }  # fmt: skip
    if under.machine.left:
        wrong["left behind"] = under.machine.left
    return Result(wrong, figures)


async def _calm(
    under: Trial, begun: float, holds: dict[str, float]
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Looks until all is well or the time is over; mail that waits for its own time is given it."""
    database, given = Database(under.machine.url), 0.0
    try:
        while True:
            wrong, counts = await asyncio.to_thread(_look, database, under)
            waited = time.monotonic() - begun
            for name in wrong:
                holds[name] = waited
            with (under.machine.folder / "events.log").open("a") as log:
                log.write(f"calm {waited:8.1f} s  {wrong}\n")
            if not wrong or waited > CALM:
                return wrong, counts
            if time.monotonic() > given + GIVEN_EVERY:
                given = time.monotonic()
                await asyncio.to_thread(_give_time, database, under.machine.clock)
            await asyncio.sleep(3)
    finally:
        database.engine.dispose()


def _look(database: Database, under: Trial) -> tuple[dict[str, list[str]], dict[str, int]]:
    looked = Looked(under.machine, under.units, under.size.units, under.machine.clock.now())
    try:
        with database.read() as session:
            wrong = look(session, looked)
    except (sa.exc.OperationalError, httpx.HTTPError) as error:
        wrong = {"nobody answers": [str(error)[:300]]}
    return wrong, looked.counts


def _give_time(database: Database, clock: Clock) -> None:
    """Comes to the delivery after the moment at which mail that waits may leave."""
    with suppress(sa.exc.OperationalError), database.read() as session:
        until = waits_until(session)
    if until is not None:
        clock.come_to(max(until, clock.now()) + DELIVERED_EVERY)
