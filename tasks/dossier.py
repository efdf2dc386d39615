"""Everything of one obligation, for the secretariat: its mails and their fate, its versions."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.asked import Asks
from models.errors import UnknownName
from models.i18n import gettext as _
from models.mail import Message, Reminder
from models.round import Obligation, Round
from models.words import MessageState, Purpose, Verdict
from tasks.answer_changes import Change, changes
from tasks.reliefs import LAST_NUMBER
from tasks.task_page import Answer


@dataclass(frozen=True)
class Sent:
    """A mail about an obligation, or that names it among others."""

    number: int
    purpose: Purpose
    to_name: str
    to_email: str
    queued_at: datetime
    state: MessageState
    outcome: str


@dataclass(frozen=True)
class Compared:
    """A version of an answer: all that it says, and what it changes in the checked one before."""

    answer: Answer
    says: list[Change]
    changed: list[Change]
    since: int | None


def scope(session: Session, obligation_id: int) -> tuple[int, int | None]:
    """The unit that owes an obligation and the one that oversees its round; raises UnknownName."""
    known = 0 < obligation_id <= LAST_NUMBER
    row = session.exec(
        select(Obligation.unit_id, Round.overseer_id)
        .join(Round)
        .where(Obligation.id == (obligation_id if known else 0))
    ).first()
    if row is None:
        raise UnknownName(_("There is no such task."))
    return row


def mails(session: Session, obligation_id: int) -> list[Sent]:
    """The mails about an obligation, oldest first, reminders of several tasks included."""
    named = sa.select(col(Reminder.message_id)).where(
        col(Reminder.obligation_id) == obligation_id, col(Reminder.message_id).is_not(None)
    )
    found = session.exec(
        select(Message)
        .where(sa.or_(col(Message.obligation_id) == obligation_id, col(Message.id).in_(named)))
        .order_by(col(Message.id))
    )
    return [
        Sent(m.id or 0, m.purpose, m.to_name, m.to_email, m.queued_at, m.state, m.outcome or "")
        for m in found
    ]


def compared(answers: list[Answer], asks: Asks) -> list[Compared]:
    """The versions, newest first, each beside the checked one before it."""
    found = []
    for number, answer in enumerate(answers):
        given = answer.submission
        earlier = (a.submission for a in answers[number + 1 :])
        last = next(
            (s for s in earlier if s.verdict is Verdict.ACCEPTED and s.kind is given.kind), None
        )
        changed = changes(last.payload, given.payload, asks) if last else []
        says = changes({}, given.payload, asks)
        found.append(Compared(answer, says, changed, last.version if last else None))
    return found
