"""Working days in Vietnam: weekends, public holidays, days off and working Saturdays by decision.

Holidays come from the `holidays` package, which misses swaps and guesses later years; the decisions
shipped (`days_off.csv`) win over it, and the operator's own table (`dondoc calendar import`) over
both. A table's columns are those of `Decision`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

import holidays

from models.csv_file import Row, numbered, read_csv
from models.errors import CalendarError, Fault
from models.i18n import gettext as _
from models.vietnamese import printable

FIRST_DAY, LAST_DAY = date(1945, 1, 1), date(2100, 12, 31)  # what a date may be
DECISIONS = Path(__file__).parent / "days_off.csv"
COLUMNS = ("day", "kind", "reason", "source")


class DayKind(StrEnum):
    """What a decision says: a day off, a day worked, or that its whole year is decided."""

    OFF = "off"
    WORK = "work"
    DECIDED = "decided"


@dataclass(frozen=True)
class Decision:
    """A row of a table of days: what a day is, why, and the document that says so."""

    day: date
    kind: DayKind
    reason: str
    source: str


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `off` and `worked` map a day to the reason it is so, `sources` to the
    document; the days off of a year that is not `decided` are computed.
    """

    off: Mapping[date, str] = field(default_factory=dict)
    worked: Mapping[date, str] = field(default_factory=dict)
    sources: Mapping[date, str] = field(default_factory=dict)
    decided: frozenset[int] = frozenset()

    def day_off(self, day: date) -> str | None:
        """Why the day is not worked, or None where it is."""
        if day in self.worked:
            return None
        if day in self.off:
            return self.off[day]
        if day.weekday() >= 5:
            return "Thứ Bảy" if day.weekday() == 5 else "Chủ nhật"
        return _public_holidays(day.year).get(day)

    def special(self, day: date) -> str | None:
        """What makes a day other than its weekday: a holiday, a day off or worked by decision."""
        if day in self.worked:
            return self._sourced(day, self.worked[day])
        if day in self.off:
            return self._sourced(day, self.off[day])
        return None if day.weekday() >= 5 else _public_holidays(day.year).get(day)

    def _sourced(self, day: date, reason: str) -> str:
        source = self.sources.get(day)
        return f"{reason}; {source}" if source else reason

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
        for _step in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many worked days lie after `start` up to and with `end`; negative backwards."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(map(self.is_working, _after(start, end)))

    def specials_between(self, one: date, other: date) -> list[tuple[date, str]]:
        """The special days after the earlier day and up to the later, with what they are."""
        days = _after(min(one, other), max(one, other))
        return [(day, what) for day in days if (what := self.special(day))]

    def is_computed(self, day: date) -> bool:
        """Whether the days off of that year are computed only, no decision being known yet."""
        return day.year not in self.decided

    def overruled_by(self, decisions: Iterable[Decision]) -> "Calendar":
        """The calendar with decisions that win over its own."""
        off, worked, sources = dict(self.off), dict(self.worked), dict(self.sources)
        decided = set(self.decided)
        for found in decisions:
            if found.kind is DayKind.DECIDED:
                decided.add(found.day.year)
                continue
            wins, yields = (off, worked) if found.kind is DayKind.OFF else (worked, off)
            wins[found.day], sources[found.day] = found.reason, found.source
            yields.pop(found.day, None)
        return Calendar(off, worked, sources, frozenset(decided))


def _after(start: date, end: date) -> Iterable[date]:
    return (start + timedelta(days=n) for n in range(1, (end - start).days + 1))


def read_decisions(path: Path = DECISIONS) -> list[Decision]:
    """The rows of a table of days; raises CalendarError with every fault found."""
    faults: list[Fault] = []
    found: dict[tuple[date, bool], Decision] = {}
    for line, values in numbered(read_csv(path, COLUMNS, CalendarError)):
        row = Row(str(path), line, {k: printable(v) for k, v in values.items()}, faults)
        decision = _decision(row)
        if decision is None:
            continue
        key = (decision.day, decision.kind is DayKind.DECIDED)
        if key in found:
            row.fault("day", _("this day stands twice"))
        found[key] = decision
    if faults:
        raise CalendarError(faults)
    return list(found.values())


def _decision(row: Row) -> Decision | None:
    before = len(row.faults)
    day, kind = row.day("day", FIRST_DAY, LAST_DAY), row.word("kind", DayKind)
    for column in ("reason", "source"):
        if not row[column]:
            row.fault(column, _("is empty; every date must be able to say why"))
    if day is None or kind is None or len(row.faults) > before:
        return None
    return Decision(day, kind, row["reason"], row["source"])


@cache
def vietnam() -> Calendar:
    """The calendar the project ships."""
    return Calendar().overruled_by(read_decisions())


@cache
def _public_holidays(year: int) -> Mapping[date, str]:
    # 24/11, the only holiday of November, was chosen by resolution but its enactment is not known:
    # neither it nor the day that makes up for it counts until the operator's table adds them
    found = holidays.country_holidays("VN", years=year, language="vi")
    return {day: name for day, name in found.items() if day.month != 11}
