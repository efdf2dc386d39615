"""What a directive gives a unit to do: its measures, in its role, and the targets beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from models.directive import Assignment, Directive, Measure, Target
from models.unit import Succession
from models.words import Operator, Role


@dataclass(frozen=True)
class Given:
    """A part of a directive that a unit was given. `text` has the words that give it, `measure`
    what is to be done; either is empty where the words are lost or the whole directive is meant.
    """

    assignment: str
    role: Role
    binding: bool
    text: str
    number: str
    measure: str


@dataclass(frozen=True)
class Goal:
    """A target as a plan refers to it."""

    number: str
    indicator: str
    operator: Operator | None
    value: float | None
    unit: str
    deadline: date | None


def given_to(session: Session, owner: Directive, unit_id: int) -> list[Given]:
    """What a directive gives a unit, or gave those in whose place it stands, by measure."""
    rows = session.exec(
        select(Assignment, Measure)
        .outerjoin(Measure, col(Measure.id) == col(Assignment.measure_id))
        .where(
            Assignment.directive_id == owner.id,
            col(Assignment.unit_id).in_(_with_those_before(session, unit_id)),
        )
        .order_by(col(Measure.id).is_(None), col(Measure.id), col(Assignment.id))
    )
    return list(dict.fromkeys(_given(found, measure) for found, measure in rows))


def _given(found: Assignment, measure: Measure | None) -> Given:
    return Given(
        assignment=found.code,
        role=found.role,
        binding=found.binding,
        text=found.text,
        number=measure.number if measure else "",
        measure=measure.text if measure else "",
    )


def measures_to_plan(session: Session, owner: Directive, given: Iterable[Given]) -> list[str]:
    """What a unit's plan is made for: the measures it was given; where none is named, all."""
    own = list(dict.fromkeys(f"{item.number}. {item.measure}" for item in given if item.number))
    if own:
        return own
    rows = session.exec(
        select(Measure.number, Measure.text)
        .where(Measure.directive_id == owner.id, col(Measure.parent_id).is_(None))
        .order_by(col(Measure.id))
    )
    return [f"{number}. {text}" for number, text in rows]


def goals(session: Session, owner: Directive) -> list[Goal]:
    """The targets of a directive, in its order."""
    rows = session.exec(
        select(Target).where(Target.directive_id == owner.id).order_by(col(Target.id))
    )
    return [
        Goal(t.number, t.indicator, t.operator, t.value, t.unit or "", t.deadline) for t in rows
    ]


def _with_those_before(session: Session, unit_id: int) -> set[int]:
    """A unit and all in whose place it stands, through every reorganisation."""
    found: set[int] = set()
    latest = {unit_id}
    while latest:
        found |= latest
        before = select(Succession.unit_id).where(col(Succession.successor_id).in_(latest))
        latest = set(session.exec(before)) - found
    return found
