"""From what is queued to what is read: every kind of mail, its words, its deadline, its thread."""

from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar
from jinja2 import UndefinedError
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import Database
from models.mail import Message
from models.settings import Settings
from models.words import Purpose, ReliefKind
from tasks.appraising import give_back, of_obligation
from tasks.composing import Composer
from tasks.events import deadline_uid
from tasks.lookup import id_of
from tasks.mail_templates import mail_templates
from tasks.mime import message_id, thread_root
from tasks.receiving import receive
from tasks.reliefs import ask, decide
from tasks.reminding import remind
from tasks.rendering import TEMPLATES
from tests.conftest import Databases
from tests.tasks.forms import a_reply
from tests.tasks.office import (
    A_REPORT,
    CODE,
    answer,
    at,
    figures,
    issue,
    mails,
    open_,
    owed,
    report_file,
)
from tests.tasks.reading import addressee, parsed, part

pytestmark = [
    pytest.mark.xdist_group("office"),
    pytest.mark.any_database,
]  # its database is made once

SETTINGS = Settings(mail_domain="dondoc.example")
NAMES = sorted(found.name for found in (TEMPLATES / "email").iterdir() if found.is_dir())
STAGES = {
    "dissemination": "tiep-nhan",
    "planning": "ke-hoach",
    "reporting": "bao-cao-nam-2024",
    "execution": "ket-qua-giai-doan-1",
}


def composed(session: Session, message: Message, settings: Settings = SETTINGS) -> EmailMessage:
    (raw,) = Composer(session, settings).compose([message]).values()
    return parsed(raw)


def the_event(mail: EmailMessage) -> Any:
    (event,) = Calendar.from_ical(part(mail, "text/calendar")).walk("VEVENT")
    return event


def opening(session: Session, code: str, unit: str = "so-noi-vu") -> Message:
    """The mail that opened a round of 53/KH-UBND for a unit."""
    id_ = owed(session, f"{CODE}/{code}/{unit}").id
    return next(found for found in mails(session, Purpose.OPEN) if found.obligation_id == id_)


@pytest.fixture
def opened(databases: Databases, office_template: str) -> Database:
    """53/KH-UBND with a round of every stage open, answered, refused and urged."""
    databases.template("every_mail", live, like=office_template)
    return databases.shared("every_mail")


def live(db: Database) -> None:
    with db.write() as session:
        for code in STAGES.values():
            open_(session, CODE, code, at(2024, 2, 26))
    good = {"received_on": "2024-02-27", "brought_to_staff": "Họp cơ quan."}
    answer(db, f"{CODE}/tiep-nhan/so-noi-vu", good, at(2024, 3, 1))
    answer(db, f"{CODE}/tiep-nhan/so-y-te", {"received_on": "31/02/2024"}, at(2024, 2, 27))
    with db.write() as session:
        remind(session, vietnam(), at(2024, 3, 6, 8, 30))
        code, until = f"{CODE}/ke-hoach/so-y-te", date(2024, 4, 5)
        asked = ask(session, code, ReliefKind.EXTENSION, "Thiếu người.", "văn thư", at(2024, 3, 7),
                    until)  # fmt: skip
        decide(session, id_of(asked), True, "Chánh Văn phòng", "", vietnam(), at(2024, 3, 7, 9))
        (sent,) = of_obligation(session, id_of(owed(session, f"{CODE}/tiep-nhan/so-noi-vu")))
        give_back(session, id_of(sent.submission), "Chưa nêu đầu mối.", "Chánh Văn phòng",
                  vietnam(), at(2024, 3, 7, 9))  # fmt: skip
        raw = a_reply(mails(session, Purpose.OPEN)[0].to_email, b"PK no form")
        receive(session, raw, SETTINGS, at(2024, 3, 8))


class TestOpenings:
    @pytest.mark.parametrize("stage", STAGES)
    def test_say_what_is_asked_by_when_and_why(self, opened: Database, stage: str) -> None:
        with opened.read() as session:
            mail = composed(session, opening(session, STAGES[stage]))
        code = f"{CODE}/{STAGES[stage]}/so-noi-vu"
        html, text = part(mail, "text/html"), part(mail, "text/plain")
        for words in (
            "Sở Nội vụ", code, "53/KH-UBND", "26/02/2024", "UBND tỉnh Thanh Hóa", "Thanh tra tỉnh",
        ):  # fmt: skip
            assert words in text
            assert words in html
        assert text.startswith("Kính gửi: Sở Nội vụ\n")
        assert "Chánh Văn phòng" in text  # who confirmed the reading of the date

    def test_name_the_day_of_the_week(self, opened: Database) -> None:
        with opened.read() as session:
            mail = composed(session, opening(session, "bao-cao-nam-2024"))
        assert "Thứ Sáu, 20/12/2024" in part(mail, "text/plain")
        assert mail["Subject"].startswith("[53/KH-UBND] Báo cáo năm")
        assert mail["Subject"].endswith("hạn 20/12/2024")

    def test_attach_the_deadline(self, opened: Database) -> None:
        with opened.read() as session:
            mail = composed(session, opening(session, "bao-cao-nam-2024"))
        event = the_event(mail)
        code = f"{CODE}/bao-cao-nam-2024/so-noi-vu"
        assert event["UID"] == deadline_uid(code, "dondoc.example")
        assert event["DTSTART"].dt == date(2024, 12, 20)
        assert "53/KH-UBND" in event["SUMMARY"]
        assert "Nghị định 09/2019/NĐ-CP" in event["DESCRIPTION"]

    @pytest.mark.parametrize(
        "domain", ["dondoc.example", "don-doc.van-phong-ubnd.tinh." * 4 + "vn"]
    )
    def test_attach_a_file_of_lines_that_calendars_take(
        self, opened: Database, domain: str
    ) -> None:
        with opened.read() as session:
            message = opening(session, "bao-cao-nam-2024")
            mail = composed(session, message, Settings(mail_domain=domain))
        calendar = part(mail, "text/calendar")
        assert max(len(line.encode()) for line in calendar.split("\r\n")) <= 75
        assert the_event(mail)["UID"] == deadline_uid(f"{CODE}/bao-cao-nam-2024/so-noi-vu", domain)

    def test_ask_for_the_figures_of_the_round_in_their_order(self, opened: Database) -> None:
        with opened.read() as session:
            mail = composed(session, opening(session, "bao-cao-nam-2024"))
        for text in (part(mail, "text/plain"), part(mail, "text/html")):
            labels = ("Đã ban hành kế hoạch", "Số hội nghị tuyên truyền", "Khó khăn, vướng mắc")
            places = [text.index(label) for label in labels]
            assert places == sorted(places)
            assert "15/12/2023 đến 14/12/2024" in text

    def test_list_the_measures_a_plan_is_made_for(self, opened: Database) -> None:
        with opened.read() as session:
            mail = composed(session, opening(session, "ke-hoach"))
        for text in (part(mail, "text/plain"), part(mail, "text/html")):
            assert "(1) Tuyên truyền, phổ biến, quán triệt các nội dung của Chiến lược" in text


class TestOtherMails:
    def test_of_receipt_give_number_and_moment(self, opened: Database) -> None:
        with opened.read() as session:
            (message,) = mails(session, Purpose.RECEIPT)
            mail = composed(session, message)
        for text in (part(mail, "text/plain"), part(mail, "text/html")):
            assert f"{CODE}/tiep-nhan/so-noi-vu#1" in text
            assert "08:00 01/03/2024" in text
            assert "chậm 1 ngày" in text

    def test_of_refusal_list_every_fault(self, opened: Database) -> None:
        with opened.read() as session:
            message, _unread = mails(session, Purpose.REFUSAL)
            mail = composed(session, message)
        assert len(message.context["faults"]) == 2
        for text in (part(mail, "text/plain"), part(mail, "text/html")):
            assert "31/02/2024" in text
            for fault in message.context["faults"]:
                assert fault["field"] in text

    def test_of_reminder_and_escalation_list_what_is_late(self, opened: Database) -> None:
        with opened.read() as session:
            reminders = mails(session, Purpose.REMINDER)
            (letter,) = (mail for mail in reminders if mail.context["late"])
            digest = composed(session, reminders[0])
            text = part(composed(session, letter), "text/plain")
            items = letter.context["late"]
        assert letter.to_name == "Chánh Thanh tra tỉnh"  # it owes an answer itself, and is late
        assert f"{len(items)} việc của đơn vị khác quá hạn" in composed_subject(opened, letter)
        assert len(items) == 45  # of 47: one has answered, one is the overseer itself
        for item in items:
            assert item["unit"] in text
            assert item["telephone"] in text
        assert "quá hạn 6 ngày" in part(digest, "text/plain")
        assert "quá hạn 6 ngày" in part(digest, "text/html")
        assert list(digest.iter_attachments()) == []


def composed_subject(db: Database, message: Message) -> str:
    with db.read() as session:
        return str(composed(session, message)["Subject"])


class TestEveryMail:
    def test_is_composed_in_text_and_html(self, opened: Database) -> None:
        """All of them: one of each template, and none with an empty part. That to a head, which
        needs the keys of an installation, is composed in test_approving.
        """
        with opened.read() as session:
            messages = list(session.exec(select(Message).order_by(col(Message.id))))
            contents = Composer(session, SETTINGS).compose(messages)
        assert sorted({message.template for message in messages}) == sorted({*NAMES} - {"approval"})
        assert contents.keys() == {message.id for message in messages}
        for message in messages[::7] + messages[-60::5]:
            raw = contents[message.id or 0]
            assert isinstance(raw, bytes)
            mail = parsed(raw)
            assert addressee(raw) == (message.to_name, message.to_email)
            assert mail["Message-ID"] == message_id(message.key, "dondoc.example")
            assert mail["Date"].datetime == message.queued_at
            assert len(part(mail, "text/plain").splitlines()) > 5
            assert part(mail, "text/html").startswith("<!DOCTYPE html>")

    def test_of_a_directive_stands_in_one_thread(self, opened: Database) -> None:
        with opened.read() as session:
            purposes = set(session.exec(select(Message.purpose))) - {Purpose.ESCALATION}
            assert len(purposes) >= 5
            for purpose in purposes:
                message = mails(session, purpose)[0]
                root = thread_root(CODE, "dondoc.example")
                assert composed(session, message)["References"] == root

    def test_over_several_directives_stands_in_none(self, asking: Database) -> None:
        with asking.write() as session:
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", at(2024, 5, 6))
            remind(session, vietnam(), at(2024, 6, 6))
        with asking.read() as session:
            assert composed(session, mails(session, Purpose.REMINDER)[0])["References"] is None

    def test_that_cannot_be_written_holds_up_no_other(self, asking: Database) -> None:
        """An address that is none came in from somewhere: its mail fails, the next one leaves."""
        with asking.write() as session:
            first, second = mails(session, Purpose.OPEN)
            first.to_email = "văn-thư@sở-a.example"
            session.add(first)
        with asking.read() as session:
            first, second = mails(session, Purpose.OPEN)
            contents = Composer(session, SETTINGS).compose([first, second])
        assert isinstance(contents[first.id or 0], ValueError)
        assert isinstance(contents[second.id or 0], bytes)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("part", ["subject", "text", "html"])
    def test_without_its_values_is_an_error(self, name: str, part: str) -> None:
        with pytest.raises(UndefinedError):
            getattr(mail_templates(name), part).render(subject="x")


class TestReceipts:
    def test_of_a_correction_and_of_a_decline_say_so(self, asking: Database) -> None:
        code = "kl-1/bao-cao/so-a"
        answer(asking, code, A_REPORT, at(2024, 5, 20))
        answer(asking, code, figures(so_cuoc=4), at(2024, 5, 21))
        answer(asking, "kl-1/bao-cao/so-b", {"reason": "x"}, at(2024, 5, 21), decline=True)
        with asking.read() as session:
            texts = [
                part(composed(session, message), "text/plain")
                for message in mails(session, Purpose.RECEIPT)
            ]
        assert f"{code}#1" in texts[0]
        assert f"{code}#2" in texts[1]
        assert "không thực hiện" in texts[2]
        assert "không thực hiện" not in texts[0]
