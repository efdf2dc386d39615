"""The outbox: mails are queued with what they announce, claimed in batches, their outcome written.

The key of a mail is its cause, so queueing twice leaves one mail; a lease that a dead sender left
behind runs out and the mail is sent again under the same Message-ID.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from models.mail import Message
from models.words import MessageState, Purpose
from tasks.mime import reference

LEASE = timedelta(minutes=15)
RETRY_FOR = timedelta(days=5)
FIRST_PAUSE = timedelta(minutes=5)

# as a literal: a bound parameter would keep SQLite from using the partial index
WAITING: sa.ColumnElement[bool] = sa.literal_column(
    "state IN ('queued', 'retry', 'unknown', 'leased')"
)


class Claimed(NamedTuple):
    """A mail leased to a sender: what is needed to write it. `attempts` counts this one, and being
    risen by every claim it tells this lease from a later one.
    """

    id: int
    key: str
    purpose: Purpose
    unit_id: int
    directive_id: int | None
    obligation_id: int | None
    to_name: str
    to_email: str
    template: str
    context: dict[str, Any]
    queued_at: datetime
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """What became of a mail at an attempt: its state, and the relay's words.

    `queued` gives it back as it was: it was not tried.
    """

    message_id: int
    attempt: int
    state: MessageState
    words: str


def insert_new(session: Session, table: Any, rows: list[dict[str, Any]]) -> int:
    """Inserts rows in one statement, leaving out those already there; how many went in."""
    if not rows:
        return 0
    statement = upsert(session, table).on_conflict_do_nothing().returning(table.__table__.c.id)
    return len(session.connection().execute(statement, rows).all())


def upsert(session: Session, table: Any) -> Any:
    """An INSERT that can say what to do where the row is there, on either database."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table.__table__)


def queue(session: Session, mails: Iterable[Mapping[str, Any]], as_of: datetime) -> int:
    """Queues mails (key, purpose, unit, addressee, template, context); how many were new."""
    return insert_new(session, Message, [_row(mail, as_of) for mail in mails])


def queue_first(session: Session, mail: Mapping[str, Any], as_of: datetime) -> None:
    """Queues a mail whose cause has just come about in this transaction, so that none is there."""
    session.connection().execute(sa.insert(Message), _row(mail, as_of))


def _row(mail: Mapping[str, Any], as_of: datetime) -> dict[str, Any]:
    return {
        "reference": reference(mail["key"]),
        "state": MessageState.QUEUED,
        "queued_at": as_of,
        "next_at": as_of,
        "expires_at": as_of + RETRY_FOR,
        "attempts": 0,
        "directive_id": None,
        "obligation_id": None,
        **mail,
    }


def due(session: Session, most: int, as_of: datetime, but: Collection[Purpose] = ()) -> int:
    """How many mails are due, counted up to `most`."""
    found = sa.select(col(Message.id)).where(_due(as_of, but)).limit(most).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def claim(
    session: Session, limit: int, as_of: datetime, but: Collection[Purpose] = ()
) -> list[Claimed]:
    """Up to `limit` mails that are due, leased to the caller; other senders pass over them.

    Mails for the purposes `but` these wait.
    """
    found = oldest(session, limit, as_of, but)
    lease(session, [mail.id for mail in found], as_of)
    return found


def oldest(
    session: Session, limit: int, as_of: datetime, but: Collection[Purpose] = ()
) -> list[Claimed]:
    """The mails that are due and that no other sender holds, locked until the transaction ends, as
    they are once leased.
    """
    columns = [col(getattr(Message, name)) for name in Claimed._fields]
    statement = (
        sa.select(*columns)
        .where(_due(as_of, but))
        .order_by(col(Message.next_at), col(Message.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_claimed(row) for row in session.connection().execute(statement)]


def put_off_until(session: Session, as_of: datetime) -> datetime | None:
    """When the first of the mails may leave that wait for an allowance; None where none does."""
    waits = sa.and_(WAITING, col(Message.state) == MessageState.QUEUED)
    waits = sa.and_(waits, col(Message.next_at) > as_of)
    return session.scalar(sa.select(sa.func.min(col(Message.next_at))).where(waits))


def _due(as_of: datetime, but: Collection[Purpose]) -> sa.ColumnElement[bool]:
    found = sa.and_(WAITING, col(Message.next_at) <= as_of)
    return sa.and_(found, col(Message.purpose).not_in(but)) if but else found


def _claimed(row: sa.Row[Any]) -> Claimed:
    return Claimed._make((*row[:-1], row[-1] + 1))


def lease(session: Session, ids: Collection[int], as_of: datetime) -> None:
    """Gives mails to the caller until the lease runs out."""
    if ids:
        session.connection().execute(
            sa.update(Message)
            .where(col(Message.id).in_(ids))
            .values(
                state=MessageState.LEASED,
                next_at=as_of + LEASE,
                attempts=col(Message.attempts) + 1,
            )
        )


_TABLE = Message.__table__  # type: ignore[attr-defined]
_RECORD = (
    sa.update(_TABLE)
    .where(
        _TABLE.c.id == sa.bindparam("b_id"),
        sa.literal_column("state NOT IN ('sent', 'bounced')"),
        sa.or_(_TABLE.c.attempts == sa.bindparam("b_attempt"), sa.bindparam("b_taken")),
    )
    .values(
        state=sa.bindparam("b_state"),
        next_at=sa.bindparam("b_next_at"),
        sent_at=sa.bindparam("b_sent_at"),
        outcome=sa.func.coalesce(sa.bindparam("b_outcome"), _TABLE.c.outcome),
        attempts=_TABLE.c.attempts - sa.bindparam("b_untried"),
    )
)


def record(session: Session, outcomes: Iterable[Outcome], as_of: datetime) -> None:
    """Writes outcomes: sent, failed, when to try again, or given back.

    A sender whose lease ran out may report late: that a mail was taken is always written, and sent
    stays sent; of the rest only what belongs to the newest lease.
    """
    found = list(outcomes)
    again = [o.message_id for o in found if o.state in (MessageState.RETRY, MessageState.UNKNOWN)]
    expires = _expiries(session, again) if again else {}
    rows = [_outcome_row(outcome, expires, as_of) for outcome in found]
    if rows:
        session.connection().execute(_RECORD, rows)


def _expiries(session: Session, ids: list[int]) -> dict[int, datetime]:
    columns = (col(Message.id), col(Message.expires_at))
    found = session.connection().execute(sa.select(*columns).where(col(Message.id).in_(ids)))
    return {id_: expires for id_, expires in found.tuples() if id_}


def _outcome_row(
    outcome: Outcome, expires: Mapping[int, datetime], as_of: datetime
) -> dict[str, Any]:
    state, next_at = outcome.state, as_of
    if outcome.message_id in expires:
        next_at = as_of + FIRST_PAUSE * 2 ** min(outcome.attempt - 1, 8)
        if as_of >= expires[outcome.message_id]:
            state = MessageState.FAILED
    return {
        "b_id": outcome.message_id,
        "b_attempt": outcome.attempt,
        "b_taken": state is MessageState.SENT,
        "b_state": state,
        "b_next_at": next_at,
        "b_sent_at": as_of if state is MessageState.SENT else None,
        "b_outcome": outcome.words[:500] or None,
        "b_untried": int(state is MessageState.QUEUED),
    }
