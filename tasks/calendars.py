"""The working-day calendar in force: the one shipped, overruled by the operator's own table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, delete, select

from models.calendar import Calendar, DayKind, Decision, vietnam
from models.database import database, is_there
from models.day_off import DayOff
from models.directive import Directive
from models.round import Round
from models.words import Deed
from tasks import activities
from tasks.registering import plan_rounds


@dataclass(frozen=True)
class Moved:
    """A planned round whose due date a new table of days moves."""

    directive: str
    round: str
    title: str
    before: date
    after: date


def working_calendar(session: Session) -> Calendar:
    """The calendar that every date is counted by."""
    return vietnam().overruled_by(own_decisions(session))


def calendar_in_force() -> Calendar:
    """The same for a command that reads no database else; what is shipped, where there is none."""
    if not is_there():
        return vietnam()
    with database().read() as session:
        return working_calendar(session)


def own_decisions(session: Session) -> list[Decision]:
    """The operator's own table, in order of day."""
    rows = session.exec(select(DayOff).order_by(col(DayOff.day), col(DayOff.kind)))
    return [Decision(row.day, row.kind, row.reason, row.source) for row in rows]


def changes(session: Session, wanted: Sequence[Decision]) -> tuple[list[Decision], list[Decision]]:
    """What importing a table adds and what it drops: it speaks for its years whole."""
    years = {decision.day.year for decision in wanted}
    present = [d for d in own_decisions(session) if d.day.year in years]
    return (
        [decision for decision in wanted if decision not in present],
        [decision for decision in present if decision not in wanted],
    )


def import_days(session: Session, wanted: Sequence[Decision]) -> list[Moved]:
    """Writes a table of days and plans every round that has not opened anew; those that move."""
    added, dropped = changes(session, wanted)
    for decision in dropped:
        session.exec(
            delete(DayOff).where(col(DayOff.day) == decision.day, col(DayOff.kind) == decision.kind)
        )
    session.add_all(DayOff(**vars(decision)) for decision in added)
    session.flush()
    return list(_plan_anew(session))


def note_import(
    session: Session,
    added: Sequence[Decision],
    dropped: Sequence[Decision],
    as_of: datetime,
    by: str = "",
) -> None:
    """Notes in the history which days an import added and which it dropped."""
    days = [[decision.day.isoformat() for decision in some] for some in (dropped, added)]
    before, after = ({"days": some} for some in days)
    who = by or activities.system()
    activities.note(session, Deed.IMPORTED, who, as_of, about="days", before=before, after=after)


def _plan_anew(session: Session) -> Iterable[Moved]:
    calendar = working_calendar(session)
    for owner in session.exec(select(Directive).order_by(Directive.code)).all():
        before = _dues(session, owner)
        plan_rounds(session, owner, calendar)
        session.flush()
        for code, (title, due) in _dues(session, owner).items():
            if code in before and before[code][1] != due:
                yield Moved(owner.code, code, title, before[code][1], due)


def _dues(session: Session, owner: Directive) -> dict[str, tuple[str, date]]:
    rounds = session.exec(select(Round).where(Round.directive_id == owner.id))
    return {found.code: (found.title, found.due) for found in rounds}


def special_days(calendar: Calendar, year: int) -> list[tuple[date, DayKind, str]]:
    """The days of a year that are not what their weekday says, with the reason."""
    days = calendar.specials_between(date(year - 1, 12, 31), date(year, 12, 31))
    return [
        (day, DayKind.WORK if calendar.is_working(day) else DayKind.OFF, why) for day, why in days
    ]
