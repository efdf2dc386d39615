"""Reconcile: whatever Prefect loses or makes up, its runs come to what the database wants."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import (
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Pending,
    Running,
    Scheduled,
)
from sqlmodel import func, select

from flows.delivery import delivery
from flows.lifecycle import lifecycle
from flows.reconcile import Reconciled, as_told, bring_about, reconcile
from flows.reminders import reminders
from flows.reporting import reporting
from flows.summary import summary
from models.clock import now
from models.database import database
from models.errors import ServiceError
from models.mail import Message, Reminder
from models.pulse import Pulse
from models.round import Obligation, Round, Summary
from models.timers import TAG, Timer
from models.vietnamese import TIMEZONE
from models.words import MessageState, Part
from tasks import pulses, scheduling
from tasks.reconciling import Now, rest
from tasks.wanted_timers import overdue, wanted_timers
from tests.flows.conftest import forget_runs
from tests.tasks.office import OFFICE, SO_A, SO_B, a_round, issue, know, report_file

pytestmark = [
    pytest.mark.xdist_group("prefect"),
    pytest.mark.usefixtures("prefect", "no_runs", "office"),
]

BEFORE = datetime(2024, 2, 26, 7, tzinfo=TIMEZONE)
OPENED = datetime(2024, 5, 6, 8, tzinfo=TIMEZONE)
NOTHING = Reconciled()


@pytest.fixture
def one_round() -> str:
    """The code of a directive of one round."""
    with database().write() as session:
        know(session, OFFICE, SO_A, SO_B)
        return issue(session, report_file()).code


def timers_wanted() -> list[Timer]:
    with database().read() as session:
        return wanted_timers(session)


def wanted() -> list[str]:
    return sorted(timer.key for timer in timers_wanted())


async def waiting() -> list[str | None]:
    """The keys of the timers that wait in Prefect."""
    async with get_client() as client:
        return sorted(str(run.idempotency_key) for run in await scheduling.scheduled_runs(client))


async def the_run(part: str) -> FlowRun:
    async with get_client() as client:
        runs = await scheduling.scheduled_runs(client)
    return next(run for run in runs if f"/{part}@" in str(run.idempotency_key))


async def give(run: FlowRun, state: State[Any]) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run.id, state, force=True)


async def as_it_is(run: FlowRun) -> FlowRun:
    async with get_client() as client:
        return await client.read_flow_run(run.id)


async def create(flow: str, **fields: Any) -> FlowRun:
    """A run that somebody made in Prefect's pages."""
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(f"{flow}/{flow}")
        return await client.create_flow_run_from_deployment(deployment.id, **fields)


def everything() -> dict[str, int]:
    with database().read() as session:
        tables = (Obligation, Message, Reminder, Summary)
        return {t.__name__: session.exec(select(func.count()).select_from(t)).one() for t in tables}


class TestNothingToDo:
    async def test_leaves_all_as_it_is(self, one_round: str) -> None:
        first = await reconcile(BEFORE)
        assert (first.created, first.deleted) == (len(wanted()), 0)
        assert await waiting() == wanted()
        assert await reconcile(BEFORE) == NOTHING

    async def test_and_the_lifecycle_of_one_directive_agrees(self, one_round: str) -> None:
        await reconcile(BEFORE)
        assert await lifecycle(one_round, BEFORE) == NOTHING

    async def test_what_is_due_in_months_may_be_left_to_the_next(self, one_round: str) -> None:
        until = BEFORE + timedelta(days=71)  # the day before the first reminders
        first = await reconcile(BEFORE, days_ahead=71)
        soon = sorted(timer.key for timer in timers_wanted() if timer.at <= until)
        assert 0 < len(soon) < len(wanted())
        assert (await waiting(), first.created) == (soon, len(soon))
        assert (await reconcile(BEFORE)).created == len(wanted()) - len(soon)
        assert await waiting() == wanted()

    async def test_what_stands_beyond_is_left_alone(self, one_round: str) -> None:
        await reconcile(BEFORE)
        assert await reconcile(BEFORE, days_ahead=71) == NOTHING
        assert await waiting() == wanted()

    async def test_without_a_directive_it_does_nothing(self) -> None:
        assert await reconcile(BEFORE) == NOTHING


async def after(minutes: float, as_of: datetime = OPENED, **how: bool) -> Reconciled:
    """What is done so many minutes later, by Prefect's clock."""
    found = await bring_about(Now(as_of, now() + timedelta(minutes=minutes), **how))
    return as_told(found)


LOST: list[tuple[State[Any], float, dict[str, bool], bool]] = [
    (Failed(), 0, {}, True),
    (Crashed(), 0, {}, True),
    (Cancelled(), 0, {}, True),
    (Completed(), 0, {}, True),  # without effect: the round is not open
    (Running(), 0, {}, False),  # somebody may be at it
    (Running(), 3, {}, True),
    (Running(), 0, {"nobody_runs": True}, True),
    (Pending(), 0, {}, False),
    (Pending(), 3, {}, True),
    (Pending(), 0, {"nobody_runs": True}, True),
    (Cancelling(), 3, {}, True),
    (Late(), 3, {"nobody_runs": True}, False),  # whoever runs next takes it up
]


class TestAnOpening:
    async def test_that_got_lost_runs_again(self, one_round: str) -> None:
        await after(0, BEFORE)
        opening = await the_run("reporting")
        for state, minutes, how, rerun in LOST:
            await give(opening, state)
            done = await after(minutes, **how)
            assert (done.created, done.deleted, done.rerun) == (0, 0, int(rerun)), state
            assert ((await as_it_is(opening)).state_name == "Scheduled") is rerun, state

    async def test_that_failed_of_itself_rests_ever_longer(self, one_round: str) -> None:
        await after(0, BEFORE)
        opening = await the_run("reporting")
        await give(opening, Failed())
        long_ago = now() - timedelta(hours=2)
        held = opening.model_copy(update={"created": long_ago, "state": Failed()})
        timer = next(t for t in timers_wanted() if t.key == opening.idempotency_key)
        assert timedelta(minutes=3) < rest(timer, held) < timedelta(minutes=5)
        held = held.model_copy(update={"created": now() - timedelta(days=9)})
        assert rest(timer, held) == timedelta(hours=1)

    async def test_that_ran_is_left_alone_whatever_prefect_says(self, one_round: str) -> None:
        await after(0, BEFORE)
        opening = await the_run("reporting")
        await reporting(one_round, "bao-cao", OPENED)
        await give(opening, Crashed())
        assert await after(60) == NOTHING
        await give(opening, Running())
        assert await after(1) == NOTHING
        assert (await after(20)).stuck == (opening.name,)
        assert (await as_it_is(opening)).state_type is StateType.COMPLETED

    async def test_in_a_living_process_is_not_doubled(
        self, one_round: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Heartbeats are events, which the test's server does not keep."""

        async def beats(_client: object, _run: FlowRun, _since: datetime) -> bool:
            return True

        await after(0, BEFORE)
        opening = await the_run("reporting")
        await give(opening, Running())
        async with get_client() as client:
            assert not await scheduling.has_beaten(client, opening, BEFORE)
        monkeypatch.setattr(scheduling, "has_beaten", beats)
        assert (await after(30)).rerun == 0
        assert (await after(61)).rerun == 1  # no flow may take so long


class TestReminders:
    async def test_that_were_given_are_left(self, one_round: str) -> None:
        await after(0, BEFORE)
        await give(await the_run("reminders"), Completed())
        assert await after(0, BEFORE, nobody_runs=True) == NOTHING

    async def test_of_today_run_again_and_older_ones_do_not(self, one_round: str) -> None:
        await after(0, BEFORE)
        await reporting(one_round, "bao-cao", OPENED)
        first = await the_run("reminders")
        assert first.expected_start_time
        await give(first, Crashed())
        assert (await after(0, first.expected_start_time + timedelta(hours=1))).rerun == 1
        await give(first, Crashed())
        assert (await after(0, first.expected_start_time + timedelta(days=2))).rerun == 0


class TestWhatIsNotWanted:
    async def test_an_old_date_is_deleted_and_the_new_one_set(self, one_round: str) -> None:
        await after(0, BEFORE)
        with database().write() as session:
            moved = session.exec(select(Round)).one()
            moved.closes += timedelta(days=7)
            session.add(moved)
        done = await after(0, BEFORE)
        assert (done.created, done.deleted) == (1, 1)
        assert await waiting() == wanted()

    async def test_a_directive_that_is_no_more(self, one_round: str) -> None:
        await after(0, BEFORE)
        await create("summary", tags=[TAG, "kl-9"], idempotency_key="kl-9/x/summary@2030",
                     state=Scheduled(scheduled_time=BEFORE + timedelta(days=900)))  # fmt: skip
        assert (await after(0, BEFORE)).deleted == 1
        assert await waiting() == wanted()

    async def test_a_copy_of_a_timer(self, one_round: str) -> None:
        await after(0, BEFORE)
        await create("reporting", tags=[TAG, one_round], name="bản sao")
        done = await after(0, BEFORE)
        assert (done.superseded, done.created) == (("bản sao",), 0)
        assert await waiting() == wanted()

    async def test_all_but_the_newest_of_a_schedules_late_runs(self) -> None:
        async with get_client() as client:
            deployment = await client.read_deployment_by_name("delivery/delivery")
            path: Any = f"/deployments/{deployment.id}/schedule"
            ends = now() - timedelta(minutes=30)
            begins = ends - timedelta(minutes=21)
            times = {"start_time": begins.isoformat(), "end_time": ends.isoformat()}
            await client.request("POST", path, json=times)
            assert await client.count_flow_runs() >= 4
            await after(0)
            assert await client.count_flow_runs() == 1

    async def test_runs_of_other_flows_that_never_ended(self) -> None:
        run = await create("delivery")
        await give(run, Running())
        assert (await after(20)).settled == 1
        assert (await as_it_is(run)).state_type is StateType.CRASHED


@pytest.mark.usefixtures("one_round")
class TestPrefectsDatabase:
    async def test_lost_is_back_within_one_run(self) -> None:
        await after(0, BEFORE)
        await forget_runs()
        assert (await after(0, BEFORE)).created == len(wanted())
        assert await waiting() == wanted()

    async def test_without_its_deployments_too(self) -> None:
        await after(0, BEFORE)
        async with get_client() as client:
            for deployment in await client.read_deployments():
                await client.delete_deployment(deployment.id)
        assert (await after(0, BEFORE)).created == len(wanted())
        assert await waiting() == wanted()
        assert await after(0, BEFORE) == NOTHING

    async def test_of_runs_whose_deployment_is_gone_sets_new_ones(self) -> None:
        await after(0, BEFORE)
        opening = await the_run("reporting")
        await give(opening, Crashed())  # deleting a deployment leaves what has ended
        async with get_client() as client:
            deployment = await client.read_deployment_by_name("reporting/reporting")
            await client.delete_deployment(deployment.id)
        done = await after(0)
        assert (done.created, done.deleted, done.rerun) == (1, 1, 0)
        assert (await the_run("reporting")).id != opening.id

    async def test_leaves_deployments_of_workers_to_the_operator(self) -> None:
        from prefect.client.schemas.actions import WorkPoolCreate

        async with get_client() as client:
            deployment = await client.read_deployment_by_name("inbox/inbox")
            await client.delete_deployment(deployment.id)
            await client.create_work_pool(WorkPoolCreate(name="xa", type="process"))
            try:
                with pytest.raises(ServiceError, match="inbox"):
                    await after(0, BEFORE)
            finally:
                await client.delete_work_pool("xa")
        await after(0, BEFORE)

    async def test_lost_under_way_sends_no_mail_twice(self, office: Path) -> None:
        await after(0, BEFORE)
        assert await reporting("kl-1", "bao-cao", OPENED) == 2
        first = (await the_run("reminders")).expected_start_time
        assert first
        day = first.astimezone(TIMEZONE)
        assert await reminders("kl-1", "bao-cao", day) == 2
        before, mails = everything(), sorted((office / "mail").glob("*.eml"))
        await forget_runs()
        done = await reconcile(day + timedelta(hours=1))
        assert await waiting() == [key for key in wanted() if key[-16:] > f"{day:%Y-%m-%dT%H:%M}"]
        assert done.created == len(await waiting())
        await reporting("kl-1", "bao-cao", OPENED)  # what a lost run may have done again
        assert await reminders("kl-1", "bao-cao", day + timedelta(hours=1)) == 0
        await delivery(day + timedelta(hours=2))
        assert (everything(), sorted((office / "mail").glob("*.eml"))) == (before, mails)
        with database().read() as session:
            assert set(session.exec(select(Message.state))) == {MessageState.SENT}


class TestTheWatch:
    async def test_asks_nothing_of_prefect_while_nothing_is_overdue(self, one_round: str) -> None:
        assert await reconcile(BEFORE, only_overdue=True) == NOTHING
        assert await waiting() == []

    async def test_sees_to_what_should_be_open_or_closed(self, one_round: str) -> None:
        def found(moment: datetime) -> list[str]:
            with database().read() as session:
                return overdue(session, moment)

        assert found(OPENED - timedelta(days=1)) == []
        assert found(OPENED) == ["kl-1/bao-cao"]
        assert (await reconcile(OPENED + timedelta(minutes=2), only_overdue=True)).created > 0
        await reporting(one_round, "bao-cao", OPENED)
        assert found(OPENED) == []
        closing = datetime(2024, 6, 10, 16, tzinfo=TIMEZONE)
        assert found(closing - timedelta(minutes=1)) == []
        assert found(closing) == ["kl-1/bao-cao"]
        await summary(one_round, "bao-cao", closing)
        assert found(closing + timedelta(days=400)) == []

    def test_leaves_rounds_that_were_over_before_registration(self) -> None:
        with database().write() as session:
            know(session, OFFICE, SO_A)
            old = a_round(when={"on": "2024-03-04"})
            issue(session, report_file(rounds=[old]), datetime(2026, 1, 5, tzinfo=TIMEZONE))
        with database().read() as session:
            assert overdue(session, datetime(2026, 2, 1, tzinfo=TIMEZONE)) == []
            assert wanted_timers(session) == []


class TestPulses:
    def pulse(self, part: Part) -> Pulse:
        with database().read() as session:
            return pulses.pulses(session)[part]

    async def test_of_parts_that_did_their_work(self, one_round: str) -> None:
        await reconcile(BEFORE)
        await reminders(as_of=BEFORE)
        await delivery(BEFORE)
        for part in (Part.RECONCILE, Part.REMINDERS, Part.DELIVERY):
            assert (self.pulse(part).at, self.pulse(part).problem) == (BEFORE, "")

    async def test_say_what_kept_a_part_from_it(self, one_round: str) -> None:
        from dondoc.environment import environment
        from dondoc.processes import free_port

        await delivery(BEFORE)
        await reporting(one_round, "bao-cao", OPENED)
        with database().write() as session:
            for mail in session.exec(select(Message)):
                mail.state, mail.next_at, mail.sent_at = MessageState.QUEUED, OPENED, None
                session.add(mail)
        with environment({"DONDOC_SMTP_PORT": str(free_port())}):
            with pytest.raises(ServiceError):
                await delivery(OPENED)
            assert self.pulse(Part.DELIVERY).problem
            await delivery(OPENED)  # the relay is left alone for a while: that is no sign of life
        found = self.pulse(Part.DELIVERY)
        assert (found.at, found.failed_at, bool(found.problem)) == (BEFORE, OPENED, True)


async def command(prefect: str, *options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "dondoc.cli", "reconcile", *options]
    environment = {**os.environ, "PREFECT_API_URL": prefect, "DONDOC_LANG": "en"}
    return await asyncio.to_thread(
        subprocess.run, words, env=environment, capture_output=True, text=True, check=False
    )


class TestCommand:
    async def test_tells_what_was_missing_and_then_that_all_is_well(
        self, one_round: str, prefect: str
    ) -> None:
        told = json.loads((await command(prefect, "--as-of", "2024-03-01", "--json")).stdout)
        assert len(told["missing"]) == len(wanted()) == len(await waiting())
        again = await command(prefect, "--as-of", "2024-03-01")
        assert (again.returncode, again.stdout) == (
            0, "Everything is scheduled as it should be.\n",
        )  # fmt: skip

    async def test_says_that_prefect_does_not_answer(self) -> None:
        told = await command("http://127.0.0.1:9/api")
        assert told.returncode == 5
        assert "http://127.0.0.1:9/api" in told.stderr
