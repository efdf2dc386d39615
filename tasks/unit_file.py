"""Everything the office knows of a unit: what it owes and gave, whom to call, what became of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.directive import Directive
from models.errors import UnknownName
from models.i18n import gettext as _
from models.mail import Message
from models.round import Obligation, Round
from models.status import OWED, Facts, days_overdue, status
from models.unit import Contact, Succession, Unit
from models.vietnamese import fold
from models.words import Level, Status, SuccessionKind, UnitKind
from tasks.boards import thresholds
from tasks.matrices import Narrowed

MAILS = 100  # of a unit that are shown, the newest
MOST = 200  # units of a list


@dataclass(frozen=True)
class Task:
    """An obligation of the unit, in whichever directive."""

    id: int
    directive: str
    directive_code: str
    round_id: int
    title: str
    due: date
    answered_at: datetime | None
    status: Status
    days_overdue: int


@dataclass(frozen=True)
class Kin:
    """A unit before or after this one in its life."""

    id: int | None
    name: str
    day: date
    kind: SuccessionKind
    rule: str


@dataclass(frozen=True)
class UnitFile:
    """A unit with all that is known of it; `years` counts its tasks by the year of their due date
    and by status.
    """

    unit: Unit
    parent: Unit | None
    contacts: Sequence[Contact]
    tasks: Sequence[Task]
    before: Sequence[Kin]
    after: Sequence[Kin]
    mails: Sequence[Message]

    @property
    def open(self) -> list[Task]:
        return [task for task in self.tasks if task.status in OWED]

    @property
    def over(self) -> list[Task]:
        return [task for task in reversed(self.tasks) if task.status not in OWED]

    @property
    def years(self) -> dict[int, Counter[Status]]:
        found: dict[int, Counter[Status]] = {}
        for task in self.tasks:
            found.setdefault(task.due.year, Counter())[task.status] += 1
        return found


def unit_file(session: Session, unit_id: int, as_of: datetime) -> UnitFile:
    """The file of a unit; raises UnknownName."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise UnknownName(_("There is no unit {number}.").format(number=unit_id))
    mails = (
        select(Message)
        .where(Message.unit_id == unit_id)
        .order_by(col(Message.queued_at).desc(), col(Message.id).desc())
    )
    return UnitFile(
        unit=unit,
        parent=session.get(Unit, unit.parent_id) if unit.parent_id else None,
        contacts=session.exec(
            select(Contact).where(Contact.unit_id == unit_id).order_by(col(Contact.role))
        ).all(),
        tasks=_tasks(session, unit_id, as_of),
        before=_kin(session, Succession.unit_id, Succession.successor_id, unit_id),
        after=_kin(session, Succession.successor_id, Succession.unit_id, unit_id),
        mails=session.exec(mails.limit(MAILS)).all(),
    )


def _tasks(session: Session, unit_id: int, as_of: datetime) -> list[Task]:
    rows = session.exec(
        select(Obligation, Round, Directive.symbol, Directive.code)
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(Obligation.unit_id == unit_id, col(Obligation.opened_at) <= as_of)
        .order_by(col(Obligation.due), col(Obligation.id))
    )
    colours = thresholds()
    return [
        Task(
            owed.id or 0, symbol, code, owed.round_id, asked.title, owed.due, owed.answered_at,
            status(
                Facts(owed.due, owed.answered_at, owed.ended_at, owed.ending), as_of, colours
            ),
            days_overdue(owed.due, as_of),
        )
        for owed, asked, symbol, code in rows
    ]  # fmt: skip


def _kin(session: Session, other: object, own: object, unit_id: int) -> list[Kin]:
    relative = aliased(Unit)
    rows = session.exec(
        select(Succession, relative.name, relative.id)
        .outerjoin(relative, col(relative.id) == col(other))
        .where(col(own) == unit_id)
        .order_by(col(Succession.day), col(Succession.id))
    )
    return [Kin(id_, name or "", link.day, link.kind, link.rule) for link, name, id_ in rows]


@dataclass(frozen=True)
class Found:
    """A unit of a list."""

    id: int
    name: str
    code: str
    level: Level
    kind: UnitKind
    ends: date | None


def units_like(session: Session, words: str, narrowed: Narrowed) -> tuple[list[Found], int]:
    """The units whose name or alias holds every word, whatever marks it is typed with; how many
    there are beyond those given.
    """
    columns = (Unit.id, Unit.name, Unit.code, Unit.level, Unit.kind, Unit.ends)
    query = sa.select(*map(col, columns))
    for word in fold(words).split():
        query = query.where(col(Unit.search).contains(word, autoescape=True))
    if narrowed.level is not None:
        query = query.where(col(Unit.level) == narrowed.level)
    if narrowed.kind is not None:
        query = query.where(col(Unit.kind) == narrowed.kind)
    counted = session.connection().scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    ordered = query.order_by(col(Unit.ends).is_not(None), col(Unit.name), col(Unit.id))
    rows = session.connection().execute(ordered.limit(MOST))
    return [Found(*row) for row in rows], max(0, (counted or 0) - MOST)
