"""How much falls due for each unit in each week, as rows and columns of a heat map."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.rehearsal import Call, by_unit, gathered

MARGIN = 4  # weeks shown before the draft's first date and after its last
MOST_WEEKS = 60  # in one map; a longer draft has a map a year
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Load:
    """How many answers one unit owes in one week: to the draft, and to what is in force."""

    draft: int
    others: int

    @property
    def total(self) -> int:
        return self.draft + self.others


@dataclass(frozen=True)
class Row:
    """Units with the same load in every week of a map; `calls` are those of any of them."""

    units: tuple[str, ...]
    load: Mapping[date, Load]
    calls: Mapping[date, tuple[Call, ...]]

    @property
    def peak(self) -> int:
        return max(load.total for load in self.load.values())


@dataclass(frozen=True)
class HeatMap:
    """A table of units and weeks; `year` where the map is of one year only (ISO 8601)."""

    year: int | None
    weeks: tuple[date, ...]
    rows: tuple[Row, ...]


def load(calls: Iterable[Call]) -> dict[str, dict[date, Load]]:
    """The load of each unit by week, a week being named by its Monday."""
    return {
        unit: {week: _load(due) for week, due in gathered(owed, lambda call: call.week).items()}
        for unit, owed in by_unit(calls).items()
    }


def _load(due: Sequence[Call]) -> Load:
    draft = sum(call.is_draft for call in due)
    return Load(draft, len(due) - draft)


def heat_maps(calls: Sequence[Call]) -> list[HeatMap]:
    """The load of the units the draft asks, around its dates: one map, or one a year."""
    asked = {unit for call in calls if call.is_draft for unit in call.units}
    loads = {unit: weeks for unit, weeks in load(calls).items() if unit in asked}
    weeks = _window([call.week for call in calls if call.is_draft and call.units])
    if len(weeks) <= MOST_WEEKS:
        return [_map(None, weeks, loads, calls)] if weeks else []
    busy = {week for found in loads.values() for week in found}
    years = gathered((w for w in weeks if w in busy), lambda week: week.isocalendar().year)
    return [_map(year, found, loads, calls) for year, found in years.items()]


def _window(weeks: Sequence[date]) -> list[date]:
    if not weeks:
        return []
    first, last = min(weeks) - MARGIN * _WEEK, max(weeks) + MARGIN * _WEEK
    return [first + n * _WEEK for n in range((last - first).days // 7 + 1)]


def _map(
    year: int | None,
    weeks: Sequence[date],
    loads: Mapping[str, Mapping[date, Load]],
    calls: Iterable[Call],
) -> HeatMap:
    alike = gathered(loads, lambda unit: tuple((w, loads[unit].get(w)) for w in weeks))
    due = gathered(calls, lambda call: call.week)
    rows = [
        _row(units, {week: found for week, found in same if found}, due)
        for same, units in alike.items()
        if any(found for _week, found in same)
    ]
    rows.sort(key=lambda row: (-row.peak, -len(row.units)))
    return HeatMap(year, tuple(weeks), tuple(rows))


def _row(
    units: Sequence[str], found: Mapping[date, Load], due: Mapping[date, Sequence[Call]]
) -> Row:
    of_these = set(units)
    calls = {w: tuple(c for c in due[w] if not of_these.isdisjoint(c.units)) for w in found}
    return Row(tuple(units), found, calls)
