"""Lifecycle: sets every timer of a directive, years ahead; safe to run again at any time."""

from datetime import datetime

from prefect.artifacts import acreate_table_artifact

from flows.stage import domain_flow
from models.calendar import vietnam
from models.database import database
from models.round import Round
from models.timers import Timer, timers
from models.vietnamese import show_date
from tasks import lookup, scheduling
from tasks.boards import board, round_lines


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
        wanted = [timer for found in ahead for timer in open_timers(code, found)]
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


def open_timers(directive: str, found: Round) -> list[Timer]:
    """The timers a round still needs: none before it binds, none after it has closed."""
    if not found.binding or found.closed_at is not None:
        return []
    wanted = timers(
        directive, found.code, found.stage, found.opens, found.due, found.closes, vietnam()
    )
    return wanted[1:] if found.opened_at is not None else wanted
