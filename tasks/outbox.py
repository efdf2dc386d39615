"""The outbox: mails are queued with what they announce, claimed in batches, their outcome written.

The key of a mail is its cause, so queueing twice leaves one mail; a lease that a dead sender left
behind runs out and the mail is sent again under the same Message-ID.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from models.mail import Message
from models.words import MessageState, Purpose
from tasks.mime import reference

LEASE = timedelta(minutes=10)
RETRY_FOR = timedelta(days=5)
FIRST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Outcome:
    """What the relay said of one mail: state, and its words."""

    message_id: int
    state: MessageState
    words: str


def insert_new(session: Session, table: Any, rows: list[dict[str, Any]]) -> int:
    """Inserts rows in one statement, leaving out those already there; how many went in."""
    if not rows:
        return 0
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table.__table__).on_conflict_do_nothing().returning(table.__table__.c.id)
    return len(session.connection().execute(statement, rows).all())


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


def claim(
    session: Session, limit: int, as_of: datetime, but: Collection[Purpose] = ()
) -> list[Message]:
    """Up to `limit` mails that are due, leased to the caller; other senders pass over them.

    Mails for the purposes `but` these wait.
    """
    waiting: sa.ColumnElement[bool] = sa.literal_column(
        "state IN ('queued', 'retry', 'unknown', 'leased')"
    )
    oldest = (
        sa.select(col(Message.id))
        .where(waiting, col(Message.next_at) <= as_of, col(Message.purpose).not_in(but))
        .order_by(col(Message.next_at), col(Message.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("oldest")  # read once: as a subquery Postgres may run it again for every row
    )
    lease = (
        sa.update(Message)
        .where(col(Message.id).in_(sa.select(oldest.c.id)))
        .values(
            state=MessageState.LEASED,
            next_at=as_of + LEASE,
            attempts=col(Message.attempts) + 1,
        )
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    claimed = list(session.scalars(lease))
    session.expunge_all()
    return sorted(claimed, key=lambda message: (message.queued_at, message.id))


def record(session: Session, outcomes: Iterable[Outcome], as_of: datetime) -> None:
    """Writes outcomes in one statement: sent, failed, or when to try again. Sent stays sent, though
    a sender whose lease ran out may report later what became of its own try.
    """
    rows = []
    found = list(outcomes)
    tried = {
        id_: (queued_at, attempts)
        for id_, queued_at, attempts in session.exec(
            select(Message.id, Message.queued_at, Message.attempts).where(
                col(Message.id).in_([o.message_id for o in found])
            )
        )
    }
    for outcome in found:
        queued_at, attempts = tried[outcome.message_id]
        state, next_at = outcome.state, as_of
        if state in (MessageState.RETRY, MessageState.UNKNOWN):
            if as_of - queued_at >= RETRY_FOR:
                state = MessageState.FAILED
            next_at = as_of + FIRST_PAUSE * 2 ** min(attempts - 1, 8)
        rows.append(
            {
                "b_id": outcome.message_id,
                "b_state": state,
                "b_next_at": next_at,
                "b_sent_at": as_of if state is MessageState.SENT else None,
                "b_outcome": outcome.words[:500],
            }
        )
    if not rows:
        return
    table = Message.__table__  # type: ignore[attr-defined]
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("b_id"), table.c.state != MessageState.SENT)
        .values(
            state=sa.bindparam("b_state"),
            next_at=sa.bindparam("b_next_at"),
            sent_at=sa.bindparam("b_sent_at"),
            outcome=sa.bindparam("b_outcome"),
        )
    )
    session.connection().execute(statement, rows)
