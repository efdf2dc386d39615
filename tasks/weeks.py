"""The load by week: what falls due, of which directive, asked of how many units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive
from models.round import Obligation, Round

WEEKS = 26
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Due:
    """A round that falls due in a week; `units` is how many owe it, none where it has not opened;
    `answered` how many of them have answered.
    """

    day: date
    round_id: int
    title: str
    directive: str
    directive_code: str
    binding: bool
    units: int = 0
    answered: int = 0


@dataclass(frozen=True)
class Week:
    """A week by its Monday, with what falls due in it."""

    monday: date
    dues: Sequence[Due]

    @property
    def units(self) -> int:
        return sum(due.units for due in self.dues)


def weeks(session: Session, first: date, count: int = WEEKS) -> list[Week]:
    """So many weeks from the one that holds a day, each with what falls due in it.

    What has opened counts by the due date of each unit, what has not by the round's.
    """
    monday = first - timedelta(days=first.weekday())
    dues = [*_opened(session, monday, count), *_planned(session, monday, count)]
    return [
        Week(start, sorted((d for d in dues if start <= d.day < start + WEEK),
                           key=lambda d: (d.day, d.directive, d.title)))
        for start in (monday + n * WEEK for n in range(count))
    ]  # fmt: skip


_SHOWN = (Round.id, Round.title, Directive.symbol, Directive.code, Round.binding)


def _opened(session: Session, monday: date, count: int) -> list[Due]:
    owed = col(Obligation.due)
    rows = session.connection().execute(
        sa.select(owed, *map(col, _SHOWN), sa.func.count(),
                  sa.func.count(col(Obligation.answered_at)))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(owed >= monday, owed < monday + count * WEEK)
        .group_by(owed, *map(col, _SHOWN))
    )  # fmt: skip
    return [Due(*row) for row in rows]


def _planned(session: Session, monday: date, count: int) -> list[Due]:
    rows = session.connection().execute(
        sa.select(col(Round.due), *map(col, _SHOWN))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(
            col(Round.opened_at).is_(None), col(Round.due) >= monday,
            col(Round.due) < monday + count * WEEK,
        )
    )  # fmt: skip
    return [Due(*row) for row in rows]
