"""Lifecycle: sets every timer of a directive, years ahead; safe to run again at any time."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from prefect.artifacts import acreate_table_artifact
from sqlmodel import Session, col

from flows.stage import domain_flow
from models.calendar import Calendar
from models.database import database
from models.ladder import ladder_of
from models.round import OWED, Obligation, Round
from models.timers import Timer, timers
from models.vietnamese import show_date
from tasks import lookup, scheduling
from tasks.boards import board, round_lines
from tasks.calendars import working_calendar


@domain_flow("lifecycle", "{directive} · lịch thực hiện")
async def lifecycle(
    directive: str, as_of: datetime | None = None, nobody_runs: bool = False
) -> scheduling.Scheduling:
    """Brings the timers of a directive to its timetable; how many were set, taken back, rerun.

    With `nobody_runs`, as when the engine starts, runs that a killed process left are lost too.
    """
    with database().read() as session:
        owner = lookup.directive(session, directive)
        moment = as_of or owner.registered_at
        lines = round_lines(session, owner, board(session, owner, moment), moment)
        code = owner.code
        ahead = [session.get_one(Round, line.id) for line in lines if not line.passed]
        calendar = working_calendar(session)
        wanted = [
            timer for found in ahead for timer in open_timers(code, found, dues(session, found),
                                                              calendar)
        ]  # fmt: skip
    done = await scheduling.schedule(code, wanted, nobody_runs=nobody_runs)
    await acreate_table_artifact(
        key=f"timetable-{code}",
        description=owner.symbol,
        table=[
            {
                "Kỳ": line.title,
                "Mở": show_date(line.opens),
                "Hạn": show_date(line.due),
                "Tổng hợp": show_date(line.closes),
                "Đã xác nhận": "có" if line.binding else "chưa",
            }
            for line in lines
        ],
    )
    return done


def dues(session: Session, found: Round) -> set[date]:
    """The dates by which a round is to be answered: those still owed, once it is open."""
    if found.opened_at is None:
        by_level = {date.fromisoformat(day) for day in found.by_level.values()}
        return by_level or {found.due}
    owed = sa.select(col(Obligation.due)).where(col(Obligation.round_id) == found.id, OWED)
    return set(session.scalars(owed.distinct()))


def open_timers(
    directive: str, found: Round, dues: Collection[date], calendar: Calendar
) -> list[Timer]:
    """The timers a round still needs: none before it binds; after it has closed, those for who was
    given until later.
    """
    if not found.binding:
        return []
    wanted = timers(
        directive, found.code, found.stage, found.opens, dues, found.closes, calendar,
        ladder_of(found.ladder),
    )  # fmt: skip
    if found.closed_at is not None:
        return wanted[1:-1]
    return wanted[1:] if found.opened_at is not None else wanted
