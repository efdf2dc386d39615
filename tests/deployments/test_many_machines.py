"""Two workers, two portals and three senders on one Postgres: nothing is doubled, nothing missing.

Prefect's server stands on the same Postgres and on Redis, as in compose.yaml.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from sqlmodel import Session, col, select

from dondoc.processes import answers, free_port
from models.activity import Activity
from models.calendar import vietnam
from models.database import Database
from models.mail import Message, Reminder
from models.register import Register
from models.round import Obligation, Round, Submission, Summary
from models.settings import Settings
from models.timers import REMINDERS, SUMMARY, TAG
from models.words import Deed, MessageState, Purpose
from tasks import scheduling
from tasks.links import Links
from tasks.mime import message_id
from tasks.registering import confirm, register_directive
from tasks.units import import_register
from tests.deployments.machines import (
    FAKETIME,
    HOST,
    Clock,
    Machines,
    many_machines,
    postgres,
)
from tests.portal.visitor import forms
from tests.tasks.office import PROVINCE, at
from tests.texts import EXAMPLES, checked

CODE, ROUND = "2664-kl-tu", "bao-cao-2029"  # 212 units
REGISTERED = at(2029, 11, 22, 7)
BEFORE, OPENING = at(2029, 11, 23, 7, 0), at(2029, 11, 23, 8, 0)
OVERDUE = at(2029, 12, 24, 8, 31)  # days of its ladder are over by the handful
CLOSING = at(2029, 12, 25, 16, 0)
ANSWER = {"nothing_to_report": "Trong kỳ không phát sinh.", "sender": "Lê Thị A", "do": "send"}
PORTALS, SENDERS, WORKERS = 2, 3, 2


class Post:
    """A mailbox that keeps every copy it is given."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        head = envelope.content.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
        [found] = [line for line in head.splitlines() if line.lower().startswith("message-id:")]
        self.ids.append(found.partition(":")[2].strip())
        return "250 OK"


class Office:
    """The office on many machines, and what is known of it from outside."""

    def __init__(self, machines: Machines, clock: Clock, post: Post, db: Database) -> None:
        self.machines, self.clock, self.post, self.db = machines, clock, post, db
        self.portals = [f"http://{HOST}:{free_port()}" for _ in range(PORTALS)]
        self.settings = Settings(data=machines.folder / "data")

    def start(self) -> None:
        """What compose.yaml starts, in its order."""
        self.machines.run("dondoc.cli", "deploy")
        for number in range(WORKERS):
            self.machines.start(f"worker-{number}", "prefect", "worker", "start", "--pool",
                                "dondoc", "--name", f"worker-{number}", "--limit", "4")  # fmt: skip
        for number in range(SENDERS):
            self.machines.start(f"sender-{number}", "dondoc.cli", "send")
        for number, address in enumerate(self.portals):
            port = address.rpartition(":")[2]
            self.machines.start(f"pages-{number}", "dondoc.cli", "pages", DONDOC_PORTAL_PORT=port)
            self.machines.until("pages", lambda port=port: answers(HOST, int(port)))

    def timers(self, until: datetime) -> list[FlowRun]:
        """The timers of the round up to a moment."""
        return [
            run
            for run in asyncio.run(_runs())
            if run.parameters.get("round") == ROUND
            and run.expected_start_time is not None
            and run.expected_start_time <= until
        ]

    def waits_until_done(self, until: datetime) -> None:
        """Until every timer up to a moment has had its run, and no mail waits."""
        self.machines.until(f"timers until {until}", lambda: self._done(until))

    def _done(self, until: datetime) -> bool:
        waiting = (MessageState.QUEUED, MessageState.LEASED, MessageState.RETRY)
        with self.db.read() as session:
            if session.exec(select(Message.id).where(col(Message.state).in_(waiting))).first():
                return False
        try:
            states = [run.state_type for run in self.timers(until)]
        except (httpx.HTTPError, PrefectHTTPStatusError):
            return False  # a server under load may take too long
        return bool(states) and all(state is StateType.COMPLETED for state in states)

    def answer(self, unit: Obligation, path: str) -> None:
        """Both portals get the same answer at once: whoever presses twice, or is asked again."""
        page = httpx.get(self.portals[0] + path, timeout=60)
        fields = forms(page)[0].fields | ANSWER

        def send(portal: str) -> httpx.Response:
            headers = {"origin": portal}
            return httpx.post(portal + path, data=fields, headers=headers, timeout=60)

        with ThreadPoolExecutor(PORTALS) as pool:
            found = list(pool.map(send, self.portals))
        assert {answer.status_code for answer in found} <= {200, 303}, [a.text for a in found]

    def paths(self, obligations: list[Obligation]) -> list[str]:
        """The address of each one's page, as its mail has it."""
        links = Links.of(self.settings)
        with self.db.read() as session:
            closes = session.exec(select(Round.closes).where(Round.code == ROUND)).one()
        last = [max(found.due, closes) for found in obligations]
        addresses = [
            links.task(found.id or 0, found.links_revoked, end)
            for found, end in zip(obligations, last, strict=True)
        ]
        return [address.removeprefix(links.base) for address in addresses]


async def _runs() -> list[FlowRun]:
    async with get_client() as client:
        tags = FlowRunFilterTags(all_=[TAG, CODE])
        return await scheduling._all(client, FlowRunFilter(tags=tags))


def asked(session: Session) -> list[Obligation]:
    wanted = select(Obligation).join(Round).where(Round.code == ROUND).order_by(Obligation.code)
    return list(session.exec(wanted))


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory, thanh_hoa: Register) -> Iterator[Office]:
    """An office that has registered 2664-KL/TU, whose report of 2029 is asked within the hour."""
    assert FAKETIME.exists(), "apt-get install faketime"
    folder = tmp_path_factory.mktemp("many")
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)  # Postgres runs as another user
    (folder / "postgres").mkdir()
    (folder / "machines" / "data").mkdir(parents=True)
    post, clock = Post(), Clock(folder / "clock")
    clock.set(BEFORE)
    mailbox = Controller(post, hostname=HOST, port=free_port())
    with ExitStack() as stack:
        url = stack.enter_context(postgres(folder / "postgres"))
        own = (url % "dondoc").replace("://", "+psycopg://")
        db = Database(own)
        db.migrate()
        with db.write() as session:
            import_register(session, PROVINCE, thanh_hoa, REGISTERED.date())
            found = checked(EXAMPLES / "thanh-hoa/2664-kl-tu.yaml").directive
            register_directive(session, found, thanh_hoa, vietnam(), REGISTERED)
            confirm(session, CODE, ["all"], "Chánh Văn phòng", vietnam(), REGISTERED)
        mailbox.start()
        stack.callback(mailbox.stop)
        machines = stack.enter_context(
            many_machines(
                folder / "machines",
                (url % "prefect").replace("://", "+asyncpg://"),
                **clock.environment,
                # the daily scans and five-minute deliveries would only repeat what timers do
                PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED="false",
                DONDOC_DATA=str(folder / "machines" / "data"),
                DONDOC_DATABASE_URL=own,
                DONDOC_SMTP_HOST=HOST,
                DONDOC_SMTP_PORT=str(mailbox.port),
            )
        )
        known = {
            PREFECT_API_URL: machines.environment["PREFECT_API_URL"],
            PREFECT_API_AUTH_STRING: machines.environment["PREFECT_API_AUTH_STRING"],
        }
        stack.enter_context(temporary_settings(updates=known))
        yield Office(machines, clock, post, db)
        db.engine.dispose()


@pytest.mark.long
def test_nothing_is_doubled_and_nothing_missing(office: Office) -> None:
    office.start()
    office.clock.set(OPENING)
    office.waits_until_done(OPENING)
    with office.db.read() as session:
        owed = asked(session)
    assert len(owed) > 200
    answering = owed[::4]
    for obligation, path in zip(answering, office.paths(answering), strict=True):
        office.answer(obligation, path)

    office.clock.set(OVERDUE)
    office.waits_until_done(OVERDUE)
    office.clock.set(CLOSING)
    office.waits_until_done(CLOSING)
    senders = [office.machines.end(f"sender-{number}") for number in range(SENDERS)]

    assert senders == [0] * SENDERS
    with office.db.read() as session:
        _each_unit_owes_once(session, owed)
        _each_answer_is_recorded_once(session, answering)
        _each_reminder_is_given_once(session, owed, answering)
        _each_deed_is_noted_once(session, answering)
        _every_mail_arrived_once(session, office.post)
        closed = session.exec(select(Round).where(Round.code == ROUND)).one()
        summaries = session.exec(select(Summary).where(Summary.round_id == closed.id)).all()
        assert closed.closed_at is not None
        assert [summary.version for summary in summaries] == [1]
    _every_timer_ran_once(office)


def _each_unit_owes_once(session: Session, owed: list[Obligation]) -> None:
    assert {o.id for o in asked(session)} == {o.id for o in owed}
    assert max(Counter(o.unit_id for o in owed).values()) == 1


def _each_answer_is_recorded_once(session: Session, answering: list[Obligation]) -> None:
    found = Counter(session.exec(select(Submission.obligation_id)))
    assert found == Counter(o.id for o in answering)
    receipts = select(Message.obligation_id).where(Message.purpose == Purpose.RECEIPT)
    assert Counter(session.exec(receipts)) == found


def _each_reminder_is_given_once(
    session: Session, owed: list[Obligation], answering: list[Obligation]
) -> None:
    given = session.exec(
        select(Reminder).where(col(Reminder.obligation_id).in_([o.id for o in owed]))
    )
    reminders = list(given)
    silent = {o.id for o in owed} - {o.id for o in answering}
    assert {r.obligation_id for r in reminders} == silent
    steps = Counter((r.obligation_id, r.due, r.step, r.purpose) for r in reminders)
    assert max(steps.values()) == 1
    urging = select(Message.unit_id, Message.queued_at).where(
        col(Message.purpose).in_((Purpose.REMINDER, Purpose.ESCALATION))
    )
    days = Counter((unit, queued.date()) for unit, queued in session.exec(urging))
    assert max(days.values()) == 1  # one mail a unit a day


def _each_deed_is_noted_once(session: Session, answering: list[Obligation]) -> None:
    deeds = session.exec(select(Activity).where(col(Activity.at) >= BEFORE)).all()
    of_answers = Counter(d.obligation_id for d in deeds if d.deed == Deed.ANSWERED)
    assert of_answers == Counter(o.id for o in answering)
    of_rounds = Counter((d.deed, d.about) for d in deeds if d.deed in (Deed.OPENED, Deed.CLOSED))
    assert set(of_rounds.values()) == {1}, of_rounds


def _every_mail_arrived_once(session: Session, post: Post) -> None:
    mails = session.exec(select(Message)).all()
    kept = {MessageState.SENT, MessageState.DROPPED}
    assert {mail.state for mail in mails} <= kept, Counter(mail.state for mail in mails)
    sent = {
        message_id(mail.key, Settings().mail_domain)
        for mail in mails
        if mail.state is MessageState.SENT
    }
    assert {name: n for name, n in Counter(post.ids).items() if n > 1} == {}
    assert set(post.ids) == sent


def _every_timer_ran_once(office: Office) -> None:
    runs = office.timers(CLOSING)
    keys = Counter(run.idempotency_key for run in runs)
    assert set(keys.values()) == {1}
    assert {run.state_type for run in runs} == {StateType.COMPLETED}
    assert all(TAG in run.tags and run.run_count == 1 for run in runs), runs
    flows = {(run.idempotency_key or "").split("/")[2].partition("@")[0] for run in runs}
    assert flows == {"reporting", REMINDERS, SUMMARY}
