"""Notices of what became of a mail (RFC 3464), in the shapes that servers really write.

Many depart from the standard: OpenSMTPD says multipart/mixed and keeps the reason in the words for
people, Exchange adds fields, qmail has a form of its own, some encode what must not be encoded. So
whatever carries a delivery status is read, wherever it stands.
"""

import re
from base64 import b64decode
from binascii import Error as Undecodable
from dataclasses import dataclass
from email.message import Message as Parsed
from email.parser import HeaderParser
from quopri import decodestring
from typing import cast

from models.delivery_status import STATUS
from tasks.mail_text import HEADER, decoded, header

NOTICES = ("message/delivery-status", "message/global-delivery-status")
ORIGINALS = (
    "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers",
)  # fmt: skip
RECIPIENTS = 100  # of one notice that are read
SIZE = 200_000  # bytes of a part that are read

_MESSAGE_ID = re.compile(rb"(?i)(?:^|\n)message-id:[ \t\r\n]*(<[^<>\s]{1,300}>)")
_QMAIL = "Hi. This is the"


@dataclass(frozen=True)
class Report:
    """What became of a mail at one recipient: action and status of RFC 3464, the server's words."""

    recipients: tuple[str, ...]  # the final one, and the one it was first addressed to
    action: str
    status: str | None
    words: str


@dataclass(frozen=True)
class Notice:
    """The reports of one notice, and the Message-ID of the mail it is about."""

    reports: tuple[Report, ...]
    original: str | None


def notice(parts: list[Parsed], text: str) -> Notice | None:
    """The notice that a mail's parts carry; `text` is what it says to people."""
    for part in parts:
        if part.get_content_type() in NOTICES:
            reports = _reports(inside(part), text)
            return Notice(reports, _original(parts))
    if text.lstrip().startswith(_QMAIL):
        return _qmail(text)
    return None


def is_about_the_address(status: str | None) -> bool:
    """Whether a final failure says that mail to this address arrives no more (RFC 3463).

    Yes: the address (5.1), its mailbox, also one that is full (5.2), the way there (5.4), and what
    is not said closer (5.0). No: what lies in the mail, its size or form (5.2.3, 5.3, 5.5, 5.6), in
    a rule against it (5.7), or in its sender (5.1.7 to 5.1.9); nor what may pass (4).
    """
    if status is None or not status.startswith("5."):
        return False
    return status[2:3] in "0124" and status not in ("5.1.7", "5.1.8", "5.1.9", "5.2.3")


def inside(part: Parsed) -> str:
    """The content of a part as text, also of one that must not be encoded but is."""
    if part.is_multipart():
        data = b"\n\n".join(_block(cast(Parsed, p)) for p in part.get_payload())[:SIZE]
        return decoded(_unencoded(data, str(part.get("Content-Transfer-Encoding", ""))))
    content = part.get_payload(decode=True)
    return decoded(content[:SIZE] if isinstance(content, bytes) else b"")


def _block(part: Parsed) -> bytes:
    """A group of fields, as the parser of notices gives them, or a mail, with its first content."""
    fields = "\n".join(f"{name}: {value}" for name, value in part.raw_items())
    content = part.get_payload(decode=True)
    head = fields.encode("utf-8", "surrogateescape")
    return head + b"\n\n" + content if isinstance(content, bytes) else head


def _unencoded(data: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "base64":
            try:
                return b64decode(data)
            except Undecodable:
                return data
        case "quoted-printable":
            return decodestring(data)
    return data


def _reports(fields: str, text: str) -> tuple[Report, ...]:
    groups = re.split(r"\n[ \t]*\n\s*", fields.strip())[: RECIPIENTS + 1]
    found = (_report(HeaderParser().parsestr(group), text) for group in groups)
    return tuple(report for report in found if report)


def _report(fields: Parsed, text: str) -> Report | None:
    named = (fields.get(name) for name in ("Final-Recipient", "Original-Recipient"))
    recipients = tuple(dict.fromkeys(_address(header(n)) for n in named if n is not None))
    action = header(fields.get("Action", "")).partition(" ")[0].lower()
    if not recipients or not action:
        return None
    kind, semicolon, said = header(fields.get("Diagnostic-Code", "")).partition(";")
    words = (said if semicolon else kind).strip() or next(
        (w for r in recipients if (w := _said_of(r, text))), ""
    )
    status = _better(header(fields.get("Status", "")), words)
    return Report(recipients, action, status, words)


def _address(field: str) -> str:
    """The address of a field "rfc822; a@b.example"."""
    return field.rpartition(";")[2].strip().strip("<>").lower()


def _said_of(recipient: str, text: str) -> str:
    """What the words for people say of a recipient, on a line that begins with the address."""
    for line in text.split("\n"):
        name, _colon, words = line.strip().partition(":")
        if name.strip("<> ").lower() == recipient:
            return words.strip()[:HEADER]
    return ""


def _better(status: str, words: str) -> str | None:
    """The status; that of the words where the field says nothing more than "failed"."""
    field, said = STATUS.search(status), STATUS.search(words)
    if field and not field[0].endswith(".0.0"):
        return field[0]
    if said and (field is None or said[1] == field[1]):
        return said[0]
    return field[0] if field else None


def _original(parts: list[Parsed]) -> str | None:
    """The Message-ID in the copy of the mail, or of its headers, that a notice carries."""
    for part in parts:
        if part.get_content_type() in ORIGINALS:
            head = inside(part).partition("\n\n")[0]
            if found := _MESSAGE_ID.search(head.encode("utf-8", "replace")):
                return found[1].decode("ascii", "replace")
    return None


def _qmail(text: str) -> Notice:
    """The notice of qmail (QSBMF): paragraphs "<address>:" and reason, then a copy of the mail."""
    said, _line, copy = text.partition("\n--- ")
    reports = []
    for paragraph in re.split(r"\n\s*\n", said)[1 : RECIPIENTS + 1]:
        found = re.match(r"<([^<>\s]{3,320})>:\s*(.*)", paragraph.strip(), re.DOTALL)
        if found:
            words = " ".join(found[2].split())
            reports.append(Report((found[1].lower(),), "failed", _better("", words), words))
    original = _MESSAGE_ID.search(copy.encode("utf-8", "replace"))
    return Notice(tuple(reports), original[1].decode("ascii", "replace") if original else None)
