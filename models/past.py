"""What the facts of an obligation were at a past instant, where later deeds wrote over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto

from models.status import Facts
from models.words import Ending


class Happened(Enum):
    """What changes the facts of an obligation."""

    ANSWERED = auto()
    DECLINED = auto()
    WAIVED = auto()
    EXTENDED = auto()
    RETURNED = auto()


@dataclass(frozen=True)
class Event:
    """Something that happened to an obligation; `before` is its due date until then, where that
    may have moved.
    """

    at: datetime
    what: Happened
    before: date | None = None


def facts_at(due: date, events: Iterable[Event], as_of: datetime) -> Facts:
    """The facts at an instant, by all that happened before and after; `due` is the date in force
    now. The end of a round is left out, since no status follows from it.
    """
    ordered = sorted(events, key=lambda event: event.at)
    answered: datetime | None = None
    ended: tuple[datetime, Ending] | None = None
    for event in ordered:
        if event.at > as_of:
            break
        match event.what:
            case Happened.ANSWERED:
                answered = answered or event.at
            case Happened.DECLINED if answered is None and ended is None:
                ended = event.at, Ending.DECLINED
            case Happened.WAIVED:
                ended = event.at, Ending.WAIVED
            case Happened.RETURNED:
                answered = ended = None
    return Facts(_due_at(due, ordered, as_of), answered, *(ended or (None, None)))


def _due_at(due: date, ordered: Sequence[Event], as_of: datetime) -> date:
    """The date in force at an instant: what the first to move it afterwards found."""
    return next((e.before for e in ordered if e.before and e.at > as_of), due)
