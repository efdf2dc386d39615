"""`dondoc mail`: what a clerk sees of the mail, and does about it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result
from sqlmodel import col, select
from typer.testing import CliRunner

from dondoc.cli import app
from models import i18n
from models.clock import now
from models.database import Database
from models.mail import Message, Received, Stoppage
from models.words import MessageState, ReceivedKind
from tasks import outbox
from tests.conftest import Databases
from tests.tasks.office import OFFICE, SO_A, SO_B, in_force, issue, know, open_, report_file
from tests.tasks.post import lease_oldest

pytestmark = pytest.mark.any_database

Run = Callable[..., Result]
BY = ("--by", "Chánh Văn phòng")
WORDS = "550 5.1.1 mailbox unavailable"


def fill(db: Database) -> None:
    """Two units are asked; what so-a was sent has failed, and so-b has answered by mail."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, report_file())
        open_(session, "kl-1", "bao-cao", now() - timedelta(hours=2))
    with db.write() as session:
        states = (MessageState.FAILED, MessageState.SENT)
        claimed = lease_oldest(session, 9, now())
        outcomes = [
            outbox.Outcome(mail.id, mail.attempts, state, WORDS)
            for mail, state in zip(claimed, states, strict=True)
        ]
        outbox.record(session, outcomes, now())
        mail = claimed[1]
        session.add(
            Received(
                key="r1", kind=ReceivedKind.REPLY, received_at=now(), subject="Xin gia hạn",
                sender="x@gmail.example", text="Đề nghị lùi hạn.\n\x1b[31mđỏ", attachments=[],
                unit_id=mail.unit_id, obligation_id=mail.obligation_id,
            )
        )  # fmt: skip


@pytest.fixture
def db(databases: Databases) -> Iterator[Database]:
    yield from databases.like(databases.template("mail_office", fill, like=databases.migrated()))


@pytest.fixture
def dondoc(db: Database) -> Iterator[Run]:
    """The command line on that database, in English, in a terminal of 100 columns."""
    with i18n.speaking("en"), in_force(db, DONDOC_SMTP_HOST="r", COLUMNS="100"):
        yield lambda *arguments: CliRunner().invoke(app, ["mail", *map(str, arguments)])


def data(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def states(db: Database) -> list[MessageState]:
    with db.read() as session:
        return list(session.exec(select(Message.state).order_by(col(Message.id))))


class TestList:
    def test_says_what_did_not_arrive_why_and_whom_to_call(self, dondoc: Run) -> None:
        shown = dondoc("list", "KL-1/TU")
        assert shown.exit_code == 0
        assert "KL-1/TU: sent 1 · failed 1" in shown.stdout
        assert "waiting in the mailbox: reply 1" in shown.stdout
        for words in ("Đơn vị so-a", "0000 000 001", "there is no such mailbox", "550 5.1.1"):
            assert words in shown.stdout
        table = shown.stdout.partition("Number")[2].partition("Wrong address")[0]
        assert max(map(len, table.splitlines())) <= 100

    def test_as_data(self, dondoc: Run) -> None:
        found = data(dondoc("list", "--json"))
        assert found["mail"][0]["own"] == {"failed": 1, "sent": 1}
        (trouble,) = found["troubles"]
        assert trouble["to_email"] == "vanthu@so-a.example"
        assert (trouble["state"], trouble["handled"]) == ("failed", None)
        assert found["stoppage"] is None

    def test_begins_with_the_alarm(self, dondoc: Run, db: Database) -> None:
        with db.write() as session:
            session.add(Stoppage(relay="r:587", since=now(), until=now(), times=1, words="535 no"))
        shown = dondoc("list")
        assert shown.stdout.startswith("ALARM: since ")
        assert "535 no" in shown.stdout.splitlines()[0]

    def test_of_an_unknown_directive_says_what_there_is(self, dondoc: Run) -> None:
        shown = dondoc("list", "99/KH-UBND")
        assert (shown.exit_code, "kl-1" in shown.output) == (4, True)


class TestShow:
    def test_has_facts_and_words(self, dondoc: Run) -> None:
        shown = dondoc("show", 1)
        assert shown.exit_code == 0
        for words in (WORDS, "there is no such mailbox", "@dondoc.example>", "Kính gửi"):
            assert words in shown.stdout
        assert data(dondoc("show", 1, "--json"))["state"] == "failed"

    def test_of_an_unknown_number_is_a_clear_error(self, dondoc: Run) -> None:
        assert dondoc("show", 99).exit_code == 4


class TestRetry:
    @pytest.mark.parametrize("what", [("1",), ("--failed", "KL-1/TU")])
    def test_sends_again_what_failed(
        self, dondoc: Run, db: Database, what: tuple[str, ...]
    ) -> None:
        shown = dondoc("retry", *what, *BY)
        assert "mail 1 is sent again to Đơn vị so-a <vanthu@so-a.example>" in shown.stdout
        assert states(db) == [MessageState.QUEUED, MessageState.SENT]

    def test_refuses_what_was_sent(self, dondoc: Run, db: Database) -> None:
        shown = dondoc("retry", 2, 1, *BY)
        assert (shown.exit_code, "not sent twice" in shown.output) == (4, True)
        assert states(db) == [MessageState.FAILED, MessageState.SENT]

    @pytest.mark.parametrize("what", [BY, ("1",), ("1", "--failed", "KL-1/TU", *BY), ("x", *BY)])
    def test_wants_to_know_what_and_in_whose_name(self, dondoc: Run, what: tuple[str]) -> None:
        assert dondoc("retry", *what).exit_code == 2


class TestCorrect:
    def test_sends_there_what_did_not_arrive(self, dondoc: Run, db: Database) -> None:
        shown = dondoc("correct", "so-a", "vt@so-a-moi.example", *BY)
        assert "vanthu@so-a.example → vt@so-a-moi.example" in shown.stdout
        assert "Correct the register's file too" in shown.stdout
        assert states(db)[0] is MessageState.QUEUED

    def test_refuses_what_is_no_address(self, dondoc: Run) -> None:
        shown = dondoc("correct", "so-a", "so-a", *BY)
        assert (shown.exit_code, "is not an e-mail address" in shown.output) == (4, True)


class TestReceived:
    def test_lists_replies_until_they_are_settled(self, dondoc: Run) -> None:
        shown = dondoc("received", "KL-1/TU")
        for words in ("Đơn vị so-b", "Xin gia hạn", "Đề nghị lùi hạn.", "not an address of the"):
            assert words in " ".join(shown.stdout.split())
        assert "\x1b" not in shown.stdout
        assert dondoc("settle", 1, *BY).exit_code == 0
        assert "Nothing waits" in dondoc("received").stdout
        (kept,) = data(dondoc("received", "--all", "--json"))
        assert kept["settled_by"] == BY[1]

    def test_are_read_whole(self, dondoc: Run) -> None:
        found = data(dondoc("read", 1, "--json"))
        shown = dondoc("read", 1)
        assert shown.exit_code == 0
        assert found["text"] and found["text"] in shown.stdout
        assert found["subject"] in shown.stdout
        assert dondoc("read", 99).exit_code == 4

    def test_are_settled_once(self, dondoc: Run) -> None:
        dondoc("settle", 1, *BY)
        shown = dondoc("settle", 1, "--by", "Thanh tra")
        assert (shown.exit_code, BY[1] in shown.output) == (4, True)
