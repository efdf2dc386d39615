"""What is due now, among 10⁵, 10⁶ and 10⁷ obligations: the reminders' query as the table grows.

As many obligations stay owed near their date; the rest is answered, ended, or owed far ahead. The
peers in the same run: what the partial index alone answers, and a scan with the same condition.
The claim: less than 10 ms at every size, and at the last not twice what it takes at the first.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benchmarks.many_obligations import (
    HORIZON,
    LIVE,
    MOMENT,
    NEAR,
    POSTGRES,
    SQLITE,
    TODAY,
    UNITS,
    Kit,
    grow,
    postgres_in,
)
from models.calendar import vietnam
from models.database import Database
from tasks.reminding import due_steps, owed_near, owed_rows

ROWS = [100_000, 1_000_000, 10_000_000]
LIMIT, FLAT = 10.0, 2.0  # ms at most; times at most, from the first size to the last
RUNS, SCANS = 200, 5
BYTES_A_ROW = 600  # what the larger of the two databases needs on disk, with its log

NEAR_DUE = """
    SELECT due FROM obligation {how}
    WHERE answered_at IS NULL AND ended_at IS NULL AND due <= :horizon
"""


@dataclass(frozen=True)
class Measured:
    """Medians in milliseconds, the fastest run of the query, and how the query reads the tables."""

    rows: int
    query: float
    fastest: float
    steps: float
    index: float
    scan: float
    plan: list[str]


def measure(database: Database, kit: Kit, rows: int) -> Measured:
    near_due = sa.text(NEAR_DUE.format(how="")).bindparams(horizon=HORIZON)
    scanned = sa.text(NEAR_DUE.format(how=kit.scanned)).bindparams(horizon=HORIZON)
    with database.read() as session:
        connection = session.connection()
        assert connection.scalar(sa.text("SELECT count(*) FROM obligation")) == rows
        query, steps, index = milliseconds(
            RUNS,
            lambda: len(owed_rows(session, TODAY)) == NEAR,
            lambda: len(due_steps(session, vietnam(), MOMENT)) > 0,
            lambda: len(connection.execute(near_due).all()) == NEAR,
        )
        plan = plan_of(connection, kit)
        for setting in kit.before_scan:
            connection.execute(sa.text(setting))
        [scan] = milliseconds(SCANS, lambda: len(connection.execute(scanned).all()) == NEAR)
    median = statistics.median
    return Measured(
        rows, median(query), min(query), median(steps), median(index), median(scan), plan
    )


def milliseconds(runs: int, *asked: Callable[[], bool]) -> list[list[float]]:
    """How long each takes, run after run, in turn: what else the machine does falls on all."""
    taken: list[list[float]] = [[] for _one in asked]
    for run in range(-runs // 10, runs):  # the first ones warm up
        for one, times in zip(asked, taken, strict=True):
            begun = time.perf_counter()
            right = one()
            spent = time.perf_counter() - begun
            assert right, "not what the fill has put there"
            if run >= 0:
                times.append(1000 * spent)
    return taken


def plan_of(connection: sa.Connection, kit: Kit) -> list[str]:
    """The lines of the plan that say how a table is read."""
    query = owed_near(TODAY).compile(connection, compile_kwargs={"literal_binds": True})
    lines = [row[-1].strip() for row in connection.execute(sa.text(f"{kit.explain} {query}"))]
    telling = ("SEARCH", "SCAN", " Scan ", "Gather", "Workers Planned")
    return [line for line in lines if any(word in line for word in telling)]


def run(kit: Kit, url: str, sizes: list[int]) -> list[Measured]:
    database = Database(url)
    database.migrate()
    found: list[Measured] = []
    for rows in sizes:
        grow(database, kit, rows - (found[-1].rows if found else 0))
        found.append(measure(database, kit, rows))
        show(kit, found[-1])
    database.engine.dispose()
    return found


def show(kit: Kit, found: Measured) -> None:
    print(
        f"{kit.name:9}{found.rows:>11,}{found.query:10.2f}{found.fastest:9.2f}{found.steps:11.2f}"
        f"{found.index:12.2f}{found.scan:11.1f}{found.query / found.index:12.1f}×"
        f"{found.scan / found.query:11.1f}×",
        flush=True,
    )


def judge(kit: Kit, found: list[Measured]) -> None:
    """Prints the plan at the last size, what the sizes come to, and whether the claim holds."""
    first, last = found[0], found[-1]
    indexed = all(any("obligation_owed" in line for line in one.plan) for one in found)
    holds = all(one.query < LIMIT for one in found) and last.query < FLAT * first.query and indexed
    print(f"\n{kit.name}: how the query reads its tables, of {last.rows:,} obligations")
    for line in last.plan:
        print(f"  {line}")
    print(f"  the index obligation_owed is {'used at every size' if indexed else 'NOT USED'}")
    print(
        f"  {last.rows / first.rows:,.0f} times the rows: query {last.query / first.query:.2f}×,"
        f" due_steps {last.steps / first.steps:.2f}×, index only {last.index / first.index:.2f}×,"
        f" scan {last.scan / first.scan:.1f}×"
    )
    print(
        f"  claim of less than {LIMIT:.0f} ms, and less than {FLAT:.0f}× from first to last:"
        f" {'holds' if holds else 'DOES NOT HOLD'}"
    )


def sizes_asked() -> list[int]:
    parser = argparse.ArgumentParser(prog="benchmarks.due_now")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="sizes of the table")
    sizes = sorted(set(parser.parse_args().rows))
    if sizes[0] < len(LIVE) * UNITS:
        parser.error(f"the live rounds alone are {len(LIVE) * UNITS} obligations")
    needed, place = sizes[-1] * BYTES_A_ROW, tempfile.gettempdir()
    if shutil.disk_usage(place).free < needed:
        parser.error(f"{needed / 1e9:.1f} GB are needed in {place}")
    return sizes


def main() -> None:
    sizes = sizes_asked()
    print(f"{NEAR} owed near their date; medians of {RUNS} runs (scans: {SCANS}), milliseconds")
    print(
        f"{'database':9}{'rows':>11}{'query':>10}{'fastest':>9}{'due_steps':>11}{'index only':>12}"
        f"{'scan':>11}{'query/index':>13}{'scan/query':>12}"
    )
    with tempfile.TemporaryDirectory(prefix="bench-due-now-") as folder:
        file = Path(folder) / "domain.sqlite3"
        sqlite = run(SQLITE, f"sqlite:///{file}", sizes)
        file.unlink()
        with postgres_in(Path(folder) / "pg") as url:
            postgres = run(POSTGRES, url, sizes)
    judge(SQLITE, sqlite)
    judge(POSTGRES, postgres)


if __name__ == "__main__":
    main()
