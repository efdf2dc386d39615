"""The life of a directive: its timers are taken from Prefect one by one and run at their moment.

The simulator stands where the worker and the calendar would: it takes the next scheduled run,
lets the units answer up to that moment, and runs it then. Nothing waits for real time.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import wraps
from time import perf_counter
from typing import Any

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import OrchestrationResult
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.flow_engine import run_flow_async
from prefect.states import Pending
from sqlmodel import Session, col, func, select

from deployments.serve import FLOWS, register
from dondoc.simulation.deeds import SECRETARIAT, Deed, deeds
from dondoc.simulation.signing import sign_alike
from dondoc.simulation.summaries import signing_deeds
from dondoc.simulation.units import Answer, answers, explained
from dondoc.simulation.view import calls, handed_over, passed_on
from flows.delivery import delivery
from flows.lifecycle import lifecycle
from models.calendar import vietnam
from models.database import database
from models.directive_check import Checked
from models.mail import Message
from models.register import Register
from models.status import day_of
from models.timers import at
from models.vietnamese import TIMEZONE
from models.words import STAGE_KIND, MessageState, Verdict
from tasks.answering import Recorded, record_answer
from tasks.imports import note_import
from tasks.registering import confirm, register_directive
from tasks.scheduling import PAGE, scheduled_runs
from tasks.units import import_register

TRY_AGAIN_AFTER = timedelta(minutes=10)
BEGUN_AT_ONCE = 4  # runs that Prefect prepares, works on or ends at the same time

Tell = Callable[[datetime], None]


@dataclass
class Life:
    """What happened: counts of what was done, and seconds spent on each part of it."""

    directive: str
    end: datetime
    letter: date | None = None
    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def spending(self, part: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + perf_counter() - start


def beginning(checked: Checked) -> datetime:
    """The morning of the day of issue."""
    issued = checked.directive.issue_date()
    assert issued is not None
    return at(issued, time(7))


def issue(checked: Checked, units: Register, neighbours: Mapping[str, Register]) -> None:
    """Imports the units, registers the directive and confirms its readings, as an office would."""
    file, start = checked.directive, beginning(checked)
    sign_alike()
    with database().write() as session:
        for province, others in neighbours.items():
            made = import_register(session, province, others, day_of(start))
            note_import(session, province, made, start)
        made = import_register(session, file.province, units, day_of(start))
        note_import(session, file.province, made, start)
    with database().write() as session:
        register_directive(session, file, units, vietnam(), start)
        confirm(session, file.code, ["all"], SECRETARIAT, vietnam(), start)


async def live(checked: Checked, seed: int, tell: Tell, until: datetime | None = None) -> Life:
    """Runs the life of a registered directive on the Prefect server of the settings, to its end or
    up to a moment.
    """
    code, start = checked.directive.code, beginning(checked)
    life = Life(code, start)
    # one client for all runs: making one loads every certificate of the machine anew
    with SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create() as prefect:
            with life.spending("schedule"):
                await register()
            clock = _Clock(life, prefect.client, seed, tell)
            for deed in deeds(checked.directive, clock.units_plan, life):
                await clock.run(await _timers(life, prefect.client, deed.at))
                await clock.come_to(deed.at)
                await asyncio.to_thread(deed.do, deed.at)
            await clock.run(await _timers(life, prefect.client, until))
            await clock.end()
            life.counts["timers"] = len(clock.fired)
            life.runs = await _ended(prefect.client, clock.fired)
            life.counts["flow runs"] = await prefect.client.count_flow_runs()
            life.counts["task runs"] = (
                await prefect.client.request("POST", "/task_runs/count", json={})
            ).json()
    return life


async def _timers(
    life: Life, client: PrefectClient, until: datetime | None = None
) -> list[FlowRun]:
    """The timers that Prefect holds for a directive up to a moment, brought to what is wanted."""
    with life.spending("schedule"):
        await lifecycle(life.directive, life.end)
        timers = await scheduled_runs(client, [life.directive])
    return [timer for timer in timers if until is None or _moment(timer) < until]


async def _ended(client: PrefectClient, timers: list[FlowRun]) -> list[dict[str, Any]]:
    """How Prefect says each timer's run ended."""
    states: dict[Any, str] = {}
    for start in range(0, len(timers), PAGE):
        ids = [timer.id for timer in timers[start : start + PAGE]]
        found = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids)), limit=PAGE
        )
        states |= {run.id: run.state_name or "" for run in found}
    return [
        {"at": _moment(timer), "name": timer.name, "state": states[timer.id]} for timer in timers
    ]


class _Turn:
    """When a run that was begun may do its work, and when it has done it, or why it could not."""

    def __init__(self) -> None:
        self.come = asyncio.Event()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()


def _held_back(flow: Flow[..., Any], turn: _Turn) -> Flow[..., Any]:
    """The flow, waiting for its turn before its own work; what Prefect does around it goes on."""

    @wraps(flow.fn)
    async def work(*args: Any, **parameters: Any) -> Any:
        await turn.come.wait()
        result = await flow.fn(*args, **parameters)
        turn.over.set_result(None)
        return result

    held_back = copy(flow)
    held_back.fn = work
    return held_back


class _Clock:
    """Simulated time: goes from timer to timer and lets units answer in between.

    A few runs are begun before their moment, so that Prefect prepares the next ones and ends the
    last ones while one works; the work itself is done one run after the other, in order of time.
    """

    def __init__(self, life: Life, client: PrefectClient, seed: int, tell: Tell) -> None:
        self.life, self.client, self.seed, self.tell = life, client, seed, tell
        self.fired: list[FlowRun] = []
        self.waiting: list[tuple[datetime, str, int, Answer]] = []
        self.flows: dict[str, Flow[..., Any]] = {flow.name: flow for flow in FLOWS}
        self.names: dict[Any, str] = {}
        self.signings: list[Deed] = []
        self.places = asyncio.Semaphore(BEGUN_AT_ONCE)

    async def run(self, timers: list[FlowRun]) -> None:
        """Runs these timers at their moments, in order of time."""
        for timer in timers:
            if timer.flow_id not in self.names:
                self.names[timer.flow_id] = (await self.client.read_flow(timer.flow_id)).name
        self.fired += timers
        turns = [(timer, _Turn()) for timer in timers]
        runs = [asyncio.create_task(self._fire(timer, turn)) for timer, turn in turns]
        try:
            for timer, turn in turns:
                await self._come_to(timer, turn)
                self.tell(self.life.end)
            await asyncio.gather(*runs)
        finally:
            for run in runs:
                run.cancel()

    async def come_to(self, moment: datetime) -> None:
        """Lets the units answer up to a moment at which somebody does something by hand."""
        await self._answer_until(moment)
        self.life.end = moment

    async def end(self) -> None:
        """The answers still to come, and the last mail."""
        moments = [answer[0] for answer in self.waiting] + [deed.at for deed in self.signings]
        last = max(moments, default=self.life.end)
        await self._answer_until(last + timedelta(seconds=1))
        self.life.end = max(self.life.end, last) + timedelta(days=1)
        await self._send_again(self.life.end)

    async def _come_to(self, timer: FlowRun, turn: _Turn) -> None:
        """Lets the units answer up to the moment of a timer, then its run do its work."""
        moment, name = _moment(timer), self.names[timer.flow_id]
        await self._answer_until(moment)
        with self.life.spending(f"flow {name}"):
            turn.come.set()
            await turn.over
        self.life.counts["flow runs fired"] += 1
        if name in STAGE_KIND:
            await asyncio.to_thread(self.units_plan, timer.parameters["round"])
        else:
            await asyncio.to_thread(self._heirs_plan, moment)
        if name == "summary":
            code = timer.parameters["round"]
            self.signings += signing_deeds(self.life.directive, code, moment, self.life.counts)
            self.signings.sort(key=lambda deed: deed.at)
        await self._send_again(moment)
        self.life.end = moment

    async def _fire(self, timer: FlowRun, turn: _Turn) -> None:
        """Runs the scheduled run itself, as a worker would, so that it ends as completed."""
        flow = self.flows[self.names[timer.flow_id]]
        try:
            async with self.places:
                taken: OrchestrationResult[Any] = await self.client.set_flow_run_state(
                    timer.id, Pending(), force=True
                )
                # a run of a deployment gets a thread that watches for its suspension and takes up
                # to 2 s to join; nobody suspends a simulated run: it is kept from this process
                run = timer.model_copy(update={"deployment_id": None, "state": taken.state})
                parameters = {**timer.parameters, "as_of": _moment(timer)}
                await run_flow_async(_held_back(flow, turn), run, parameters)
        except Exception as error:
            if turn.over.done():
                raise
            turn.over.set_exception(error)

    def units_plan(self, code: str, since: datetime | None = None) -> None:
        """Each unit that was just asked decides what it will send, and when."""
        for call in calls(self.life.directive, code, since):
            for answer in answers(self.seed, call):
                heapq.heappush(
                    self.waiting, (answer.at, answer.obligation, len(self.waiting), answer)
                )

    def _heirs_plan(self, moment: datetime) -> None:
        """So does each that took a task over; what the units that ended had in mind is void."""
        with database().read() as session:
            rounds_ = handed_over(session, self.life.directive, moment)
            void = passed_on(session, moment) if rounds_ else set()
        self.waiting = [entry for entry in self.waiting if entry[1] not in void]
        heapq.heapify(self.waiting)
        for code in rounds_:
            self.units_plan(code, moment)

    async def _answer_until(self, moment: datetime) -> None:
        """Records what units sent before `moment`, a transaction a day, and queues the receipts;
        summaries are signed in between.
        """
        while self.signings and self.signings[0].at < moment:
            deed = self.signings.pop(0)
            await self._answer_until(deed.at)
            with self.life.spending("signing"):
                await asyncio.to_thread(deed.do, deed.at)
        while self.waiting and self.waiting[0][0] < moment:
            day = day_of(self.waiting[0][0])
            evening = min(moment, at(day, time.max.replace(microsecond=0)))
            sent = []
            while self.waiting and self.waiting[0][0] <= evening:
                sent.append(heapq.heappop(self.waiting)[-1])
            with self.life.spending("answers"):
                verdicts = await asyncio.to_thread(_record, sent)
            self.life.counts.update(f"answers {verdict}" for verdict in verdicts)

    async def _send_again(self, moment: datetime) -> None:
        """Runs the delivery that the deployment's interval would run, where mail has to wait."""
        later = moment + TRY_AGAIN_AFTER
        if _mail_waits(later):
            with self.life.spending("flow delivery"):
                await delivery(later)
            self.life.counts["flow runs fired"] += 1


def _record(sent: list[Answer]) -> list[Verdict]:
    """Records the answers in one transaction; what became of each. A unit that is asked for nothing
    but the reason of its figures gives it at once.
    """
    verdicts = []
    with database().write() as session:
        for answer in sent:
            found = _record_one(session, answer, answer.payload)
            verdicts.append(found.verdict)
            more = explained(answer.payload, [fault.field for fault in found.faults])
            if more is not None:
                verdicts.append(_record_one(session, answer, more).verdict)
    return verdicts


def _record_one(session: Session, answer: Answer, payload: Any) -> Recorded:
    sender = answer.obligation.rsplit("/", 1)[-1]
    return record_answer(
        session, answer.obligation, payload, sender, answer.at, decline=answer.decline
    )


def _moment(timer: FlowRun) -> datetime:
    assert timer.expected_start_time is not None
    return timer.expected_start_time.astimezone(TIMEZONE)


def _mail_waits(moment: datetime) -> bool:
    with database().read() as session:
        waiting = (
            select(func.count())
            .select_from(Message)
            .where(
                col(Message.state).in_([MessageState.RETRY, MessageState.QUEUED]),
                Message.next_at <= moment,
            )
        )
        return session.exec(waiting).one() > 0
