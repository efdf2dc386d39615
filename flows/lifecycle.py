"""Lifecycle: sets every timer of a directive, years ahead; safe to run again at any time."""

from datetime import date, datetime

from prefect.artifacts import acreate_table_artifact

from flows.stage import domain_flow
from models.calendar import vietnam
from models.database import database
from models.round import Round
from models.status import day_of
from models.timers import Timer, timers
from models.vietnamese import show_date
from tasks import lookup, scheduling
from tasks.boards import board, round_lines


@domain_flow("lifecycle", "{directive} · lịch thực hiện")
async def lifecycle(directive: str, as_of: datetime | None = None) -> scheduling.Scheduling:
    """Brings the timers of a directive to its timetable; how many were set and taken back."""
    with database().read() as session:
        owner = lookup.directive(session, directive)
        moment = as_of or owner.registered_at
        lines = round_lines(session, owner, board(session, owner, moment), moment)
        rounds = [session.get_one(Round, line.id) for line in lines]
        code = owner.code
        registered = day_of(owner.registered_at)
        wanted = [t for found in rounds for t in open_timers(code, found, registered)]
    done = await scheduling.schedule(code, wanted)
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


def open_timers(directive: str, found: Round, registered: date) -> list[Timer]:
    """The timers a round still needs: none before it binds, none after it has closed.

    A round that was over before the directive was registered is never opened: nobody is asked
    today for what was due years ago.
    """
    over = found.opened_at is None and found.closes < registered
    if over or not found.binding or found.closed_at is not None:
        return []
    wanted = timers(
        directive, found.code, found.stage, found.opens, found.due, found.closes, vietnam()
    )
    return wanted[1:] if found.opened_at is not None else wanted
