"""Runs of days off, and the one of Tết Nguyên đán, found by the calendar's own words."""

from dataclasses import dataclass
from datetime import date, timedelta

from models.calendar import Calendar
from models.vietnamese import fold

_TET = "tet nguyen dan"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Run:
    """Days off in a row, the first and the last of them."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def run_before(day: date, calendar: Calendar) -> Run | None:
    """The days off that end the day before; none where that day is worked."""
    first = day
    while not calendar.is_working(first - _DAY):
        first -= _DAY
    return None if first == day else Run(first, day - _DAY)


def tet_of(year: int, calendar: Calendar) -> Run | None:
    """The holiday of the Lunar New Year with the weekends that touch it; none where unknown."""
    start = date(year, 1, 1)
    days = (start + timedelta(days=n) for n in range(59))  # the feast is in January or February
    named = [day for day in days if _TET in fold(calendar.day_off(day) or "")]
    if not named:
        return None
    first, last = named[0], named[-1]
    while not calendar.is_working(first - _DAY):
        first -= _DAY
    while not calendar.is_working(last + _DAY):
        last += _DAY
    return Run(first, last)
