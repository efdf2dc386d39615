"""Opening a round: obligations and the mails that announce them, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.directive import Directive
from models.directive_file import DirectiveFile
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.reasons import step
from models.register import Register
from models.round import Obligation, Round
from models.status import day_of
from models.succession import Heir
from models.unit import Contact, Unit
from models.vietnamese import show_date
from models.words import ContactRole, Deed, Level, Purpose
from tasks import activities, outbox
from tasks.units import keys_of, load_register


def open_round(session: Session, found: Round, as_of: datetime, by: str = "") -> int:
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
    register = load_register(session, owner.province)
    called = register.called(phrases_asked(owner, found), day_of(as_of))
    if not called:
        message = _("Round {round} asks nobody: no unit answers to its names on that day.")
        raise NotAllowed(message.format(round=found.code))
    found.opened_at = as_of
    ids = keys_of(session, owner.province)
    found.overseer_id = _living(register, ids, found.overseer_id, day_of(as_of))
    session.flush()
    rows = [
        {
            "round_id": found.id,
            "unit_id": ids[code],
            "code": f"{owner.code}/{found.code}/{code}",
            "due": due_of(found, register.units[code].level),
            "opened_at": as_of,
            "urged_from": day_of(as_of),
            "reason": _as_heir(register, heirs),
        }
        for code, heirs in called.items()
    ]
    outbox.insert_new(session, Obligation, rows)
    announce(session, owner, found, as_of)
    activities.note(
        session,
        Deed.OPENED,
        by or activities.system(),
        as_of,
        directive=owner.id,
        about=found.code,
        after={"asked": len(rows), "due": found.due.isoformat()},
    )
    return len(rows)


def _living(
    register: Register, ids: Mapping[str, int], unit_id: int | None, on: date
) -> int | None:
    """The unit itself while it lives, else the first of its heirs; itself again, if it has none."""
    keys = {id_: key for key, id_ in ids.items()}
    heirs = register.heirs(keys[unit_id], on) if unit_id in keys else []
    return ids[heirs[0].code] if heirs else unit_id


def phrases_asked(owner: Directive, found: Round) -> list[str]:
    """The names and phrases a round asks; none, where the file has dropped its series since."""
    file = DirectiveFile.model_validate(owner.file)
    return [p for item in file.rounds if item.code == found.series for p in file.phrases_of(item)]


def due_of(found: Round, level: Level) -> date:
    """By when units of a level answer: the round's due date, unless the levels have their own."""
    own = found.by_level.get(level)
    return date.fromisoformat(own) if own else found.due


def _as_heir(register: Register, ways: Sequence[Heir]) -> list[dict[str, str]]:
    """Why a unit is asked that nobody named: in whose place it stands. None, where one named it."""
    if any(not heir.path for heir in ways):
        return []
    by_rule: dict[tuple[str, date], list[str]] = {}
    for heir in ways:
        first, last = heir.path[0], heir.path[-1]
        name = register.units[first.code].name
        by_rule.setdefault((last.rule, last.day), []).append(name)
    return [
        step("in-place-of", units="; ".join(names), day=show_date(day), ground=rule).as_dict()
        for (rule, day), names in by_rule.items()
    ]


def obligations(session: Session, found: Round) -> list[Obligation]:
    """The obligations of a round, in the register's order."""
    return list(
        session.exec(
            select(Obligation)
            .where(Obligation.round_id == found.id)
            .order_by(col(Obligation.unit_id))
        )
    )


def announce(session: Session, owner: Directive, found: Round, as_of: datetime) -> None:
    """Queues the mail of each obligation that was not announced yet."""
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
