"""Sending again: what did not arrive and still matters, under the same name, to where mail goes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from models import i18n
from models.calendar import vietnam
from models.database import Database
from models.errors import NotAllowed, UnknownName
from models.mail import Message, Received
from models.unit import Contact
from models.words import MessageState, Purpose
from tasks import lookup, outbox
from tasks.outbox import RETRY_FOR
from tasks.reminding import remind
from tasks.resending import Corrected, correct, resend, resend_failed
from tasks.undelivered import troubles
from tasks.units import changes, import_register
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SMALL,
    SO_A,
    SO_B,
    a_register,
    answer,
    at,
    know,
    mails,
)
from tests.tasks.post import lease_oldest
from tests.tasks.test_post import OPENED, A, bounce, end

pytestmark = pytest.mark.any_database

LATER = at(2024, 5, 13)
BY = "Chánh Văn phòng"
NEW = "vanthu@so-a-moi.example"
FAILED, SENT, QUEUED = MessageState.FAILED, MessageState.SENT, MessageState.QUEUED


def of_so_a(db: Database) -> Message:
    with db.read() as session:
        return mails(session, Purpose.OPEN)[0]


def again(db: Database, *numbers: int, by: str = BY) -> Sequence[Message]:
    with db.write() as session:
        return resend(session, numbers, by, LATER)


def corrected(db: Database, email: str = NEW, on: datetime = LATER) -> Corrected:
    with db.write() as session:
        return correct(session, lookup.unit(session, "so-a"), email, BY, on)


def addresses(db: Database) -> set[str]:
    with db.read() as session:
        unit = lookup.unit(session, "so-a")
        return set(session.exec(select(Contact.email).where(Contact.unit_id == unit.id)))


class TestResending:
    @pytest.mark.parametrize("state", ["failed", "unknown", "retry", "bounced"])
    def test_queues_the_same_mail_for_another_five_days(self, asking: Database, state: str) -> None:
        if state == "bounced":
            end(asking, SENT)
            with asking.write() as session:
                bounce(session)
        else:
            end(asking, MessageState(state))
        before = of_so_a(asking)
        again(asking, before.id or 0)
        after = of_so_a(asking)
        assert (after.key, after.reference) == (before.key, before.reference)
        assert (after.state, after.attempts, after.sent_at) == (QUEUED, before.attempts, None)
        assert (after.next_at, after.expires_at) == (LATER, LATER + RETRY_FOR)
        assert BY in (after.outcome or "")
        assert (before.outcome or "?") in (after.outcome or "")

    def test_lets_a_sender_take_it_at_once(self, asking: Database) -> None:
        end(asking, FAILED)
        again(asking, of_so_a(asking).id or 0)
        with asking.write() as session:
            assert [m.to_email for m in lease_oldest(session, 9, LATER)] == ["vanthu@so-a.example"]

    def test_is_not_ended_by_a_late_report_of_an_earlier_try(self, asking: Database) -> None:
        end(asking, FAILED)
        number = of_so_a(asking).id or 0
        again(asking, number)
        with asking.write() as session:
            lease_oldest(session, 9, LATER)
            late = outbox.Outcome(number, 1, FAILED, "550 5.1.1 of the first try")
            outbox.record(session, [late], LATER)
        assert of_so_a(asking).state is MessageState.LEASED

    def test_goes_to_where_the_unit_s_mail_goes_now(self, asking: Database) -> None:
        end(asking, FAILED)
        with asking.write() as session:
            know(session, OFFICE, SO_A | {"email": NEW}, SO_B)
        again(asking, of_so_a(asking).id or 0)
        assert of_so_a(asking).to_email == NEW

    def test_settles_what_came_back_and_trusts_the_address_again(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            bounce(session)
            for contact in session.exec(select(Contact)):
                contact.bounced_at, contact.bounce = OPENED, "550"
        again(asking, of_so_a(asking).id or 0)
        with asking.read() as session:
            back = session.exec(select(Received)).one()
            assert (back.settled_at, back.settled_by) == (LATER, BY)
            bad = session.exec(select(Contact.email).where(col(Contact.bounced_at).is_not(None)))
            assert "vanthu@so-a.example" not in set(bad)

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("queued", "waits to be sent"),
            ("leased", "is being sent"),
            ("sent", "not sent twice"),
            ("dropped", "nobody owes"),
        ],
    )
    def test_refuses_what_has_not_failed(self, asking: Database, state: str, words: str) -> None:
        with asking.write() as session:
            if state != "queued":
                lease_oldest(session, 9, OPENED)
        if state not in ("queued", "leased"):
            end(asking, MessageState(state), on=OPENED + timedelta(hours=1))
        with i18n.speaking("en"), pytest.raises(NotAllowed, match=words):
            again(asking, of_so_a(asking).id or 0)

    def test_changes_none_where_one_cannot_be(self, asking: Database) -> None:
        end(asking, FAILED)
        with pytest.raises(NotAllowed):
            again(asking, 1, 2)
        with pytest.raises(UnknownName):
            again(asking, 1, 99)
        assert of_so_a(asking).state is FAILED

    @pytest.mark.parametrize("number", [0, -1, 99, 2**40, 2**70])
    def test_of_an_unknown_number_is_a_clear_error(self, asking: Database, number: int) -> None:
        with pytest.raises(UnknownName):
            again(asking, number)

    def test_stands_in_somebody_s_name(self, asking: Database) -> None:
        end(asking, FAILED)
        with pytest.raises(NotAllowed):
            again(asking, 1, by=" \t")


class TestResendingWhatFailed:
    def failed(self, db: Database, on: datetime = LATER) -> list[Purpose]:
        with db.write() as session:
            owner = lookup.directive(session, "kl-1")
            return [mail.purpose for mail in resend_failed(session, owner, BY, on)]

    def test_takes_what_still_matters(self, asking: Database) -> None:
        end(asking, FAILED)
        assert self.failed(asking) == [Purpose.OPEN]
        assert self.failed(asking) == []

    def test_leaves_what_was_answered(self, asking: Database) -> None:
        end(asking, FAILED)
        answer(asking, A, A_REPORT, LATER)
        assert self.failed(asking) == []

    def test_leaves_what_is_tried_by_itself(self, asking: Database) -> None:
        end(asking, MessageState.RETRY)
        assert self.failed(asking) == []

    def test_takes_only_the_last_reminder_of_a_unit(self, asking: Database) -> None:
        """One a day: earlier ones say what the last one says."""
        end(asking, SENT)
        for day in (at(2024, 5, 31, 9), at(2024, 6, 3, 9)):
            with asking.write() as session:
                remind(session, vietnam(), day)
            end(asking, FAILED, on=day)
        with asking.read() as session:
            assert len(troubles(session, LATER)) == 2
        assert self.failed(asking, at(2024, 6, 3, 10)) == [Purpose.REMINDER]
        with asking.read() as session:
            (sent,) = [m for m in mails(session, Purpose.REMINDER) if m.state is QUEUED]
        assert sent.context["day"] == "2024-06-03"


class TestCorrecting:
    def test_changes_the_address_of_all_its_contacts(self, asking: Database) -> None:
        assert corrected(asking).before == "vanthu@so-a.example"
        assert addresses(asking) == {NEW}

    def test_leaves_a_contact_with_an_address_of_its_own(self, asking: Database) -> None:
        with asking.write() as session:
            unit = lookup.unit(session, "so-a")
            head = session.exec(
                select(Contact).where(Contact.unit_id == unit.id, Contact.role == "head")
            ).one()
            head.email = "giamdoc@so-a.example"
        corrected(asking)
        assert addresses(asking) == {NEW, "giamdoc@so-a.example"}

    def test_sends_what_waits_to_the_new_address(self, asking: Database) -> None:
        found = corrected(asking)
        assert (found.waiting, found.resent) == (1, [])
        assert of_so_a(asking).to_email == NEW
        with asking.read() as session:
            assert mails(session, Purpose.OPEN)[1].to_email == "vanthu@so-b.example"

    @pytest.mark.parametrize("state", [FAILED, MessageState.RETRY, MessageState.UNKNOWN])
    def test_sends_again_what_did_not_arrive(self, asking: Database, state: MessageState) -> None:
        end(asking, state)
        number = of_so_a(asking).id
        assert corrected(asking).resent == [number]
        found = of_so_a(asking)
        assert (found.to_email, found.state) == (NEW, QUEUED)

    def test_settles_what_came_back_from_the_old_one(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            bounce(session)
        assert corrected(asking).resent == [of_so_a(asking).id]
        with asking.read() as session:
            assert session.exec(select(Received.settled_by)).one() == BY
            assert troubles(session, LATER) == []

    def test_leaves_what_arrived_or_does_not_matter_any_more(self, asking: Database) -> None:
        end(asking, FAILED)
        answer(asking, A, A_REPORT, at(2024, 5, 8))
        end(asking, SENT, on=at(2024, 5, 8))  # the receipt
        assert corrected(asking).resent == []
        assert of_so_a(asking).to_email == "vanthu@so-a.example"

    @pytest.mark.parametrize(
        "email",
        ["", "so-a", "a@b", "a b@c.example", "thư@so-a.example", "a@c.example, b@c.example",
         "<a@c.example>", "a\r\nBcc: x@y.example", "a\0@c.example", f"{'a' * 250}@c.example"],
    )  # fmt: skip
    def test_refuses_what_is_no_address(self, asking: Database, email: str) -> None:
        with pytest.raises(NotAllowed):
            corrected(asking, email)
        assert addresses(asking) == {"vanthu@so-a.example"}

    def test_to_the_address_it_has_is_refused(self, asking: Database) -> None:
        with pytest.raises(NotAllowed, match="mail retry"):
            corrected(asking, "vanthu@so-a.example")

    def test_is_undone_by_a_register_that_was_not_and_its_preview_says_so(
        self, asking: Database
    ) -> None:
        corrected(asking)
        with asking.read() as session:
            old = a_register(OFFICE, SO_A, SO_B)
            (change,) = changes(session, SMALL, old, LATER.date())
        assert change.fields == (("email", NEW, "vanthu@so-a.example"),)


class TestImporting:
    def test_another_address_forgets_what_came_back_from_the_old(self, asking: Database) -> None:
        def bad(register: dict[str, str]) -> set[str]:
            with asking.write() as session:
                for contact in session.exec(select(Contact)):
                    contact.bounced_at, contact.bounce = OPENED, "550"
                import_register(session, SMALL, a_register(OFFICE, register, SO_B), LATER.date())
            with asking.read() as session:
                found = select(Contact.email).where(col(Contact.bounced_at).is_not(None))
                return set(session.exec(found))

        assert "vanthu@so-a.example" in bad(SO_A)
        assert bad(SO_A | {"email": NEW}) == {"vanthu@van-phong.example", "vanthu@so-b.example"}


class TestUnits:
    @pytest.mark.parametrize("name", ["so-a", " so-a ", "thu-nghiem:so-a", "đơn vị SO-A"])
    def test_are_found_by_code_or_name(self, asking: Database, name: str) -> None:
        with asking.read() as session:
            assert lookup.unit(session, name).code == "so-a"

    @pytest.mark.parametrize("name", ["", "so-x", "an-giang:so-a", ":"])
    def test_that_are_not_there_are_a_clear_error(self, asking: Database, name: str) -> None:
        with asking.read() as session, pytest.raises(UnknownName):
            lookup.unit(session, name)

    def test_of_several_provinces_are_asked_for_by_province(self, asking: Database) -> None:
        with asking.write() as session:
            import_register(session, "An Giang", a_register(OFFICE, SO_A), LATER.date())
        with asking.read() as session:
            with pytest.raises(UnknownName, match="thu-nghiem:so-a, an-giang:so-a"):
                lookup.unit(session, "so-a")
            assert lookup.unit(session, "an-giang:so-a").province == "An Giang"
