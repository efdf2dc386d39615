"""What a report's form begins with, before its unit has written anything: the figures of the units
below together, and those that the unit reported already under another duty for the same time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.answer_values import is_given
from models.asked import Asks, Figure
from models.directive import Directive
from models.round import Obligation, Round, Submission
from models.words import IndicatorKind, SubmissionKind, Verdict
from tasks.figures_below import Below, below
from tasks.incorporating import Link
from tasks.shared_figures import Shape, same_time, shapes, shared
from tasks.standing import standing


@dataclass(frozen=True)
class Prefilled:
    """Figures as a payload has them, the units below, and the report that a figure was taken from,
    by the code of the figure.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    below: Below = field(default_factory=Below)
    sources: Mapping[str, Link] = field(default_factory=dict)


def prefilled(session: Session, owed: Obligation, asks: Asks, as_of: datetime) -> Prefilled:
    """What the form of a report begins with; the units below win over another report."""
    under = Below()
    if asks.with_subordinates:
        under = below(session, owed.unit_id, owed.round_id, as_of)
    elsewhere = _elsewhere(session, owed, as_of) if asks.figures else {}
    sums = {
        item.code: _as_given(under.figures[item.code], item.kind)
        for item in asks.figures
        if item.code in under.figures
    }
    taken = {code: (value, link) for code, (value, link) in elsewhere.items() if code not in sums}
    return Prefilled(
        {code: value for code, (value, _link) in taken.items()} | sums,
        under,
        {code: link for code, (_value, link) in taken.items()},
    )


def _as_given(figure: Figure, kind: IndicatorKind) -> Any:
    """A sum as a unit would have written it."""
    if kind is IndicatorKind.RATIO:
        return {"numerator": _number(figure.numerator), "denominator": _number(figure.denominator)}
    return _number(figure.number)


def _number(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() else value


def _elsewhere(session: Session, owed: Obligation, as_of: datetime) -> dict[str, tuple[Any, Link]]:
    """The figures of this form that stand in other reports of the unit; the newest counts."""
    rows = _other_reports(session, owed, as_of)
    if not rows:
        return {}
    forms = shapes(session, {owed.round_id, *(row.round_id for row in rows)})
    here = forms[owed.round_id]
    found: dict[str, tuple[Any, Link]] = {}
    for row in rows:
        link = Link(row.id, row.code, row.title, row.symbol, row.version, Verdict.ACCEPTED)
        values = _in_common(row.payload, forms[row.round_id], here)
        found |= {code: (value, link) for code, value in values.items()}
    return found


def _in_common(payload: Mapping[str, Any], source: Shape, target: Shape) -> dict[str, Any]:
    if not same_time(source, target):
        return {}
    given = payload.get("values") or {}
    pairs = shared(source, target).items()
    return {here: given[there] for here, there in pairs if is_given(given.get(there))}


def _other_reports(session: Session, owed: Obligation, as_of: datetime) -> Any:
    """The standing reports of the unit to other obligations, the oldest first."""
    this = aliased(Obligation)
    stands = standing(as_of, col(Obligation.unit_id) == owed.unit_id, col(Obligation.id) != owed.id)
    return (
        session.connection()
        .execute(
            sa.select(
                *map(col, (this.id, this.code, this.round_id, Round.title, Directive.symbol)),
                *map(col, (Submission.version, Submission.payload)),
            )
            .join(stands, stands.c.id == col(Submission.id))
            .join(this, col(this.id) == col(Submission.obligation_id))
            .join(Round, col(Round.id) == col(this.round_id))
            .join(Directive, col(Directive.id) == col(Round.directive_id))
            .where(col(Submission.kind) == SubmissionKind.REPORT)
            .order_by(col(Submission.id))
        )
        .all()
    )
