"""What an answer is checked against: the same for command, page, sheet and reply."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.answers import WITH_FIGURES
from models.asked import Asked, Asks
from models.directive import Indicator
from models.report_asks import CheckItem, OutlineItem
from models.round import Round, RoundIndicator
from models.words import SubmissionKind
from tasks.coverage import plan_parts
from tasks.figures_known import known
from tasks.lookup import id_of

_WHOLE = aliased(Indicator)
_FIGURES = (
    sa.select(
        *map(col, (Indicator.id, Indicator.code, Indicator.label, Indicator.kind)),
        *map(col, (Indicator.required, Indicator.basis, Indicator.choices)),
        sa.func.coalesce(col(_WHOLE.code), "").label("part_of"),
        *map(col, (Indicator.adds_up, Indicator.points)),
        col(RoundIndicator.title).label("table"),
        sa.func.coalesce(col(Indicator.unit), "").label("unit"),
    )
    .join_from(Indicator, _WHOLE, col(_WHOLE.id) == col(Indicator.part_of_id), isouter=True)
    .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
    .where(col(RoundIndicator.round_id) == sa.bindparam("round_id"))
    .order_by(col(RoundIndicator.position))
)
_ROUND = sa.select(
    *map(col, (Round.directive_id, Round.outline, Round.checks, Round.with_subordinates))
).where(col(Round.id) == sa.bindparam("round_id"))


def asks_of(session: Session, round_id: int, kind: SubmissionKind) -> Asks:
    """What a round asks of an answer of some kind, the same of every unit."""
    if kind not in WITH_FIGURES and kind is not SubmissionKind.ACTION_PLAN:
        return Asks()
    row = session.connection().execute(_ROUND, {"round_id": round_id}).one()
    if kind is SubmissionKind.ACTION_PLAN:
        return Asks(numbers=plan_parts(session, row.directive_id).names)
    return Asks(
        figures=_figures(session, round_id),
        outline=[OutlineItem.model_validate(item) for item in row.outline],
        checks=[CheckItem.model_validate(item) for item in row.checks],
        with_subordinates=row.with_subordinates,
    )


def asks_with_known(
    session: Session, asks: Asks, obligation_id: int, as_of: datetime, *, has_evidence: bool
) -> Asks:
    """The same with what is known beside the answer of one unit: earlier figures, those of the
    units below it, and whether files come with it.
    """
    if not asks.figures:
        return asks
    beside = known(session, obligation_id, as_of)
    return replace(asks, known=beside, has_evidence=has_evidence)


def asked_indicators(session: Session, found: Round) -> list[Asked]:
    """The figures a round asks for, in the order of its form."""
    return _figures(session, id_of(found))


def _figures(session: Session, round_id: int) -> list[Asked]:
    rows: Any = session.connection().execute(_FIGURES, {"round_id": round_id}).mappings()
    return [Asked(**{**row, "choices": row["choices"] or ()}) for row in rows]
