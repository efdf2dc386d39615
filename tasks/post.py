"""The mail of a directive in figures: how much of it is where, and what came in.

The outbox keeps what is, not what was: these tell of now, whatever the day of the board.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive
from models.mail import Message, Received, Reminder
from models.round import Obligation, Round
from models.words import MessageState

TO_BE_TRIED = (MessageState.RETRY, MessageState.UNKNOWN)


@dataclass(frozen=True)
class Overview:
    """The mail of a directive by state; apart, the reminders that name its tasks among those of
    other directives. `waiting` counts what came in and waits for the secretariat.
    """

    directive: str
    own: dict[str, int]
    shared: dict[str, int]
    next_try: datetime | None
    waiting: dict[str, int]


def overview(session: Session, owner: Directive) -> Overview:
    """The mail of a directive in figures; a state that no mail is in is left out."""
    own, shared = col(Message.directive_id) == owner.id, _is_shared(owner)
    tried = sa.select(sa.func.min(col(Message.next_at))).where(
        concerning(owner), col(Message.state).in_(TO_BE_TRIED)
    )
    waits = sa.and_(came_for(owner), col(Received.settled_at).is_(None))
    return Overview(
        directive=owner.symbol,
        own=_counts(session, Message.state, own),
        shared=_counts(session, Message.state, shared),
        next_try=session.connection().scalar(tried),
        waiting=_counts(session, Received.kind, waits),
    )


def _counts(session: Session, word: Any, where: sa.ColumnElement[bool]) -> dict[str, int]:
    """How often each word stands in a column."""
    column = col(word)
    statement = sa.select(column, sa.func.count()).where(where).group_by(column).order_by(column)
    return {found.value: n for found, n in session.connection().execute(statement)}


def concerning(owner: Directive) -> sa.ColumnElement[bool]:
    """Mail about a directive alone, or about it too."""
    return sa.or_(col(Message.directive_id) == owner.id, _is_shared(owner))


def _is_shared(owner: Directive) -> sa.ColumnElement[bool]:
    """Reminders over several directives that name a task of this one."""
    naming = (
        sa.select(col(Reminder.message_id))
        .join(Obligation, col(Obligation.id) == col(Reminder.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(col(Round.directive_id) == owner.id, col(Reminder.message_id).is_not(None))
    )
    return sa.and_(col(Message.directive_id).is_(None), col(Message.id).in_(naming))


def came_for(owner: Directive) -> sa.ColumnElement[bool]:
    """Received mail about a task of a directive, or about mail of it."""
    tasks = sa.select(col(Obligation.id)).join(Round).where(col(Round.directive_id) == owner.id)
    mails = sa.select(col(Message.id)).where(concerning(owner))
    return sa.or_(col(Received.obligation_id).in_(tasks), col(Received.message_id).in_(mails))
