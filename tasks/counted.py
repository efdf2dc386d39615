"""Which answers of a round make its figures: each figure counts once.

Where the units of a round answer for those below them, an answer is left out that the answer of a
unit above includes; and so is one whose task passed to a successor that answered as well. Who was
above whom is taken as the register has it, whether or not those units have ended since: what an
answer included when it was given does not change with the tree.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.round import Handover, Obligation, Round
from models.status import day_of
from models.unit import Unit
from tasks.standing import standing


@dataclass(frozen=True)
class LeftOut:
    """An answer whose figures are not counted, by the unit that gave it: those of `within` include
    it, or its task `passed_to` another.
    """

    unit_id: int
    within: int | None = None
    passed_to: int | None = None


def stands(found: Round, as_of: datetime) -> sa.CTE:
    """The answers that stand in a round at an instant, with their obligation and unit."""
    last = standing(as_of, col(Round.id) == found.id)
    return (
        sa.select(last.c.obligation_id, last.c.id, col(Obligation.unit_id))
        .join(Obligation, col(Obligation.id) == last.c.obligation_id)
        .cte("stands")
    )


def counted(found: Round, as_of: datetime) -> sa.CTE:
    """Those of the answers that stand whose figures are counted.

    Grouped by id, so that Postgres knows that no id is there twice: it then looks the answers up
    from the figures, where it would put all figures into a table to look them up from the answers.
    """
    answers = stands(found, as_of)
    chosen = sa.select(answers.c.id, sa.func.min(answers.c.unit_id).label("unit_id")).where(
        ~_among(answers, _passed_on(answers, as_of))
    )
    if found.with_subordinates:
        chosen = chosen.where(~_among(answers, _within(answers)))
    return chosen.group_by(answers.c.id).cte("counted")


def _among(answers: sa.CTE, units: sa.Select[tuple[int, int]]) -> sa.Exists:
    """Whether a unit is among some; as EXISTS, since Postgres takes NOT IN to halve the rows and
    then reads the figures answer by answer; materialized, since SQLite would seek all the answers
    again for each.
    """
    some = units.cte().prefix_with("MATERIALIZED")
    return sa.exists().where(some.c.unit_id == answers.c.unit_id)


def left_out(session: Session, found: Round, as_of: datetime) -> dict[int, LeftOut]:
    """The answers that stand and are not counted, by unit, each with the reason."""
    answers, connection = stands(found, as_of), session.connection()
    taken = connection.execute(_passed_on(answers, as_of))
    out = {unit: LeftOut(unit, passed_to=to) for unit, to in taken}
    if found.with_subordinates:
        for unit, above in connection.execute(_within(answers)):
            out.setdefault(unit, LeftOut(unit, within=above))
    return out


def _passed_on(answers: sa.CTE, as_of: datetime) -> sa.Select[tuple[int, int]]:
    """The units whose task passed on, and the units that took it over and answered."""
    other = answers.alias("taken")
    return (
        sa.select(answers.c.unit_id, other.c.unit_id.label("to_id"))
        .join(Handover, col(Handover.from_id) == answers.c.obligation_id)
        .join(other, other.c.obligation_id == col(Handover.to_id))
        .where(col(Handover.day) <= day_of(as_of))
    )


def _within(answers: sa.CTE) -> sa.Select[tuple[int, int]]:
    """Each unit that answered below another that did, and the nearest such one above it.

    Climbs from parent to parent and goes no further than an answer; a tree in a circle ends it,
    since a UNION keeps no row twice.
    """
    first, above, met = aliased(Unit), aliased(Unit), answers.alias("met")
    climb = (
        sa.select(answers.c.unit_id, col(first.parent_id).label("above_id"))
        .join(first, col(first.id) == answers.c.unit_id)
        .where(col(first.parent_id).is_not(None))
        .cte("climb", recursive=True)
    )
    step = (
        sa.select(climb.c.unit_id, col(above.parent_id))
        .join(above, col(above.id) == climb.c.above_id)
        .outerjoin(met, met.c.unit_id == climb.c.above_id)
        .where(met.c.unit_id.is_(None), col(above.parent_id).is_not(None))
    )
    climb = climb.union(step)
    reached = answers.alias("reached")
    return sa.select(climb.c.unit_id, climb.c.above_id).join(
        reached, reached.c.unit_id == climb.c.above_id
    )
