"""Reminders: everything still owed that has reached a new step, one digest a unit a day.

Runs late, twice or for several directives at once without harm: a step once given is a row, and
the day's digest of a unit has one key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.calendar import Calendar
from models.directive import Directive
from models.i18n import vi
from models.ladder import BY_RUNG, LADDER, LadderStep, Rung, reached
from models.mail import Message, Reminder
from models.round import Obligation, Round, Submission
from models.status import day_of
from models.unit import Contact, Unit
from models.vietnamese import show_date
from models.words import ContactRole, Purpose, SubmissionKind, Verdict
from tasks import outbox

HORIZON_DAYS = 20  # no step lies further before a due date than this
NONE_GIVEN = LADDER[0].offset - 1


@dataclass(frozen=True)
class Due:
    """A step that an obligation has reached and nobody was told of, with what a mail says of it."""

    step: LadderStep
    obligation_id: int
    code: str
    due: date
    unit_id: int
    unit: str
    parent_id: int | None
    title: str
    asks: str
    overseer_id: int | None
    directive_id: int
    symbol: str


@dataclass(frozen=True)
class Told:
    """What a scan queued: digests to units, letters to overseers; and whether any was overdue."""

    digests: int = 0
    escalations: int = 0
    overdue: bool = False


# the state as a literal, so that SQLite uses the partial index on what is owed
_OWED: sa.ColumnElement[bool] = sa.literal_column("obligation.answered_at IS NULL")


def due_steps(session: Session, calendar: Calendar, as_of: datetime) -> list[Due]:
    """The steps to give now, over all directives, in the order of their units."""
    today = day_of(as_of)
    horizon = date.fromordinal(today.toordinal() + HORIZON_DAYS)
    near = (_OWED, col(Obligation.due) <= horizon, col(Round.closed_at).is_(None))
    given = _given(session, near)
    found = []
    for row in _owed_rows(session, near):
        step = reached(row.due, day_of(row.opened_at), today, calendar)
        if step and step.offset > given.get(row.obligation_id, NONE_GIVEN):
            values = {name: value for name, value in row._mapping.items() if name != "opened_at"}
            found.append(Due(step, **values))
    return found


def _owed_rows(session: Session, near: Sequence[sa.ColumnElement[bool]]) -> sa.Result[Any]:
    """What is owed, as plain columns; whoever declined is called, not written to again."""
    declined = sa.select(col(Submission.obligation_id)).where(
        col(Submission.kind) == SubmissionKind.DECLINE, col(Submission.verdict) == Verdict.ACCEPTED
    )
    statement: Any = (
        sa.select(
            col(Obligation.id).label("obligation_id"),
            col(Obligation.code),
            col(Obligation.due),
            col(Obligation.opened_at),
            col(Obligation.unit_id),
            col(Unit.name).label("unit"),
            col(Unit.parent_id),
            col(Round.title),
            col(Round.asks),
            col(Round.overseer_id),
            col(Round.directive_id),
            col(Directive.symbol),
        )
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(*near, col(Obligation.id).not_in(declined))
        .order_by(col(Obligation.unit_id), col(Obligation.due), col(Obligation.id))
    )
    return session.connection().execute(statement)


def _given(session: Session, near: Sequence[sa.ColumnElement[bool]]) -> dict[int, int]:
    """How high each obligation stands already: no lower step is given, though a clock go back."""
    rows = session.connection().execute(
        sa.select(col(Reminder.obligation_id), col(Reminder.step))
        .join(Obligation, col(Obligation.id) == col(Reminder.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(*near)
    )
    highest: dict[int, int] = {}
    for id_, rung in rows:
        highest[id_] = max(BY_RUNG[Rung(rung)].offset, highest.get(id_, NONE_GIVEN))
    return highest


def remind(session: Session, calendar: Calendar, as_of: datetime) -> Told:
    """Queues the digests and escalations that are due, with the evidence of each step."""
    due = due_steps(session, calendar, as_of)
    contacts = _contacts(session, due)
    told: dict[int, Sequence[Due]] = {}
    mails = []
    for unit_id, items in groupby(due, key=lambda d: d.unit_id):
        told[unit_id] = list(items)
        mails.append(_digest(told[unit_id], contacts, day_of(as_of)))
    mails = _not_yet_written_today(session, mails)
    digests = outbox.queue(session, mails, as_of)
    messages = dict(session.exec(
        select(Message.key, Message.id).where(col(Message.key).in_([m["key"] for m in mails]))
    ).all())  # fmt: skip
    fresh = [d for mail in mails for d in told[mail["unit_id"]]]
    _note(session, fresh, messages, as_of)
    overdue = any(item.step.to_head for item in fresh)
    return Told(digests, _escalate(session, fresh, contacts, as_of), overdue)


def _contacts(session: Session, due: Sequence[Due]) -> dict[tuple[int, ContactRole], Contact]:
    """Clerk and head of every unit concerned and of those above it."""
    ids = {id_ for d in due for id_ in (d.unit_id, d.parent_id, d.overseer_id)}
    found = session.exec(select(Contact).where(col(Contact.unit_id).in_(ids - {None})))
    return {(c.unit_id, c.role): c for c in found}


def digest_key(unit_id: int, day: date) -> str:
    """The key of a unit's one reminder of a day."""
    return f"unit:{unit_id}:{Purpose.REMINDER}:{day.isoformat()}"


def _digest(
    items: Sequence[Due], contacts: dict[tuple[int, ContactRole], Contact], day: date
) -> dict[str, Any]:
    unit_id, unit = items[0].unit_id, items[0].unit
    to_head = any(item.step.to_head for item in items)
    contact = contacts[unit_id, ContactRole.HEAD if to_head else ContactRole.CLERK]
    ordered = sorted(items, key=lambda item: (item.due, item.code))
    return {
        "key": digest_key(unit_id, day),
        "purpose": Purpose.REMINDER,
        "unit_id": unit_id,
        "directive_id": ordered[0].directive_id if _one_directive(items) else None,
        "obligation_id": None,
        "to_name": contact.name if to_head else unit,
        "to_email": contact.email,
        "template": "reminder",
        "context": {
            "day": day.isoformat(),
            "to_head": to_head,
            "items": [_line(item, day) for item in ordered],
        },
    }


def _one_directive(items: Sequence[Due]) -> bool:
    return len({item.directive_id for item in items}) == 1


def _line(item: Due, day: date) -> dict[str, Any]:
    return {
        "code": item.code,
        "directive": item.symbol,
        "title": item.title,
        "asks": item.asks,
        "due": show_date(item.due),
        "overdue_days": (day - item.due).days,
        "step": vi(item.step.words),
        "unit": item.unit,
    }


def _not_yet_written_today(session: Session, mails: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leaves out units that have had their one mail of the day; their steps wait for the next."""
    keys = [mail["key"] for mail in mails]
    there = set(session.exec(select(Message.key).where(col(Message.key).in_(keys))))
    return [mail for mail in mails if mail["key"] not in there]


def _note(
    session: Session, items: Sequence[Due], messages: dict[str, int | None], as_of: datetime
) -> None:
    day = day_of(as_of)
    outbox.insert_new(
        session,
        Reminder,
        [
            {
                "obligation_id": item.obligation_id,
                "step": item.step.rung,
                "purpose": Purpose.ESCALATION if item.step.to_overseer else Purpose.REMINDER,
                "addressee": ContactRole.HEAD if item.step.to_head else ContactRole.CLERK,
                "day": day,
                "message_id": messages[digest_key(item.unit_id, day)],
            }
            for item in items
        ],
    )


def _escalate(
    session: Session,
    items: Sequence[Due],
    contacts: dict[tuple[int, ContactRole], Contact],
    as_of: datetime,
) -> int:
    """One letter a day to each overseer, listing the units that reached the last step."""
    day = day_of(as_of)
    late: dict[int, list[Due]] = {}
    for item in items:
        above = item.overseer_id or item.parent_id
        if item.step.to_overseer and above and above != item.unit_id:
            late.setdefault(above, []).append(item)
    mails = []
    for overseer, group in late.items():
        contact = contacts[overseer, ContactRole.CLERK]
        unit = session.get_one(Unit, overseer)
        ordered = sorted(group, key=lambda i: (i.due, i.unit))
        mails.append(
            {
                "key": f"unit:{overseer}:{Purpose.ESCALATION}:{day.isoformat()}",
                "purpose": Purpose.ESCALATION,
                "unit_id": overseer,
                "directive_id": ordered[0].directive_id if _one_directive(group) else None,
                "to_name": unit.name,
                "to_email": contact.email,
                "template": "escalation",
                "context": {
                    "day": day.isoformat(),
                    "items": [
                        {
                            **_line(item, day),
                            "telephone": contacts[item.unit_id, ContactRole.CLERK].telephone,
                        }
                        for item in ordered
                    ],
                },
            }
        )
    return outbox.queue(session, mails, as_of)
