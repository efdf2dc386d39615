"""A mail as bytes: headers of RFC 5322, text and HTML, and a calendar file beside them.

The standard library folds headers anew for each mail, which costs more than sending it; the
structure here is always the same, so it is written out directly. A test parses the result with
the standard library and compares.
"""

import base64
import hashlib
import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache

_LINE = 76  # characters of base64
_WORD = r'[^\x00-\x20\x7f-\U0010ffff<>,;"@]+'  # ASCII without spaces and what lists are made of
_ADDRESS = re.compile(f"{_WORD}@{_WORD}")
_ID = re.compile(f"<{_WORD}@{_WORD}>")
_ENCODED = re.compile(rb"=\?utf-8\?b\?([^?]*)\?=")


@dataclass(frozen=True)
class Mail:
    """What one mail says. Addresses are plain ASCII; names and texts may be Vietnamese."""

    sender: str
    to_name: str
    to_email: str
    subject: str
    text: str
    html: str
    date: datetime
    message_id: str
    references: str | None = None
    calendar: bytes | None = None


def reference(key: str) -> str:
    """The left side of the Message-ID of a mail, made from its cause."""
    return _digest(key)


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a mail: the same for the same cause, so that a resend is recognised."""
    return f"<{reference(key)}@{domain}>"


def thread_root(directive: str, domain: str) -> str:
    """The synthetic message all mail of a directive refers to, so that it makes one thread."""
    return f"<{_digest('directive', directive)}@{domain}>"


def build(mail: Mail) -> bytes:
    """The mail as CRLF-ended bytes, at most 78 characters a line."""
    headers = [
        ("From", _sender(mail.sender)),
        ("To", _address(mail.to_name, mail.to_email)),
        ("Subject", _words(mail.subject)),
        ("Date", _date(mail.date)),
        ("Message-ID", _id(mail.message_id)),
        *([("References", _id(mail.references))] if mail.references else []),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]
    outer, inner = f"=_{_digest(mail.message_id, 'outer')}", f"=_{_digest(mail.message_id)}"
    bodies = _multipart("alternative", inner, _text("plain", mail.text), _text("html", mail.html))
    content = _multipart("mixed", outer, bodies, _event(mail.calendar)) if mail.calendar else bodies
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + content


def seen(raw: bytes) -> tuple[str, str]:
    """What the reader of a mail written by `build` sees: its subject and its HTML."""
    head, _blank, body = raw.partition(b"\r\n\r\n")
    subject = head[head.index(b"\r\nSubject: ") :].partition(b"\r\nDate: ")[0]
    words = b"".join(a2b_base64(word) for word in _ENCODED.findall(subject))
    html = body.partition(_text_head("html"))[2].partition(b"\r\n--")[0]
    return words.decode(), a2b_base64(html).decode()


@lru_cache(maxsize=16)
def _sender(sender: str) -> str:
    return _address(*parseaddr(_one_line(sender)))


@lru_cache(maxsize=256)
def _date(date: datetime) -> str:
    return format_datetime(date)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _one_line(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError(f"a header must be one line without control characters: {text!r}")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"not a message id for a header: {text!r}")
    return text


@lru_cache(maxsize=4096)
def _address(name: str, email: str) -> str:
    if not _ADDRESS.fullmatch(email):
        raise ValueError(f"not a mail address: {email!r}")
    return f"{_words(name)}\r\n <{email}>" if name else email


@lru_cache(maxsize=4096)  # a round's subject and the sender are in every mail
def _words(text: str) -> str:
    """The text as encoded words of RFC 2047, folded so that no line passes 76 characters."""
    pieces, piece = [], b""
    for char in _one_line(text):
        encoded = char.encode()
        if len(piece) + len(encoded) > 39:
            pieces.append(piece)
            piece = b""
        piece += encoded
    pieces.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(p).decode()}?=" for p in pieces)


def _multipart(kind: str, boundary: str, *parts: bytes) -> bytes:
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    line = f"--{boundary}\r\n".encode()
    return head + b"".join(line + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _text(kind: str, text: str) -> bytes:
    return _text_head(kind) + _base64(text.encode())


def _text_head(kind: str) -> bytes:
    encoding = "Content-Transfer-Encoding: base64"
    return f"Content-Type: text/{kind}; charset=utf-8\r\n{encoding}\r\n\r\n".encode()


def _event(calendar: bytes) -> bytes:
    head = (
        "Content-Type: text/calendar; charset=utf-8; method=PUBLISH\r\n"
        'Content-Disposition: attachment; filename="han-gui.ics"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + _base64(calendar)


def _base64(data: bytes) -> bytes:
    found = b2a_base64(data, newline=False)
    return b"\r\n".join([found[at : at + _LINE] for at in range(0, len(found), _LINE)])
