"""A mail that came in, read from its bytes: who, about what, which mail it answers, what it says.

Anybody can send anything: mails of any size, parts in parts ten thousand deep, headers of a
megabyte. So what is read is bounded everywhere, and a mail built to hurt is read by its headers
alone. Nothing is opened, unpacked or fetched; workbooks are handed on as bytes.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email._policybase import Compat32
from email.message import Message as Parsed
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from enum import StrEnum
from itertools import islice
from typing import cast

from models.vietnamese import fold
from tasks.bounces import NOTICES, Notice, notice
from tasks.mail_text import BODY, HEADER, decoded, header, one_line, split_quote, text_of_page

SUBJECT = 500  # characters kept
SENDER = 320
NAME = 200  # of an attachment
ATTACHMENTS = 50  # named of one mail
WORKBOOKS = 5  # of one mail that are read
WORKBOOK = 2_000_000  # bytes of one; a larger one is no form of ours
REFERENCES = 50  # looked at, the newest
SIZE = 12_000_000  # bytes read of one mail
# of one with a delivery status: the parser makes an object of every blank line
NOTICE_SIZE = 300_000

# a mail with more than these is made to hurt, or the mailbox of somebody else as an attachment
_NESTED = re.compile(rb"(?i)(?:^|[\r\n])content-type:\s*(?:multipart|message)/")
_MOST_NESTED = 100
_NOTICE = re.compile(rb"(?i)(?:^|[\r\n])content-type:\s*message/delivery-status")
_BOUNDARY = re.compile(rb"(?:^|[\r\n])--")
_MOST_BOUNDARIES = 2_000

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ID = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")
# beginnings of subjects, without case and diacritics, by which programs say that nobody writes
_AUTOMATIC = (
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto:",
    "out of office", "out of the office", "vacation reply",
    "tra loi tu dong", "thu tra loi tu dong", "tu dong tra loi", "phan hoi tu dong",
    "thu tu dong", "tin nhan tu dong", "vang mat khoi van phong",
)  # fmt: skip
# and those of servers that return a mail without a notice by the standard
_RETURNED = (
    "undeliver", "delivery status notification", "mail delivery fail", "returned mail",
    "failure notice", "delivery failure", "khong the gui", "thu khong gui duoc",
)  # fmt: skip
_BULK = ("bulk", "junk", "auto_reply")
_DAEMONS = ("mailer-daemon", "postmaster")


class Author(StrEnum):
    """Who wrote: a person, a machine by itself, or a mail server about a mail."""

    PERSON = "person"
    MACHINE = "machine"
    SERVER = "server"


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail: its name, type and size in bytes; it is not kept."""

    name: str
    type: str
    size: int


@dataclass(frozen=True)
class Incoming:
    """A mail as it is understood. `key` is its Message-ID, or a digest of it where it has none."""

    key: str
    author: Author
    sender: str  # the address, in small letters; empty where there is none
    sender_name: str
    subject: str
    words: str  # the sender's own
    quoted: str  # what stands below them of another mail
    attachments: tuple[Attachment, ...] = ()
    references: tuple[str, ...] = ()  # Message-IDs it answers, the nearest first
    notice: Notice | None = None
    whole: bool = True  # whether all of it was read
    workbooks: tuple[bytes, ...] = ()  # the .xlsx files; of a large one the first bytes


class _Bounded(Compat32):
    """The parser's policy, with the middle cut out of long headers, some of which take time by the
    square of their length.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        half = HEADER // 2
        return name, value if len(value) <= HEADER else value[:half] + value[-half:]


_POLICY = _Bounded()


def read(raw: bytes) -> Incoming:
    """The mail of these bytes. Raises nothing: what cannot be read is left empty."""
    try:
        return _read(raw)
    except Exception:  # the library's parser has no list of what it may raise
        return Incoming(_digest(raw), Author.PERSON, "", "", "", "", "", whole=False)


def _read(raw: bytes) -> Incoming:
    mail, whole = _parsed(raw)
    parts = list(_leaves(mail))
    text = _text(parts)
    found = notice(parts, text)
    author = _author(mail, found)
    words, quoted = (text, "") if author is Author.SERVER else split_quote(text)
    name, address = _sender(mail)
    return Incoming(
        key=_key(mail, raw),
        author=author,
        sender=one_line(address, SENDER).lower(),
        sender_name=one_line(name, NAME),
        subject=one_line(_field(mail, "subject"), SUBJECT),
        words=words,
        quoted=quoted,
        attachments=() if found else tuple(_attachments(parts)),
        references=_references(mail, text if author is Author.SERVER else ""),
        notice=found,
        whole=whole,
        workbooks=() if found else tuple(islice(_workbooks(parts), WORKBOOKS)),
    )


def _parsed(raw: bytes) -> tuple[Parsed, bool]:
    """The mail in its parts, or its headers alone; and whether all of it was read."""
    most = NOTICE_SIZE if _NOTICE.search(raw, 0, SIZE) else SIZE
    read = raw[:most]
    if _more(_NESTED, read, _MOST_NESTED) or _more(_BOUNDARY, read, _MOST_BOUNDARIES):
        head = re.split(rb"\r?\n\r?\n", raw[:BODY], maxsplit=1)[0]
        return BytesHeaderParser(policy=_POLICY).parsebytes(head), False
    return message_from_bytes(read, policy=_POLICY), len(raw) <= most


def _more(pattern: re.Pattern[bytes], raw: bytes, most: int) -> bool:
    return any(number >= most for number, _match in enumerate(pattern.finditer(raw)))


def _leaves(mail: Parsed) -> Iterator[Parsed]:
    """The parts that hold something, in order; a mail within the mail is one of them."""
    if mail.get_content_maintype() != "multipart" or not mail.is_multipart():
        yield mail
        return
    for part in mail.get_payload():
        yield from _leaves(cast(Parsed, part))


def _field(part: Parsed, name: str) -> str:
    """A header decoded; the first where there are several."""
    return next((header(value) for key, value in part.raw_items() if key.lower() == name), "")


def _sender(mail: Parsed) -> tuple[str, str]:
    """Name and address of who wrote. Taken apart first, decoded then: a name may hold another's
    address.
    """
    values = (value for key, value in mail.raw_items() if key.lower() == "from")
    found = " ".join(str(next(values, ""))[:HEADER].split())
    name, bracket, address = found.rpartition("<")
    if bracket:  # `parseaddr` would take an address that stands before it for the sender's
        return header(name.strip(' "')), header(address.partition(">")[0].strip())
    name, address = parseaddr(found)
    # not one that only decodes to an address, nor one of several
    return header(name), address if address == found else ""


def _key(mail: Parsed, raw: bytes) -> str:
    found = _ID.search(_field(mail, "message-id"))
    return found[0] if found else _digest(raw)


def _digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _references(mail: Parsed, text: str) -> tuple[str, ...]:
    """What it answers: In-Reply-To, then References from the newest on, then what a text names."""
    answered = _ID.findall(_field(mail, "in-reply-to"))
    thread = _ID.findall(_field(mail, "references"))
    named = _ID.findall(text)
    return tuple(dict.fromkeys([*answered, *reversed(thread), *named]))[:REFERENCES]


def _text(parts: list[Parsed]) -> str:
    """What a mail says: its plain text, or its page as text where it has no other."""
    for kind, read_as in (("text/plain", str), ("text/html", text_of_page)):
        shown = (p for p in parts if p.get_content_type() == kind and not _file_name(p))
        text = "\n".join(read_as(_content(p)) for p in shown).strip()
        if text:
            return text[:BODY]
    return ""


def _content(part: Parsed) -> str:
    data = part.get_payload(decode=True)
    return decoded(data[:BODY] if isinstance(data, bytes) else b"", part.get_content_charset())


def _attachments(parts: list[Parsed]) -> list[Attachment]:
    found = []
    for part in parts:
        kind, name = part.get_content_type(), _file_name(part)
        is_text = kind in ("text/plain", "text/html") and not name
        is_picture_of_page = "content-id" in part and "attachment" not in _disposition(part)
        if is_text or is_picture_of_page or kind in NOTICES:
            continue
        found.append(Attachment(name or kind, one_line(kind, NAME), _size(part)))
    return found[:ATTACHMENTS]


def _workbooks(parts: list[Parsed]) -> Iterator[bytes]:
    for part in parts:
        if _file_name(part).lower().endswith(".xlsx") or part.get_content_type() == _XLSX:
            data = part.get_payload(decode=True)
            if isinstance(data, bytes):
                yield data[: WORKBOOK + 1]


def _disposition(part: Parsed) -> str:
    return _field(part, "content-disposition").lower()


def _file_name(part: Parsed) -> str:
    """The name of a file; of a mail within the mail its subject."""
    name = part.get_filename()
    if name is None and "attachment" in _disposition(part):
        name = part.get_content_type()
    if name is None and part.get_content_maintype() == "message":
        name = _field(cast(Parsed, part.get_payload(0)), "subject") if part.is_multipart() else None
    return one_line(re.split(r"[/\\]", header(name))[-1], NAME).strip() if name else ""


def _size(part: Parsed) -> int:
    """Bytes of a file; of a mail within the mail, those of what it holds."""
    if part.is_multipart():
        return sum(_size(cast(Parsed, inner)) for inner in part.get_payload())
    data = part.get_payload(decode=True)
    return len(data) if isinstance(data, bytes) else 0


def _author(mail: Parsed, found: Notice | None) -> Author:
    """Who wrote, by RFC 3834 and what programs wrote before and beside it."""
    if found:
        return Author.SERVER
    sender = _sender(mail)[1].partition("@")[0].lower()
    subject = fold(_field(mail, "subject"))
    from_nobody = _field(mail, "return-path") == "<>"
    if sender in _DAEMONS or (from_nobody and subject.startswith(_RETURNED)):
        return Author.SERVER
    submitted = _field(mail, "auto-submitted").partition(";")[0].strip().lower()
    if (
        submitted not in ("", "no")
        or from_nobody
        or any(_field(mail, name) for name in ("x-autoreply", "x-autorespond"))
        or _field(mail, "precedence").lower() in _BULK
        or subject.startswith(_AUTOMATIC)
        or mail.get_content_type() == "multipart/report"  # of reading, of abuse
    ):
        return Author.MACHINE
    return Author.PERSON
