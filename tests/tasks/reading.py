"""Mail as its reader has it: parsed by the standard library."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import cast


def parsed(raw: object) -> EmailMessage:
    """A mail from its bytes."""
    assert isinstance(raw, bytes)
    return message_from_bytes(raw, policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    """The text of the one part of a kind, its bytes decoded; lines end as MIME has it, or `\\n`."""
    (found,) = [part for part in mail.walk() if part.get_content_type() == kind]
    text = cast(bytes, found.get_payload(decode=True)).decode()
    return lines(text) if kind in ("text/plain", "text/html") else text


def lines(text: str) -> str:
    """The text with every end of line as `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def addressee(raw: bytes, header: str = "To") -> tuple[str, str]:
    """Name and address of a header.

    The name is decoded by RFC 2047 here: the parser of the policy keeps a blank between encoded
    words of one name (Python 3.11), though it does drop it in a subject.
    """
    address = parsed(raw)[header].addresses[0].addr_spec
    name = message_from_bytes(raw)[header].rpartition("<")[0]
    return str(make_header(decode_header(name.strip()))), address
