"""What became of the mail: how much is where, what did not arrive and why, whom to call."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import i18n
from models.calendar import vietnam
from models.database import Database
from models.mail import Message, Received
from models.settings import Settings
from models.unit import Contact
from models.words import (
    ContactRole,
    Ending,
    Handled,
    MessageState,
    Purpose,
    ReceivedKind,
    ReliefKind,
)
from tasks import lookup, outbox, reliefs, stoppages
from tasks.one_mail import show
from tasks.post import Overview, overview
from tasks.reminding import remind
from tasks.stoppages import stoppage
from tasks.undelivered import Trouble, troubles
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SO_A,
    SO_B,
    answer,
    at,
    issue,
    know,
    mails,
    open_,
    owed,
    report_file,
)
from tests.tasks.post import lease_oldest

OPENED = at(2024, 5, 6)
DEAD = "550 5.1.1 mailbox unavailable"
A = "kl-1/bao-cao/so-a"
SEEN = at(2024, 5, 8)
SENT, FAILED, RETRY = MessageState.SENT, MessageState.FAILED, MessageState.RETRY


@pytest.fixture(autouse=True)
def _english() -> Any:
    with i18n.speaking("en"):
        yield


def end(
    db: Database, state: MessageState, words: str = DEAD, to: str = "so-a", on: datetime = OPENED
) -> None:
    """The mails that wait for a unit end so; those of all others are sent."""
    with db.write() as session:
        claimed = lease_oldest(session, 100, on)
        outcomes = [
            outbox.Outcome(
                m.id, m.attempts, *((state, words) if to in m.to_email else (SENT, "250"))
            )
            for m in claimed
        ]
        outbox.record(session, outcomes, on)


def bounce(session: Session, **changed: Any) -> Received:
    """What so-a was asked comes back."""
    mail = session.exec(select(Message).where(col(Message.to_email).contains("so-a"))).first()
    assert mail
    mail.state, mail.outcome = MessageState.BOUNCED, "returned"
    fields = {"kind": ReceivedKind.BOUNCE, "status": "5.2.2", "text": "over quota"} | changed
    found = Received(
        key="r1", received_at=OPENED + timedelta(hours=1), sender="MAILER-DAEMON@mx.example",
        subject="Undelivered", attachments=[], message_id=mail.id,
        obligation_id=mail.obligation_id, unit_id=mail.unit_id, **fields,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


def found(db: Database, directive: str | None = "kl-1", on: datetime = SEEN) -> list[Trouble]:
    with db.read() as session:
        owner = lookup.directive(session, directive) if directive else None
        return troubles(session, on, owner)


def figures(db: Database, directive: str = "kl-1") -> Overview:
    with db.read() as session:
        return overview(session, lookup.directive(session, directive))


class TestOverview:
    def test_counts_by_state(self, asking: Database) -> None:
        assert figures(asking).own == {"queued": 2}
        end(asking, FAILED)
        assert figures(asking).own == {"failed": 1, "sent": 1}
        assert figures(asking).next_try is None

    def test_says_when_it_is_tried_next(self, asking: Database) -> None:
        end(asking, RETRY, "450 4.7.1 greylisted")
        assert figures(asking).next_try == OPENED + outbox.FIRST_PAUSE

    def test_counts_apart_what_speaks_of_others_too(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            for code in ("kl-1", "kl-2", "kl-3"):
                issue(session, report_file(code))
            for code in ("kl-1", "kl-2"):
                open_(session, code, "bao-cao", OPENED)
            remind(session, vietnam(), at(2024, 6, 3, 9))
        assert figures(db).own == {"queued": 2}
        assert figures(db).shared == figures(db, "kl-2").shared == {"queued": 2}
        assert (figures(db, "kl-3").own, figures(db, "kl-3").shared) == ({}, {})

    def test_counts_what_came_in_and_waits(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            number = bounce(session).id
        assert figures(asking).waiting == {"bounce": 1}
        with asking.write() as session:
            settled = session.get_one(Received, number)
            settled.settled_at, settled.settled_by = OPENED, "Chánh Văn phòng"
        assert figures(asking).waiting == {}


class TestTroubles:
    def test_are_none_where_all_was_sent(self, asking: Database) -> None:
        end(asking, SENT, "250")
        assert found(asking) == []

    def test_name_unit_telephone_task_and_reason(self, asking: Database) -> None:
        end(asking, FAILED)
        (trouble,) = found(asking)
        assert (trouble.unit, trouble.unit_code) == ("Đơn vị so-a", "so-a")
        assert (trouble.telephone, trouble.role) == ("0000 000 001", ContactRole.CLERK)
        assert (trouble.purpose, trouble.title) == (Purpose.OPEN, "Báo cáo")
        assert trouble.due == at(2024, 6, 3).date()
        assert (trouble.reason, trouble.words) == ("there is no such mailbox", DEAD)
        assert (trouble.attempts, trouble.next_try, trouble.handled) == (1, None, None)

    def test_that_wait_say_when_they_are_tried_again(self, asking: Database) -> None:
        end(asking, RETRY, "450 4.7.1 greylisted")
        (trouble,) = found(asking)
        assert trouble.next_try == OPENED + outbox.FIRST_PAUSE
        assert trouble.reason == "the receiving server asks to send again later"

    def test_are_those_of_the_directive_or_of_all(self, asking: Database) -> None:
        end(asking, FAILED)
        with asking.write() as session:
            issue(session, report_file("kl-2"))
        assert found(asking, "kl-2") == []
        assert len(found(asking, None)) == 1

    def test_of_returned_mail_have_the_reason_of_the_report(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            bounce(session)
        (trouble,) = found(asking)
        assert (trouble.state, trouble.reason) == (MessageState.BOUNCED, "the mailbox is full")

    def test_are_also_what_a_later_server_holds_up(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            bounce(session, kind=ReceivedKind.DELAY, status="4.4.1", text="no answer yet")
            session.exec(select(Message).where(Message.state == "bounced")).one().state = SENT
        (trouble,) = found(asking)
        assert (trouble.state, trouble.words) == (SENT, "no answer yet")
        assert trouble.reason == "the receiving server does not answer"
        assert found(asking, on=at(2024, 5, 12)) == []

    def test_of_a_head_name_the_head_s_number_else_the_clerk_s(self, asking: Database) -> None:
        with asking.write() as session:
            contacts = session.exec(
                select(Contact).where(col(Contact.email).contains("so-a"))
            ).all()
            for contact in contacts:
                contact.telephone = "1" if contact.role is ContactRole.HEAD else "2"
            remind(session, vietnam(), at(2024, 6, 4, 9))
        end(asking, FAILED, on=at(2024, 6, 4, 9))
        assert {t.role: t.telephone for t in found(asking)} == {"head": "1", "clerk": "2"}
        with asking.write() as session:
            for contact in session.exec(select(Contact).where(Contact.role == ContactRole.HEAD)):
                contact.telephone = ""
        assert {t.telephone for t in found(asking)} == {"2"}

    def test_of_a_reminder_name_what_it_urged_for(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            remind(session, vietnam(), at(2024, 6, 3, 9))
        end(asking, FAILED, on=at(2024, 6, 3, 9))
        (trouble,) = found(asking)
        assert (trouble.purpose, trouble.title) == (Purpose.REMINDER, "Báo cáo")
        assert trouble.due == at(2024, 6, 3).date()


class TestHandled:
    def test_is_what_was_answered_since(self, asking: Database) -> None:
        end(asking, FAILED)
        answer(asking, A, A_REPORT, at(2024, 5, 8))
        assert [t.handled for t in found(asking)] == [Handled.OVER]

    def test_is_what_nobody_is_asked_any_more(self, asking: Database) -> None:
        end(asking, FAILED)
        with asking.write() as session:
            task = owed(session, A)
            task.ended_at, task.ending = at(2024, 5, 8), Ending.CLOSED
        assert [t.handled for t in found(asking)] == [Handled.OVER]

    def test_is_a_reminder_of_what_has_come_in(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            remind(session, vietnam(), at(2024, 6, 3, 9))
        end(asking, FAILED, on=at(2024, 6, 3, 9))
        assert [t.handled for t in found(asking)] == [None]
        answer(asking, A, A_REPORT, at(2024, 6, 3, 10))
        assert [t.handled for t in found(asking)] == [Handled.OVER]

    def test_is_what_a_reminder_told_of_later(self, asking: Database) -> None:
        end(asking, FAILED)
        with asking.write() as session:
            remind(session, vietnam(), at(2024, 6, 3, 9))
        assert [t.handled for t in found(asking)] == [None]
        end(asking, SENT, on=at(2024, 6, 3, 9))
        assert [t.handled for t in found(asking)] == [Handled.TOLD]

    def test_is_not_what_went_to_an_address_that_mail_comes_back_from(
        self, asking: Database
    ) -> None:
        end(asking, FAILED)
        with asking.write() as session:
            remind(session, vietnam(), at(2024, 6, 3, 9))
        end(asking, SENT, on=at(2024, 6, 3, 9))
        with asking.write() as session:
            for contact in session.exec(select(Contact)):
                contact.bounced_at, contact.bounce = at(2024, 6, 1), DEAD
        assert [t.handled for t in found(asking)] == [None]

    def test_is_not_told_by_mail_about_another_task(self, asking: Database) -> None:
        end(asking, FAILED)
        with asking.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", at(2024, 5, 13))
        end(asking, SENT, on=at(2024, 5, 13))
        assert [t.handled for t in found(asking)] == [None]

    def test_is_no_decision_though_it_ends_the_task(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            request = reliefs.ask(session, A, ReliefKind.WAIVER, "Đã báo cáo", "văn thư", OPENED)
            reliefs.decide(session, request.id or 0, True, "Chánh Văn phòng", "", vietnam(), OPENED)
        end(asking, FAILED)
        assert [(t.purpose, t.handled) for t in found(asking)] == [(Purpose.DECISION, None)]

    def test_is_returned_mail_that_somebody_settled(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            back = bounce(session)
            back.settled_at, back.settled_by = OPENED, "Chánh Văn phòng"
        assert [t.handled for t in found(asking)] == [Handled.SETTLED]

    def test_comes_after_what_needs_care_and_that_with_what_is_given_up_first(
        self, db: Database
    ) -> None:
        units = [SO_A, SO_B, SO_A | {"code": "so-c", "name": "C", "email": "c@so-c.example"}]
        with db.write() as session:
            know(session, OFFICE, *units)
            issue(session, report_file())
            open_(session, "kl-1", "bao-cao", OPENED)
            states = (FAILED, RETRY, FAILED)
            outcomes = [
                outbox.Outcome(mail.id, mail.attempts, state, DEAD)
                for mail, state in zip(lease_oldest(session, 9, OPENED), states, strict=True)
            ]
            outbox.record(session, outcomes, OPENED)
        answer(db, A, A_REPORT, at(2024, 5, 8))
        assert [t.unit_code for t in found(db)] == ["so-c", "so-b", "so-a"]


class TestStoppage:
    def test_is_that_of_the_office_s_relay(self, asking: Database) -> None:
        relay = Settings(smtp_host="smtp.tinh.example", smtp_port=587)
        with asking.read() as session:
            assert stoppage(session, relay) is None
        with asking.write() as session:
            stoppages.stop(session, relay, "535 no", OPENED)
        with asking.read() as session:
            known = stoppage(session, relay)
            assert known and known.words == "535 no"
            assert stoppage(session, Settings(smtp_host="other.example")) is None


class TestOneMail:
    def test_is_shown_with_its_words(self, asking: Database) -> None:
        end(asking, FAILED)
        (trouble,) = found(asking)
        with asking.read() as session:
            mail = show(session, trouble.number, Settings())
        assert mail.message_id.endswith("@dondoc.example>")
        assert (mail.state, mail.outcome) == (FAILED, DEAD)
        assert mail.reason == "there is no such mailbox"
        assert "KL-1/TU" in mail.subject
        assert "Đề nghị gửi báo cáo." in mail.text
        assert mail.unsaid == ""

    def test_is_shown_with_what_came_back(self, asking: Database) -> None:
        end(asking, SENT)
        with asking.write() as session:
            number = bounce(session).message_id
        with asking.read() as session:
            mail = show(session, number or 0, Settings())
        assert [back.kind for back in mail.received] == [ReceivedKind.BOUNCE]
        assert mail.reason == "the mailbox is full"

    def test_says_why_it_has_no_words_any_more(self, asking: Database) -> None:
        with asking.write() as session:
            remind(session, vietnam(), at(2024, 6, 3, 9))
        answer(asking, A, A_REPORT, at(2024, 6, 3, 10))
        with asking.read() as session:
            reminder = mails(session, Purpose.REMINDER)[0]
            mail = show(session, lookup.id_of(reminder), Settings())
        assert (mail.subject, mail.text) == ("", "")
        assert mail.unsaid == "nobody owes any more what it is about"

    @pytest.mark.parametrize("number", [0, -1, 99, 2**40, 2**70])
    def test_of_an_unknown_number_is_a_clear_error(self, asking: Database, number: int) -> None:
        with asking.read() as session, pytest.raises(lookup.UnknownName, match="no mail"):
            show(session, number, Settings())
