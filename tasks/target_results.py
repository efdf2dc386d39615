"""Targets over the years: what each frozen summary found of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from models.directive import Directive, Target
from models.round import Round, Summary
from tasks.period_names import period_of


@dataclass(frozen=True)
class Result:
    """What one summary found of a target: a share of 100 where it has both parts, else a number."""

    round_id: int
    series: str
    due: date
    is_review: bool
    title: str
    year: int
    period: str
    share: float | None
    total: float | None
    met: bool | None


@dataclass(frozen=True)
class Progress:
    """A target with its results by one measure, in the order of the rounds."""

    target: Target
    measured_by: str
    results: Sequence[Result]

    @property
    def goal(self) -> float | None:
        """The threshold, where it can be drawn beside shares."""
        return self.target.value if self.target.unit == "%" else None


def progress(session: Session, owner: Directive, as_of: datetime) -> list[Progress]:
    """Every target that a summary frozen by then speaks of, with its results over the years."""
    known = {
        target.number: target
        for target in session.exec(
            select(Target).where(Target.directive_id == owner.id).order_by(col(Target.id))
        )
    }
    found: dict[tuple[str, str], list[Result]] = {}
    for round_, figures in _frozen(session, owner, as_of):
        for said in figures.get("targets", []):
            if said["number"] in known:
                key = said["number"], said["measured_by"]
                found.setdefault(key, []).append(_result(round_, said))
    order = list(known)
    return [
        Progress(known[number], measured_by, results)
        for (number, measured_by), results in sorted(
            found.items(), key=lambda pair: order.index(pair[0][0])
        )
    ]


def _frozen(
    session: Session, owner: Directive, as_of: datetime
) -> list[tuple[Round, dict[str, Any]]]:
    """The figures of the newest summary of each round, in the order of due date."""
    newest = (
        select(Summary.round_id, func.max(Summary.version).label("version"))
        .where(col(Summary.frozen_at) <= as_of)
        .group_by(col(Summary.round_id))
        .subquery()
    )
    rows = session.exec(
        select(Round, Summary.figures)
        .join(Summary, col(Summary.round_id) == col(Round.id))
        .join(
            newest,
            (newest.c.round_id == col(Summary.round_id))
            & (newest.c.version == col(Summary.version)),
        )
        .where(Round.directive_id == owner.id)
        .order_by(col(Round.due), col(Round.code))
    )
    return [(round_, dict(figures)) for round_, figures in rows]


def _result(found: Round, said: Mapping[str, Any]) -> Result:
    share = None
    if said["denominator"]:
        share = 100 * (said["numerator"] or 0) / said["denominator"]
    year = (found.cutoff or found.due).year
    return Result(
        round_id=found.id or 0,
        series=found.series,
        due=found.due,
        is_review=found.review is not None,
        title=found.title,
        year=year,
        period=period_of(found),
        share=share,
        total=said["total"],
        met=said["met"],
    )
