"""Figures over several rounds, for a preliminary or final review.

A figure of its period is summed over the rounds. A running total already holds the rounds before,
so the latest that each unit gave counts, and with it a yes or a choice, which say how things stand.
One that begins anew each year is the latest of each year, summed over the years. A unit that ended
counts with its successor: what that gave later replaces what it had given.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col

from models.aggregate import Sums, Units
from models.directive import Indicator
from models.periods import reporting_year
from models.round import Round
from models.status import ANSWERED, OWED, day_of
from models.unit import Unit
from models.words import Basis, IndicatorKind, Status
from tasks.aggregate_trees import Homes, added
from tasks.aggregating import Figures, asked, figures, statuses, summed

STATES = frozenset({IndicatorKind.YES_NO, IndicatorKind.CHOICE})
_GONE = frozenset({Status.WAIVED, Status.PASSED_ON, Status.LAPSED})

ByUnit = Mapping[int, Mapping[int, Sums]]  # by unit and indicator id


def over_rounds(session: Session, rounds: Sequence[Round], as_of: datetime) -> Figures:
    """The figures of several rounds of a directive together, by indicator id: expected is who was
    in any of them, missing who answered none, late who was late in any.
    """
    if not rounds:
        return {}
    ordered = sorted(rounds, key=lambda r: (r.cutoff or r.due, r.due, r.code))
    items = {item.id: item for r in ordered for item in asked(session, r)}
    by_round = [summed(session, r, as_of, asked(session, r), key=col(Unit.id)) for r in ordered]
    homes = Homes(session, ordered[-1], day_of(as_of))
    sums = {
        id_: _over(id_, item, list(zip(ordered, by_round, strict=True)), homes)
        for id_, item in items.items()
        if id_ is not None
    }
    units = _units([statuses(session, r, as_of) for r in ordered], homes)
    return figures(list(items.values()), sums, units)


def _over(id_: int, item: Indicator, rounds: Sequence[tuple[Round, ByUnit]], homes: Homes) -> Sums:
    every = [by_unit for _round, by_unit in rounds]
    if item.kind in STATES or item.basis is Basis.CUMULATIVE:
        return _latest(id_, every, homes)
    if item.basis is Basis.PERIOD:
        return _all(id_, every)
    found = Sums()
    for year in dict.fromkeys(year_of(found) for found, _by_unit in rounds):
        found.add(_latest(id_, [by for r, by in rounds if year_of(r) == year], homes))
    return found


def year_of(found: Round) -> int:
    """The year that a round reports of."""
    return reporting_year(found.cutoff, found.due)


def _all(indicator: int, by_round: Sequence[ByUnit]) -> Sums:
    found = Sums()
    for by_unit in by_round:
        for sums in by_unit.values():
            if indicator in sums:
                found.add(sums[indicator])
    return found


def _latest(indicator: int, by_round: Sequence[ByUnit], homes: Homes) -> Sums:
    """What each unit, or who stands in its place, gave in the last round that it gave it in."""
    last: dict[int, int] = {}
    for number, by_unit in enumerate(by_round):
        last |= {homes.of(unit): number for unit, sums in by_unit.items() if indicator in sums}
    found: dict[int, Sums] = {}
    for number, by_unit in enumerate(by_round):
        for unit, sums in by_unit.items():
            home = homes.of(unit)
            if indicator not in sums or last[home] != number:
                continue
            # one that was split: what its heirs gave since holds its own
            if all(last.get(heir, -1) <= number for heir in homes.heirs(unit)):
                found = added(found, {indicator: sums[indicator]})
    return found.get(indicator) or Sums()


def _units(rounds: Sequence[Mapping[int, Status]], homes: Homes) -> Units:
    states: dict[int, set[Status]] = {}
    for known in rounds:
        for unit, status in known.items():
            states.setdefault(homes.of(unit), set()).add(status)
    return Units(
        expected=sum(not found <= _GONE for found in states.values()),
        missing=sum(bool(found & OWED) and not found & ANSWERED for found in states.values()),
        late=sum(Status.LATE in found for found in states.values()),
    )
