"""The year of the soak: its office, its directives, and their lives from timer to timer."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.flow_engine import run_flow_async
from prefect.states import Pending

from benchmarks.mail_office import GROUP, PROVINCE, communes
from benchmarks.soak_samples import Sampler, line
from deployments.serve import FLOWS, register
from dondoc.simulation.units import Answer, answers
from dondoc.simulation.view import calls
from flows.delivery import delivery
from flows.lifecycle import lifecycle
from models.account import Account, SignIn
from models.calendar import vietnam
from models.database import database
from models.directive_asks import OnDate, Periodic, RoundItem
from models.directive_file import DirectiveFile
from models.timers import at
from models.vietnamese import TIMEZONE
from models.words import STAGE_KIND, AccountRole, Every, Kind, Regime, Stage
from tasks.answering import record_answer
from tasks.lookup import id_of
from tasks.registering import register_directive
from tasks.scheduling import scheduled_runs
from tasks.sending import is_anything_due
from tasks.units import import_register

SECRET = "soak"  # of who is signed in
BEGIN = date(2025, 10, 1)
NINE = datetime.min.time().replace(hour=9)
SEED = 7


@dataclass
class Soak:
    """How big it is, and how far it has come."""

    directives: int
    units: int
    months: int
    every: Every
    waiting: list[tuple[datetime, str, int, Answer]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def codes(self) -> list[str]:
        return [f"van-ban-{n}" for n in range(self.directives)]


def directive(soak: Soak, n: int) -> DirectiveFile:
    """One of them, issued within the first month: told to everybody, then reported on."""
    issued = vietnam().next_working(BEGIN + timedelta(days=n % 28))
    common = {"basis": ["issued"], "units": [GROUP], "asks": "Đề nghị các đơn vị thực hiện."}
    return DirectiveFile(
        format="dondoc/directive/1", code=soak.codes[n], symbol=f"{n + 1}/KH-UBND", kind=Kind.PLAN,
        regime=Regime.STATE, issuer="UBND tỉnh", province=PROVINCE, issued=issued,
        subject=f"nội dung {n + 1}",
        rounds=[
            RoundItem(
                code="tiep-nhan", stage=Stage.DISSEMINATION, title="Tiếp nhận",
                when=OnDate(on=vietnam().add_working_days(issued, 10)), **common,
            ),
            RoundItem(
                code="bao-cao", stage=Stage.REPORTING, title="Báo cáo",
                when=Periodic(every=soak.every, first=BEGIN.year, last=BEGIN.year + 1), **common,
            ),
        ],
    )  # fmt: skip


def fill(soak: Soak) -> None:
    """The office: units, directives, somebody of the secretariat signed in."""
    begin = at(BEGIN, NINE)
    register_ = communes(soak.units)
    with database().write() as session:
        import_register(session, PROVINCE, register_, BEGIN)
    for n in range(soak.directives):
        with database().write() as session:
            file = directive(soak, n)
            assert file.issued
            register_directive(session, file, register_, vietnam(), at(file.issued, NINE))
    with database().write() as session:
        account = Account(login="soak", name="Soak", role=AccountRole.SECRETARIAT,
                          password="$unused", made_at=begin)  # fmt: skip
        session.add(account)
        session.flush()
        session.add(
            SignIn(account_id=id_of(account), digest=sha256(SECRET.encode()).hexdigest(),
                   began_at=begin, expires_at=begin + timedelta(days=3_650))
        )  # fmt: skip


async def live(soak: Soak, sampler: Sampler) -> None:
    """From timer to timer, over all directives, in order of time."""
    with SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create() as prefect:
            await register()
            for code in soak.codes:
                await lifecycle(code, at(BEGIN, NINE))
            flows = await _flows(prefect.client)
            timers = await scheduled_runs(prefect.client, [])
            end = _month(soak.months)
            month = 1
            for timer in sorted(timers, key=_moment):
                moment = min(_moment(timer), at(end, NINE))
                while month <= soak.months and moment >= at(_month(month), NINE):
                    await _come_to(soak, at(_month(month), NINE))
                    print(
                        line(await asyncio.to_thread(sampler.take, _month(month - 1))), flush=True
                    )
                    month += 1
                if month > soak.months:
                    return
                await _come_to(soak, moment)
                await _fire(soak, prefect.client, flows[timer.flow_id], timer)


def _month(n: int) -> date:
    """The first day of the n-th month."""
    years, month = divmod(BEGIN.month - 1 + n, 12)
    return date(BEGIN.year + years, month + 1, 1)


async def _flows(client: PrefectClient) -> dict[Any, Any]:
    return {(await client.read_flow_by_name(flow.name)).id: flow for flow in FLOWS}


async def _fire(soak: Soak, client: PrefectClient, flow: Any, timer: FlowRun) -> None:
    """Runs the scheduled run as a worker would; units that were asked make up their minds."""
    moment = _moment(timer)
    taken: Any = await client.set_flow_run_state(timer.id, Pending(), force=True)
    run = timer.model_copy(update={"deployment_id": None, "state": taken.state})
    await run_flow_async(flow, run, {**timer.parameters, "as_of": moment})
    soak.counts["flow runs"] += 1
    if flow.name in STAGE_KIND:
        names = timer.parameters
        for call in await asyncio.to_thread(calls, names["directive"], names["round"]):
            for answer in answers(SEED, call):
                row = (answer.at, answer.obligation, len(soak.waiting), answer)
                heappush(soak.waiting, row)
    if is_anything_due(moment):
        await delivery(moment)


async def _come_to(soak: Soak, moment: datetime) -> None:
    """What units send until then is recorded, a transaction a day, and receipts leave."""
    while soak.waiting and soak.waiting[0][0] < moment:
        day = soak.waiting[0][0].date()
        sent = []
        while soak.waiting and soak.waiting[0][0].date() == day and soak.waiting[0][0] < moment:
            sent.append(heappop(soak.waiting)[-1])
        await asyncio.to_thread(_record, sent)
        await delivery(sent[-1].at + timedelta(minutes=1))
        soak.counts["flow runs"] += 1


def _record(sent: list[Answer]) -> None:
    with database().write() as session:
        for answer in sent:
            sender = answer.obligation.rsplit("/", 1)[-1]
            record_answer(session, answer.obligation, answer.payload, sender, answer.at,
                          decline=answer.decline)  # fmt: skip


def _moment(timer: FlowRun) -> datetime:
    assert timer.expected_start_time is not None
    return timer.expected_start_time.astimezone(TIMEZONE)
