"""What is found ill, and when: each check, at the moments at which it changes its mind."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from models import i18n
from models.check import Check
from models.database import Database
from models.mail import Message
from models.round import Round
from models.settings import Settings
from models.words import Deed, Health, MessageState, Part, Watched
from tasks import audit, health, health_machine, stoppages
from tasks.activities import note
from tasks.pulses import beat, missed
from tests.tasks.office import OFFICE, SO_A, SO_B, a_file, a_round, at, issue, know, open_

NOW = at(2024, 5, 22, 10)
MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
OFTEN = (Part.DELIVERY, Part.RECONCILE, Part.REMINDERS, Part.ALERTS)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with i18n.speaking("en"):
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, smtp_host="relay.example")


@pytest.fixture
def small(db: Database) -> Database:
    """Two units owe a report by Monday 3 June; all parts have just done their work."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, a_file(rounds=[a_round()]))
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        session.connection().execute(
            sa.update(Message).values(state=MessageState.SENT, sent_at=at(2024, 5, 6))
        )
        for part in OFTEN:
            beat(session, part, NOW)
    return db


def found(db: Database, settings: Settings, as_of: datetime = NOW) -> dict[Watched, Check]:
    return {check.name: check for check in health.look(db, settings, as_of)}


def ill(db: Database, settings: Settings, as_of: datetime = NOW) -> set[Watched]:
    return {name for name, c in found(db, settings, as_of).items() if c.health is Health.ILL}


def mails(db: Database, **values: Any) -> None:
    with db.write() as session:
        session.connection().execute(sa.update(Message).values(**values))


def test_an_office_whose_parts_do_their_work_is_well(small: Database, settings: Settings) -> None:
    checks = health.look(small, settings, NOW)
    assert [c.name for c in checks if c.health is not Health.OK] == []
    assert [c.name for c in checks] == sorted((c.name for c in checks), key=list(Watched).index)


class TestParts:
    @pytest.mark.parametrize(
        ("part", "late", "dead"),
        [
            (Part.DELIVERY, 20 * MINUTES, 45 * MINUTES),
            (Part.RECONCILE, 90 * MINUTES, 3 * HOURS),
            (Part.REMINDERS, 19 * HOURS, 26 * HOURS),
        ],
    )
    def test_that_are_silent_are_looked_at_and_then_ill(
        self, small: Database, settings: Settings, part: Part, late: timedelta, dead: timedelta
    ) -> None:
        name = Watched(part.value)
        health_after = {
            after: found(small, settings, NOW + after)[name].health
            for after in (late, late + MINUTES, dead, dead + MINUTES)
        }
        assert list(health_after.values()) == [Health.OK, Health.WARN, Health.WARN, Health.ILL]

    def test_that_fail_are_ill_after_half_an_hour_and_say_why(
        self, small: Database, settings: Settings
    ) -> None:
        with small.write() as session:
            missed(session, Part.RECONCILE, NOW, "Prefect says 503")
            missed(session, Part.RECONCILE, NOW + 29 * MINUTES, "Prefect says 503")
        assert found(small, settings, NOW + 29 * MINUTES)[Watched.RECONCILE].health is Health.WARN
        check = found(small, settings, NOW + 30 * MINUTES)[Watched.RECONCILE]
        assert (check.health, check.since) == (Health.ILL, NOW)
        assert "503" in check.words

    def test_of_the_mailbox_are_asked_for_only_where_there_is_one(
        self, small: Database, settings: Settings
    ) -> None:
        assert Watched.INBOX not in found(small, settings)
        with_one = settings.model_copy(update={"imap_host": "imap.example"})
        assert found(small, with_one)[Watched.INBOX].health is Health.WARN


class TestMail:
    def test_that_is_due_and_does_not_leave_is_delivery_that_is_ill(
        self, small: Database, settings: Settings
    ) -> None:
        mails(small, state=MessageState.QUEUED, sent_at=None, next_at=NOW - 30 * MINUTES)
        assert Watched.DELIVERY not in ill(small, settings)
        assert Watched.DELIVERY in ill(small, settings, NOW + MINUTES)

    def test_that_waits_for_the_relay_is_the_relays_fault(
        self, small: Database, settings: Settings
    ) -> None:
        mails(small, state=MessageState.QUEUED, sent_at=None, next_at=NOW - 2 * HOURS)
        with small.write() as session:
            stoppages.stop(session, settings, "535 no such login", NOW - 10 * MINUTES)
            missed(session, Part.DELIVERY, NOW - HOURS, "535 no such login")
        check = found(small, settings)[Watched.RELAY]
        assert ill(small, settings) == {Watched.RELAY}
        assert "535" in check.words
        assert check.since == NOW - 10 * MINUTES

    def test_of_reminders_does_not_count_before_its_hours_have_begun(
        self, small: Database, settings: Settings
    ) -> None:
        mails(small, state=MessageState.QUEUED, sent_at=None, purpose="reminder",
              next_at=at(2024, 5, 21, 18))  # fmt: skip
        with small.write() as session:
            beat(session, Part.DELIVERY, at(2024, 5, 22, 7, 35))
        assert Watched.DELIVERY not in ill(small, settings, at(2024, 5, 22, 7, 40))
        assert Watched.DELIVERY in ill(small, settings, at(2024, 5, 22, 8, 1))

    def test_that_comes_back_by_the_half_is_ill(self, small: Database, settings: Settings) -> None:
        with small.write() as session:
            (row,) = session.connection().execute(
                sa.select(Message.__table__).limit(1)  # type: ignore[attr-defined]
            )
            many = [
                dict(row._mapping) | {"id": 100 + n, "key": f"k{n}", "reference": f"r{n}",
                                      "queued_at": NOW, "state": state, "sent_at": sent}
                for n, (state, sent) in enumerate([("failed", None)] * 20 + [("sent", NOW)] * 20)
            ]  # fmt: skip
            session.connection().execute(sa.insert(Message), many)
        check = found(small, settings)[Watched.MAILS]
        assert check.health is Health.ILL
        assert "20" in check.words
        assert Watched.MAILS not in ill(small, settings, NOW + timedelta(days=4))


class TestRounds:
    def test_that_did_not_close_in_time_are_named(
        self, small: Database, settings: Settings
    ) -> None:
        with small.read() as session:
            day = session.exec(select(Round.closes)).one()
        closes = at(day.year, day.month, day.day, 16)
        assert Watched.TIMERS not in ill(small, settings, closes + 15 * MINUTES)
        check = found(small, settings, closes + 16 * MINUTES)[Watched.TIMERS]
        assert (check.health, check.since) == (Health.ILL, closes)
        assert "kl-1/bao-cao" in check.words

    def test_that_did_not_open_in_time_are_named_unless_they_bind_nobody(
        self, db: Database, settings: Settings
    ) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            issue(session, a_file(rounds=[a_round()]))
            day = session.exec(select(Round.opens)).one()
        late = at(day.year, day.month, day.day, 8, 16)
        assert Watched.TIMERS in ill(db, settings, late)
        with db.write() as session:
            session.connection().execute(sa.text("UPDATE round SET binding = false"))
        assert Watched.TIMERS not in ill(db, settings, late)


class TestTheMachine:
    def test_that_has_little_room_is_ill(
        self, small: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mb = health_machine.MB
        for free, health_ in ((299, Health.ILL), (1_999, Health.WARN), (2_001, Health.OK)):
            usage = (100_000 * mb, 0, free * mb)
            monkeypatch.setattr(
                health_machine.shutil, "disk_usage",
                lambda _folder, u=usage: type("U", (), {"total": u[0], "free": u[2]}),
            )  # fmt: skip
            assert found(small, settings)[Watched.DISK].health is health_

    def test_whose_clock_was_set_back_is_ill(self, small: Database, settings: Settings) -> None:
        with small.write() as session:
            note(session, Deed.OPENED, "the system", NOW + 6 * MINUTES)
        assert ill(small, settings) == {Watched.CLOCK}


class TestUp:
    def state(self, settings: Settings, at_: datetime, **part: Any) -> None:
        usual = {"name": "flows", "pid": 7, "since": (NOW - HOURS).isoformat(), "restarts": 0,
                 "state": "running", "problem": ""}  # fmt: skip
        folder = settings.data / "run"
        folder.mkdir(exist_ok=True)
        said = {"at": at_.isoformat(), "pid": 1, "parts": [usual | part]}
        (folder / "state.json").write_text(json.dumps(said), "utf-8")

    @pytest.mark.parametrize(
        ("part", "expected"),
        [
            ({}, Health.OK),
            ({"state": "waiting", "since": (NOW - MINUTES).isoformat()}, Health.WARN),
            ({"state": "waiting", "since": (NOW - 3 * MINUTES).isoformat()}, Health.ILL),
            ({"restarts": 3, "since": NOW.isoformat()}, Health.WARN),
            ({"state": "stopped"}, Health.ILL),
        ],
    )
    def test_says_how_its_parts_are(
        self, small: Database, settings: Settings, part: dict[str, Any], expected: Health
    ) -> None:
        self.state(settings, NOW, **part)
        assert found(small, settings)[Watched.PARTS].health is expected

    def test_that_was_killed_is_ill_a_minute_later(
        self, small: Database, settings: Settings
    ) -> None:
        self.state(settings, NOW)
        assert Watched.PARTS not in ill(small, settings, NOW + MINUTES)
        assert Watched.PARTS in ill(small, settings, NOW + 2 * MINUTES)

    def test_of_which_nothing_can_be_read_is_not_spoken_of(
        self, small: Database, settings: Settings
    ) -> None:
        (settings.data / "run").mkdir()
        (settings.data / "run/state.json").write_text('{"at": ', "utf-8")
        assert found(small, settings)[Watched.PARTS].health is Health.OK


class TestTheHistory:
    def test_that_was_replaced_by_an_older_one_is_ill(
        self, small: Database, settings: Settings
    ) -> None:
        with small.read() as session:
            audit.anchor(session, settings.data, NOW)
        assert Watched.AUDIT not in ill(small, settings)
        file = settings.data / audit.HEADS
        number = int(file.read_text().split()[0])
        file.write_text(f"{number + 1} {'0' * 64} {NOW.isoformat()}\n")
        assert ill(small, settings) == {Watched.AUDIT}


class TestADatabase:
    def test_of_another_version_is_ill_and_nothing_else_is_asked_of_it(
        self, small: Database, settings: Settings
    ) -> None:
        with small.write() as session:
            session.connection().execute(sa.text("UPDATE alembic_version SET version_num = '0005'"))
        checks = found(small, settings)
        assert checks[Watched.DATABASE].health is Health.ILL
        assert checks.keys() == {Watched.DATABASE, Watched.PARTS, Watched.DISK}

    def test_that_does_not_answer_is_said_without_its_words(self, settings: Settings) -> None:
        gone = Database("postgresql+psycopg://dondoc:secret@127.0.0.1:9/x")
        check = found(gone, settings)[Watched.DATABASE]
        assert check.health is Health.ILL
        assert "secret" not in check.words + check.advice
