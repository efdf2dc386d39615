"""The outbox: mails are queued with what they announce, claimed in batches, their outcome written.

The key of a mail is its cause, so queueing twice leaves one mail; a lease that a dead sender left
behind runs out and the mail is sent again under the same Message-ID.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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
LONGEST_PAUSE = timedelta(days=1)

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


class Outcome(NamedTuple):
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


def is_due(session: Session, as_of: datetime, but: Collection[Purpose] = ()) -> bool:
    """Whether any mail is due."""
    return bool(session.scalar(sa.select(sa.exists().where(_due(as_of, but)))))


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


# one statement a batch: a bound statement a row costs as much as sending the mail
_ROWS = {
    "sqlite": """(SELECT value->>'id' AS id, value->>'attempt' AS attempt, value->>'taken' AS taken,
        value->>'state' AS state, value->>'next_at' AS next_at, value->>'sent_at' AS sent_at,
        value->>'outcome' AS outcome, value->>'untried' AS untried FROM json_each(:rows)) AS row""",
    "postgresql": """jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(id bigint, attempt int,
        taken boolean, state text, next_at timestamp, sent_at timestamp, outcome text,
        untried int)""",
}
_RECORD = """UPDATE message
    SET state = row.state, next_at = row.next_at{utc}, sent_at = row.sent_at{utc},
        outcome = coalesce(row.outcome, message.outcome), attempts = attempts - row.untried
    FROM {rows} WHERE message.id = row.id AND message.state NOT IN ('sent', 'bounced')
        AND (message.attempts = row.attempt OR row.taken)"""


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
        dialect = session.get_bind().dialect.name
        utc = " AT TIME ZONE 'UTC'" if dialect == "postgresql" else ""
        statement = sa.text(_RECORD.format(rows=_ROWS[dialect], utc=utc))
        session.connection().execute(statement, {"rows": json.dumps(rows)})


def _expiries(session: Session, ids: list[int]) -> dict[int, datetime]:
    columns = (col(Message.id), col(Message.expires_at))
    found = session.connection().execute(sa.select(*columns).where(col(Message.id).in_(ids)))
    return {id_: expires for id_, expires in found.tuples() if id_}


def _outcome_row(
    outcome: Outcome, expires: Mapping[int, datetime], as_of: datetime
) -> dict[str, Any]:
    state, next_at = outcome.state, as_of
    if outcome.message_id in expires:
        # as long again as it has been tried: the pauses double, and begin anew for one sent again
        tried_for = as_of - (expires[outcome.message_id] - RETRY_FOR)
        next_at = as_of + min(tried_for + FIRST_PAUSE, LONGEST_PAUSE)
        if as_of >= expires[outcome.message_id]:
            state = MessageState.FAILED
    taken = state is MessageState.SENT
    return {
        "id": outcome.message_id,
        "attempt": outcome.attempt,
        "taken": taken,
        "state": state,
        "next_at": _stored(next_at),
        "sent_at": _stored(as_of) if taken else None,
        "outcome": outcome.words.replace("\0", "")[:500] or None,
        "untried": int(state is MessageState.QUEUED),
    }


@lru_cache(maxsize=64)
def _stored(moment: datetime) -> str:
    """An instant as SQLite keeps it (see `models.columns`); Postgres is told that it is UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
