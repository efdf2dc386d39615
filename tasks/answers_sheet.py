"""What the figures of a round are made of, as rows of a workbook: every unit, every answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.directive import Directive, Indicator
from models.i18n import gettext as _
from models.round import IndicatorValue, Obligation, Round, Submission
from models.unit import Succession, Unit
from models.vietnamese import TIMEZONE
from models.words import IndicatorKind, Verdict, label
from tasks.aggregating import statuses
from tasks.counted import answered_above, passed_on, stands
from tasks.figures_below import ADDED_UP
from tasks.sheets import Value
from tasks.standing import last_found

Row = list[Value]


def units(session: Session, found: Round, as_of: datetime) -> Iterator[Row]:
    """Every unit of the province: code, name, level, kind, code of the one above, its life, codes
    of its successors, and where it stands in the round if it is asked.
    """
    owner = session.get_one(Directive, found.directive_id)
    above = aliased(Unit)
    columns = (Unit.code, Unit.name, Unit.level, Unit.kind, above.code, Unit.begins, Unit.ends)
    rows = session.connection().execute(
        sa.select(col(Unit.id), *map(col, columns))
        .outerjoin(above, col(above.id) == col(Unit.parent_id))
        .where(col(Unit.province) == owner.province)
        .order_by(col(Unit.name), col(Unit.id))
    )
    states, heirs = statuses(session, found, as_of), _successors(session)
    for id_, code, name, level, kind, parent, begins, ends in rows:
        state = label(states[id_]) if id_ in states else ""
        life = [begins, ends, "; ".join(heirs.get(id_, []))]
        yield [code, name, label(level), label(kind), parent, *life, state]


def _successors(session: Session) -> dict[int, list[str]]:
    """The codes of those who took over from each unit."""
    heirs: dict[int, list[str]] = {}
    rows = session.connection().execute(
        sa.select(col(Succession.unit_id), col(Unit.code))
        .join(Unit, col(Unit.id) == col(Succession.successor_id))
        .order_by(col(Succession.id))
    )
    for id_, code in rows:
        heirs.setdefault(id_, []).append(code)
    return heirs


def answers(
    session: Session, found: Round, items: Sequence[Indicator], as_of: datetime
) -> Iterator[Row]:
    """Every version of every answer: code and name of the unit, version, when it came, what it is,
    whether it was accepted or given back, what follows for the figures, its figures.
    """
    passed, above = passed_on(session, found, as_of), dict[int, list[int]]()
    if any(item.kind in ADDED_UP for item in items):
        above = answered_above(session, found, as_of)
    standing = set(session.connection().scalars(sa.select(stands(found, as_of).c.id)))
    values = _values(session, found)
    for row in _rows(session, found, as_of):
        id_, unit_id, code, name, version, received, verdict, kind, last = row
        checked = _("no fault found") if verdict is Verdict.ACCEPTED else _("has faults")
        what = [label(kind), checked, label(last) if last else ""]
        state = _("not counted")
        if id_ in standing:
            state = _state(unit_id in passed, unit_id in above)
        mine = values.get(id_, {})
        cells = [cell for item in items for cell in _cells(item, mine.get(item.id or 0))]
        moment = received.astimezone(TIMEZONE).replace(tzinfo=None)
        yield [code, name, version, moment, *what, state, *cells]


def _rows(session: Session, found: Round, as_of: datetime) -> sa.CursorResult[Any]:
    """Every answer with the facts that say what became of it."""
    columns = (Unit.id, Unit.code, Unit.name, Submission.version, Submission.received_at)
    facts = (col(Submission.verdict), col(Submission.kind), last_found(col(Submission.id), as_of))
    return session.connection().execute(
        sa.select(col(Submission.id), *map(col, columns), *facts)
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(col(Obligation.round_id) == found.id, col(Submission.received_at) <= as_of)
        .order_by(col(Unit.name), col(Unit.id), col(Submission.version))
    )


def _state(passed: bool, below_another: bool) -> str:
    """What becomes of the figures of an answer that stands."""
    if passed:
        return _("left out: the task passed to a unit that answered")
    if below_another:
        return _("counted, but for what adds up and a unit above gave with its own")
    return _("counted")


def _values(session: Session, found: Round) -> dict[int, dict[int, IndicatorValue]]:
    """The figures of every answer to a round, by submission and indicator id."""
    values: dict[int, dict[int, IndicatorValue]] = {}
    rows = session.exec(
        select(IndicatorValue)
        .join(Submission, col(Submission.id) == col(IndicatorValue.submission_id))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .where(Obligation.round_id == found.id)
    )
    for value in rows:
        values.setdefault(value.submission_id, {})[value.indicator_id] = value
    return values


def _cells(item: Indicator, value: IndicatorValue | None) -> list[Value]:
    """A figure in the columns of its indicator: a ratio has two."""
    if value is None:
        return [None, None] if item.kind is IndicatorKind.RATIO else [None]
    match item.kind:
        case IndicatorKind.RATIO:
            return [value.numerator, value.denominator]
        case IndicatorKind.YES_NO:
            return [_("yes") if value.yes else _("no")]
        case IndicatorKind.DATE:
            return [value.day]
        case IndicatorKind.CHOICE:
            return [value.choice]
        case IndicatorKind.TEXT:
            return [value.text]
        case _:
            return [value.number]
