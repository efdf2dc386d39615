"""From the outbox to real mailboxes and back: OpenSMTPD, Dovecot, their notices, IMAP over TLS."""

import asyncio
import itertools
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from imap_tools import AND, MailBoxUnencrypted
from sqlmodel import col, select

from dondoc.processes import free_port
from models.clock import now
from models.database import Database
from models.errors import ServiceError
from models.mail import Message, Received
from models.settings import Settings
from models.unit import Contact, Unit
from models.words import MessageState, ReceivedKind
from tasks import inbox as reading
from tasks import steps
from tasks.delivery import Envelope
from tasks.inbox import read_mailbox
from tasks.mime import message_id
from tests.certificates import Authority
from tests.post.post_office import HOST, NAMELESS, PASSWORD, REFUSED, PostOffice
from tests.tasks.office import OFFICE, SO_A, SO_B, SO_C, a_file, at, in_force, issue, know, open_
from tests.tasks.reading import parsed, part
from tests.tasks.relay import deliver, envelope, send_waiting

pytestmark = pytest.mark.xdist_group("post")  # a machine has room for one post office

OPENED = at(2024, 3, 4)
ALIVE = ("vanthu@so-a.example", "vanthu@so-b.example")
DEAD = "vanthu@so-c.example"
BOXES = itertools.count()


@pytest.fixture
def ours(post: PostOffice) -> str:
    """A mailbox of the office's own, new for each test."""
    return post.add_user(f"don-doc-{next(BOXES)}@van-phong.example")


@pytest.fixture
def settings(post: PostOffice, ours: str) -> Settings:
    """The office sends through the post office and reads its mailbox there, over TLS."""
    return Settings(
        smtp_host=HOST, smtp_port=post.smtp_port, mail_from=f"Đôn Đốc <{ours}>",
        imap_host="localhost", imap_port=post.imaps_port, imap_user=ours, imap_password=PASSWORD,
        imap_ca=post.authority.certificate,
    )  # fmt: skip


@pytest.fixture
def sent(db: Database, post: PostOffice, settings: Settings) -> Iterator[Database]:
    """An office whose three units were asked, of which one has no mailbox."""
    for address in ALIVE:
        post.add_user(address)
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B, SO_C)
        issue(session, a_file())
        open_(session, "kl-1", "bao-cao", OPENED)
    with in_force(db, **variables(settings)):
        outcome = asyncio.run(send_waiting(OPENED))
        assert outcome == {"sent": 3}
        yield db


def variables(settings: Settings) -> dict[str, str]:
    """The settings as the environment has them."""
    given = settings.model_dump(include=settings.model_fields_set)
    return {f"DONDOC_{name.upper()}": str(value) for name, value in given.items()}


def task_mail(db: Database, address: str) -> Message:
    with db.read() as session:
        return session.exec(select(Message).where(Message.to_email == address)).one()


def received(db: Database) -> list[Received]:
    with db.read() as session:
        return list(session.exec(select(Received).order_by(col(Received.id))))


def write(post: PostOffice, sender: str, mail: EmailMessage) -> None:
    """A person, or a program, sends a mail to the office through the real relay."""
    relay = Settings(smtp_host=HOST, smtp_port=post.smtp_port, mail_from=sender)
    outcomes = asyncio.run(deliver([Envelope(1, 1, mail["To"], mail.as_bytes())], relay))
    assert [outcome.state for outcome in outcomes] == [MessageState.SENT]


def a_reply(to: str, answered: Message, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Văn thư Sở A <vanthu@so-a.example>"
    mail["To"] = to
    mail["Subject"] = "Re: Báo cáo"
    mail["Message-ID"] = f"<{next(BOXES)}.tra-loi@so-a.example>"
    mail["In-Reply-To"] = message_id(answered.key, "dondoc.example")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Sở A xin gửi báo cáo kèm theo.\n\n> Kính gửi Sở A\n")
    return mail


class TestAMail:
    def test_arrives_as_it_was_written(self, sent: Database, post: PostOffice) -> None:
        of_a = task_mail(sent, ALIVE[0])
        ids = {parsed(raw)["Message-ID"]: parsed(raw) for raw in post.wait_for(ALIVE[0])}
        mail = ids[message_id(of_a.key, "dondoc.example")]
        assert "KL-1/TU" in mail["Subject"] and "báo cáo" in mail["Subject"].lower()
        assert "Đề nghị gửi báo cáo." in part(mail, "text/plain")
        assert "Đề nghị gửi báo cáo." in part(mail, "text/html")
        assert "BEGIN:VEVENT" in part(mail, "text/calendar")

    def test_to_nobody_is_returned_and_marks_mail_and_contact(
        self, sent: Database, post: PostOffice, settings: Settings, ours: str
    ) -> None:
        post.wait_for(ours)
        assert read_mailbox(sent, settings, now()) == {"bounce": 1}
        returned = task_mail(sent, DEAD)
        assert returned.state is MessageState.BOUNCED
        assert "5.1.1" in (returned.outcome or "") and "User doesn't exist" in returned.outcome
        with sent.read() as session:
            marked = select(Unit.code).join(Contact).where(col(Contact.bounced_at).is_not(None))
            assert set(session.exec(marked)) == {"so-c"}
        (kept,) = received(sent)
        assert (kept.kind, kept.status) == (ReceivedKind.BOUNCE, "5.1.1")
        assert kept.obligation_id == returned.obligation_id
        assert {task_mail(sent, a).state for a in ALIVE} == {MessageState.SENT}


class TestAnAnswer:
    def test_of_a_person_is_kept_with_the_task(
        self, sent: Database, post: PostOffice, settings: Settings, ours: str
    ) -> None:
        of_a = task_mail(sent, ALIVE[0])
        mail = a_reply(ours, of_a)
        mail.add_attachment(
            b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="Báo cáo số 12.pdf"
        )
        write(post, ALIVE[0], mail)
        post.wait_for(ours, 2)  # beside what came back from C
        assert read_mailbox(sent, settings, now()) == {"bounce": 1, "reply": 1}
        kept = next(found for found in received(sent) if found.kind is ReceivedKind.REPLY)
        assert kept.obligation_id == of_a.obligation_id
        assert kept.message_id == of_a.id
        assert kept.text.startswith("Sở A xin gửi báo cáo kèm theo.")
        assert kept.sender == "Văn thư Sở A <vanthu@so-a.example>"
        assert kept.attachments == [
            {"name": "Báo cáo số 12.pdf", "type": "application/pdf", "size": 10}
        ]
        assert kept.settled_at is None

    def test_of_a_machine_waits_for_nobody(
        self, sent: Database, post: PostOffice, settings: Settings, ours: str
    ) -> None:
        mail = a_reply(ours, task_mail(sent, ALIVE[1]), Auto_Submitted="auto-replied")
        write(post, ALIVE[1], mail)
        post.wait_for(ours, 2)
        read_mailbox(sent, settings, now())
        (kept,) = [f for f in received(sent) if f.kind is ReceivedKind.AUTOMATIC]
        assert kept.settled_at is not None


class TestTheMailbox:
    @pytest.fixture
    def db_with_mail(self, sent: Database, post: PostOffice, ours: str) -> Database:
        """An office to which three have written, and one mail came back."""
        for _n in range(3):
            write(post, ALIVE[0], a_reply(ours, task_mail(sent, ALIVE[0])))
        post.wait_for(ours, 4)
        return sent

    def test_read_twice_gives_nothing_new(self, db_with_mail: Database, settings: Settings) -> None:
        assert read_mailbox(db_with_mail, settings, now()) == {"bounce": 1, "reply": 3}
        before = [row.model_dump() for row in received(db_with_mail)]
        assert read_mailbox(db_with_mail, settings, now()) == {}
        assert [row.model_dump() for row in received(db_with_mail)] == before

    def test_reader_killed_before_the_mark_keeps_each_mail_once(
        self, db_with_mail: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_arguments: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(reading, "_mark", die)
            with pytest.raises(KeyboardInterrupt):
                read_mailbox(db_with_mail, settings, now())
        assert len(received(db_with_mail)) == 4
        assert read_mailbox(db_with_mail, settings, now()) == {}
        assert len(received(db_with_mail)) == 4

    def test_keeps_every_mail_and_what_people_have_not_seen(
        self, db_with_mail: Database, settings: Settings, post: PostOffice, ours: str
    ) -> None:
        read_mailbox(db_with_mail, settings, now())
        assert len(post.maildir(ours)) == 4
        with MailBoxUnencrypted(HOST, post.imap_port).login_utf8(ours, PASSWORD) as box:
            assert len(box.uids(AND(seen=False))) == 4

    def test_is_read_where_people_have_opened_all_of_it(
        self, db_with_mail: Database, settings: Settings, post: PostOffice, ours: str
    ) -> None:
        with MailBoxUnencrypted(HOST, post.imap_port).login_utf8(ours, PASSWORD) as box:
            box.flag(box.uids(), r"\Seen", True)
        assert sum(read_mailbox(db_with_mail, settings, now()).values()) == 4

    def test_of_old_mail_only_what_came_after_the_first_task(
        self, db: Database, settings: Settings, post: PostOffice, ours: str
    ) -> None:
        """An office without mails in its outbox has no answers to look for."""
        assert read_mailbox(db, settings, now()) == {}

    async def test_is_read_as_a_step(self, sent: Database, post: PostOffice, ours: str) -> None:
        post.wait_for(ours)
        assert await steps.read_inbox.fn(now()) == {"bounce": 1}

    async def test_is_left_alone_where_none_is_set(self, db: Database) -> None:
        with in_force(db, DONDOC_IMAP_HOST=""):
            assert await steps.read_inbox.fn(now()) == {}

    def test_of_a_mail_that_cannot_be_kept_reads_the_others(
        self, db_with_mail: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        really = reading.receive
        failed = []

        def fail_once(*arguments: Any) -> Received | None:
            if not failed:
                failed.append(arguments)
                raise ValueError("vanthu@so-a.example")
            return really(*arguments)

        monkeypatch.setattr(reading, "receive", fail_once)
        with pytest.raises(ServiceError) as error:
            read_mailbox(db_with_mail, settings, now())
        assert "so-a" not in str(error.value)
        assert len(received(db_with_mail)) == 3
        assert sum(read_mailbox(db_with_mail, settings, now()).values()) == 1


class TestTheConnection:
    """What goes wrong is said in words that tell the operator what to do."""

    def says(self, sent: Database, settings: Settings, **changed: object) -> str:
        with pytest.raises(ServiceError) as error:
            read_mailbox(sent, settings.model_copy(update=changed), now())
        return str(error.value)

    def test_by_starttls(
        self, sent: Database, settings: Settings, post: PostOffice, ours: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr(reading, "STARTTLS_PORT", post.imap_port)
        post.wait_for(ours)
        found = settings.model_copy(update={"imap_port": post.imap_port})
        assert read_mailbox(sent, found, now()) == {"bounce": 1}

    def test_without_tls_on_loopback_only(
        self, sent: Database, settings: Settings, post: PostOffice, ours: str
    ) -> None:
        post.wait_for(ours)
        plain = {"imap_host": HOST, "imap_port": post.imap_port, "imap_ca": None}
        found = settings.model_copy(update=plain)
        assert read_mailbox(sent, found, now()) == {"bounce": 1}

    def test_to_a_server_of_another_authority(
        self, sent: Database, settings: Settings, tmp_path: Path
    ) -> None:
        stranger = Authority(tmp_path).certificate
        assert "DONDOC_IMAP_CA" in self.says(sent, settings, imap_ca=stranger)
        assert received(sent) == []

    def test_to_a_server_of_another_name(self, sent: Database, settings: Settings) -> None:
        assert "DONDOC_IMAP_CA" in self.says(sent, settings, imap_host=NAMELESS)

    def test_with_a_file_that_holds_no_certificate(
        self, sent: Database, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "ca.pem").write_text("xin")
        for name in ("ca.pem", "khong-co.pem"):
            assert name in self.says(sent, settings, imap_ca=tmp_path / name)

    def test_with_a_wrong_password(self, sent: Database, settings: Settings) -> None:
        for password in ("sai", "sai mật khẩu"):
            said = self.says(sent, settings, imap_password=password)
            assert "DONDOC_IMAP_PASSWORD" in said and password not in said

    def test_to_a_folder_that_is_not_there(self, sent: Database, settings: Settings) -> None:
        said = self.says(sent, settings, imap_folder="Thư đến")
        assert "DONDOC_IMAP_FOLDER" in said and "Thư đến" in said

    def test_to_nobody(self, sent: Database, settings: Settings) -> None:
        assert "DONDOC_IMAP_PORT" in self.says(sent, settings, imap_port=free_port())

    def test_to_a_server_that_does_not_speak_tls(
        self, sent: Database, settings: Settings, post: PostOffice
    ) -> None:
        assert "DONDOC_IMAP_PORT" in self.says(sent, settings, imap_port=post.imap_port)


class TestTheRelay:
    """What the post office offers to tests of sending."""

    async def test_refuses_at_once_whom_it_does_not_serve(self, post: PostOffice) -> None:
        outcomes = await deliver(
            [envelope(1, f"ai-do@{REFUSED}")], Settings(smtp_host=HOST, smtp_port=post.smtp_port)
        )
        assert [o.state for o in outcomes] == [MessageState.FAILED]
