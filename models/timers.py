"""When a round needs attention: the moments its flows are scheduled for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time

from models.calendar import Calendar
from models.ladder import LADDER, Ladder, day_of_step
from models.vietnamese import TIMEZONE
from models.words import Stage

OPENS_AT = time(8, 0)
REMINDS_AT = time(8, 30)
CLOSES_AT = time(16, 0)

TAG = "dondoc-timer"  # of every flow run that is a timer, beside its directive's code
REMINDERS, SUMMARY = "reminders", "summary"  # flows beside those of the stages
_STEPS = {REMINDERS: "đôn đốc", SUMMARY: "tổng hợp"}


@dataclass(frozen=True)
class Timer:
    """A flow to run for a round at a moment. `key` holds the date, so a moved date is a new key."""

    flow: str
    directive: str
    round: str
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.directive}/{self.round}/{self.flow}@{self.at:%Y-%m-%dT%H:%M}"

    @property
    def name(self) -> str:
        """What the secretariat reads in Prefect's list of runs."""
        step = _STEPS.get(self.flow, "mở")
        return f"{self.directive} · {self.round} · {step} {self.at:%d/%m/%Y}"


def at(day: date, moment: time) -> datetime:
    """A moment of a day in Vietnam."""
    return datetime.combine(day, moment, TIMEZONE)


def timers(
    directive: str, code: str, stage: Stage, opens: date, dues: Collection[date], closes: date,
    calendar: Calendar, ladder: Ladder = LADDER,
) -> list[Timer]:  # fmt: skip
    """The timers of one round: open, each day of the ladder to each due date, close."""
    steps = (day_of_step(step, due, calendar) for due in dues for step in ladder)
    reminders = sorted({day for day in steps if day > opens})
    return [
        Timer(stage.value, directive, code, at(opens, OPENS_AT)),
        *(Timer(REMINDERS, directive, code, at(day, REMINDS_AT)) for day in reminders),
        Timer(SUMMARY, directive, code, at(closes, CLOSES_AT)),
    ]
