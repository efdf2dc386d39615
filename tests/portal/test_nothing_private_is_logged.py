"""Pages, delivery, inbox, flows and their errors, all with marked personal data: no log has any."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from dondoc.environment import environment
from flows.stage import _logged
from models import logs
from models.mail import Message
from models.unit import Contact, Unit
from models.words import AccountRole
from portal import sign_in
from portal.app import create_app
from portal.site import Site
from tasks.receiving import receive
from tests.conftest import Databases
from tests.portal.units import ANSWERS, TASK, path_to, unit_path
from tests.portal.visitor import HOST, Visitor, signed_in, visitor
from tests.tasks.office import ISSUED, in_force
from tests.tasks.relay import Relay, send_waiting

NAME, MAILBOX, TELEPHONE, WORDS = "Hoàng Thị Dấu", "dau.ht", "0987 654 321", "Nội dung kín"
MARKS = ("Dấu", MAILBOX, "so-dau.example", "987 654", "0987654321", "kín")


@pytest.fixture
def databases(sqlites: Databases) -> Databases:
    """One kind is enough: nothing of a log is the database's."""
    return sqlites


class Lines:
    """All that was logged, by whatever logger at whatever level, as it would be written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    with environment({"DONDOC_LOG_FORMAT": "json", "DONDOC_LOG_LEVEL": "debug"}):
        found = Lines()
        handler = logging.StreamHandler(found.stream)
        handler.setFormatter(logs.formatter())
        root = logging.getLogger()
        before = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        yield found
        root.removeHandler(handler)
        root.setLevel(before)


@pytest.fixture
def marked(small: Site) -> Site:
    """An office whose people are marked."""
    with small.database.write() as session:
        session.connection().execute(
            sa.update(Contact).values(name=NAME, email=f"{MAILBOX}@so-dau.example",
                                      telephone=TELEPHONE)
        )  # fmt: skip
        session.connection().execute(sa.update(Unit).values(name=f"Sở {NAME}"))
        session.connection().execute(
            sa.update(Message).values(to_name=NAME, to_email=f"{MAILBOX}@so-dau.example")
        )
    return small


def nothing_private(lines: Lines, *secrets: str) -> None:
    leaked = [mark for mark in (*MARKS, *secrets) if mark in lines.text]
    assert leaked == [], lines.text


def test_of_pages_their_visitors_and_their_errors(
    marked: Site, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, clerk = visitor(marked), signed_in(marked, AccountRole.SECRETARIAT)
    path, own = path_to(marked, TASK["thuc-hien"]), unit_path(marked)
    said = ANSWERS["thuc-hien"] | {"narrative": WORDS, "sender": NAME}
    guest.sends(guest.opens(path), do="send", **said)
    guest.opens(own)
    guest.opens(f"/t/{MAILBOX}@so-dau.example", 404)
    clerk.opens(f"/search?q={NAME}")
    guest.sends(guest.opens("/sign-in"), login=MAILBOX, password=f"{WORDS} 0987654321", status=403)

    def fails(*_arguments: object, **_named: object) -> None:
        with marked.database.write() as session:
            session.connection().execute(sa.text("INSERT INTO nowhere VALUES (:x)"), {"x": NAME})

    monkeypatch.setattr(sign_in.accounts, "sign_in", fails)
    broken = TestClient(create_app(marked), base_url=HOST, raise_server_exceptions=False)
    page = Visitor(marked)
    page.client = broken
    page.sends(page.opens("/sign-in"), login=MAILBOX, password=WORDS, status=500)
    nothing_private(lines, path.split("/")[2], own.split("/")[2])
    asked = [event for event in lines.events if event["event"] == "request"]
    assert {"task", "task-answer", "owed", "search", "sign-in-post"} <= {e["route"] for e in asked}
    (failed,) = [event for event in asked if event["status"] == 500]
    assert failed["error"] == "OperationalError"
    assert "test_nothing_private_is_logged.py" in failed["place"]
    assert failed["request"]


async def test_of_delivery_to_a_relay_that_quotes_and_of_what_comes_back(
    marked: Site, lines: Lines, tmp_path: Path
) -> None:
    relay = Relay(tmp_path / "relay")
    relay.on_data = lambda _server: f"550 5.1.1 <{MAILBOX}@so-dau.example>: {NAME} {WORDS}"
    async with relay.listening() as port:
        settings = {"DONDOC_SMTP_HOST": "127.0.0.1", "DONDOC_SMTP_PORT": str(port)}
        with in_force(marked.database, **settings):
            assert (await send_waiting(ISSUED))["failed"]
    reply = EmailMessage()
    reply["From"], reply["Subject"] = f"{NAME} <{MAILBOX}@so-dau.example>", WORDS
    reply.set_content(f"{WORDS}, {TELEPHONE}")
    with marked.database.write() as session:
        receive(session, reply.as_bytes(), marked.settings, ISSUED)
    nothing_private(lines)


async def test_of_flows_and_of_what_their_engine_says_of_errors(lines: Lines) -> None:
    async def fails(directive: str) -> int:
        raise ValueError(f"{NAME} {directive}")

    with pytest.raises(ValueError, match=NAME):
        await _logged("delivery", fails)("kl-1")
    assert [(e["flow"], e["directive"], e["error"]) for e in lines.events] == [
        ("delivery", "kl-1", "ValueError")
    ]
    engine = logging.getLogger("prefect.engine")
    try:
        raise ValueError(NAME)
    except ValueError as error:
        engine.exception("Encountered exception during execution: %r", error)
    engine.error("Finished in state Failed('Flow run encountered an exception: %s')", NAME)
    engine.error(f"Task run failed with exception: ValueError('{NAME}') - Retries are exhausted")
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {NAME}")
    nothing_private(lines)
    assert "Finished in state Failed" in lines.text


def test_of_what_is_sent_to_prefects_server(lines: Lines) -> None:
    kept: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    handler = Keeper()
    handler.addFilter(logs.Unquoted())
    engine = logging.getLogger("prefect.engine.test")
    engine.addHandler(handler)
    try:
        raise ValueError(NAME)
    except ValueError as error:
        engine.exception("Encountered exception during execution: %r", error)
    engine.info("to %s", f"{MAILBOX}@so-dau.example")
    engine.removeHandler(handler)
    assert [record.getMessage() for record in kept] == [
        "Encountered exception during execution", "to […]",
    ]  # fmt: skip
    assert all(record.exc_info is None for record in kept)
    nothing_private(lines)


@pytest.mark.parametrize(
    "private",
    [
        "truc.nguyen@so-a.example", "/t/WzEsMCwxOTg3MV0.abcdefghijklmnopqrstuvwxyz0",
        "WzEsMCwxOTg3MV0.abcdefghijklmnopqrstuvwxyz0", "0912345678", "+84 912 345 678",
        "024.3825.1234", "Bearer abcdef", "postgresql://dondoc:matkhau@db/x", "password=matkhau",
    ],
)  # fmt: skip
def test_of_whatever_looks_private_in_a_line_of_a_library(lines: Lines, private: str) -> None:
    logging.getLogger("some.library").warning("seen: %s here", private)
    (event,) = lines.events
    assert private not in event["event"]
    assert event["event"].startswith("seen: ")
    assert event["event"].endswith(" here")
    assert "matkhau" not in event["event"]


@pytest.mark.parametrize(
    "plain", ["2024-05-06T08:00:00+07:00", "53-kh-ubnd/tiep-nhan", "127.0.0.1:8080", "0.0123 s"]
)
def test_what_is_not_private_stays(lines: Lines, plain: str) -> None:
    logging.getLogger("some.library").warning("seen: %s", plain)
    assert lines.events[0]["event"] == f"seen: {plain}"


def test_a_field_that_is_not_on_the_list_is_left_out(lines: Lines) -> None:
    logs.get("test").info("sent", to_name=NAME, seconds=1)
    assert "to_name" not in lines.events[0]
    assert lines.events[0]["seconds"] == 1


def test_of_a_command_its_name_alone_is_logged(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dondoc.cli", "mail", "correct", NAME, MAILBOX, "--by", NAME]
    told = {"DONDOC_LOG_FORMAT": "json", "DONDOC_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        command, env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    event = json.loads(done.stderr.splitlines()[-1])
    assert (event["event"], event["command"], event["part"]) == (
        "command",
        "mail correct",
        "command",
    )
    assert event["code"] == done.returncode != 0
    assert not [mark for mark in MARKS if mark in done.stderr.splitlines()[-1]]
