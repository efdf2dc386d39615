"""Opening a round: obligations and the mails that announce them, in one transaction."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from models.directive import Directive
from models.directive_asks import RoundItem
from models.directive_file import DirectiveFile
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.register import UnitEntry
from models.round import Obligation, Round
from models.status import day_of
from models.unit import Contact, Unit
from models.words import ContactRole, Purpose
from tasks import outbox
from tasks.units import load_register


def open_round(session: Session, found: Round, as_of: datetime) -> int:
    """Opens a round: one obligation a unit, one mail an obligation; how many obligations it has.

    Opening again changes nothing. Raises NotAllowed where the round rests on an open question, or
    where nobody would be asked.
    """
    if found.opened_at is not None:
        return len(obligations(session, found))
    if not found.binding:
        message = _("Round {round} rests on a question nobody has confirmed; confirm it first.")
        raise NotAllowed(message.format(round=found.code))
    owner = session.get_one(Directive, found.directive_id)
    units = asked_units(session, owner, found, as_of)
    if not units:
        message = _("Round {round} asks nobody: no unit answers to its names on that day.")
        raise NotAllowed(message.format(round=found.code))
    found.opened_at = as_of
    session.flush()
    ids = unit_ids(session, owner.province)
    rows = [
        {
            "round_id": found.id,
            "unit_id": ids[unit.code],
            "code": f"{owner.code}/{found.code}/{unit.code}",
            "due": found.due,
            "opened_at": as_of,
        }
        for unit in units
    ]
    outbox.insert_new(session, Obligation, rows)
    _announce(session, owner, found, as_of)
    return len(rows)


def asked_units(
    session: Session, owner: Directive, found: Round, as_of: datetime
) -> list[UnitEntry]:
    """The units a round asks, as of a day: its assignments' bodies, or the names it gives."""
    file = DirectiveFile.model_validate(owner.file)
    item = next(r for r in file.rounds if r.code == found.series)
    register = load_register(session, owner.province)
    return register.expand_all(phrases_of(file, item), day_of(as_of))


def phrases_of(file: DirectiveFile, item: RoundItem) -> list[str]:
    """The names and phrases a round asks, those of its assignments included."""
    given = [a for code in item.units_of if (a := file.assignment(code))]
    return [*(p for a in given for p in file.bodies_of(a)), *item.units]


def unit_ids(session: Session, province: str) -> dict[str, int]:
    """Unit ids by code."""
    rows = session.exec(select(Unit.code, Unit.id).where(Unit.province == province))
    return {code: id_ for code, id_ in rows if id_ is not None}


def obligations(session: Session, found: Round) -> list[Obligation]:
    """The obligations of a round, in the register's order."""
    return list(
        session.exec(
            select(Obligation)
            .where(Obligation.round_id == found.id)
            .order_by(col(Obligation.unit_id))
        )
    )


def _announce(session: Session, owner: Directive, found: Round, as_of: datetime) -> None:
    owed = session.exec(
        select(Obligation.id, Obligation.unit_id, Unit.name, Contact.email)
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .join(Contact, col(Contact.unit_id) == col(Unit.id))
        .where(Obligation.round_id == found.id, Contact.role == ContactRole.CLERK)
        .order_by(col(Obligation.unit_id))
    )
    outbox.queue(session, _open_mails(owner, found, owed), as_of)


def _open_mails(
    owner: Directive, found: Round, owed: Iterable[tuple[int | None, int, str, str]]
) -> Iterable[dict[str, object]]:
    for id_, unit_id, name, email in owed:
        yield {
            "key": f"obligation:{id_}:{Purpose.OPEN}",
            "purpose": Purpose.OPEN,
            "unit_id": unit_id,
            "directive_id": owner.id,
            "obligation_id": id_,
            "to_name": name,
            "to_email": email,
            "template": found.stage.value,
            "context": {},
        }
