"""The figures of a summary: each with how many units gave it, and as it was the period before;
the targets they speak to, with what the summaries before found of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.directive import Directive, Indicator, Target
from models.round import Round, RoundIndicator
from models.target_rule import met
from models.words import Basis
from tasks import lookup
from tasks.aggregating import aggregates
from tasks.running_totals import year_of
from tasks.target_results import Progress, Result, progress

Figure = dict[str, Any]
OF_KIND = ("total", "numerator", "denominator", "choices", "first", "last")


def indicators(session: Session, found: Round, as_of: datetime) -> list[Figure]:
    """What a round asked for, in the order of its form, with what the units gave together."""
    before = lookup.round_before(session, found, as_of)
    now = aggregates(session, found, as_of)
    then = aggregates(session, before, as_of) if before else {}
    title = before.title if before else ""
    rows = asked_in(session, found)
    codes = {lookup.id_of(indicator): indicator.code for indicator, _table in rows}
    turned = before is not None and year_of(before) != year_of(found)

    def goes_on(indicator: Indicator) -> bool:
        return not (turned and indicator.basis is Basis.YEAR)

    return [
        described(indicator, table, codes)
        | now[id_].as_dict()
        | _before(then[id_].as_dict() if id_ in then and goes_on(indicator) else {}, title)
        for indicator, table in rows
        if (id_ := lookup.id_of(indicator)) in now
    ]


def asked_in(session: Session, found: Round) -> Sequence[tuple[Indicator, str]]:
    """The indicators of a round in the order of its form, each with the title of its table."""
    return session.exec(
        select(Indicator, RoundIndicator.title)
        .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
        .where(RoundIndicator.round_id == found.id)
        .order_by(col(RoundIndicator.position))
    ).all()


def described(indicator: Indicator, table: str, codes: Mapping[int, str]) -> Figure:
    """An indicator as a summary names it; `codes` are those of all asked, by id."""
    return {
        "code": indicator.code,
        "label": indicator.label,
        "kind": indicator.kind.value,
        "unit": indicator.unit or "",
        "table": table,
        "target_id": indicator.target_id,
        "part_of": codes.get(indicator.part_of_id or 0, ""),
        "basis": indicator.basis.value,
    }


def _before(then: Figure, title: str) -> Figure:
    """The figure in the round before, where anybody gave it there."""
    if not then.get("given"):
        return {"before": None, "before_title": ""}
    before = {name: then[name] for name in OF_KIND if name in then}
    return {"before": before, "before_title": title}


def targets(
    session: Session, owner: Directive, found: Round, asked: Sequence[Figure], as_of: datetime
) -> list[Figure]:
    """Each target that a figure of the round speaks to, with result, threshold and trend."""
    known = session.exec(
        select(Target).where(Target.directive_id == owner.id).order_by(col(Target.id))
    )
    pairs = [(t, figure) for t in known for figure in asked if figure["target_id"] == t.id]
    trends = _trends(progress(session, owner, as_of), found) if pairs else {}
    return [
        target_result(t, figure) | {"trend": trends.get((t.number, figure["label"]), [])}
        for t, figure in pairs
    ]


def target_result(target: Target, figure: Figure) -> Figure:
    """A target with what a figure says of it, nothing where nobody gave it; `met` only where a
    threshold compares.
    """
    said = figure if figure["given"] else {}
    top, bottom, total = (said.get(name) for name in ("numerator", "denominator", "total"))
    share = 100 * (top or 0) / bottom if bottom else None
    return {
        "number": target.number,
        "indicator": target.indicator,
        "code": figure["code"],
        "measured_by": figure["label"],
        **threshold(target),
        "numerator": top,
        "denominator": bottom,
        "total": total,
        "met": met(target.operator, target.value, target.unit or "", share, total),
    }


def threshold(target: Target) -> Figure:
    """What a target asks for."""
    return {
        "operator": target.operator.value if target.operator else "",
        "threshold": target.value,
        "unit": target.unit or "",
    }


def _trends(known: Sequence[Progress], found: Round) -> dict[tuple[str, str], list[Figure]]:
    """What the frozen summaries of the rounds due before found of each target, oldest first:
    those of its series, for a review
    all but other reviews.
    """
    return {
        (one.target.number, one.measured_by): [
            as_dict(r)
            for r in one.results
            if r.due < found.due
            and (r.series == found.series or (found.review and not r.is_review))
        ]
        for one in known
    }


def as_dict(found: Result) -> Figure:
    """What one summary found of a target, as a summary keeps it."""
    return {
        "title": found.title,
        "year": found.year,
        "period": found.period,
        "share": found.share,
        "total": found.total,
        "met": found.met,
    }
