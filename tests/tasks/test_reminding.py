"""Reminders: each step once, one mail a unit a day, the level above at the last; never twice."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import Database
from models.ladder import LadderStep, day_of_step
from models.mail import Message, Reminder
from models.round import Obligation
from models.unit import Contact
from models.words import ContactRole, Purpose
from tasks import lookup, summarising
from tasks.reminding import LONGEST_LADDER_DAYS, Told, remind
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SO_A,
    SO_B,
    a_round,
    a_unit,
    answer,
    at,
    issue,
    know,
    mails,
    open_,
    report_file,
)

OPENED = at(2024, 5, 6)
# the round is due on Monday 3 June 2024
STEPS = {
    "before-7": date(2024, 5, 23),
    "before-3": date(2024, 5, 29),
    "before-1": date(2024, 5, 31),
    "due": date(2024, 6, 3),
    "overdue-1": date(2024, 6, 4),
    "overdue-3": date(2024, 6, 6),
}
LAST = at(2024, 6, 6, 8, 30)
DECLINED = {"reason": "Không thuộc chức năng."}


def scan(db: Database, as_of: datetime) -> Told:
    with db.write() as session:
        return remind(session, vietnam(), as_of)


def every_morning(db: Database, first: date, last: date) -> None:
    for day in range((last - first).days + 1):
        moment = at(first.year, first.month, first.day, 8, 30) + timedelta(days=day)
        scan(db, moment)


def given(db: Database, code: str = "kl-1/bao-cao/so-a") -> dict[str, date]:
    """The steps given for an obligation, each with its day."""
    with db.read() as session:
        query = (
            select(Reminder)
            .join(Obligation)
            .where(Obligation.code == code, Reminder.purpose == Purpose.REMINDER)
            .order_by(col(Reminder.day))
        )
        rows = session.exec(query).all()
    steps = {row.step: row.day for row in rows}
    assert len(steps) == len(rows)
    return steps


def digests(session: Session) -> list[Message]:
    return mails(session, Purpose.REMINDER)


def codes(mail: Message) -> list[str]:
    return [item["code"] for item in mail.context["items"]]


def addressees(found: Iterable[Message]) -> list[str]:
    return [mail.to_name for mail in found]


class TestTheLadder:
    def test_is_climbed_step_by_step_each_once(self, asking: Database) -> None:
        every_morning(asking, date(2024, 5, 20), date(2024, 6, 12))
        assert given(asking) == given(asking, "kl-1/bao-cao/so-b") == STEPS
        with asking.read() as session:
            assert len(digests(session)) == 2 * len(STEPS)

    def test_speaks_to_the_clerk_until_the_task_is_overdue_then_to_the_head(
        self, asking: Database
    ) -> None:
        with asking.write() as session:
            heads = select(Contact).where(Contact.role == ContactRole.HEAD)
            for contact in session.exec(heads):
                contact.email = f"giamdoc{contact.unit_id}@head.example"
        every_morning(asking, date(2024, 5, 20), date(2024, 6, 12))
        with asking.read() as session:
            found = [
                mail for mail in digests(session) if "so-a" in mail.context["items"][0]["code"]
            ]
            steps = session.exec(select(Reminder.step, Reminder.addressee)).all()
        assert addressees(found) == ["Đơn vị so-a"] * 4 + ["Giám đốc so-a"] * 2
        assert [mail.to_email for mail in found] == (
            ["vanthu@so-a.example"] * 4 + ["giamdoc2@head.example"] * 2
        )
        assert {step for step, to in steps if to is ContactRole.HEAD} == {"overdue-1", "overdue-3"}

    @pytest.mark.parametrize("days", [0, 40, 400])
    def test_late_gives_the_highest_step_reached_and_no_other(
        self, asking: Database, days: int
    ) -> None:
        told = scan(asking, LAST + timedelta(days=days))
        assert (told.digests, told.escalations, told.overdue) == (2, 1, True)
        assert list(given(asking)) == ["overdue-3"]
        assert scan(asking, LAST + timedelta(days=days + 1)) == Told()

    def test_leaves_out_steps_from_before_the_opening(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file())
            open_(session, "kl-1", "bao-cao", at(2024, 5, 30))
        assert scan(db, at(2024, 5, 30, 8, 30)) == Told()
        every_morning(db, date(2024, 5, 30), date(2024, 6, 3))
        assert list(given(db)) == ["before-1", "due"]

    def test_is_evidence_that_names_its_mail(self, asking: Database) -> None:
        scan(asking, at(2024, 5, 23, 8, 30))
        with asking.read() as session:
            for reminder in session.exec(select(Reminder)):
                mail = session.get_one(Message, reminder.message_id)
                owed = session.get_one(Obligation, reminder.obligation_id)
                assert owed.code == codes(mail)[0]
                assert reminder.purpose is Purpose.REMINDER

    def test_starts_within_the_horizon_of_a_scan(self) -> None:
        """However long the holidays: else the first reminder would come late."""
        for day in range(8 * 365):
            due = date(2024, 1, 1) + timedelta(days=day)
            first = day_of_step(LadderStep(-60), due, vietnam())
            assert (due - first).days <= LONGEST_LADDER_DAYS


class TestOnce:
    def test_a_day_however_often_it_runs(self, asking: Database) -> None:
        first = scan(asking, LAST)
        assert (first.digests, first.escalations) == (2, 1)
        assert scan(asking, LAST) == Told()
        assert scan(asking, LAST + timedelta(hours=8)) == Told()
        with asking.read() as session:
            assert len(mails(session, Purpose.REMINDER, Purpose.ESCALATION)) == 3

    def test_though_the_clock_runs_backwards(self, asking: Database) -> None:
        """A step that a higher one overtook is not given any more."""
        scan(asking, LAST)
        for days in range(1, 20):
            assert scan(asking, LAST - timedelta(days=days)) == Told()
        assert list(given(asking)) == ["overdue-3"]

    def test_a_unit_a_day_over_all_directives(self, asking: Database) -> None:
        with asking.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", OPENED)
        assert scan(asking, LAST).digests == 2
        with asking.read() as session:
            found = digests(session)
            assert [codes(mail) for mail in found] == [
                [f"{directive}/bao-cao/{unit}" for directive in ("kl-1", "kl-2")]
                for unit in ("so-a", "so-b")
            ]
            assert {mail.directive_id for mail in found} == {None}

    def test_a_day_and_what_comes_up_later_waits_for_the_next(self, asking: Database) -> None:
        scan(asking, LAST)
        with asking.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", OPENED)
        assert scan(asking, LAST + timedelta(hours=1)) == Told()
        assert given(asking, "kl-2/bao-cao/so-a") == {}
        scan(asking, LAST + timedelta(days=1))
        assert given(asking, "kl-2/bao-cao/so-a") == {"overdue-3": date(2024, 6, 7)}

    def test_in_the_thread_of_the_directive_where_there_is_but_one(self, asking: Database) -> None:
        scan(asking, LAST)
        with asking.read() as session:
            owner = lookup.directive(session, "kl-1")
            assert {mail.directive_id for mail in digests(session)} == {owner.id}

    def test_or_not_at_all_when_the_transaction_fails(self, asking: Database) -> None:
        def fail(session: Session) -> None:
            remind(session, vietnam(), LAST)
            raise RuntimeError

        with pytest.raises(RuntimeError), asking.write() as session:
            fail(session)
        assert given(asking) == {}
        assert scan(asking, LAST).digests == 2


class TestWhoIsLeftAlone:
    def test_those_who_answered(self, asking: Database) -> None:
        answer(asking, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))
        every_morning(asking, date(2024, 5, 20), date(2024, 6, 12))
        assert given(asking) == {}
        assert given(asking, "kl-1/bao-cao/so-b") == STEPS

    def test_those_who_declined_since_they_are_called(self, asking: Database) -> None:
        answer(asking, "kl-1/bao-cao/so-a", DECLINED, at(2024, 5, 24), decline=True)
        every_morning(asking, date(2024, 5, 20), date(2024, 6, 12))
        assert given(asking) == {}

    def test_but_not_those_whose_answer_or_refusal_was_refused(self, asking: Database) -> None:
        answer(asking, "kl-1/bao-cao/so-a", {}, at(2024, 5, 20))
        answer(asking, "kl-1/bao-cao/so-b", {}, at(2024, 5, 20), decline=True)
        assert scan(asking, LAST).digests == 2

    def test_all_once_the_round_is_closed(self, asking: Database) -> None:
        with asking.write() as session:
            found = lookup.round_(session, "kl-1", "bao-cao")
            summarising.summarise(session, found, at(2024, 6, 5, 16))
        assert scan(asking, LAST) == Told()

    def test_all_before_the_first_step(self, asking: Database) -> None:
        assert scan(asking, at(2024, 5, 22, 17, 0)) == Told()
        assert scan(asking, at(2024, 5, 23, 7, 30)).digests == 2


class TestEscalating:
    def letters(self, db: Database) -> list[Message]:
        with db.read() as session:
            return mails(session, Purpose.ESCALATION)

    def test_lists_the_late_at_the_last_step(self, asking: Database) -> None:
        every_morning(asking, date(2024, 5, 20), date(2024, 6, 5))
        assert self.letters(asking) == []
        answer(asking, "kl-1/bao-cao/so-b", A_REPORT, at(2024, 6, 5, 9))
        every_morning(asking, date(2024, 6, 6), date(2024, 6, 12))
        (letter,) = self.letters(asking)
        assert (letter.to_name, letter.to_email) == ("Đơn vị van-phong", "vanthu@van-phong.example")
        assert letter.context["items"] == []
        (item,) = letter.context["late"]
        assert (item["unit"], item["telephone"]) == ("Đơn vị so-a", "0000 000 001")
        assert (item["overdue_days"], item["due"]) == (3, "03/06/2024")

    def test_goes_to_the_overseer_before_the_body_above(self, db: Database) -> None:
        overseer = a_unit("thanh-tra")
        with db.write() as session:
            know(session, OFFICE, overseer, SO_A, SO_B)
            round_ = a_round(overseer="Đơn vị thanh-tra")
            issue(session, report_file(indicators=[], rounds=[round_]))
            open_(session, "kl-1", "bao-cao", OPENED)
        assert scan(db, LAST).escalations == 1
        (letter,) = self.letters(db)
        assert letter.to_name == "Đơn vị thanh-tra"
        assert [i["unit"] for i in letter.context["late"]] == ["Đơn vị so-a", "Đơn vị so-b"]

    def test_is_one_letter_over_all_directives(self, asking: Database) -> None:
        with asking.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", OPENED)
        assert scan(asking, LAST).escalations == 1
        (letter,) = self.letters(asking)
        assert len(letter.context["late"]) == 4

    def test_goes_to_nobody_where_nobody_is_above(self, db: Database) -> None:
        top = a_unit("so-a", parent="")
        with db.write() as session:
            know(session, OFFICE, top)
            issue(session, report_file())
            open_(session, "kl-1", "bao-cao", OPENED)
        assert scan(db, LAST) == Told(1, 0, True)

    def test_does_not_write_to_a_unit_about_itself(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            round_ = a_round(overseer="Đơn vị so-a")
            issue(session, report_file(indicators=[], rounds=[round_]))
            open_(session, "kl-1", "bao-cao", OPENED)
        assert scan(db, LAST) == Told(1, 0, True)
