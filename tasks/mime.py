"""A mail as bytes: headers of RFC 5322, text and HTML, and a calendar file beside them.

The standard library folds headers anew for each mail, which costs more than sending it; the
structure here is always the same, so it is written out directly. What many units are asked alike is
encoded once, as a form with holes for each unit's own words. Text is quoted-printable: unlike
base64 it can be cut anywhere. A test parses the result with the standard library and compares.
"""

import hashlib
import re
from binascii import a2b_base64, a2b_qp, b2a_base64, b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from markupsafe import escape

from models.mail_address import ADDRESS
from tasks.stencils import Cut, Stencil

_LINE = 76  # characters of an encoded line
_PIECE = 39  # bytes of an encoded word of 64 characters, so that a header line has room for it
_ID = re.compile(f"<{ADDRESS.pattern}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"[0-9A-Za-z:/_.-]*")  # quoted, or as HTML, it is what it was
_PART = 70  # characters of a plain line
_ENCODED = re.compile(rb"=\?utf-8\?b\?([^?]*)\?=")
# neither quoted-printable nor base64 has "=_"
_OUTER, _INNER = "=_dondoc-1", "=_dondoc-2"
_SOFT = b"=\r\n"


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
    cuts = (Cut((part,), ()) for part in (mail.subject, mail.text, mail.html))
    form = Form.of(Stencil(*cuts), mail)
    return form.fill(mail.to_name, mail.to_email, mail.message_id, {}, mail.calendar)


@dataclass(frozen=True)
class Form:
    """A mail to many, encoded but for what is each one's own: the body has `%b` for each hole, and
    a hole is the part it stands in (0: text, 1: HTML) and the name of the value it takes.
    """

    before: bytes
    after: bytes
    subject: Cut
    body: bytes
    holes: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, stencil: Stencil, mail: Mail) -> "Form":
        """The form of a stencil; sender, date and references are the mail's."""
        inner = f"--{_INNER}\r\n".encode()
        body = (
            _multipart("alternative", _INNER) + inner + _text_head("plain"),
            _open_text(stencil.text),
            b"\r\n" + inner + _text_head("html"),
            _open_text(stencil.html),
            f"\r\n--{_INNER}--\r\n".encode(),
        )
        text = [(0, hole) for hole in stencil.text.holes]
        return cls(
            before=f"From: {_sender(mail.sender)}\r\nTo: ".encode("ascii"),
            after=_later_headers(mail).encode("ascii"),
            subject=stencil.subject,
            body=b"".join(body),
            holes=(*text, *((1, hole) for hole in stencil.html.holes)),
        )

    def fill(
        self,
        to_name: str,
        to_email: str,
        message_id: str,
        values: Mapping[str, str],
        calendar: bytes | None,
    ) -> bytes:
        """The mail of one, as CRLF-ended bytes."""
        own = f"{_address(to_name, to_email)}\r\nSubject: {_words(self.subject.fill(values))}\r\n"
        own += f"Message-ID: {_id(message_id)}\r\n"
        filled = {name: _both(value) for name, value in values.items()}
        body = self.body % tuple([filled[name][part] for part, name in self.holes])
        head = [self.before, own.encode("ascii"), self.after]
        if calendar is None:
            return b"".join([*head, body])
        outer = f"--{_OUTER}\r\n".encode()
        rest = b"".join([outer, _event(calendar), f"\r\n--{_OUTER}--\r\n".encode()])
        return b"".join([*head, _multipart("mixed", _OUTER), outer, body, rest])


def _later_headers(mail: Mail) -> str:
    references = f"References: {_id(mail.references)}\r\n" if mail.references else ""
    return (
        f"Date: {_date(mail.date, mail.date.utcoffset())}\r\n{references}"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
    )


def seen(raw: bytes) -> tuple[str, str]:
    """What the reader of a mail written here sees: its subject and its HTML."""
    head, _blank, body = raw.partition(b"\r\n\r\n")
    subject = head[head.index(b"\r\nSubject: ") :].partition(b"\r\nMessage-ID: ")[0]
    words = b"".join(a2b_base64(word) for word in _ENCODED.findall(subject))
    html = body.partition(_text_head("html"))[2].partition(f"\r\n--{_INNER}".encode())[0]
    return words.decode(), a2b_qp(html).decode().replace("\r\n", "\n")


@lru_cache(maxsize=16)
def _sender(sender: str) -> str:
    return _address(*parseaddr(_one_line(sender)))


@lru_cache(maxsize=256)
def _date(date: datetime, _offset: timedelta | None) -> str:
    """With the zone's offset as a key: two equal moments may be written in two zones."""
    return format_datetime(date)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError(f"a header must be one line without control characters: {text!r}")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"not a message id for a header: {text!r}")
    return text


@lru_cache(maxsize=4096)
def _address(name: str, email: str) -> str:
    if not ADDRESS.fullmatch(email):
        raise ValueError(f"not a mail address: {email!r}")
    return f"{_words(name)}\r\n <{email}>" if name else email


@lru_cache(maxsize=4096)  # a round's subject and the sender are in every mail
def _words(text: str) -> str:
    """The text as encoded words of RFC 2047, folded so that no line passes 76 characters."""
    left, pieces = _one_line(text).encode(), []
    while len(left) > _PIECE:
        at = _PIECE
        while left[at] & 0xC0 == 0x80:  # not into a character
            at -= 1
        pieces.append(left[:at])
        left = left[at:]
    encoded = [b2a_base64(piece, newline=False).decode() for piece in (*pieces, left)]
    return "\r\n ".join(f"=?utf-8?b?{piece}?=" for piece in encoded)


def _multipart(kind: str, boundary: str) -> bytes:
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()


def _text_head(kind: str) -> bytes:
    encoding = "Content-Transfer-Encoding: quoted-printable"
    return f"Content-Type: text/{kind}; charset=utf-8\r\n{encoding}\r\n\r\n".encode()


def _open_text(cut: Cut) -> bytes:
    """A text with its pieces encoded and each hole, `%b`, on a line of its own, softly broken."""
    pieces = [*map(_open, cut.pieces[:-1]), _quoted(cut.pieces[-1])]
    return b"%b".join(piece.replace(b"%", b"%%") for piece in pieces)


def _both(value: str) -> tuple[bytes, bytes]:
    """A hole's value as text and as HTML, each ended by a soft line break."""
    if _PLAIN.fullmatch(value):  # as codes and links are, which most holes take
        found = _SOFT.join(
            [value[at : at + _PART].encode() for at in range(0, len(value), _PART)] + [b""]
        )
        return found, found
    written = str(escape(value))
    found = _open(value)
    return found, found if written == value else _open(written)


def _open(text: str) -> bytes:
    """A text that goes on after it: quoted, and ended by a soft line break."""
    return _quoted(text) + _SOFT


def _quoted(text: str) -> bytes:
    """The text as quoted-printable with CRLF, no line longer than 75: a soft break has room."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    found = b2a_qp(text.encode(), istext=True)
    if found[:1] == b".":  # at the beginning of a line it would be doubled on the way
        found = b"=2E" + found[1:]
    if "\n" not in text:  # it takes its own line ends from the text's
        found = found.replace(b"=\n", _SOFT)
    last = found[found.rfind(b"\n") + 1 :]
    if len(last) < _LINE:
        return found
    # not into an escaped byte
    at = next(n for n in range(_LINE - 10, 0, -1) if b"=" not in last[n - 2 : n])
    return found[: len(found) - len(last)] + last[:at] + _SOFT + last[at:]


def _event(calendar: bytes) -> bytes:
    head = (
        "Content-Type: text/calendar; charset=utf-8; method=PUBLISH\r\n"
        'Content-Disposition: attachment; filename="han-gui.ics"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    found = b2a_base64(calendar, newline=False)
    lines = [found[at : at + _LINE] for at in range(0, len(found), _LINE)]
    return head.encode() + b"\r\n".join(lines)
