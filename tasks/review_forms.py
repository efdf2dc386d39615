"""The figures of a review's phase: what its rounds asked for, over all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.round import Round
from models.words import IndicatorKind
from tasks import lookup
from tasks.running_totals import over_rounds
from tasks.summary_indicators import asked_in, described

Figure = dict[str, Any]


def over_the_phase(session: Session, rounds: Sequence[Round], as_of: datetime) -> list[Figure]:
    """Figures of a period summed, running totals as last given; `rounds` says of how many rounds.

    A round within the period of another that asks the same, as half a year is within the year, is
    counted in that one alone.
    """
    named: dict[int, Figure] = {}
    asking: dict[int, list[Round]] = {}
    for found in rounds:
        asked = asked_in(session, found)
        codes = {lookup.id_of(indicator): indicator.code for indicator, _table in asked}
        for indicator, table in asked:
            if indicator.kind is not IndicatorKind.TEXT:
                id_ = lookup.id_of(indicator)
                named[id_] = described(indicator, table, codes)
                asking.setdefault(id_, []).append(found)
    counted = {id_: _longest(of) for id_, of in asking.items()}
    together = _over(session, list(counted.values()), as_of)
    figures = {id_: together[_key(counted[id_])][id_] for id_ in named}
    return [
        named[id_] | figure | {"rounds": len(counted[id_])}
        for id_, figure in figures.items()
        if figure["given"]
    ]


def _over(
    session: Session, sets: Sequence[Sequence[Round]], as_of: datetime
) -> dict[tuple[str, ...], dict[int, Figure]]:
    """The figures over each set of rounds, each set once."""
    return {
        key: {id_: found.as_dict() for id_, found in over_rounds(session, rounds, as_of).items()}
        for key, rounds in {_key(rounds): rounds for rounds in sets}.items()
    }


def _key(rounds: Sequence[Round]) -> tuple[str, ...]:
    return tuple(r.code for r in rounds)


def _longest(rounds: Sequence[Round]) -> list[Round]:
    """The rounds whose period lies within no other's."""
    return [r for r in rounds if not any(_within(r, other) for other in rounds)]


def _within(found: Round, other: Round) -> bool:
    """Whether the period of a round lies within that of another, which is longer."""
    if not (found.period_start and found.cutoff and other.period_start and other.cutoff):
        return False
    mine, its = (found.period_start, found.cutoff), (other.period_start, other.cutoff)
    return its[0] <= mine[0] and mine[1] <= its[1] and mine != its
