"""Rounds "khi có yêu cầu": opened by hand, whenever somebody above asks."""

from datetime import date, datetime

from sqlmodel import Session, select

from models.calendar import LAST_DAY, Calendar
from models.directive import Directive
from models.directive_asks import OnDate, OnRequest, RoundItem
from models.directive_file import DirectiveFile
from models.due_dates import closing, due_dates
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.reasons import step
from models.round import Round
from models.status import day_of
from models.timetable import PlannedRound, grounds_of, is_binding, questions_of, reading_of
from models.vietnamese import printable, show_date
from tasks import lookup
from tasks.registering import ids_by_name, round_values
from tasks.registering_figures import write_round_indicators
from tasks.rounds import open_round


def open_on_request(
    session: Session,
    name: str,
    series: str,
    due: date,
    by: str,
    calendar: Calendar,
    as_of: datetime,
) -> Round:
    """Opens a round of a series that waits for requests, due on that day or the next one worked."""
    owner = lookup.directive(session, name)
    file = DirectiveFile.model_validate(owner.file)
    item = _item(owner, file, series)
    by, today = printable(by), day_of(as_of)
    if not by:
        raise NotAllowed(_("Say who asks: a round opened by hand stands in a person's name."))
    if not today < due <= LAST_DAY:
        message = _("{due} is no day to answer by: give one after today.")
        raise NotAllowed(message.format(due=show_date(due)))
    plan = _planned(file, item, due, by, calendar, today)
    values = round_values(plan, file, item, ids_by_name(session, owner.province))
    found = Round(directive_id=lookup.id_of(owner), **values)
    there = select(Round.id).where(Round.directive_id == owner.id, Round.code == found.code)
    if session.exec(there).first() is not None:
        message = _("Round {round} was opened already.")
        raise NotAllowed(message.format(round=found.code))
    session.add(found)
    session.flush()
    write_round_indicators(session, owner, found, file, item)
    open_round(session, found, as_of, by)
    return found


def _item(owner: Directive, file: DirectiveFile, series: str) -> RoundItem:
    waiting = {r.code: r for r in file.rounds if isinstance(reading_of(file, r), OnRequest)}
    if series not in waiting:
        message = _("{directive} has no round on request “{name}”. It has: {known}")
        known = ", ".join(waiting) or "—"
        raise UnknownName(message.format(directive=owner.symbol, name=series, known=known))
    if not is_binding(file, waiting[series]):
        message = _("Round {round} rests on a question nobody has confirmed; confirm it first.")
        raise NotAllowed(message.format(round=series))
    return waiting[series]


def _planned(
    file: DirectiveFile, item: RoundItem, wanted: date, by: str, calendar: Calendar, today: date
) -> PlannedRound:
    (due,) = due_dates(OnDate(on=wanted), today, calendar, {})
    closes, close_step = closing(due, None, calendar)
    said = step("by-hand", by=by, on=show_date(today), day=show_date(wanted))
    moved = [found for found in due.steps if found.rule != "on"]
    return PlannedRound(
        code=f"{item.code}-{due.day.isoformat()}",
        series=item.code,
        stage=item.stage,
        review=item.review,
        title=f"{item.title} (hạn {show_date(due.day)})",
        period=None,
        opens=today,
        due=due.day,
        closes=closes,
        reason=(*grounds_of(file, item), said, *moved, close_step),
        questions=tuple(questions_of(file, item)),
        binding=True,
    )
