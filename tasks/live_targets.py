"""Targets by the answers of rounds that are under way: provisional, until a summary is frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.aggregate import Aggregate
from models.directive import Directive, Indicator, Target
from models.round import Round, Summary
from models.target_rule import met
from tasks.aggregating import aggregates, asked


@dataclass(frozen=True)
class Provisional:
    """A target by what has come in so far: a share of 100 or a sum, of how many units expected."""

    target: Target
    measured_by: str
    round_id: int
    title: str
    year: int
    share: float | None
    total: float | None
    met: bool | None
    given: int
    expected: int


def provisional(session: Session, owner: Directive, as_of: datetime) -> list[Provisional]:
    """The targets of a directive by its rounds that were open at an instant, by due date."""
    targets = {
        target.id: target
        for target in session.exec(select(Target).where(Target.directive_id == owner.id))
    }
    found = []
    for one in _open(session, owner, as_of):
        measures = [item for item in asked(session, one) if item.target_id in targets]
        figures = aggregates(session, one, as_of) if measures else {}
        found += [
            _result(one, targets[item.target_id], item, figures[item.id or 0]) for item in measures
        ]
    return [result for result in found if result.given]


def _open(session: Session, owner: Directive, as_of: datetime) -> Sequence[Round]:
    """The rounds that had opened and of which no summary was frozen yet."""
    frozen = select(Summary.round_id).where(col(Summary.frozen_at) <= as_of)
    return session.exec(
        select(Round)
        .where(
            Round.directive_id == owner.id,
            col(Round.opened_at) <= as_of,
            col(Round.id).not_in(frozen),
        )
        .order_by(col(Round.due), col(Round.code))
    ).all()


def _result(found: Round, target: Target, item: Indicator, one: Aggregate) -> Provisional:
    return Provisional(
        target=target,
        measured_by=item.label,
        round_id=found.id or 0,
        title=found.title,
        year=(found.cutoff or found.due).year,
        share=one.share,
        total=one.total,
        met=met(target.operator, target.value, target.unit or "", one.share, one.total),
        given=one.given,
        expected=one.expected,
    )
