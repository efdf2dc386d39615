"""What a relay's reply means for a mail, by RFC 5321's codes and RFC 3463's enhanced status codes.

A reply about one recipient concerns one mail. A reply about us (sender, login, encryption) would be
the same for every mail: it stops the sending, so that the queue is not burned.
"""

import re
from enum import StrEnum
from typing import NamedTuple

_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 3463 and the IANA registry: bad sender's address, credentials, encryption needed, sender
# refused by the policy on its domain
_OF_US = {"1.7", "1.8", "7.8", "7.9", "7.10", "7.11", "7.12", "7.14", "7.27"}
# RFC 4954: authentication required, mechanism too weak, credentials refused, encryption required
_LOGIN_CODES = {530, 534, 535, 538}
CLOSING = 421


class Step(StrEnum):
    """What was said to the relay before it replied."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    CONTENT = "content"


class Fate(StrEnum):
    """What a reply means: go on, taken, try later, never, not us, relay hangs up."""

    GO_ON = "go on"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    STOP = "stop"
    CLOSING = "closing"


class Reply(NamedTuple):
    """A reply of the relay: its code and its words in one line."""

    code: int
    words: str

    @property
    def status(self) -> str:
        """The enhanced status code, as "5.1.1"; empty where the relay gives none."""
        found = _STATUS.match(self.words)
        return found[1] if found else ""

    @property
    def is_policy(self) -> bool:
        """Whether it speaks of security or policy: of a recipient, or of us, is not said."""
        return self.code >= 400 and self.status[1:4] == ".7."

    def __str__(self) -> str:
        return f"{self.code} {self.words}".strip()


def fate(step: Step, reply: Reply) -> Fate:
    """What a reply at a step means for the mail, and for all mails.

    After RCPT, 421 means that the connection ends, too; but RFC 5321 lets a relay answer the
    content with it, and that mail is not taken.
    """
    kind = reply.code // 100
    if kind == (3 if step is Step.DATA else 2):
        return Fate.SENT if step is Step.CONTENT else Fate.GO_ON
    if reply.code == CLOSING:
        return Fate.CLOSING
    of_us = reply.code in _LOGIN_CODES or (reply.code >= 400 and reply.status[2:] in _OF_US)
    if of_us or step is Step.SENDER:
        return Fate.STOP
    return Fate.FAILED if kind == 5 else Fate.RETRY
