"""A dry run before signing: what a draft would ask of whom, and which of its dates to look at.

Pure: the draft and the directives in force come in as `Call`s, and findings come out.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from models.calendar import Calendar
from models.directive_file import DirectiveFile
from models.i18n import gettext as _
from models.i18n import ngettext
from models.register import Register, UnitEntry
from models.tet import Run, run_before, tet_of
from models.timetable import PlannedRound, timetable
from models.vietnamese import show_date

DAYS_BEFORE_TET = 10
WORKING_DAYS_AFTER_TET = 3
LONG_BREAK = 3  # days off in a row
MANY_A_WEEK = 3

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Call:
    """One round of one directive, with the codes of the units it asks and the figures it wants."""

    directive: str
    name: str
    round: PlannedRound
    due: date
    units: tuple[str, ...]
    overseer: str | None
    figures: tuple[str, ...]
    is_draft: bool

    @property
    def week(self) -> date:
        """The Monday of the week in which it is due."""
        return self.due - timedelta(days=self.due.weekday())

    @property
    def words(self) -> str:
        """Its title, and whose it is."""
        whose = _("the draft") if self.is_draft else self.directive
        return f"{self.round.title} ({whose})"


def calls_of(
    file: DirectiveFile, register: Register, calendar: Calendar, *, is_draft: bool
) -> list[Call]:
    """Every round of a directive, with the units that answer to its names when it opens; a call for
    each date, where the levels have their own.
    """
    items = {item.code: item for item in file.rounds}
    labels = {indicator.code: indicator.label for indicator in file.indicators}
    return [
        Call(
            directive=file.display_symbol,
            name=item.title,
            round=planned,
            due=due,
            units=units,
            overseer=item.overseer,
            figures=tuple(labels[code] for code in item.indicators),
            is_draft=is_draft,
        )
        for planned in timetable(file, calendar).rounds
        if (item := items[planned.series])
        for due, units in _by_date(
            planned, register.expand_all(file.phrases_of(item), planned.opens)
        )
    ]


def _by_date(
    planned: PlannedRound, units: Sequence[UnitEntry]
) -> list[tuple[date, tuple[str, ...]]]:
    """The units by the date on which they answer; one date and nobody, where nobody is asked."""
    found: dict[date, list[str]] = {} if units else {planned.due: []}
    for unit in units:
        found.setdefault(planned.by_level.get(unit.level, planned.due), []).append(unit.code)
    return [(due, tuple(codes)) for due, codes in sorted(found.items())]


def count_units(count: int) -> str:
    """So many units, in words ("20 units")."""
    return ngettext("{n} unit", "{n} units", count).format(n=count)


def by_unit(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """What each unit owes, by due date."""
    found: dict[str, list[Call]] = {}
    for call in sorted(calls, key=lambda c: (c.due, not c.is_draft, c.directive, c.round.code)):
        for unit in call.units:
            found.setdefault(unit, []).append(call)
    return found


def gathered(things: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Things by a key of theirs, in the order they come."""
    found: dict[K, list[T]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return found


# --- Tết and other long breaks -------------------------------------------------------------------


class Season(StrEnum):
    """How a due date stands to days off."""

    BEFORE_TET = "before_tet"
    IN_TET = "in_tet"
    AFTER_TET = "after_tet"
    AFTER_BREAK = "after_break"


@dataclass(frozen=True)
class BadDay:
    """A due date that days off spoil, and the first worked day that is clear of them."""

    call: Call
    season: Season
    off: Run
    clear: date

    def __str__(self) -> str:
        sentence = {
            Season.BEFORE_TET: _(
                "{due} is within 10 days before the Lunar New Year holiday ({first}–{last})"
            ),
            Season.IN_TET: _("{due} falls in the Lunar New Year holiday ({first}–{last})"),
            Season.AFTER_TET: _(
                "{due} is within 3 working days after Lunar New Year ({first}–{last})"
            ),
            Season.AFTER_BREAK: _("{due} is the first working day after {days} days off"),
        }[self.season]
        first, last, due = map(show_date, (self.off.first, self.off.last, self.call.due))
        return sentence.format(due=due, first=first, last=last, days=self.off.days)


def near_tet(calls: Iterable[Call], calendar: Calendar) -> list[BadDay]:
    """The calls due around Tết, or first thing after some other long run of days off."""
    dated = sorted(calls, key=lambda call: call.due)
    feasts = {year: tet_of(year, calendar) for year in {call.due.year for call in dated}}
    found = (
        _around(call, feasts[call.due.year], calendar) or _after_break(call, calendar)
        for call in dated
    )
    return [bad for bad in found if bad]


def _around(call: Call, feast: Run | None, calendar: Calendar) -> BadDay | None:
    if feast is None:
        return None
    until = calendar.add_working_days(feast.last, WORKING_DAYS_AFTER_TET)
    if not feast.first - timedelta(days=DAYS_BEFORE_TET) <= call.due <= until:
        return None
    season = Season.IN_TET
    if call.due < feast.first:
        season = Season.BEFORE_TET
    elif call.due > feast.last:
        season = Season.AFTER_TET
    return BadDay(call, season, feast, calendar.add_working_days(until, 1))


def _after_break(call: Call, calendar: Calendar) -> BadDay | None:
    off = run_before(call.due, calendar) if calendar.is_working(call.due) else None
    if off is None or off.days < LONG_BREAK:
        return None
    return BadDay(call, Season.AFTER_BREAK, off, calendar.add_working_days(call.due, 1))


# --- answers that meet ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Collision:
    """Units that owe the same answers on one day, or in the week of the Monday `day`."""

    day: date
    whole_week: bool
    calls: tuple[Call, ...]
    units: tuple[str, ...]

    def __str__(self) -> str:
        sentence = _("{day}: {units}, {n} answers due on the same day")
        if self.whole_week:
            sentence = _("week of {day}: {units}, {n} answers due in one week")
        units = count_units(len(self.units))
        return sentence.format(day=show_date(self.day), units=units, n=len(self.calls))


def collisions(calls: Iterable[Call]) -> list[Collision]:
    """Where the draft makes answers of a unit meet; units to which the same happens share one."""
    found: dict[tuple[date, bool, tuple[Call, ...]], list[str]] = {}
    for unit, owed in by_unit(calls).items():
        for meeting in _meetings(owed):
            found.setdefault(meeting, []).append(unit)
    made = [Collision(*meeting, tuple(units)) for meeting, units in found.items()]
    return sorted(made, key=lambda c: (c.calls[0].due, c.whole_week, -len(c.units)))


def recurring(found: Iterable[Collision]) -> list[list[Collision]]:
    """Collisions of the same series for the same units together: yearly reports meet every year."""

    def series(met: Collision) -> Hashable:
        return met.whole_week, met.units, tuple((c.directive, c.round.series) for c in met.calls)

    return list(gathered(found, series).values())


def _meetings(owed: Sequence[Call]) -> Iterator[tuple[date, bool, tuple[Call, ...]]]:
    for day, due in gathered(owed, lambda call: call.due).items():
        if len(due) > 1 and _has_draft(due):
            yield day, False, tuple(due)
    for monday, due in gathered(owed, lambda call: call.week).items():
        one_day = len({call.due for call in due}) == 1  # said already
        if len(due) >= MANY_A_WEEK and _has_draft(due) and not one_day:
            yield monday, True, tuple(due)


def _has_draft(calls: Iterable[Call]) -> bool:
    return any(call.is_draft for call in calls)
