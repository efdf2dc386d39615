"""Where an obligation stands: derived from facts by one function, never stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from models.vietnamese import TIMEZONE
from models.words import Status

NEARLY_DUE_DAYS = 3
LONG_OVERDUE_DAYS = 3

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
}


@dataclass(frozen=True)
class Facts:
    """What the status of an obligation follows from."""

    due: date
    answered_at: datetime | None = None
    declined_at: datetime | None = None


def status(facts: Facts, as_of: datetime) -> Status:
    """The status on the day of `as_of` in Vietnam; what came after `as_of` has not happened."""
    answered, declined = _past(facts.answered_at, as_of), _past(facts.declined_at, as_of)
    if answered:
        return Status.ON_TIME if day_of(answered) <= facts.due else Status.LATE
    if declined:
        return Status.DECLINED
    overdue = days_overdue(facts.due, as_of)
    if overdue >= LONG_OVERDUE_DAYS:
        return Status.LONG_OVERDUE
    if overdue > 0:
        return Status.OVERDUE
    return Status.NEARLY_DUE if -overdue <= NEARLY_DUE_DAYS else Status.OPEN


def days_overdue(due: date, as_of: datetime) -> int:
    """Calendar days since the due date; negative before it."""
    return (day_of(as_of) - due).days


def day_of(instant: datetime) -> date:
    """The day it is in Vietnam at that instant."""
    return instant.astimezone(TIMEZONE).date()


def _past(instant: datetime | None, as_of: datetime) -> datetime | None:
    return instant if instant is not None and instant <= as_of else None


def tally(statuses: Iterable[Status]) -> dict[str, int]:
    """The figures of a round: expected, received, on time, late, declined, missing (in units)."""
    found = list(statuses)
    on_time = found.count(Status.ON_TIME)
    late = found.count(Status.LATE)
    declined = found.count(Status.DECLINED)
    return {
        "expected": len(found),
        "received": on_time + late,
        "on_time": on_time,
        "late": late,
        "declined": declined,
        "missing": len(found) - on_time - late - declined,
    }
