"""The figures of the units below one, together: what it sees in its own form, and why it says N/M.

Counted are the nearest that answered: a unit's report has those of the units below it, so whoever
stands below one that answered is in it already, and nothing is counted twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.asked import Figure
from models.directive import Indicator
from models.round import IndicatorValue, Obligation, Round
from models.unit import Unit
from models.words import Ending, IndicatorKind
from tasks.standing import standing

ADDED_UP = frozenset({IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.RATIO})
DECIMALS = 6  # of a sum of money: beyond are the rests of binary fractions
NOT_OWED = frozenset({Ending.DECLINED, Ending.WAIVED, Ending.PASSED_ON, Ending.LAPSED})


@dataclass(frozen=True)
class Below:
    """The figures of the units below by indicator code, and the names of those that answered and of
    those that are missing.
    """

    figures: Mapping[str, Figure] = field(default_factory=dict)
    answered: Sequence[str] = ()
    missing: Sequence[str] = ()

    @property
    def all(self) -> int:
        return len(self.answered) + len(self.missing)


def below(session: Session, unit_id: int, round_id: int, as_of: datetime) -> Below:
    """What stands below a unit in a round whose figures have that of the units below."""
    rows = _rows(session, unit_id, round_id, as_of)
    if not rows:
        return Below()
    answered, missing = _nearest(rows, unit_id)
    return Below(
        _together(session, [row.submission_id for row in answered]),
        sorted(row.name for row in answered),
        sorted(row.name for row in missing),
    )


def _rows(session: Session, unit_id: int, round_id: int, as_of: datetime) -> Sequence[Any]:
    """Every unit below, whether it owes in the round, and the answer of it that stands."""
    children: Any = sa.select(col(Unit.id).label("id")).where(col(Unit.parent_id) == unit_id)
    under = children.cte("under", recursive=True)
    under = under.union(sa.select(col(Unit.id)).where(col(Unit.parent_id) == under.c.id))
    here = sa.and_(col(Obligation.round_id) == round_id, col(Obligation.unit_id) == col(Unit.id))
    stands = standing(
        as_of, col(Round.id) == round_id, col(Obligation.unit_id).in_(sa.select(under.c.id))
    )
    statement = (
        sa.select(
            *map(col, (Unit.id, Unit.parent_id, Unit.name)),
            col(Obligation.id).label("obligation_id"),
            col(Obligation.ending),
            stands.c.id.label("submission_id"),
        )
        .join(under, under.c.id == col(Unit.id))
        .outerjoin(Obligation, here)
        .outerjoin(stands, stands.c.obligation_id == col(Obligation.id))
        .order_by(col(Unit.id))
    )
    return session.connection().execute(statement).all()


def _nearest(rows: Sequence[Any], unit_id: int) -> tuple[list[Any], list[Any]]:
    """The nearest units that answered, and those that owe and of which nothing is known."""
    children: dict[int, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)

    def under(parent: int) -> tuple[list[Any], list[Any]]:
        answered: list[Any] = []
        missing: list[Any] = []
        for row in children.get(parent, ()):
            if row.submission_id is not None:
                answered.append(row)
                continue
            deeper, lacking = under(row.id)
            owes = row.obligation_id is not None and row.ending not in NOT_OWED
            answered += deeper
            missing += [row] if owes and not deeper else lacking
        return answered, missing

    return under(unit_id)


def _together(session: Session, submissions: Sequence[int]) -> dict[str, Figure]:
    """What can be added up of some answers, by the code of the indicator."""
    if not submissions:
        return {}
    parts = (IndicatorValue.number, IndicatorValue.numerator, IndicatorValue.denominator)
    rows = session.connection().execute(
        sa.select(col(Indicator.code), col(Indicator.id), *(sa.func.sum(col(p)) for p in parts))
        .join(IndicatorValue, col(IndicatorValue.indicator_id) == col(Indicator.id))
        .where(
            col(Indicator.kind).in_(ADDED_UP), col(IndicatorValue.submission_id).in_(submissions)
        )
        .group_by(col(Indicator.code), col(Indicator.id))
    )
    return {
        code: Figure(id_, tidy(number), tidy(numerator), tidy(denominator))
        for code, id_, number, numerator, denominator in rows
    }


def tidy(total: float | None) -> float | None:
    """A sum as people would have it: 0.1 + 0.2 is 0.3."""
    return None if total is None else round(float(total), DECIMALS)
