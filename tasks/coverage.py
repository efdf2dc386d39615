"""The coverage map: every measure and target of a directive against the action plans that stand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Assignment, Directive, Measure, Target
from models.plan_rows import Part, Parts
from models.round import Obligation, Round, Submission
from models.status import day_of
from models.unit import Unit
from models.words import Role, Stage
from tasks import lookup
from tasks.standing import completed, standing
from tasks.units import first_living

# who is to carry a measure out, and so to plan it; others watch over it, advise, gather results
DOING = frozenset({Role.LEAD, Role.COORDINATE, Role.IMPLEMENT, Role.DIRECT})


@dataclass(frozen=True)
class Assigned:
    """A unit that a measure is assigned to; `whole` where that is by the directive as a whole."""

    unit_id: int
    unit: str
    role: Role
    whole: bool


@dataclass(frozen=True)
class Planned:
    """A row of a unit's plan; `is_late` where its date lies after the target's deadline."""

    unit_id: int
    unit: str
    obligation: str
    measure: str
    product: str
    who: str
    by: date
    is_late: bool


@dataclass(frozen=True)
class Covered:
    """A measure or target: who is to do it, who plans it, and who ought to and does not.

    A plan for a measure's parent or for a part of it covers it too.
    """

    part: Part
    text: str
    deadline: date | None
    assigned: tuple[Assigned, ...]
    planned: tuple[Planned, ...]
    missing: tuple[Assigned, ...]
    is_gap: bool

    @property
    def late(self) -> tuple[Planned, ...]:
        return tuple(row for row in self.planned if row.is_late)


@dataclass(frozen=True)
class Coverage:
    """The map of a directive. `others` are rows that name nothing of it, `without_plan` the units
    that are to carry it out and have no plan that stands, `completed` those that have done so.
    """

    parts: tuple[Covered, ...]
    others: tuple[Planned, ...]
    without_plan: tuple[str, ...]
    completed: tuple[str, ...]

    @property
    def gaps(self) -> tuple[Covered, ...]:
        """What nobody planned."""
        return tuple(part for part in self.parts if part.is_gap)


def coverage(session: Session, directive: Directive, as_of: datetime) -> Coverage:
    """The coverage map of a directive, as it was at an instant."""
    measures = _rows(session, Measure, directive)
    targets = _rows(session, Target, directive)
    parts = Parts({m.number: m.text for m in measures}, [t.number for t in targets])
    deadlines = {t.number: t.deadline for t in targets}
    living = _Living(session, directive, as_of)
    planned: dict[Part | None, list[Planned]] = defaultdict(list)
    for row, of_unit in _plans(session, directive, as_of):
        part = parts.of(row)
        deadline = deadlines.get(part.number) if part and part.is_target else None
        planned[part].append(_planned(row, of_unit, deadline))
    assigned = _assigned(session, directive, living)
    kin = _kin(measures)
    found = [
        _covered(Part(False, m.number), m.text, None, planned, kin[m.number],
                 [*assigned[m.id], *assigned[None]], living)
        for m in measures
    ]  # fmt: skip
    found += [
        _covered(Part(True, t.number), t.indicator, t.deadline, planned, (t.number,), [], living)
        for t in targets
    ]
    having = {living.of(row.unit_id) for rows in planned.values() for row in rows}
    doing = {a.unit_id: a.unit for some in assigned.values() for a in some if a.role in DOING}
    return Coverage(
        parts=tuple(found),
        others=tuple(planned[None]),
        without_plan=tuple(unit for id_, unit in doing.items() if id_ not in having),
        completed=_completed(session, directive, as_of, living),
    )


def plan_parts(session: Session, directive_id: int) -> Parts:
    """What the rows of a plan for a directive may name."""
    measures = select(Measure.number, Measure.text).where(Measure.directive_id == directive_id)
    targets = select(Target.number).where(Target.directive_id == directive_id)
    return Parts(dict(session.exec(measures).all()), session.exec(targets).all())


def _rows(session: Session, table: Any, directive: Directive) -> list[Any]:
    owned = select(table).where(table.directive_id == directive.id).order_by(table.id)
    return list(session.exec(owned))


class _Living:
    """Who stands today in the place of a unit that was assigned something or planned it."""

    def __init__(self, session: Session, directive: Directive, as_of: datetime) -> None:
        asked = select(Obligation.unit_id).join(Round).where(Round.directive_id == directive.id)
        given = select(Assignment.unit_id).where(Assignment.directive_id == directive.id)
        ids = {*session.exec(asked), *session.exec(given)}
        self._ids = first_living(session, ids, day_of(as_of))
        units = lookup.units_by_id(session, {*ids, *self._ids.values()})
        self.names = {id_: unit.name for id_, unit in units.items()}

    def of(self, unit_id: int) -> int:
        """The living unit; the ended one itself, where nobody took over."""
        return self._ids.get(unit_id, unit_id)


_OfUnit = tuple[int, str, str]  # id and name of a unit, and the code of what it owed


def _plans(
    session: Session, directive: Directive, as_of: datetime
) -> Iterable[tuple[Mapping[str, Any], _OfUnit]]:
    """The rows of every plan that stands, each with whose it is."""
    own = col(Round.directive_id) == directive.id
    stands = standing(as_of, own, col(Round.stage) == Stage.PLANNING)
    rows = session.connection().execute(
        sa.select(*map(col, (Submission.payload, Unit.id, Unit.name, Obligation.code)))
        .join(stands, stands.c.id == col(Submission.id))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .order_by(col(Unit.id))
    )
    for payload, *of_unit in rows:
        unit_id, unit, code = of_unit
        yield from ((row, (unit_id, unit, code)) for row in payload["rows"])


def _planned(row: Mapping[str, Any], of_unit: _OfUnit, deadline: date | None) -> Planned:
    by = date.fromisoformat(str(row["by"])[:10])
    measure, product, who = (str(row[name]) for name in ("measure", "product", "who"))
    is_late = deadline is not None and by > deadline
    return Planned(*of_unit, measure, product, who, by, is_late)


def _assigned(
    session: Session, directive: Directive, living: _Living
) -> dict[int | None, list[Assigned]]:
    """Who is assigned what, by the id of the measure; None has the directive as a whole."""
    found: dict[int | None, dict[Assigned, None]] = defaultdict(dict)
    for row in _rows(session, Assignment, directive):
        unit_id = living.of(row.unit_id)
        whole = row.measure_id is None
        found[row.measure_id][Assigned(unit_id, living.names[unit_id], row.role, whole)] = None
    return defaultdict(list, {id_: list(some) for id_, some in found.items()})


def _kin(measures: Iterable[Measure]) -> dict[str, tuple[str, ...]]:
    """The numbers whose plans cover a measure: its own, of what it is part of, of its parts."""
    above = {m.id: m for m in measures}
    lines: dict[str, list[str]] = {}
    for measure in above.values():
        line, here = [measure.number], measure.parent_id
        while here is not None:
            line.append(above[here].number)
            here = above[here].parent_id
        lines[measure.number] = line
    return {
        number: tuple(dict.fromkeys([*line, *(n for n, up in lines.items() if number in up)]))
        for number, line in lines.items()
    }


def _covered(
    part: Part,
    text: str,
    deadline: date | None,
    planned: Mapping[Part | None, list[Planned]],
    kin: Iterable[str],
    assigned: Iterable[Assigned],
    living: _Living,
) -> Covered:
    covering = [row for n in kin for row in planned.get(Part(part.is_target, n), ())]
    planners = {living.of(row.unit_id) for row in covering}
    found = tuple(assigned)
    return Covered(
        part=part,
        text=text,
        deadline=deadline,
        assigned=found,
        planned=tuple(planned.get(part, ())),
        missing=tuple(
            a for a in found if a.role in DOING and not a.whole and a.unit_id not in planners
        ),
        is_gap=not covering,
    )


def _completed(
    session: Session, directive: Directive, as_of: datetime, living: _Living
) -> tuple[str, ...]:
    done = completed(session, directive, as_of)
    rows = select(Obligation.unit_id).where(col(Obligation.id).in_(done)).order_by(
        col(Obligation.unit_id))  # fmt: skip
    return tuple(dict.fromkeys(living.names[living.of(id_)] for id_ in session.exec(rows)))
