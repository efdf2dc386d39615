"""Reminders: everything still owed that has reached a new step, one mail a unit a day.

Runs late, twice or for several directives at once without harm: a step once given is a row, and
the mail of a unit and day has one key. What a day's mail came too late for waits for the next scan.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.calendar import Calendar
from models.directive import Directive
from models.ladder import Ladder, LadderStep, in_vietnamese, ladder_of, reached
from models.mail import Message, Reminder
from models.quiet import Hours, may_urge
from models.round import OWED, Obligation, Round
from models.status import day_of
from models.unit import Contact, Unit
from models.vietnamese import show_date
from models.words import ContactRole, Deed, Purpose
from tasks import activities, outbox
from tasks.outbox import Claimed
from tasks.units import first_living

PARTS = ("items", "late")  # of a reminder: what the unit owes, and what others under its eye do
AT_ONCE = 5_000  # obligations asked about in one statement
LONGEST_LADDER_DAYS = 100  # calendar days that hold the 60 working days a ladder may begin before


@dataclass(frozen=True)
class Due:
    """A step that an obligation has reached, with what a mail says of it."""

    step: LadderStep
    obligation_id: int
    code: str
    due: date
    unit_id: int
    unit: str
    parent_id: int | None
    title: str
    overseer_id: int | None
    directive_id: int
    symbol: str
    left: int  # working days up to the due date; negative, once it is over

    @property
    def above(self) -> int | None:
        """Who is told when the unit does not answer: the round's overseer, else the body above."""
        above = self.overseer_id or self.parent_id
        return above if above != self.unit_id else None


@dataclass
class Letter:
    """What one unit is told in a day: what it owes itself, and who under its eye is late."""

    own: list[Due] = field(default_factory=list)
    late: list[Due] = field(default_factory=list)

    @property
    def items(self) -> list[Due]:
        return [*self.own, *self.late]


@dataclass(frozen=True)
class Told:
    """What a scan queued: digests to units, letters to overseers; and whether any was overdue."""

    digests: int = 0
    escalations: int = 0
    overdue: bool = False


def remind(
    session: Session, calendar: Calendar, as_of: datetime, hours: Hours | None = None
) -> Told:
    """Queues the mails that are due, with the evidence of each step; none in quiet hours."""
    if not may_urge(as_of, calendar, hours or Hours()):
        return Told()
    day = day_of(as_of)
    letters = _not_yet_written_today(session, due_letters(session, calendar, as_of), day)
    contacts, names = contacts_of(session, letters), names_of(session, letters)
    mails = [letter_mail(id_, names[id_], letter, contacts, day) for id_, letter in letters.items()]
    outbox.queue(session, mails, as_of)
    _note(session, letters, day)
    told = Told(
        digests=sum(bool(letter.own) for letter in letters.values()),
        escalations=sum(bool(letter.late) for letter in letters.values()),
        overdue=any(item.step.to_head for letter in letters.values() for item in letter.own),
    )
    if letters:
        after = {"digests": told.digests, "escalations": told.escalations}
        activities.note(session, Deed.URGED, activities.system(), as_of, after=after)
    return told


def due_letters(session: Session, calendar: Calendar, as_of: datetime) -> dict[int, Letter]:
    """What each unit is to be told now, over all directives."""
    due = due_steps(session, calendar, as_of)
    given = _given(session, [item.obligation_id for item in due])
    living = first_living(session, {item.above for item in due if item.above}, day_of(as_of))
    letters: dict[int, Letter] = {}
    for item in due:
        told = given.get((item.obligation_id, item.due), {})
        if _is_higher(item, told.get(Purpose.REMINDER)):
            letters.setdefault(item.unit_id, Letter()).own.append(item)
        above = living.get(item.above) if item.step.to_overseer and item.above else None
        if above and above != item.unit_id and _is_higher(item, told.get(Purpose.ESCALATION)):
            letters.setdefault(above, Letter()).late.append(item)
    return letters


def _is_higher(item: Due, given: int | None) -> bool:
    return given is None or item.step.days > given


def due_steps(session: Session, calendar: Calendar, as_of: datetime) -> list[Due]:
    """The step that each obligation still owed has reached, given or not, by unit."""
    today = day_of(as_of)
    rows = owed_rows(session, today)
    rounds = asking_of(session, {row.round_id for row in rows})

    @cache
    def step_of(due: date, since: date, round_id: int) -> LadderStep | None:
        return reached(due, since, today, calendar, rounds[round_id].ladder)

    @cache
    def left(due: date) -> int:
        return calendar.working_days_between(today, due)

    found = []
    for row in rows:
        step = step_of(row.due, row.urged_from, row.round_id)
        if step:
            found.append(due_of_row(row, step, rounds[row.round_id], left(row.due)))
    return found


def due_of_row(row: Any, step: LadderStep, asking: "Asking", left: int) -> Due:
    """A row of what is owed, with a step."""
    return Due(
        step=step,
        obligation_id=row.id,
        code=row.code,
        due=row.due,
        unit_id=row.unit_id,
        unit=row.unit,
        parent_id=row.parent_id,
        title=asking.title,
        overseer_id=asking.overseer_id,
        directive_id=asking.directive_id,
        symbol=asking.symbol,
        left=left,
    )


def owed_rows(session: Session, today: date) -> Sequence[Any]:
    """What is owed and near its due date or past it, as plain columns, by unit."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # it takes the two conditions of the index for independent, expects half the table to be
        # owed, and would start workers for a few hundred rows
        connection.execute(sa.text("SET LOCAL max_parallel_workers_per_gather = 0"))
    return connection.execute(owed_near(today)).all()


def owed_near(today: date) -> Any:
    """The statement: however many obligations there are, only those are read, by the partial index;
    without the rounds, which Postgres would read whole to join them.
    """
    horizon = date.fromordinal(today.toordinal() + LONGEST_LADDER_DAYS)
    columns = (Obligation.id, Obligation.code, Obligation.due, Obligation.urged_from)
    others = (Obligation.unit_id, Obligation.round_id, Unit.parent_id)
    return (
        sa.select(*map(col, columns), *map(col, others), col(Unit.name).label("unit"))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(OWED, col(Obligation.due) <= horizon)
        .order_by(col(Obligation.unit_id), col(Obligation.due), col(Obligation.id))
    )


@dataclass(frozen=True)
class Asking:
    """What a reminder says of a round, and its ladder."""

    title: str
    ladder: Ladder
    overseer_id: int | None
    directive_id: int
    symbol: str


def asking_of(session: Session, ids: Collection[int]) -> dict[int, Asking]:
    """What reminders say of rounds, by id."""
    columns = (Round.id, Round.title, Round.ladder, Round.overseer_id, Round.directive_id)
    statement = sa.select(*map(col, columns), col(Directive.symbol)).join(Directive)
    rows = session.connection().execute(statement.where(col(Round.id).in_(ids)))
    return {id_: Asking(title, ladder_of(ladder), *rest) for id_, title, ladder, *rest in rows}


def _given(session: Session, ids: Sequence[int]) -> dict[tuple[int, date], dict[Purpose, int]]:
    """How high each obligation stands for its due date, towards the unit and towards those above:
    no lower step is given, though a clock go back.
    """
    columns = (Reminder.obligation_id, Reminder.due, Reminder.purpose)
    statement = sa.select(*map(col, columns), sa.func.max(col(Reminder.days))).group_by(
        *map(col, columns)
    )
    found: dict[tuple[int, date], dict[Purpose, int]] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = statement.where(col(Reminder.obligation_id).in_(ids[start : start + AT_ONCE]))
        for id_, due, purpose, days in session.connection().execute(some):
            found.setdefault((id_, due), {})[purpose] = days
    return found


def letter_key(unit_id: int, day: date) -> str:
    """The key of a unit's one reminder of a day."""
    return f"unit:{unit_id}:{Purpose.REMINDER}:{day.isoformat()}"


def _not_yet_written_today(
    session: Session, letters: dict[int, Letter], day: date
) -> dict[int, Letter]:
    """Leaves out units that have had their one mail of the day; their steps wait for the next."""
    keys = {letter_key(unit_id, day): unit_id for unit_id in letters}
    there = set(session.exec(select(Message.key).where(col(Message.key).in_(keys))))
    return {unit_id: letters[unit_id] for key, unit_id in keys.items() if key not in there}


def contacts_of(
    session: Session, letters: Mapping[int, Letter]
) -> dict[tuple[int, ContactRole], Contact]:
    """Clerk and head of every unit concerned."""
    ids = {*letters, *(item.unit_id for letter in letters.values() for item in letter.late)}
    found = session.exec(select(Contact).where(col(Contact.unit_id).in_(ids)))
    return {(c.unit_id, c.role): c for c in found}


def names_of(session: Session, letters: Mapping[int, Letter]) -> dict[int | None, str]:
    """The name of every unit that a letter goes to."""
    return dict(session.exec(select(Unit.id, Unit.name).where(col(Unit.id).in_(letters))).all())


def letter_mail(
    unit_id: int,
    unit: str,
    letter: Letter,
    contacts: dict[tuple[int, ContactRole], Contact],
    day: date,
) -> dict[str, Any]:
    """The mail of a unit's letter, as the outbox takes it."""
    to_head = any(item.step.to_head for item in letter.own)
    contact = contacts[unit_id, ContactRole.HEAD if to_head else ContactRole.CLERK]
    directives = {item.directive_id for item in letter.items}
    return {
        "key": letter_key(unit_id, day),
        "purpose": Purpose.REMINDER if letter.own else Purpose.ESCALATION,
        "unit_id": unit_id,
        "directive_id": directives.pop() if len(directives) == 1 else None,
        "obligation_id": None,
        "to_name": contact.name if to_head else unit,
        "to_email": contact.email,
        "template": "reminder",
        "context": {
            "day": day.isoformat(),
            "to_head": to_head,
            "items": [_line(item, day) for item in _ordered(letter.own)],
            "late": [
                _line(item, day)
                | {"telephone": contacts[item.unit_id, ContactRole.CLERK].telephone}
                for item in _ordered(letter.late)
            ],
        },
    }


def _ordered(items: Iterable[Due]) -> list[Due]:
    """The most urgent first."""
    return sorted(items, key=lambda item: (item.due, item.code))


def _line(item: Due, day: date) -> dict[str, Any]:
    return {
        "code": item.code,
        "directive": item.symbol,
        "title": item.title,
        "due": show_date(item.due),
        "due_on": item.due.isoformat(),
        "overdue_days": (day - item.due).days,
        "step": in_vietnamese(item.left),
        "unit": item.unit,
    }


def _note(session: Session, letters: Mapping[int, Letter], day: date) -> None:
    """Keeps each step given as evidence, with the mail that gave it."""
    keys = {letter_key(unit_id, day): unit_id for unit_id in letters}
    ids = session.exec(select(Message.key, Message.id).where(col(Message.key).in_(keys)))
    messages = {keys[key]: id_ for key, id_ in ids}
    rows = []
    for unit_id, letter in letters.items():
        for purpose, items in ((Purpose.REMINDER, letter.own), (Purpose.ESCALATION, letter.late)):
            rows += [evidence_of(item, purpose, messages[unit_id], day) for item in items]
    outbox.insert_new(session, Reminder, rows)


def evidence_of(item: Due, purpose: Purpose, message_id: int | None, day: date) -> dict[str, Any]:
    """The row that keeps a step given."""
    to_head = item.step.to_head and purpose is Purpose.REMINDER
    return {
        "obligation_id": item.obligation_id,
        "due": item.due,
        "step": item.step.code,
        "days": item.step.days,
        "purpose": purpose,
        "addressee": ContactRole.HEAD if to_head else ContactRole.CLERK,
        "day": day,
        "message_id": message_id,
    }


def still_owed(session: Session, messages: Sequence[Claimed]) -> dict[str, date]:
    """The due dates, by code, of what these reminders name and is still owed.

    Read when they are sent: a mail that waited must not urge for what has come in meanwhile.
    """
    codes = {item["code"] for m in messages for item in _named(m)}
    statement = sa.select(col(Obligation.code), col(Obligation.due))
    rows = session.connection().execute(statement.where(OWED, col(Obligation.code).in_(codes)))
    return {row.code: row.due for row in rows}


def _named(message: Claimed) -> list[dict[str, Any]]:
    return [item for part in PARTS for item in message.context.get(part, [])]


def what_is_left(message: Claimed, owed: Mapping[str, date]) -> dict[str, list[dict[str, Any]]]:
    """The parts of a reminder without what was answered, let off or extended since."""
    return {
        part: [
            item
            for item in message.context.get(part, [])
            if owed.get(item["code"]) == date.fromisoformat(item["due_on"])
        ]
        for part in PARTS
    }
