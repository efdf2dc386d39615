"""A filled form that comes as an answer to a mail: recorded, refused cell by cell, or waiting."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from models.mail import Message, Received
from models.round import Submission
from models.settings import Settings
from models.unit import Contact
from models.words import Channel, ContactRole, Purpose, ReceivedKind, Verdict
from tasks.by_reply import TOLD_A_DAY
from tasks.composing import Composer
from tasks.links import Links, take_back
from tasks.receiving import receive
from tasks.workbook import workbook
from tests.conftest import Databases
from tests.tasks.forms import a_reply, filled
from tests.tasks.office import at, mails, owed
from tests.tasks.reading import parsed, part
from tests.tasks.test_workbook import ACK, ASKED, asking_for_each_stage

pytestmark = pytest.mark.any_database

SENDER = "vanthu@so-a.example"
CAME = at(2024, 5, 7, 10)
GOOD = {"C16": "06/05/2024", "C17": "Hội nghị quán triệt"}
WRONG = {"C16": "31/02/2024"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def session(databases: Databases) -> Iterator[Session]:
    """A transaction that is not kept."""
    name = databases.template("each_stage", asking_for_each_stage, like=databases.migrated())
    with Session(databases.shared(name).engine) as found:
        yield found
        found.rollback()


@pytest.fixture
def form(session: Session, settings: Settings) -> bytes:
    return workbook(session, owed(session, ACK).id or 0, Links.of(settings), ASKED)


def came(session: Session, settings: Settings, raw: bytes) -> Received:
    kept = receive(session, raw, settings, CAME)
    assert kept is not None
    return kept


def submissions(session: Session) -> list[Submission]:
    return list(session.exec(select(Submission).order_by(col(Submission.version))))


def answers(session: Session) -> list[Message]:
    return mails(session, Purpose.RECEIPT, Purpose.REFUSAL)


def written(session: Session, message: Message) -> str:
    (raw,) = Composer(session, Settings()).compose([message]).values()  # type: ignore[list-item]
    return part(parsed(raw), "text/plain")


class TestRecorded:
    def test_is_an_answer_of_the_unit(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        kept = came(session, settings, a_reply(f"Văn thư <{SENDER}>", filled(form, GOOD)))
        (given,) = submissions(session)
        assert (given.verdict, given.channel) == (Verdict.ACCEPTED, Channel.REPLY)
        assert (given.sender, given.received_at) == (f"Văn thư <{SENDER}>", CAME)
        assert given.payload == {
            "received_on": "2024-05-06",
            "brought_to_staff": "Hội nghị quán triệt",
        }
        assert (kept.kind, kept.obligation_id) == (ReceivedKind.REPLY, owed(session, ACK).id)
        assert kept.settled_at == CAME
        assert kept.settled_by

    def test_is_answered_by_what_was_accepted(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        came(session, settings, a_reply(SENDER, filled(form, GOOD)))
        (receipt,) = answers(session)
        said = written(session, receipt)
        assert receipt.purpose is Purpose.RECEIPT
        assert "06/05/2024" in said
        assert "Hội nghị quán triệt" in said

    def test_with_faults_is_answered_cell_by_cell(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        kept = came(session, settings, a_reply(SENDER, filled(form, WRONG | {"C17": "=1+1"})))
        (given,) = submissions(session)
        (refusal,) = answers(session)
        assert (given.verdict, kept.settled_at) == (Verdict.REFUSED, CAME)
        assert [fault["where"] for fault in given.faults] == ["C16", "C17"]
        said = written(session, refusal)
        assert "1. Ô C16 – " in said
        assert "2. Ô C17 – " in said
        assert "31/02/2024" in said

    def test_read_twice_is_recorded_once(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        raw = a_reply(SENDER, filled(form, GOOD))
        came(session, settings, raw)
        assert receive(session, raw, settings, CAME + timedelta(hours=1)) is None
        assert len(submissions(session)) == len(answers(session)) == 1

    def test_from_the_head_as_well(self, session: Session, settings: Settings, form: bytes) -> None:
        of_the_unit = select(Contact).where(Contact.unit_id == owed(session, ACK).unit_id)
        heads = {contact.role: contact for contact in session.exec(of_the_unit)}
        heads[ContactRole.HEAD].email = "Giam-Doc@so-a.example"
        session.flush()
        came(session, settings, a_reply("giam-doc@so-a.example", filled(form, GOOD)))
        assert len(submissions(session)) == 1

    def test_beside_other_files_leaves_the_mail_to_a_person(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        kept = came(session, settings, a_reply(SENDER, filled(form, GOOD), b"%PDF no form"))
        assert len(submissions(session)) == 1
        assert kept.settled_at is None
        assert [message.template for message in answers(session)] == ["receipt"]


class TestNotRecorded:
    def waits(self, session: Session, kept: Received) -> list[str]:
        """Nothing is recorded, the mail waits; the mails written back."""
        assert submissions(session) == []
        assert (kept.kind, kept.settled_at) == (ReceivedKind.REPLY, None)
        assert {message.to_email for message in answers(session)} <= {SENDER, "vanthu@so-b.example"}
        return [message.template for message in answers(session)]

    @pytest.mark.parametrize(
        "sender",
        ["nguoi-la@ngoai.example", f'"{SENDER}" <nguoi-la@ngoai.example>', "",
         f"{SENDER}.ngoai.example", f"x@ngoai.example, {SENDER}"],
    )  # fmt: skip
    def test_from_an_unknown_sender_and_nothing_is_written_back(
        self, session: Session, settings: Settings, form: bytes, sender: str
    ) -> None:
        kept = came(session, settings, a_reply(sender, filled(form, GOOD)))
        assert self.waits(session, kept) == []

    def test_from_another_unit_that_is_told(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        kept = came(session, settings, a_reply("vanthu@so-b.example", filled(form, GOOD)))
        assert self.waits(session, kept) == ["unread"]
        assert "so-a" not in written(session, answers(session)[0])

    def test_after_its_token_was_taken_back_and_the_unit_is_told(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        take_back(session, owed(session, ACK))
        kept = came(session, settings, a_reply(SENDER, filled(form, GOOD)))
        assert self.waits(session, kept) == ["unread"]

    def test_of_a_file_that_is_no_form_and_the_unit_is_told(
        self, session: Session, settings: Settings
    ) -> None:
        kept = came(session, settings, a_reply(SENDER, b"PK\x03\x04 no form"))
        assert self.waits(session, kept) == ["unread"]

    def test_of_a_file_that_is_larger_than_any_form(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        kept = came(session, settings, a_reply(SENDER, form + b"\0" * 3_000_000))
        assert self.waits(session, kept) == ["unread"]

    def test_of_a_secret_document_of_which_nothing_is_kept(
        self, session: Session, settings: Settings, form: bytes
    ) -> None:
        secret = filled(form, GOOD | {"C17": "Tài liệu\nTUYỆT MẬT"})
        kept = came(session, settings, a_reply(SENDER, secret, Subject="53/KH-UBND - MẬT"))
        assert self.waits(session, kept) == ["unread"]
        assert (kept.subject, kept.attachments) == ("", [])
        assert "biểu đã điền" not in kept.text
        assert "TUYỆT" not in str([message.context for message in answers(session)])

    @pytest.mark.parametrize(
        "headers",
        [{"Auto_Submitted": "auto-replied"}, {"Subject": "Automatic reply: Báo cáo"},
         {"Precedence": "bulk"}, {"Return_Path": "<>"}],
    )  # fmt: skip
    def test_of_a_machine(
        self, session: Session, settings: Settings, form: bytes, headers: dict[str, str]
    ) -> None:
        kept = came(session, settings, a_reply(SENDER, filled(form, GOOD), **headers))
        assert kept.kind is not ReceivedKind.REPLY
        assert (submissions(session), answers(session)) == ([], [])

    def test_and_told_of_a_few_times_a_day_at_most(
        self, session: Session, settings: Settings
    ) -> None:
        for n in range(TOLD_A_DAY + 3):
            came(session, settings, a_reply(SENDER, b"PK", Message_ID=f"<{n}@so-a.example>"))
        assert len(answers(session)) == TOLD_A_DAY
