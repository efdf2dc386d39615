"""Where a figure comes from: every answer that gave it, counted or left out and why; and who of the
units expected is missing or was late.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.asked import Figure
from models.directive import Directive, Indicator
from models.round import IndicatorValue, Obligation, Round, Submission
from models.status import OWED
from models.unit import Unit
from models.words import Status
from tasks import lookup
from tasks.boards import Line, board
from tasks.counted import answered_above, passed_on, stands
from tasks.figures_below import ADDED_UP

_VALUE = (
    *(IndicatorValue.number, IndicatorValue.numerator, IndicatorValue.denominator),
    *(IndicatorValue.yes, IndicatorValue.text, IndicatorValue.day, IndicatorValue.choice),
)


@dataclass(frozen=True)
class Source:
    """An answer that gives a figure. It is not counted where the answer of the unit named by
    `within` includes it, or the unit named by `passed_to` answers in its place. `taken_from` is the
    code of another obligation, whose report serves this one as well.
    """

    unit_id: int
    unit: str
    obligation_id: int
    obligation: str
    submission_id: int
    version: int
    received_at: datetime
    figure: Figure
    within: str = ""
    passed_to: str = ""
    taken_from: str = ""

    @property
    def counted(self) -> bool:
        return not self.within and not self.passed_to


@dataclass(frozen=True)
class Sources:
    """The answers behind a figure, by unit; and, of all the units asked, the missing and late."""

    given: Sequence[Source]
    missing: Sequence[Line]
    late: Sequence[Line]

    @property
    def counted(self) -> list[Source]:
        return [source for source in self.given if source.counted]

    @property
    def left_out(self) -> list[Source]:
        return [source for source in self.given if not source.counted]


def sources(session: Session, found: Round, indicator: Indicator, as_of: datetime) -> Sources:
    """Everything that made, or might have made, the figure of an indicator at an instant."""
    rows = session.connection().execute(_statement(found, indicator, as_of)).all()
    passed, within = passed_on(session, found, as_of), dict[int, int]()
    if indicator.kind in ADDED_UP:
        within = _within({row[0] for row in rows}, answered_above(session, found, as_of))
    ends = {*passed.values(), *within.values()}
    names = {id_: unit.name for id_, unit in lookup.units_by_id(session, ends).items()}
    owner = session.get_one(Directive, found.directive_id)
    lines = board(session, owner, as_of, found.id)
    return Sources(
        [_source(row, indicator, within, passed, names) for row in rows],
        [line for line in lines if line.status in OWED],
        [line for line in lines if line.status is Status.LATE],
    )


def _within(gave: Collection[int], above: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Of the units that gave a figure the nearest above it that did as well, where there is one."""
    nearest = {unit: next(filter(gave.__contains__, above.get(unit, ())), None) for unit in gave}
    return {unit: over for unit, over in nearest.items() if over is not None}


def _source(
    row: Any,
    indicator: Indicator,
    within: Mapping[int, int],
    passed: Mapping[int, int],
    names: Mapping[int, str],
) -> Source:
    unit_id, unit, obligation_id, code, id_, version, received_at, taken_from, *value = row
    to = passed.get(unit_id, 0)
    over = 0 if to else within.get(unit_id, 0)
    return Source(
        unit_id, unit, obligation_id, code, id_, version, received_at,
        Figure(indicator.id or 0, *value),
        names.get(over, ""), names.get(to, ""), taken_from or "",
    )  # fmt: skip


def _statement(found: Round, indicator: Indicator, as_of: datetime) -> sa.Select[Any]:
    answers = stands(found, as_of)
    taken, source = aliased(Submission), aliased(Obligation)
    columns = (
        *(Unit.id, Unit.name, Obligation.id, Obligation.code),
        *(Submission.id, Submission.version, Submission.received_at, source.code),
    )
    return (
        sa.select(*map(col, columns), *map(col, _VALUE))
        .select_from(answers)
        .join(IndicatorValue, col(IndicatorValue.submission_id) == answers.c.id)
        .join(Submission, col(Submission.id) == answers.c.id)
        .join(Obligation, col(Obligation.id) == answers.c.obligation_id)
        .join(Unit, col(Unit.id) == answers.c.unit_id)
        .outerjoin(taken, col(taken.id) == col(Submission.taken_from_id))
        .outerjoin(source, col(source.id) == col(taken.obligation_id))
        .where(col(IndicatorValue.indicator_id) == indicator.id)
        .order_by(col(Unit.name), col(Unit.id))
    )
