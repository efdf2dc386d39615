"""Which timers there should be, by the domain database: of one directive or of all at once."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from models.calendar import Calendar
from models.directive import Directive
from models.ladder import ladder_of
from models.round import OWED, Obligation, Round
from models.status import day_of
from models.timers import CLOSES_AT, OPENS_AT, REMINDERS, Timer, at, timers
from models.words import Stage
from tasks.calendars import working_calendar

A_DAY = timedelta(days=1)


class _Asked(NamedTuple):
    """What timers need of a round: to read thousands of rounds whole takes ten times as long."""

    id: int
    code: str
    stage: Stage
    opens: date
    due: date
    closes: date
    by_level: Mapping[str, str]
    ladder: list[dict[str, Any]] | None
    opened_at: datetime | None
    closed_at: datetime | None


def wanted_timers(session: Session, directive: str | None = None) -> list[Timer]:
    """The timers that the rounds of a directive, or of all, still need, past ones among them."""
    owed = _owed(session, directive)
    calendar = working_calendar(session)
    return [
        timer
        for code, found in _rounds(session, directive)
        for timer in _of_round(code, found, owed.get(found.id, set()), calendar)
    ]


def has_work(timer: Timer, as_of: datetime) -> bool:
    """Whether a timer would still do something: an opening or closing that has not come about
    always, a reminder on its day, since the daily scan makes good what an older one missed.
    """
    return timer.flow != REMINDERS or timer.at > as_of - A_DAY


def overdue(session: Session, as_of: datetime) -> list[str]:
    """The rounds that should have been opened or closed and are not (directive/round)."""
    today = day_of(as_of)
    opened, closed = col(Round.opened_at), col(Round.closed_at)
    to_open = sa.and_(opened.is_(None), col(Round.opens) <= today)
    to_close = sa.and_(opened.is_not(None), closed.is_(None), col(Round.closes) <= today)
    return [
        f"{code}/{found.code}"
        for code, found in _rounds(session, None, sa.or_(to_open, to_close))
        if _next(found) <= as_of
    ]


def _next(found: _Asked) -> datetime:
    """When a round that is not closed is to be opened, or closed."""
    if found.opened_at is None:
        return at(found.opens, OPENS_AT)
    return at(found.closes, CLOSES_AT)


def _rounds(
    session: Session, directive: str | None, *also: sa.ColumnElement[bool]
) -> Iterator[tuple[str, _Asked]]:
    """Rounds that bind, with their directive's code, but for those that were over before it was
    registered and never open.
    """
    columns = (getattr(Round, name) for name in _Asked._fields)
    query = (
        sa.select(col(Directive.code), col(Directive.registered_at), *map(col, columns))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(col(Round.binding), _of(directive), *also)
        .order_by(col(Directive.code), col(Round.due), col(Round.code))
    )
    for code, registered_at, *row in session.connection().execute(query):
        found = _Asked(*row)
        if found.opened_at is not None or found.closes >= day_of(registered_at):
            yield code, found


def _of(directive: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if directive is None else col(Directive.code) == directive


def _owed(session: Session, directive: str | None) -> dict[int, set[date]]:
    """The dates by which something is still owed, by round."""
    query = (
        sa.select(col(Obligation.round_id), col(Obligation.due))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(_of(directive), OWED)
        .distinct()
    )
    found: dict[int, set[date]] = {}
    for round_id, due in session.connection().execute(query):
        found.setdefault(round_id, set()).add(due)
    return found


def _of_round(
    directive: str, found: _Asked, owed: Collection[date], calendar: Calendar
) -> list[Timer]:
    """The timers a round still needs: once it is open those of what is still owed, and after it has
    closed only those for who was given until later.
    """
    if found.opened_at is None:
        owed = {date.fromisoformat(day) for day in found.by_level.values()} or {found.due}
    wanted = timers(
        directive, found.code, found.stage, found.opens, owed, found.closes, calendar,
        ladder_of(found.ladder),
    )  # fmt: skip
    if found.closed_at is not None:
        return wanted[1:-1]
    return wanted[1:] if found.opened_at is not None else wanted
