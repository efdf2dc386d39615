"""Which answers of a round make its figures: each figure counts once.

Where the units of a round answer for those below them, what adds up (a count, money, a ratio) is
left out of an answer where that of a unit above gives the same figure, which includes it; where
none does, it counts. A yes, a choice, a date, a score says how one unit stands: of every unit it
counts. Left out whole is an answer whose task passed to a successor that answered as well. Who was
above whom is taken as the register has it, whether or not those units have ended since: what an
answer included when it was given does not change with the tree.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.directive import Indicator
from models.round import Handover, IndicatorValue, Obligation, Round
from models.status import day_of
from models.unit import Unit
from tasks.figures_below import ADDED_UP
from tasks.standing import standing


def stands(found: Round, as_of: datetime) -> sa.CTE:
    """The answers that stand in a round at an instant, with their obligation and unit."""
    last = standing(as_of, col(Round.id) == found.id)
    return (
        sa.select(last.c.obligation_id, last.c.id, col(Obligation.unit_id))
        .join(Obligation, col(Obligation.id) == last.c.obligation_id)
        .cte("stands")
    )


def counted(answers: sa.CTE, as_of: datetime) -> sa.CTE:
    """Those of the answers that stand whose figures are counted.

    Grouped by id, so that Postgres knows that no id is there twice: it then looks the answers up
    from the figures, where it would put all figures into a table to look them up from the answers.
    """
    return (
        sa.select(answers.c.id, sa.func.min(answers.c.unit_id).label("unit_id"))
        .where(~_among(answers, _passed_on(answers, as_of)))
        .group_by(answers.c.id)
        .cte("counted")
    )


def included(answers: sa.CTE) -> sa.CTE:
    """The figures, by answer and indicator, that the figure of a unit above includes."""
    below, over, value = answers.alias("below"), answers.alias("over"), IndicatorValue
    pairs = _above(answers).cte("pairs")
    return (
        sa.select(below.c.id.label("submission_id"), col(value.indicator_id))
        .select_from(pairs)
        .join(below, below.c.unit_id == pairs.c.unit_id)
        .join(over, over.c.unit_id == pairs.c.above_id)
        .join(value, col(value.submission_id) == over.c.id)
        .join(Indicator, col(Indicator.id) == col(value.indicator_id))
        .where(col(Indicator.kind).in_(ADDED_UP))
        .distinct()
        .cte("included")
        .prefix_with("MATERIALIZED")
    )


def _among(answers: sa.CTE, units: sa.Select[tuple[int, int]]) -> sa.Exists:
    """Whether a unit is among some; as EXISTS, since Postgres takes NOT IN to halve the rows and
    then reads the figures answer by answer; materialized, since SQLite would seek all the answers
    again for each.
    """
    some = units.cte().prefix_with("MATERIALIZED")
    return sa.exists().where(some.c.unit_id == answers.c.unit_id)


def passed_on(session: Session, found: Round, as_of: datetime) -> dict[int, int]:
    """The units whose answer stands and is not counted, each with the one that answered in its
    place.
    """
    rows = session.connection().execute(_passed_on(stands(found, as_of), as_of))
    return dict(rows.tuples().all())


def answered_above(session: Session, found: Round, as_of: datetime) -> dict[int, list[int]]:
    """Of each unit that answered the ones above it that did too, the nearest first, where units
    answer for those below them: the first that gives a figure includes it.
    """
    above: dict[int, list[int]] = {}
    if found.with_subordinates:
        rows = session.connection().execute(_above(stands(found, as_of)))
        for unit, over in rows:
            above.setdefault(unit, []).append(over)
    # who has more above it stands nearer
    return {
        unit: sorted(every, key=lambda over: -len(above.get(over, ())))
        for unit, every in above.items()
    }


def _passed_on(answers: sa.CTE, as_of: datetime) -> sa.Select[tuple[int, int]]:
    """The units whose task passed on, and the units that took it over and answered."""
    other = answers.alias("taken")
    return (
        sa.select(answers.c.unit_id, other.c.unit_id.label("to_id"))
        .join(Handover, col(Handover.from_id) == answers.c.obligation_id)
        .join(other, other.c.obligation_id == col(Handover.to_id))
        .where(col(Handover.day) <= day_of(as_of))
    )


def _above(answers: sa.CTE) -> sa.Select[tuple[int, int]]:
    """Each unit that answered with each one above it that did; a tree in a circle ends the climb,
    since a UNION keeps no row twice.
    """
    first, above = aliased(Unit), aliased(Unit)
    climb = (
        sa.select(answers.c.unit_id, col(first.parent_id).label("above_id"))
        .join(first, col(first.id) == answers.c.unit_id)
        .where(col(first.parent_id).is_not(None))
        .cte("climb", recursive=True)
    )
    step = (
        sa.select(climb.c.unit_id, col(above.parent_id))
        .join(above, col(above.id) == climb.c.above_id)
        .where(col(above.parent_id).is_not(None))
    )
    climb = climb.union(step)
    reached = answers.alias("reached")
    return (
        sa.select(climb.c.unit_id, climb.c.above_id)
        .join(reached, reached.c.unit_id == climb.c.above_id)
        .where(climb.c.unit_id != climb.c.above_id)
    )
