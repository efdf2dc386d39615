"""Figures of a round from the answers that stand at an instant, in one GROUP BY.

`models.aggregate` has the rule of each kind, `tasks.counted` which figures of which answers count.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from models.aggregate import SUMMED, Aggregate, Sums, Units
from models.directive import Directive, Indicator
from models.round import IndicatorValue, Round, RoundIndicator
from models.unit import Unit
from models.words import IndicatorKind, Level, Status, UnitKind
from tasks.counted import counted, included, stands
from tasks.figures_below import ADDED_UP
from tasks.standing_counts import standing_counts
from tasks.standings import standings

Figures = dict[int, Aggregate]  # by indicator id, in the order of the form
Key = Any  # of a column of units: a level, a kind, an id


def asked(session: Session, found: Round) -> list[Indicator]:
    """The indicators a round asks for, in the order of its form."""
    return list(
        session.exec(
            select(Indicator)
            .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
            .where(RoundIndicator.round_id == found.id)
            .order_by(col(RoundIndicator.position))
        )
    )


def aggregates(
    session: Session, found: Round, as_of: datetime, *where: sa.ColumnElement[bool]
) -> Figures:
    """The figures of a round at an instant, by indicator id; `where` may speak of units."""
    items = asked(session, found)
    sums = summed(session, found, as_of, items, *where)
    units = units_by(session, found, as_of, *where).get(None, Units())
    return figures(items, sums.get(None, {}), units)


def by_word(
    session: Session, found: Round, as_of: datetime, way: type[Level] | type[UnitKind]
) -> dict[Level | UnitKind, Figures]:
    """The figures of a round by level or by kind of unit, in the order of the words."""
    column = col(Unit.level) if way is Level else col(Unit.kind)
    items = asked(session, found)
    sums = summed(session, found, as_of, items, key=column)
    units = units_by(session, found, as_of, key=column)
    return {word: figures(items, sums.get(word, {}), units[word]) for word in way if word in units}


def figures(items: Sequence[Indicator], sums: Mapping[int, Sums], units: Units) -> Figures:
    """Sums as figures, for every indicator asked."""
    return {
        item.id: Aggregate.of(item.kind, sums.get(item.id) or Sums(), units, item.choices or ())
        for item in items
        if item.id is not None
    }


def statuses(
    session: Session, found: Round, as_of: datetime, *where: sa.ColumnElement[bool]
) -> dict[int, Status]:
    """Where every unit that a round asks stood at an instant, by unit id."""
    owner = _owner(session, found)
    every = {s.unit_id: s.status for s in standings(session, owner, as_of, found.id)}
    if not where:
        return every
    ids = session.connection().scalars(sa.select(col(Unit.id)).where(*where))
    return {id_: every[id_] for id_ in ids if id_ in every}


def units_by(
    session: Session,
    found: Round,
    as_of: datetime,
    *where: sa.ColumnElement[bool],
    key: Any = None,
) -> dict[Key, Units]:
    """How many units of a round are expected, missing and late, by a column of units."""
    states: dict[Key, list[Status]] = {}
    rows = standing_counts(session, _owner(session, found), found, as_of, *where, key=key)
    for of, state, count in rows:
        states.setdefault(of, []).extend([state] * count)
    return {of: Units.of(its) for of, its in states.items()}


def _owner(session: Session, found: Round) -> Directive:
    without_file = [defer(Directive.file)]  # type: ignore[arg-type]  # large
    return session.get_one(Directive, found.directive_id, options=without_file)


def summed(
    session: Session,
    found: Round,
    as_of: datetime,
    items: Sequence[Indicator],
    *where: sa.ColumnElement[bool],
    key: Any = None,
) -> dict[Key, dict[int, Sums]]:
    """The sums of a round's indicators, by a column of their units where one is given."""
    kinds = {item.kind for item in items}
    sums: dict[Key, dict[int, Sums]] = {}
    for row in session.connection().execute(_grouped(found, as_of, kinds, where, key)):
        of, id_, choice, given, within, *numbers, first, last = row
        mine = sums.setdefault(of, {})
        if choice is None:
            number, numerator, denominator, yes = (n or 0 for n in numbers)
            mine[id_] = Sums(
                given, number, numerator, denominator, yes, first, last, included=within
            )
        else:
            mine.setdefault(id_, Sums()).add(Sums(given, choices={choice: given}))
    return sums


def _grouped(
    found: Round,
    as_of: datetime,
    kinds: set[IndicatorKind],
    where: Sequence[sa.ColumnElement[bool]],
    key: Any,
) -> sa.Select[Any]:
    """Only the columns that the kinds asked fill in are read: each takes time for every figure."""
    value, standing = IndicatorValue, stands(found, as_of)
    answers = counted(standing, as_of)
    held = included(standing) if found.with_subordinates and kinds & ADDED_UP else None
    if where or key is not None:
        answers = _keyed(answers, where, key)
    of: list[Any] = [answers.c.key] if key is not None else []
    keys = [*of, col(value.indicator_id)]
    if IndicatorKind.CHOICE in kinds:
        keys.append(col(value.choice))
    statement = (
        sa.select(
            *of or [sa.null()],
            col(value.indicator_id),
            col(value.choice) if IndicatorKind.CHOICE in kinds else sa.null(),
            sa.func.count(),
            sa.literal(0) if held is None else sa.func.count(held.c.submission_id),
            *(column if kinds & wants else sa.null() for wants, column in _columns(held)),
        )
        .join(answers, answers.c.id == col(value.submission_id))
        .group_by(*keys)
    )
    if held is None:
        return statement
    return statement.outerjoin(
        held,
        sa.and_(
            held.c.submission_id == col(value.submission_id),
            held.c.indicator_id == col(value.indicator_id),
        ),
    )


def _keyed(answers: sa.CTE, where: Sequence[sa.ColumnElement[bool]], key: Any) -> sa.CTE:
    """The answers of some units, each with its key: found once an answer, not once a figure."""
    keys = [sa.func.min(key).label("key")] if key is not None else []
    return (
        sa.select(answers.c.id, *keys)
        .join(Unit, col(Unit.id) == answers.c.unit_id)
        .where(*where)
        .group_by(answers.c.id)
        .cte("keyed")
        .prefix_with("MATERIALIZED")
    )


def _columns(
    held: sa.CTE | None,
) -> Iterator[tuple[frozenset[IndicatorKind], sa.ColumnElement[Any]]]:
    """The parts of `Sums` after the numbers of those who gave, and the kinds that have them; what
    the figure of a unit above holds is not added.
    """
    value, func = IndicatorValue, sa.func

    def summed(column: Any) -> sa.ColumnElement[Any]:
        if held is None:
            return func.sum(column)
        return func.sum(sa.case((held.c.submission_id.is_(None), column)))

    yield SUMMED, summed(col(value.number))
    yield frozenset({IndicatorKind.RATIO}), summed(col(value.numerator))
    yield frozenset({IndicatorKind.RATIO}), summed(col(value.denominator))
    yield frozenset({IndicatorKind.YES_NO}), func.count(sa.case((col(value.yes).is_(True), 1)))
    yield frozenset({IndicatorKind.DATE}), func.min(col(value.day))
    yield frozenset({IndicatorKind.DATE}), func.max(col(value.day))
