"""Working days in Vietnam: weekends, public holidays, days off and working Saturdays by decision.

Holidays come from the `holidays` package; the decisions table (`days_off.csv`, columns day, kind
off/work, reason, source) wins over it, since the package misses swaps and guesses later years.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import holidays

FIRST_DAY, LAST_DAY = date(1945, 1, 1), date(2100, 12, 31)  # what a date may be
DECISIONS = Path(__file__).parent / "days_off.csv"


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `off` and `worked` map a day to the reason it is so."""

    off: Mapping[date, str] = field(default_factory=dict)
    worked: Mapping[date, str] = field(default_factory=dict)
    last_decided_year: int = 0

    def day_off(self, day: date) -> str | None:
        """Why the day is not worked, or None where it is."""
        if day in self.worked:
            return None
        if day in self.off:
            return self.off[day]
        if day.weekday() >= 5:
            return "Thứ Bảy" if day.weekday() == 5 else "Chủ nhật"
        return _public_holidays(day.year).get(day)

    def is_working(self, day: date) -> bool:
        return self.day_off(day) is None

    def next_working(self, day: date) -> date:
        """The day itself if it is worked, else the first worked day after it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def previous_working(self, day: date) -> date:
        """The day itself if it is worked, else the last worked day before it."""
        while not self.is_working(day):
            day -= timedelta(days=1)
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th worked day after `day` (before it, where `count` is negative).

        Zero gives the day itself if worked, else the next one that is.
        """
        if count == 0:
            return self.next_working(day)
        step = timedelta(days=1 if count > 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many worked days lie after `start` up to and with `end`; negative backwards."""
        if end < start:
            return -self.working_days_between(end, start)
        days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(map(self.is_working, days))

    def is_computed(self, day: date) -> bool:
        """Whether the days off of that year are computed only, no decision being known yet."""
        return day.year > self.last_decided_year


def read_decisions(path: Path = DECISIONS) -> Calendar:
    """The calendar with the decisions of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return from_decisions(csv.DictReader(file))


def from_decisions(rows: Iterable[Mapping[str, str]]) -> Calendar:
    off: dict[date, str] = {}
    worked: dict[date, str] = {}
    for row in rows:
        table = {"off": off, "work": worked}[row["kind"]]
        table[date.fromisoformat(row["day"])] = row["reason"]
    years = [day.year for day in (*off, *worked)]
    return Calendar(off=off, worked=worked, last_decided_year=max(years, default=0))


@cache
def vietnam() -> Calendar:
    """The calendar the project ships."""
    return read_decisions()


@cache
def _public_holidays(year: int) -> Mapping[date, str]:
    # 24/11, the only holiday of November, was chosen by resolution but its enactment is not known:
    # neither it nor the day that makes up for it counts until the operator's table adds them
    found = holidays.country_holidays("VN", years=year, language="vi")
    return {day: name for day, name in found.items() if day.month != 11}
