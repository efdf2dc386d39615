"""The page of a directive's mail: figures as bars, what did not arrive by unit, replies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.directive import Directive
from models.settings import settings
from models.words import MessageState, ReceivedKind
from tasks.post import overview
from tasks.replies import received
from tasks.stoppages import stoppage
from tasks.undelivered import Trouble, troubles

COLOURS = {
    MessageState.SENT: "#3f7d58",
    MessageState.QUEUED: "#7d93a3",
    MessageState.LEASED: "#a9bac6",
    MessageState.RETRY: "#d99a00",
    MessageState.UNKNOWN: "#e8bf5a",
    MessageState.BOUNCED: "#c4504d",
    MessageState.FAILED: "#8c1210",
    MessageState.DROPPED: "#cfc8b8",
}


@dataclass(frozen=True)
class Part:
    """A part of a bar: a state, how many mails are in it, its share in percent, its colour."""

    state: MessageState
    count: int
    share: float
    colour: str


@dataclass(frozen=True)
class Missed:
    """What did not arrive at one address of a unit; the last mail says why."""

    last: Trouble
    mails: Sequence[Trouble]


def mail_values(session: Session, owner: Directive, as_of: datetime) -> dict[str, Any]:
    """What the template `pages/mail.html` is filled with."""
    found, missed = overview(session, owner), troubles(session, as_of, owner)
    return {
        "stoppage": stoppage(session, settings()),
        "bars": {"own": bar(found.own), "shared": bar(found.shared)},
        "next_try": found.next_try,
        "missed": by_address([t for t in missed if t.handled is None]),
        "over": by_address([t for t in missed if t.handled is not None]),
        "held_up": ReceivedKind.DELAY,
        "received": received(session, owner),
    }


def bar(counts: dict[str, int]) -> list[Part]:
    """The states as parts of a bar, in the order in which a mail goes through them."""
    total = sum(counts.values())
    return [
        Part(state, counts[state], 100 * counts[state] / total, colour)
        for state, colour in COLOURS.items()
        if state in counts
    ]


def by_address(found: Sequence[Trouble]) -> list[Missed]:
    """The mails of each address together, in the order of the first of each."""
    groups: dict[tuple[int, str], list[Trouble]] = {}
    for trouble in found:
        groups.setdefault((trouble.unit_id, trouble.to_email), []).append(trouble)
    return [Missed(max(mails, key=lambda t: t.number), mails) for mails in groups.values()]
