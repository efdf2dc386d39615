"""Requests for more time or to be let off: how many there were, and what was decided."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.round import Obligation, Relief
from models.unit import Unit
from models.vietnamese import show_date
from models.words import ReliefKind


def relief_counts(
    session: Session, as_of: datetime, of: sa.ColumnElement[bool]
) -> dict[str, dict[str, Any]]:
    """How many asked for each kind of relief up to an instant, how many were refused, and who was
    granted it; `of` says for which obligations.
    """
    rows = session.exec(
        select(Relief, Unit.name)
        .join(Obligation, col(Obligation.id) == col(Relief.obligation_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(of, col(Relief.asked_at) <= as_of)
        .order_by(col(Relief.id))
    ).all()
    return {
        kind.value: _decided([(r, unit) for r, unit in rows if r.kind is kind], as_of)
        for kind in ReliefKind
    }


def _decided(asked: list[tuple[Relief, str]], as_of: datetime) -> dict[str, Any]:
    decided = [(r, unit) for r, unit in asked if r.decided_at and r.decided_at <= as_of]
    granted = [(r, unit) for r, unit in decided if r.granted]
    return {
        "asked": len(asked),
        "refused": len(decided) - len(granted),
        "granted": [
            {"unit": unit, "until": show_date(r.until) if r.until else "", "reason": r.reason}
            for r, unit in granted
        ],
    }
