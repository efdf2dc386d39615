"""Whatever somebody writes into a field, a mail stays one mail, to one address, with our headers.

The words go through the whole way: register, directive, round, answer and request, the mails of
each, and SMTP. A field may be refused, by an error that says so; else its mail arrives whole.
"""

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from models.calendar import vietnam
from models.database import Database
from models.errors import DondocError
from models.mail import Message
from models.round import Relief
from models.words import MessageState, ReliefKind
from tasks import reliefs
from tasks.reminding import remind
from tests.tasks.office import (
    A_REPORT,
    INDICATORS,
    OFFICE,
    SO_B,
    a_round,
    a_unit,
    answer,
    at,
    in_force,
    issue,
    know,
    open_,
    report_file,
)
from tests.tasks.reading import addressee, parsed, part
from tests.tasks.relay import send_waiting
from tests.tasks.scripted_relay import HOST, Script, ScriptedRelay

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

SENDER = "don-doc@van-phong.example"
WELL = "Lời"
EVIL = {
    "lines": "Lời\r\nBcc: x@ngoai.example\r\n Bcc: y@ngoai.example\nBcc: z@ngoai.example",
    "cr": "Lời\rBcc: x@ngoai.example",
    "end": (
        "Lời\r\n\r\n--=_x\r\nContent-Type: text/html\r\n\r\n<b>\r\n.\r\n"
        "MAIL FROM:<x@ngoai.example>\r\nRCPT TO:<y@ngoai.example>\r\nDATA\r\n"
    ),
    "dot": ".",
    "nul": "Lời\0x",
    "controls": "Lời\x01\x08\x1b[31m\x7f\x85x",
    "separators": "Lời\u2028Bcc: x@ngoai.example\u2029\u202e\u2066x\u2069\u200f\ue000unit: x\ue001",
    "marks": "=?utf-8?q?Bcc=3A?= =?utf-8?b?eA==?= <x@ngoai.example>, y@ngoai.example {{ 7 * 7 }}",
    "long": "Đ" * 5_000,
    "words": "Lời nói " * 700,
}
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version",
    "Content-Type",
]  # fmt: skip


def of_unit(field: str) -> Callable[[str], dict[str, Any]]:
    return lambda words: {"unit": {field: words}}


def of_file(field: str) -> Callable[[str], dict[str, Any]]:
    return lambda words: {"file": {field: words}}


def of_round(field: str) -> Callable[[str], dict[str, Any]]:
    return lambda words: {"round": {field: words}}


def of_indicator(field: str) -> Callable[[str], dict[str, Any]]:
    return lambda words: {
        "file": {"indicators": [*INDICATORS[:-1], INDICATORS[-1] | {field: words}]}
    }


FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "the name of a unit": of_unit("name"),
    "the head of a unit": of_unit("head"),
    "the clerk of a unit": of_unit("clerk"),
    "the telephone of a unit": of_unit("telephone"),
    "an address": of_unit("email"),
    "an address, after its beginning": lambda words: of_unit("email")(
        "vanthu@so-a.example" + words
    ),
    "an address, before its end": lambda words: of_unit("email")(words + "vanthu@so-a.example"),
    "the subject of a directive": of_file("subject"),
    "the issuer of a directive": of_file("issuer"),
    "the symbol of a directive": of_file("symbol"),
    "the title of a round": of_round("title"),
    "what a round asks": of_round("asks"),
    "the label of a figure": of_indicator("label"),
    "the unit of a figure": lambda words: {
        "file": {"indicators": [INDICATORS[0], INDICATORS[1] | {"unit": words}, *INDICATORS[2:]]}
    },
    "the narrative of an answer": lambda words: {"answer": A_REPORT | {"narrative": words}},
    "a figure of an answer": lambda words: {
        "answer": {"narrative": "x", "values": {"so-cuoc": words}}
    },
    "the name of a figure of an answer": lambda words: {
        "answer": {"narrative": "x", "values": {words: 1}}
    },
    "why a unit declines": lambda words: {"answer": {"reason": words}, "decline": True},
    "why a unit asks for more time": lambda words: {"asked": words},
    "who decides": lambda words: {"asked": "bận", "by": words},
    "what the decision says": lambda words: {"asked": "bận", "words": words},
}


def live(
    db: Database,
    unit: Mapping[str, str] = {},
    file: Mapping[str, Any] = {},
    round: Mapping[str, Any] = {},
    **said: Any,
) -> None:
    """A round is opened and answered; a unit asks for more time; who is late is reminded."""
    with db.write() as session:
        know(session, OFFICE, a_unit("so-a", **unit), SO_B)
        parts = {"rounds": [a_round(indicators=[i["code"] for i in INDICATORS], **round)], **file}
        issue(session, report_file(**parts))
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
    if "asked" in said:
        decide(db, said)
    if "answer" in said:
        declines = said.get("decline", False)
        answer(db, "kl-1/bao-cao/so-a", said["answer"], at(2024, 5, 20), decline=declines)
    with db.write() as session:
        remind(session, vietnam(), at(2024, 6, 6, 8, 30))


def decide(db: Database, said: Mapping[str, str]) -> None:
    with db.write() as session:
        reliefs.ask(
            session, "kl-1/bao-cao/so-a", ReliefKind.EXTENSION, said["asked"], "văn thư",
            at(2024, 5, 8), at(2024, 6, 5).date(),
        )  # fmt: skip
    with db.write() as session:
        found = session.exec(select(Relief)).one()
        by, words = said.get("by", "Chánh Văn phòng"), said.get("words", "")
        reliefs.decide(session, found.id or 0, True, by, words, vietnam(), at(2024, 5, 9))


def check(mail: EmailMessage, raw: bytes, message: Message) -> None:
    """One mail of ours, to its one address."""
    assert [name for name in mail if name not in HEADERS] == []
    assert len(mail.keys()) == len(set(mail.keys()))
    assert addressee(raw) == (message.to_name, message.to_email)
    assert addressee(raw, "From")[1] == SENDER
    assert mail["Message-ID"] == f"<{message.reference}@dondoc.example>"
    kinds = [found.get_content_type() for found in mail.walk() if not found.is_multipart()]
    assert kinds[:2] == ["text/plain", "text/html"]
    assert kinds[2:] in ([], ["text/calendar"])
    assert not [defect for found in mail.walk() for defect in found.defects]
    assert part(mail, "text/html").startswith("<!DOCTYPE html>")
    assert "\0" not in part(mail, "text/html")


def read(db: Database) -> list[Message]:
    with db.read() as session:
        return _messages(session)


def _messages(session: Session) -> list[Message]:
    return list(session.exec(select(Message).order_by(col(Message.id))))


async def sent(db: Database, folder: Path) -> ScriptedRelay:
    """A relay that was given everything."""
    relay = ScriptedRelay(Script())
    async with relay.listening() as port:
        variables = {"DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(port)}
        with in_force(db, DONDOC_DATA=str(folder), **variables):
            await send_waiting(at(2024, 6, 6, 9))
    return relay


# every field meets every third of them here, and all in the long tests
@pytest.mark.parametrize(
    ("field", "evil"),
    [
        pytest.param(field, evil, marks=[] if (n + m) % 3 == 0 else [pytest.mark.long])
        for n, field in enumerate(FIELDS)
        for m, evil in enumerate(EVIL)
    ],
)
async def test_a_mail_stays_one_mail(field: str, evil: str, db: Database, tmp_path: Path) -> None:
    try:
        live(db, **FIELDS[field](EVIL[evil]))
    except (DondocError, ValidationError):
        return  # refused in words, by us or by the schema of the directive file
    relay = await sent(db, tmp_path)
    messages = read(db)
    assert len(messages) >= 3
    assert {mail.state for mail in messages} <= {MessageState.SENT, MessageState.DROPPED}, [
        mail.outcome for mail in messages
    ]
    assert relay.breaches == []
    by_reference = {mail.reference: mail for mail in messages}
    gone = [mail for mail in messages if mail.state is MessageState.SENT]
    assert sorted(taken.reference for taken in relay.taken) == sorted(m.reference for m in gone)
    for taken in relay.taken:
        message = by_reference[taken.reference]
        assert (taken.sender, taken.recipients) == (SENDER, (message.to_email,))
        assert max(map(len, taken.content.split(b"\r\n"))) <= 78
        check(parsed(taken.content), taken.content, message)


@pytest.mark.parametrize("field", [name for name in FIELDS if not name.startswith("an address")])
async def test_and_plain_words_arrive(field: str, db: Database, tmp_path: Path) -> None:
    """So that a field of the table above is one that can be filled."""
    live(db, **FIELDS[field](WELL))
    relay = await sent(db, tmp_path)
    assert len(relay.taken) >= 3
