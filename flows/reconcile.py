"""Reconcile: what should be scheduled against what is, for all directives at once.

Prefect may lose anything, or all it has: the domain database says what is to be done.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from prefect.artifacts import acreate_table_artifact
from prefect.client.orchestration import PrefectClient, get_client
from sqlmodel import Session, col, select

from flows.stage import domain_flow, pulse
from models.clock import now
from models.database import database
from models.directive import Directive
from models.errors import ServiceError
from models.i18n import gettext as _
from models.round import Round
from models.settings import settings
from models.timers import Timer
from models.vietnamese import show_date
from models.words import Part
from tasks import audit, reconciling, steps
from tasks.reconciling import Difference, Now
from tasks.wanted_timers import overdue, wanted_timers

GRACE = timedelta(minutes=1)  # for the run that is about to do it


@dataclass(frozen=True)
class Reconciled:
    """What was not as it should be, by the names of the runs."""

    missing: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def created(self) -> int:
        return len(self.missing)

    @property
    def deleted(self) -> int:
        return len(self.superseded)

    @property
    def rerun(self) -> int:
        return len(self.lost)

    @property
    def settled(self) -> int:
        return len(self.stuck)


@domain_flow("reconcile", "đối soát lịch chạy")
async def reconcile(
    as_of: datetime | None = None, nobody_runs: bool = False, only_overdue: bool = False,
    days_ahead: int | None = None,
) -> Reconciled:  # fmt: skip
    """Brings Prefect to what the domain database wants; what it had to do.

    `nobody_runs` says that no runner is at work yet, so that what Prefect calls running is lost.
    With `only_overdue` it does nothing unless a round should have been opened or closed by now.
    Timers due after `days_ahead` are left to a later reconcile.
    """
    clock = now()
    moment = as_of or clock
    if only_overdue and not await asyncio.to_thread(_is_overdue, moment - GRACE):
        return Reconciled()
    async with pulse(Part.RECONCILE, moment):
        await steps.pass_on(moment)
        patient = only_overdue and not nobody_runs
        until = None if days_ahead is None else moment + timedelta(days=days_ahead)
        found = await bring_about(Now(moment, clock, nobody_runs, patient, until))
        await show_timetables(found.directives())
        await asyncio.to_thread(_anchor, moment)
    return as_told(found)


def _is_overdue(as_of: datetime) -> bool:
    with database().read() as session:
        return bool(overdue(session, as_of))


async def bring_about(moment: Now, directive: str | None = None) -> Difference:
    """Brings the timers of a directive, or of all, to its timetable; what differed."""
    wanted = await asyncio.to_thread(_wanted, directive)
    async with get_client() as client:
        deployments = await _deployments(client)
        found = await reconciling.compare(client, deployments, wanted, moment, directive)
        await reconciling.carry_out(client, deployments, found)
    return found


def _anchor(as_of: datetime) -> None:
    """Notes the head of the sealed history outside the database: its end cannot be cut off then."""
    with database().read() as session:
        audit.anchor(session, settings().data, as_of)


def _wanted(directive: str | None) -> list[Timer]:
    with database().read() as session:
        return wanted_timers(session, directive)


def as_told(found: Difference) -> Reconciled:
    """A difference by the names of the runs."""
    return Reconciled(
        tuple(timer.name for timer in found.missing),
        tuple(run.name for run in found.superseded),
        tuple(run.name for _timer, run in found.lost),
        tuple(run.name for run in found.stuck),
    )


async def _deployments(client: PrefectClient) -> Mapping[str, UUID]:
    """The deployment of each flow. Those that Prefect lacks are registered; where workers run
    them, Prefect cannot know how without the office's own file.
    """
    from deployments.serve import FLOWS, register  # it imports the flows, this one among them

    names = {flow.name for flow in FLOWS}
    found = await _known(client, names)
    if missing := sorted(names - found.keys()):
        if await client.read_work_pools():
            message = _(
                "Prefect does not know the flow {flow}: run `prefect deploy --all` with the "
                "installation's prefect.yaml, then reconcile again."
            )
            raise ServiceError(message.format(flow=missing[0]))
        await register()
        found = await _known(client, names)
    return found


async def _known(client: PrefectClient, names: set[str]) -> dict[str, UUID]:
    return {d.name: d.id for d in await client.read_deployments(limit=200) if d.name in names}


async def show_timetables(directives: set[str]) -> None:
    """Shows the timetables of directives in Prefect's pages, as they are now."""
    for code, symbol, rows in await asyncio.to_thread(_timetables, directives):
        await acreate_table_artifact(key=f"timetable-{code}", description=symbol, table=rows)


def _timetables(
    directives: set[str],
) -> list[tuple[str, str, list[dict[str, str]]]]:
    with database().read() as session:
        owners = session.exec(
            select(Directive).where(col(Directive.code).in_(directives)).order_by(Directive.code)
        ).all()
        return [(owner.code, owner.symbol or "", _timetable(session, owner)) for owner in owners]


def _timetable(session: Session, owner: Directive) -> list[dict[str, str]]:
    columns = (Round.title, Round.opens, Round.due, Round.closes, Round.binding)
    rows = session.connection().execute(
        sa.select(*map(col, columns))
        .where(col(Round.directive_id) == owner.id)
        .order_by(col(Round.due), col(Round.code))
    )
    return [
        {
            "Kỳ": title,
            "Mở": show_date(opens),
            "Hạn": show_date(due),
            "Tổng hợp": show_date(closes),
            "Đã xác nhận": "có" if binding else "chưa",
        }
        for title, opens, due, closes, binding in rows
    ]
