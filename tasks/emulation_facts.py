"""What a ranking rests on: the rules of a round, the answers that stand, points, lateness."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive, Indicator
from models.emulation import Conduct, Criterion, Given
from models.emulation_asks import EmulationItem
from models.round import (
    Appraisal,
    Evidence,
    IndicatorValue,
    Obligation,
    PanelScore,
    Round,
    RoundIndicator,
    Submission,
)
from models.words import Appraised, IndicatorKind, Status
from tasks.answer_changes import shown
from tasks.boards import Line
from tasks.matrices import LATE_NOW
from tasks.standing import standing


@dataclass(frozen=True)
class Sent:
    """The answer of a unit that stands, and what proves it; `files` by their numbers."""

    id: int
    version: int
    received_at: datetime
    document: str
    files: tuple[tuple[int, str], ...] = ()


def rules_of(session: Session, found: Round) -> EmulationItem | None:
    """How the answers to a round are ranked, as its directive file says; none where they aren't."""
    owner = session.get_one(Directive, found.directive_id)
    for item in owner.file.get("rounds", []):
        if item["code"] == found.series and "emulation" in item:
            return EmulationItem.model_validate(item["emulation"])
    return None


def criteria_of(session: Session, found: Round, rules: EmulationItem) -> tuple[Criterion, ...]:
    """The criteria of a round in the order of its form."""
    columns = (Indicator.id, Indicator.code, Indicator.label, Indicator.points)
    rows = session.connection().execute(
        sa.select(*map(col, columns))
        .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
        .where(col(RoundIndicator.round_id) == found.id, col(Indicator.kind) == IndicatorKind.SCORE)
        .order_by(col(RoundIndicator.position))
    )
    return tuple(
        Criterion(id_, code, label, most, code in rules.deducts) for id_, code, label, most in rows
    )


def conduct_of(
    session: Session, owner: Directive, lines: Sequence[Line], as_of: datetime
) -> dict[int, Conduct]:
    """How each unit has answered the directive up to an instant; declined is missing, too."""
    late = Counter(line.unit_id for line in lines if line.status is Status.LATE)
    absent = LATE_NOW | {Status.DECLINED}
    missing = Counter(line.unit_id for line in lines if line.status in absent)
    rows = session.connection().execute(
        sa.select(col(Obligation.unit_id), sa.func.count())
        .join(Submission, col(Submission.obligation_id) == col(Obligation.id))
        .join(Appraisal, col(Appraisal.submission_id) == col(Submission.id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(
            col(Round.directive_id) == owner.id,
            col(Appraisal.found) == Appraised.RETURNED,
            col(Appraisal.at) <= as_of,
        )
        .group_by(col(Obligation.unit_id))
    )
    back: Counter[int] = Counter(dict(rows.tuples().all()))
    units = {line.unit_id for line in lines}
    return {id_: Conduct(late[id_], missing[id_], back[id_]) for id_ in units}


def answers(session: Session, found: Round, as_of: datetime) -> dict[int, Sent]:
    """The answers that stand, by obligation."""
    stands = standing(as_of, col(Round.id) == found.id)
    columns = (Submission.obligation_id, Submission.id, Submission.version, Submission.received_at)
    rows = session.connection().execute(
        sa.select(*map(col, columns), col(Submission.payload))
        .join(stands, stands.c.id == col(Submission.id))
    )  # fmt: skip
    sent = {
        id_: Sent(submission_id, version, received_at, _document(payload))
        for id_, submission_id, version, received_at, payload in rows
    }
    files: dict[int, list[tuple[int, str]]] = defaultdict(list)
    of_these = sa.select(col(Evidence.submission_id), col(Evidence.id), col(Evidence.name)).join(
        stands, stands.c.id == col(Evidence.submission_id)
    )
    for submission_id, id_, name in session.connection().execute(
        of_these.order_by(col(Evidence.id))
    ):
        files[submission_id].append((id_, name))
    return {id_: replace(one, files=tuple(files[one.id])) for id_, one in sent.items()}


def _document(payload: Mapping[str, Any]) -> str:
    """The document that an answer was issued as: "12/BC-SA, 20/02/2024"."""
    issued = payload.get("issued_as") or {}
    return ", ".join(shown(issued[part]) for part in ("document", "issued") if issued.get(part))


def own_points(session: Session, found: Round, as_of: datetime) -> dict[int, dict[int, float]]:
    """The points that units give themselves, by obligation and criterion."""
    stands = standing(as_of, col(Round.id) == found.id)
    rows = session.connection().execute(
        sa.select(
            stands.c.obligation_id, col(IndicatorValue.indicator_id), col(IndicatorValue.number)
        )
        .join(stands, stands.c.id == col(IndicatorValue.submission_id))
        .where(col(IndicatorValue.number).is_not(None))
    )
    points: dict[int, dict[int, float]] = defaultdict(dict)
    for obligation_id, indicator_id, number in rows:
        points[obligation_id][indicator_id] = number
    return points


def panel_points(session: Session, found: Round, as_of: datetime) -> dict[int, dict[int, Given]]:
    """The last points that the panel had given, by obligation and criterion."""
    columns = (PanelScore.obligation_id, PanelScore.indicator_id, PanelScore.points)
    said = (PanelScore.words, PanelScore.by, PanelScore.at)
    rows = session.connection().execute(
        sa.select(*map(col, columns), *map(col, said))
        .join(Obligation, col(Obligation.id) == col(PanelScore.obligation_id))
        .where(col(Obligation.round_id) == found.id, col(PanelScore.at) <= as_of)
        .order_by(col(PanelScore.id))
    )
    points: dict[int, dict[int, Given]] = defaultdict(dict)
    for obligation_id, indicator_id, number, words, by, at in rows:
        points[obligation_id][indicator_id] = Given(number, words or "", by, at)
    return points
