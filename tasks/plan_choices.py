"""What rows of an action plan are about: the directive's measures and targets, as a unit sees them.

A row is linked to a measure by saying it in these words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.directive import Assignment, Measure, Target
from models.round import Obligation, Round
from models.vietnamese import collapse

LONGEST = 300  # characters of a choice


@dataclass(frozen=True)
class Choices:
    """What a unit's plan has to cover (`own`), and all that a row may be about."""

    own: list[str]
    every: list[str]


def plan_choices(session: Session, obligation: Obligation) -> Choices:
    """The measures a unit is assigned, all of the directive where it is given no other, and every
    measure and target.
    """
    directive_id = session.get_one(Round, obligation.round_id).directive_id
    measures = session.exec(
        select(Measure).where(Measure.directive_id == directive_id).order_by(col(Measure.id))
    ).all()
    targets = session.exec(
        select(Target).where(Target.directive_id == directive_id).order_by(col(Target.id))
    ).all()
    assigned = set(
        session.exec(
            select(Assignment.measure_id).where(
                Assignment.directive_id == directive_id, Assignment.unit_id == obligation.unit_id
            )
        )
    )
    own = [m for m in measures if m.id in assigned]
    return Choices(
        own=_labels(own or [m for m in measures if m.parent_id is None]),
        every=[*_labels(measures), *(target_label(target) for target in targets)],
    )


def _labels(measures: Iterable[Measure]) -> list[str]:
    return [measure_label(measure.number, measure.text) for measure in measures]


def measure_label(number: str, text: str) -> str:
    """A measure as rows name it: its words after its number, "2.1. hoàn thiện chính sách"."""
    words = collapse(text)
    said = words if words.startswith((f"({number})", f"{number}.", f"{number})")) else ""
    return (said or f"{number}. {words}".strip())[:LONGEST]


def target_label(target: Target) -> str:
    """A target as rows name it."""
    return f"Chỉ tiêu {target.number}: {collapse(target.indicator)}"[:LONGEST]
