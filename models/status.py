"""Where an obligation stands: derived from facts by one function, never stored."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from models.vietnamese import TIMEZONE
from models.words import Ending, Status

ANSWERED = frozenset({Status.ON_TIME, Status.LATE})
OWED = frozenset({Status.OPEN, Status.NEARLY_DUE, Status.OVERDUE, Status.LONG_OVERDUE})

# Colours of Cao Bằng's Công văn 1400-CV/VPTU: green by default, yellow with three days left, red
# when overdue (to the superior), special red from three days overdue (to who assigned the task)
COLOURS = {
    Status.OPEN: "green",
    Status.NEARLY_DUE: "yellow",
    Status.OVERDUE: "red",
    Status.LONG_OVERDUE: "deep-red",
    Status.ON_TIME: "done",
    Status.LATE: "done-late",
    Status.DECLINED: "grey",
    Status.WAIVED: "let-off",
    Status.PASSED_ON: "gone",
    Status.LAPSED: "gone",
}

_ENDED = {
    Ending.DECLINED: Status.DECLINED,
    Ending.WAIVED: Status.WAIVED,
    Ending.PASSED_ON: Status.PASSED_ON,
    Ending.LAPSED: Status.LAPSED,
}


@dataclass(frozen=True)
class Thresholds:
    """How many days before and after the due date the colours change; an office may set others."""

    nearly_due_days: int = 3
    long_overdue_days: int = 3


CAO_BANG = Thresholds()


class Facts(NamedTuple):
    """What the status of an obligation follows from."""

    due: date
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None


def status(facts: Facts, as_of: datetime, thresholds: Thresholds = CAO_BANG) -> Status:
    """The status on the day of `as_of` in Vietnam; what came after `as_of` has not happened."""
    answered = facts.answered_at
    if answered is not None and answered <= as_of:
        return Status.ON_TIME if answered < end_of(facts.due) else Status.LATE
    if facts.ending in _ENDED and _past(facts.ended_at, as_of):
        return _ENDED[facts.ending]
    overdue = days_overdue(facts.due, as_of)
    if overdue >= thresholds.long_overdue_days:
        return Status.LONG_OVERDUE
    if overdue > 0:
        return Status.OVERDUE
    return Status.NEARLY_DUE if -overdue <= thresholds.nearly_due_days else Status.OPEN


def days_overdue(due: date, as_of: datetime) -> int:
    """Calendar days since the due date; negative before it."""
    return (day_of(as_of) - due).days


def day_of(instant: datetime) -> date:
    """The day it is in Vietnam at that instant."""
    return instant.astimezone(TIMEZONE).date()


@lru_cache(maxsize=1_000)
def end_of(day: date) -> datetime:
    """The instant at which a day is over in Vietnam."""
    over = datetime.combine(date.fromordinal(day.toordinal() + 1), time(), TIMEZONE)
    return over.astimezone(UTC)


def _past(instant: datetime | None, as_of: datetime) -> datetime | None:
    return instant if instant is not None and instant <= as_of else None


def tally(statuses: Iterable[Status]) -> dict[str, int]:
    """The figures of a round in units: asked, expected, received, on time, late, declined, missing.

    Who was let off, passed its task on or ended without a successor was asked but is not expected.
    """
    counts = Counter(statuses)
    gone = {s.value: counts[s] for s in (Status.WAIVED, Status.PASSED_ON, Status.LAPSED)}
    asked = counts.total()
    expected = asked - sum(gone.values())
    received = counts[Status.ON_TIME] + counts[Status.LATE]
    return {
        "asked": asked,
        "expected": expected,
        "received": received,
        "on_time": counts[Status.ON_TIME],
        "late": counts[Status.LATE],
        "declined": counts[Status.DECLINED],
        "missing": expected - received - counts[Status.DECLINED],
        **gone,
    }
