"""Where every obligation of a directive stands, for a board of tens of thousands of them.

`boards.board` gives whole lines. A matrix needs of each obligation only where it stands, so this
takes the facts as the driver has them and asks `models.status` once for all that are alike.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive
from models.round import Obligation, Round
from models.status import Facts, status
from models.words import Ending, Status
from tasks.boards import thresholds
from tasks.past import touched_since


class Standing(NamedTuple):
    """An obligation of a unit in a round, and where it stood."""

    id: int
    round_id: int
    unit_id: int
    status: Status


def standings(
    session: Session, owner: Directive, as_of: datetime, round_id: int | None = None
) -> Iterator[Standing]:
    """Where the obligations of a directive, or of one round, stood at an instant, in no order."""
    before = touched_since(session, owner, as_of)
    colours = thresholds()
    known: dict[tuple[Any, ...], Status] = {}
    make = Standing._make
    rows = session.connection().execute(_facts(owner, as_of, round_id))
    for id_, of_round, unit_id, *raw in rows:
        facts = before.get(id_)
        if facts is not None:
            yield Standing(id_, of_round, unit_id, status(facts, as_of, colours))
            continue
        due, answered, ended, ending = raw
        # within an hour nothing changes, unless it is the hour of the instant asked for
        key = (due, _hour(answered), _hour(ended), ending)
        found = known.get(key)
        if found is None:
            found = status(_read(due, answered, ended, ending), as_of, colours)
            if not _near(answered, as_of) and not _near(ended, as_of):
                known[key] = found
        yield make((id_, of_round, unit_id, found))


def _facts(owner: Directive, as_of: datetime, round_id: int | None) -> sa.Select[Any]:
    """The facts without the conversions of the columns' types: half of the time goes there."""
    facts = (Obligation.due, Obligation.answered_at, Obligation.ended_at, Obligation.ending)
    keys = (Obligation.id, Obligation.round_id, Obligation.unit_id)
    rounds = sa.select(col(Round.id)).where(col(Round.directive_id) == owner.id)
    if round_id is not None:
        rounds = rounds.where(col(Round.id) == round_id)
    return sa.select(
        *map(col, keys), *(sa.type_coerce(col(fact), sa.types.NullType()) for fact in facts)
    ).where(col(Obligation.round_id).in_(rounds), col(Obligation.opened_at) <= as_of)


def _hour(raw: Any) -> Any:
    """An instant to the hour: SQLite has it as text, Postgres as an instant."""
    if raw is None:
        return None
    return raw[:13] if isinstance(raw, str) else int(raw.timestamp()) // 3_600


def _near(raw: Any, as_of: datetime) -> bool:
    return raw is not None and abs((_instant(raw) - as_of).total_seconds()) < 3_600


def _instant(raw: Any) -> datetime:
    found = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _read(due: Any, answered: Any, ended: Any, ending: Any) -> Facts:
    return Facts(
        date.fromisoformat(due) if isinstance(due, str) else due,
        _instant(answered) if answered is not None else None,
        _instant(ended) if ended is not None else None,
        Ending(ending) if ending is not None else None,
    )
