"""Mail held back after a restore, until a person says that it may leave.

What waited when the copy was made may have left since, and what happened after it happens again:
the database cannot know. So nothing leaves by itself; the outbox fills, an operator looks at it.
A hold is a stoppage of no relay, which nothing but `release` ends.
"""

from collections import Counter
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from models.i18n import N_, vi
from models.mail import HELD, Message, Stoppage
from models.words import Deed, MessageState, Purpose
from tasks import activities
from tasks.outbox import WAITING

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
DROPPED = N_("not sent: dropped after a restore")


def hold(session: Session, words: str, as_of: datetime) -> None:
    """Lets no mail leave any more."""
    found = session.get(Stoppage, HELD) or Stoppage(
        relay=HELD, since=as_of, until=FOR_EVER, times=1, words=words
    )
    found.words = words
    session.add(found)


def held(session: Session) -> Stoppage | None:
    """That mail is held back, if it is."""
    return session.get(Stoppage, HELD)


def waiting(session: Session) -> Counter[tuple[Purpose, bool]]:
    """How many mails wait, by purpose and whether they did so before mail was held."""
    stopped = held(session)
    before = col(Message.queued_at) < stopped.since if stopped else sa.false()
    statement = (
        sa.select(col(Message.purpose), before, sa.func.count())
        .where(WAITING)
        .group_by(col(Message.purpose), before)
    )
    found = session.connection().execute(statement)
    return Counter({(purpose, bool(old)): count for purpose, old, count in found})


def release(session: Session, by: str, as_of: datetime, *, drop: bool = False) -> int:
    """Lets mail leave again; with `drop` not what waits now. How many that is."""
    count = sum(waiting(session).values())
    if drop:
        session.connection().execute(
            sa.update(Message)
            .where(WAITING)
            .values(state=MessageState.DROPPED, outcome=vi(DROPPED), next_at=as_of)
        )
    stopped = held(session)
    if stopped is not None:
        session.delete(stopped)
    after = {"dropped": count} if drop else {"released": count}
    activities.note(session, Deed.RELEASED, by, as_of, after=after)
    return count
