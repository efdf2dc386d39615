"""What holds of reminders in any life: units answer when they like, deadlines are extended, clocks
run by days, jump ahead and run backwards, and mail waits in the outbox.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import Database
from models.ladder import reached
from models.mail import Message, Reminder
from models.round import Obligation
from models.status import day_of
from models.vietnamese import TIMEZONE, show_date
from models.words import MessageState, Purpose, ReliefKind
from tasks import outbox, reliefs, sending, steps
from tasks.reminding import Told
from tests.conftest import Databases
from tests.tasks.office import (
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    a_file,
    a_round,
    answer,
    at,
    in_force,
    issue,
    know,
    mails,
    open_,
)
from tests.tasks.reading import parsed, part

UNITS = ("so-a", "so-b", "so-c")
URGING = (Purpose.REMINDER, Purpose.ESCALATION)
OPENED = at(2024, 5, 6)
DONE = {"narrative": "Đã xong."}
DECLINED = {"reason": "Không thuộc chức năng."}
OWN_TASK = re.compile(r"Hạn gửi: (\S+).*\n+ *Mã việc: (\S+)")
LATE_TASK = re.compile(r"\((\S+)/TU\)\nHạn gửi: (\S+) .* đơn vị:\n((?:\d+\. .*\n)+)")
LATE_UNIT = re.compile(r"Đơn vị (\S+) –")

Named = set[tuple[str, str]]  # what a mail urges for: the obligation's code and the date it says


class World:
    """Three units and some directives; so-c oversees the second, and owes like the others.

    Every sending is looked at as it happens.
    """

    def __init__(self, db: Database, dues: list[dict[str, Any]]) -> None:
        self.db, self.now, self.latest = db, OPENED, OPENED
        self.codes = [f"kl-{n}/bao-cao/{unit}" for n in range(1, len(dues) + 1) for unit in UNITS]
        with db.write() as session:
            for n, due in enumerate(dues, 1):
                over = {"overseer": "Đơn vị so-c"} if n == 2 else {}
                issue(session, a_file(f"kl-{n}", rounds=[a_round(when=due, **over)]))
                open_(session, f"kl-{n}", "bao-cao", self.now)

    def turn(self, now: datetime) -> None:
        """Sets the clock."""
        self.now, self.latest = now, max(self.latest, now)

    def morning(self, day: date | None = None) -> None:
        """A day, or the next one, at half past eight, as the daily run has it."""
        day = day or day_of(self.now) + timedelta(days=1)
        self.turn(datetime.combine(day, time(8, 30), TIMEZONE))
        self.remind()
        self.send()

    def remind(self) -> None:
        with self.db.write() as session:
            told = steps._remind(session, self.now)
        assert office_hours(self.now) or told == Told()

    def send(self) -> None:
        """Delivers what may leave, as the flow does, and looks at each mail."""
        with self.db.write() as session:
            claimed, _sent = sending.claim(session, self.now)
        if not claimed:
            return
        envelopes, outcomes = sending.compose(claimed)
        assert {outcome.state for outcome in outcomes} <= {MessageState.DROPPED}
        urging = {message.id for message in claimed if message.purpose in URGING}
        assert office_hours(self.now) or not urging
        for envelope in envelopes:
            if envelope.message_id in urging:
                named = named_in(envelope.content)
                assert named and named <= self.owed()
            outcomes.append(
                outbox.Outcome(envelope.message_id, envelope.attempt, MessageState.SENT, "250 OK")
            )
        with self.db.write() as session:
            outbox.record(session, outcomes, self.now)

    def owed(self) -> Named:
        """What is neither answered nor ended, by code and due date."""
        with self.db.read() as session:
            return {(found.code, show_date(found.due)) for found in still_owed(session)}

    def answer(self, code: str, decline: bool = False) -> None:
        answer(self.db, code, DECLINED if decline else DONE, self.now, decline=decline)

    def relieve(self, code: str, kind: ReliefKind, days: int = 0) -> None:
        """Lets a unit off, or gives it more time, where it still owes something."""
        with self.db.write() as session:
            found = next((o for o in still_owed(session) if o.code == code), None)
            if found is None:
                return
            until = max(found.due, day_of(self.now)) + timedelta(days) if days else None
            asked = reliefs.ask(session, code, kind, "Thiếu người.", "x", self.now, until)
            reliefs.decide(session, asked.id or 0, True, "Bà Hoa", "", vietnam(), self.now)


def office_hours(moment: datetime) -> bool:
    here = moment.astimezone(TIMEZONE)
    return vietnam().is_working(here.date()) and time(7, 30) <= here.time() <= time(17, 0)


def still_owed(session: Session) -> list[Obligation]:
    nobody = col(Obligation.answered_at).is_(None), col(Obligation.ended_at).is_(None)
    return list(session.exec(select(Obligation).where(*nobody)))


def named_in(content: bytes) -> Named:
    """What a reminder urges for, as its reader has it."""
    text = part(parsed(content), "text/plain")
    own = {(code, due) for due, code in OWN_TASK.findall(text)}
    late = {
        (f"{kl.lower()}/bao-cao/{unit}", due)
        for kl, due, units in LATE_TASK.findall(text)
        for unit in LATE_UNIT.findall(units)
    }
    return own | late


def assert_each_once(db: Database) -> None:
    """One mail a unit and day; no step named twice to the same addressee for the same date."""
    with db.read() as session:
        found = mails(session, *URGING)
        days = Counter((mail.unit_id, mail.context["day"]) for mail in found)
        named = Counter(
            (mail.unit_id, kind, item["code"], item["due_on"], item["step"])
            for mail in found
            for kind in ("items", "late")
            for item in mail.context[kind]
        )
        steps_given = Counter(
            (r.obligation_id, r.due, r.step, r.purpose) for r in session.exec(select(Reminder))
        )
    for counted in (days, named, steps_given):
        assert not [key for key, times in counted.items() if times > 1]


def assert_evidence_true(db: Database) -> None:
    """Each step said to be given stands in the mail that is said to have given it."""
    with db.read() as session:
        query = (
            select(Reminder, Message.context, Obligation.code)
            .join(Message, col(Message.id) == col(Reminder.message_id))
            .join(Obligation, col(Obligation.id) == col(Reminder.obligation_id))
        )
        for given, said, code in session.exec(query):
            kind = "items" if given.purpose is Purpose.REMINDER else "late"
            named = [(item["code"], item["due_on"]) for item in said[kind]]
            assert (code, given.due.isoformat()) in named


def assert_hours_kept(db: Database) -> None:
    with db.read() as session:
        for mail in mails(session, *URGING):
            assert office_hours(mail.queued_at)
            assert mail.sent_at is None or office_hours(mail.sent_at)


def assert_nothing_missed(world: World) -> None:
    """What is still owed has had its highest step, in a mail that was sent, and so has who is
    above the unit, where the step speaks to it.
    """
    with world.db.read() as session:
        for owed in still_owed(session):
            top = reached(owed.due, day_of(owed.opened_at), day_of(world.now), vietnam())
            if top is None:
                continue
            assert highest_sent(session, owed, Purpose.REMINDER) == top.days
            if top.to_overseer and owed.code != "kl-2/bao-cao/so-c":  # nobody above but itself
                assert highest_sent(session, owed, Purpose.ESCALATION) == top.days


def highest_sent(session: Session, owed: Obligation, purpose: Purpose) -> int | None:
    """The highest step given for the date in force, in a mail that has left."""
    given = (
        select(Reminder.days)
        .join(Message)
        .where(
            Reminder.obligation_id == owed.id,
            Reminder.due == owed.due,
            Reminder.purpose == purpose,
            Message.state == MessageState.SENT,
        )
    )
    return max(session.exec(given), default=None)


@contextmanager
def a_world(databases: Databases, dues: list[dict[str, Any]]) -> Iterator[World]:
    """A world on a database of its own, which is the program's for as long."""

    def fill(db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B, SO_C)

    template = databases.template("three_units", fill, like=databases.migrated())
    with contextmanager(databases.like)(template) as db, in_force(db):
        yield World(db, dues)


DUES = st.builds(
    lambda day, fixed: {"on": day.isoformat(), "fixed": fixed},
    st.dates(date(2024, 5, 6), date(2024, 7, 10)),
    st.booleans(),
)
TASKS = st.integers(0, 8)
HOURS = st.times(time(0), time(23, 59))


class Life(RuleBasedStateMachine):
    """Anything that may happen to a world, in any order."""

    make: Callable[[list[dict[str, Any]]], Any]

    @initialize(dues=st.lists(DUES, min_size=2, max_size=3))
    def begin(self, dues: list[dict[str, Any]]) -> None:
        self.context = self.make(dues)
        self.world: World = self.context.__enter__()

    def code(self, task: int) -> str:
        return self.world.codes[task % len(self.world.codes)]

    @rule(count=st.integers(1, 6))
    def mornings(self, count: int) -> None:
        for _day in range(count):
            self.world.morning()

    @rule(hour=HOURS)
    def scans_and_sends_at_any_hour(self, hour: time) -> None:
        self.world.turn(datetime.combine(day_of(self.world.now), hour, TIMEZONE))
        self.world.remind()
        self.world.send()

    @rule()
    def scans_and_leaves_the_mail_waiting(self) -> None:
        self.world.remind()

    @rule()
    def sends_what_waits(self) -> None:
        self.world.send()

    @rule(task=TASKS, decline=st.booleans())
    def answers(self, task: int, decline: bool) -> None:
        self.world.answer(self.code(task), decline)

    @rule(task=TASKS, days=st.integers(1, 20))
    def is_given_more_time(self, task: int, days: int) -> None:
        self.world.relieve(self.code(task), ReliefKind.EXTENSION, days)

    @rule(task=TASKS)
    def is_let_off(self, task: int) -> None:
        self.world.relieve(self.code(task), ReliefKind.WAIVER)

    @rule()
    def jumps_ahead(self) -> None:
        self.world.turn(self.world.now + timedelta(days=40))

    @rule(days=st.integers(1, 30))
    def runs_backwards(self, days: int) -> None:
        self.world.turn(max(OPENED, self.world.now - timedelta(days=days)))

    @invariant()
    def each_once_in_hours_and_on_evidence(self) -> None:
        assert_each_once(self.world.db)
        assert_evidence_true(self.world.db)
        assert_hours_kept(self.world.db)

    def teardown(self) -> None:
        """Runs the clock forward for thirty worked mornings, and closes the world."""
        if not hasattr(self, "world"):
            return
        try:
            self.world.turn(self.world.latest)
            for _morning in range(30):
                self.world.morning(vietnam().add_working_days(day_of(self.world.now), 1))
            self.each_once_in_hours_and_on_evidence()
            assert_nothing_missed(self.world)
        finally:
            self.context.__exit__(None, None, None)


class TestAnyLife:
    def test_urges_once_in_hours_for_what_is_owed_and_misses_nothing(
        self, sqlites: Databases
    ) -> None:
        def life() -> Life:
            found = Life()
            found.make = lambda dues: a_world(sqlites, dues)
            return found

        run_state_machine_as_test(
            life,
            settings=settings(
                max_examples=10,
                stateful_step_count=20,
                deadline=None,
                phases=[Phase.generate],  # to shrink a life takes minutes
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.fixture
def world(databases: Databases) -> Iterator[World]:
    """Both directives are due on Monday 3 June 2024."""
    with a_world(databases, [{"on": "2024-06-03"}] * 2) as found:
        yield found


def states(world: World) -> Counter[MessageState]:
    """How many reminders stand in which state of the outbox."""
    with world.db.read() as session:
        return Counter(mail.state for mail in mails(session, *URGING))


class TestOneLife:
    """The same on both databases, with what happened written out."""

    def test_of_answers_extensions_and_clocks(self, world: World) -> None:
        for code in ("so-a", "so-b"):
            world.answer(f"kl-1/bao-cao/{code}")
        world.turn(at(2024, 5, 29, 16, 59))
        world.remind()  # before-3, left waiting
        world.answer("kl-2/bao-cao/so-a")
        world.relieve("kl-2/bao-cao/so-b", ReliefKind.EXTENSION, 14)  # until 17/6
        world.turn(at(2024, 5, 29, 17, 1))
        world.send()
        assert states(world) == {MessageState.QUEUED: 3}
        world.turn(at(2024, 5, 30, 8, 30))
        world.send()
        assert states(world) == {MessageState.DROPPED: 2, MessageState.SENT: 1}  # only so-c owes
        world.turn(world.now + timedelta(days=40))
        world.remind()
        world.turn(world.now - timedelta(days=40))
        for _day in range(90):
            world.morning()
        assert_each_once(world.db)
        assert_evidence_true(world.db)
        assert_hours_kept(world.db)
        assert_nothing_missed(world)
        with world.db.read() as session:
            urged = select(Reminder.due).join(Obligation).where(
                Obligation.code == "kl-2/bao-cao/so-b", Reminder.day > date(2024, 5, 29)
            )  # fmt: skip
            assert set(session.exec(urged)) == {date(2024, 6, 17)}
