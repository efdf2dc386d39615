"""How many obligations of a round stand where, counted by the database.

Obligations that are alike in all that `models.status` looks at are one row; it is asked once for
each such row, with the facts of one of them.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive
from models.round import Obligation, Round
from models.status import Facts, end_of, status
from models.unit import Unit
from models.words import Status
from tasks.boards import thresholds
from tasks.past import touched_since

Key = Any  # of a column of units


def standing_counts(
    session: Session,
    owner: Directive,
    found: Round,
    as_of: datetime,
    *where: sa.ColumnElement[bool],
    key: Any = None,
) -> Iterator[tuple[Key, Status, int]]:
    """Where the obligations of a round stood at an instant, by a column of their units where one
    is given, and how many; `where` may speak of units.
    """
    mine = [col(Obligation.round_id) == found.id, col(Obligation.opened_at) <= as_of]
    colours, before = thresholds(), touched_since(session, owner, as_of)
    if before:
        chosen = [col(Obligation.id).in_(before), *mine, *where]
        for id_, of in session.connection().execute(_of(col(Obligation.id), key).where(*chosen)):
            yield of, status(before[id_], as_of, colours), 1
        mine.append(col(Obligation.id).not_in(before))
    dues = session.connection().scalars(sa.select(col(Obligation.due)).where(*mine).distinct())
    grouped = _grouped(list(dues), as_of, key).where(*mine, *where)
    for of, *facts, count in session.connection().execute(grouped):
        yield of, status(Facts(*facts), as_of, colours), count


def _of(column: Any, key: Any) -> sa.Select[Any]:
    statement = sa.select(column, sa.null() if key is None else key).select_from(Obligation)
    return statement.join(Unit, col(Unit.id) == col(Obligation.unit_id))


def _grouped(dues: list[date], as_of: datetime, key: Any) -> sa.Select[Any]:
    """The facts of one obligation of each sort, and how many there are of it."""
    due, answered, ended = col(Obligation.due), col(Obligation.answered_at), Obligation.ended_at
    kinds: list[Any] = [due, col(Obligation.ending), answered <= as_of, col(ended) <= as_of]
    if dues:
        kinds.append(answered < sa.case({day: end_of(day) for day in dues}, value=due))
    if key is not None:
        kinds.append(key)
    facts = due, sa.func.min(answered), sa.func.min(col(ended)), col(Obligation.ending)
    return (
        sa.select(sa.null() if key is None else key, *facts, sa.func.count())
        .select_from(Obligation)
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .group_by(*kinds)
    )
