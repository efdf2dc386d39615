"""Reminding at once, whatever the ladder says: what somebody chose, in that person's name."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.ladder import LadderStep
from models.mail import Message, Reminder
from models.round import OWED, Obligation
from models.status import day_of
from models.unit import Unit
from models.words import Deed, Purpose
from tasks import activities, outbox
from tasks.calendars import working_calendar
from tasks.reminding import (
    Due,
    Letter,
    asking_of,
    contacts_of,
    due_of_row,
    evidence_of,
    letter_key,
    letter_mail,
    names_of,
)
from tasks.resending import in_the_name_of


def remind_now(session: Session, codes: Collection[str], by: str, as_of: datetime) -> int:
    """Urges for chosen obligations at once, one mail a unit; how many were urged for.

    What is not owed any more is passed over, and so is what was urged for by hand that day; the
    mail leaves in working hours, as every reminder. Raises UnknownName for a code that is none,
    NotAllowed where nothing is left.
    """
    person, day = in_the_name_of(by), day_of(as_of)
    due = _owed(session, codes, day)
    letters: dict[int, Letter] = {}
    for item in due:
        letters.setdefault(item.unit_id, Letter()).own.append(item)
    contacts, names = contacts_of(session, letters), names_of(session, letters)
    keys = {unit_id: _key(unit_id, letter, day) for unit_id, letter in letters.items()}
    outbox.queue(
        session,
        [
            letter_mail(id_, names[id_], letter, contacts, day) | {"key": keys[id_]}
            for id_, letter in letters.items()
        ],
        as_of,
    )
    _keep(session, letters, keys, day)
    for item in due:
        _note(session, item, person, as_of)
    return len(due)


def _owed(session: Session, codes: Collection[str], day: date) -> list[Due]:
    """What is owed of these and was not urged for by hand today, in order of unit and date."""
    wanted = list(dict.fromkeys(codes))
    known = set(session.exec(select(Obligation.code).where(col(Obligation.code).in_(wanted))))
    unknown = next((code for code in wanted if code not in known), None)
    if unknown is not None:
        message = _("There is no obligation “{name}”: `dondoc status --late` lists those overdue.")
        raise UnknownName(message.format(name=unknown))
    rows = session.connection().execute(_statement(wanted, day)).all()
    if not rows:
        raise NotAllowed(_("Nothing of this is owed any more, or it was urged for by hand today."))
    calendar, rounds = working_calendar(session), asking_of(session, {row.round_id for row in rows})
    found = []
    for row in rows:
        left = calendar.working_days_between(day, row.due)
        found.append(due_of_row(row, LadderStep(-left), rounds[row.round_id], left))
    return found


def _statement(codes: Sequence[str], day: date) -> sa.Select[Any]:
    urged = sa.exists().where(
        col(Reminder.obligation_id) == col(Obligation.id), col(Reminder.step) == _step(day)
    )
    columns = (Obligation.id, Obligation.code, Obligation.due, Obligation.unit_id)
    others = (Obligation.round_id, Unit.parent_id)
    return (
        sa.select(*map(col, columns), *map(col, others), col(Unit.name).label("unit"))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(OWED, col(Obligation.code).in_(codes), ~urged)
        .order_by(col(Obligation.unit_id), col(Obligation.due), col(Obligation.id))
    )


def _step(day: date) -> str:
    """How the evidence calls a reminder by hand: one a day for each obligation."""
    return f"by-hand-{day.isoformat()}"


def _key(unit_id: int, letter: Letter, day: date) -> str:
    """A key beside that of the day's own letter; a second by hand names other obligations."""
    return f"{letter_key(unit_id, day)}:by-hand:{letter.own[0].obligation_id}"


def _keep(session: Session, letters: dict[int, Letter], keys: dict[int, str], day: date) -> None:
    """Keeps what was urged for as evidence, with its mail."""
    found = select(Message.key, Message.id).where(col(Message.key).in_(keys.values()))
    ids = dict(session.exec(found).all())
    rows = [
        evidence_of(item, Purpose.REMINDER, ids[keys[unit_id]], day) | {"step": _step(day)}
        for unit_id, letter in letters.items()
        for item in letter.own
    ]
    outbox.insert_new(session, Reminder, rows)


def _note(session: Session, item: Due, person: str, as_of: datetime) -> None:
    activities.note(
        session,
        Deed.REMINDED,
        person,
        as_of,
        unit=item.unit_id,
        directive=item.directive_id,
        obligation=item.obligation_id,
        about=item.code,
        after={"due": item.due.isoformat()},
    )
