"""What did not arrive, or not yet: to whom, why, whom to call, and whether it still matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.delivery_status import reason
from models.directive import Directive
from models.i18n import gettext as _
from models.mail import Message, Received, Reminder
from models.round import Obligation, Round
from models.unit import Contact, Unit
from models.vietnamese import printable
from models.words import URGING, ContactRole, Handled, MessageState, Purpose, ReceivedKind
from tasks.lookup import id_of
from tasks.outbox import RETRY_FOR, Claimed
from tasks.post import TO_BE_TRIED, concerning
from tasks.reminding import PARTS, still_owed

GIVEN_UP = (MessageState.FAILED, MessageState.BOUNCED)


@dataclass(frozen=True)
class Trouble:
    """A mail that did not arrive, or not yet. `reason` is empty where the server's words hold no
    known code; `address` is where the unit's mail goes now, which may have been corrected since.
    """

    number: int
    unit_id: int
    unit: str
    unit_code: str
    role: ContactRole
    to_name: str
    to_email: str
    address: str
    telephone: str
    purpose: Purpose
    title: str
    due: date | None
    state: MessageState
    reason: str
    words: str
    attempts: int
    next_try: datetime | None
    queued_at: datetime
    handled: Handled | None


def troubles(
    session: Session,
    as_of: datetime,
    owner: Directive | None = None,
    unit: Unit | None = None,
) -> list[Trouble]:
    """The mails that did not arrive, of a directive or of all, to one unit or to any.

    What needs care comes first, and of that what is not tried again; then the earliest due.
    """
    concerned = _troubled(as_of)
    if owner is not None:
        concerned = sa.and_(concerned, concerning(owner))
    if unit is not None:
        concerned = sa.and_(concerned, col(Message.unit_id) == unit.id)
    rows = session.exec(
        select(Message, Unit, Obligation, Round)
        .join(Unit, col(Unit.id) == col(Message.unit_id))
        .outerjoin(Obligation, col(Obligation.id) == col(Message.obligation_id))
        .outerjoin(Round, col(Round.id) == col(Obligation.round_id))
        .where(concerned)
        .order_by(col(Message.id))
    ).all()
    facts = _facts(session, concerned, [row[0] for row in rows])
    return sorted((_trouble(facts, *row) for row in rows), key=_urgency)


def _troubled(as_of: datetime) -> sa.ColumnElement[bool]:
    """Given up, to be tried again, or held up on its way: servers try for five days, and then
    return a mail, so that an older notice of delay means nothing any more.
    """
    held_up = sa.select(col(Received.message_id)).where(
        col(Received.kind) == ReceivedKind.DELAY,
        col(Received.received_at) > as_of - RETRY_FOR,
        col(Received.message_id).is_not(None),
    )
    return sa.or_(
        col(Message.state).in_((*GIVEN_UP, *TO_BE_TRIED)),
        sa.and_(col(Message.state) == MessageState.SENT, col(Message.id).in_(held_up)),
    )


def _urgency(found: Trouble) -> tuple[Any, ...]:
    given_up = found.state in GIVEN_UP
    return (found.handled is not None, not given_up, found.due or date.max, found.number)


@dataclass(frozen=True)
class _Facts:
    """What is known beside the mails: contacts, what came back, what is owed, what arrived since.

    `told` has when the last mail that arrived about an obligation was queued, `urged` the same of
    reminders by unit.
    """

    contacts: dict[tuple[int, ContactRole], Contact]
    returned: dict[int | None, Received]
    owed: dict[str, date]
    told: dict[int, datetime]
    urged: dict[int, datetime]


def _facts(session: Session, concerned: sa.ColumnElement[bool], mails: Sequence[Message]) -> _Facts:
    def of(column: Any) -> sa.Select[Any]:
        return sa.select(col(column)).where(concerned).correlate(None)

    contacts = session.exec(select(Contact).where(col(Contact.unit_id).in_(of(Message.unit_id))))
    returned = session.exec(
        select(Received)
        .where(
            col(Received.kind).in_((ReceivedKind.BOUNCE, ReceivedKind.DELAY)),
            col(Received.message_id).in_(of(Message.id)),
        )
        .order_by(col(Received.received_at), col(Received.id))
    )
    return _Facts(
        contacts={(c.unit_id, c.role): c for c in contacts},
        returned={r.message_id: r for r in returned},
        owed=still_owed(session, [as_claimed(m) for m in mails if m.purpose in URGING]),
        told=_told(session, of(Message.obligation_id)),
        urged=_urged(session, of(Message.unit_id)),
    )


def _told(session: Session, obligations: sa.Select[Any]) -> dict[int, datetime]:
    own = sa.select(col(Message.obligation_id), sa.func.max(col(Message.queued_at))).group_by(
        col(Message.obligation_id)
    )
    named = (
        sa.select(col(Reminder.obligation_id), sa.func.max(col(Message.queued_at)))
        .join(Message, col(Message.id) == col(Reminder.message_id))
        .where(col(Reminder.purpose) == Purpose.REMINDER)
        .group_by(col(Reminder.obligation_id))
    )
    arrived = col(Message.state) == MessageState.SENT
    found: dict[int, datetime] = {}
    for query, column in ((own, Message.obligation_id), (named, Reminder.obligation_id)):
        rows = session.connection().execute(query.where(arrived, col(column).in_(obligations)))
        for id_, moment in rows:
            found[id_] = max(moment, found.get(id_, moment))
    return found


def _urged(session: Session, units: sa.Select[Any]) -> dict[int, datetime]:
    rows = session.connection().execute(
        sa.select(col(Message.unit_id), sa.func.max(col(Message.queued_at)))
        .where(
            col(Message.state) == MessageState.SENT,
            col(Message.purpose).in_(URGING),
            col(Message.unit_id).in_(units),
        )
        .group_by(col(Message.unit_id))
    )
    return {row[0]: row[1] for row in rows}


def as_claimed(message: Message) -> Claimed:
    """A mail as a sender has it."""
    return Claimed._make(getattr(message, name) for name in Claimed._fields)


def role_of(message: Message) -> ContactRole:
    """Who at the unit a mail is for."""
    return ContactRole.HEAD if message.context.get("to_head") else ContactRole.CLERK


def _trouble(
    facts: _Facts, mail: Message, unit: Unit, owed: Obligation | None, asking: Round | None
) -> Trouble:
    own = facts.contacts.get((mail.unit_id, role_of(mail)))
    back = facts.returned.get(mail.id)
    words = (mail.outcome or "") if mail.state is not MessageState.SENT else ""
    words = words or (back.text if back else "")
    title, due = (asking.title, owed.due) if asking and owed else urged_for(mail)
    return Trouble(
        number=id_of(mail),
        unit_id=mail.unit_id,
        unit=unit.name,
        unit_code=unit.code,
        role=role_of(mail),
        to_name=mail.to_name,
        to_email=mail.to_email,
        address=own.email if own else mail.to_email,
        telephone=_telephone(facts, mail.unit_id, role_of(mail)),
        purpose=mail.purpose,
        title=title,
        due=due,
        state=mail.state,
        reason=reason(words, back.status if back and mail.state not in TO_BE_TRIED else None),
        words=printable(words),
        attempts=mail.attempts,
        next_try=mail.next_at if mail.state in TO_BE_TRIED else None,
        queued_at=mail.queued_at,
        handled=_handled(facts, mail, owed),
    )


def urged_for(mail: Message) -> tuple[str, date | None]:
    """What a reminder names, in short, and the earliest date among it."""
    items = [item for part in PARTS for item in mail.context.get(part, [])]
    if not items:
        return "", None
    first = min(items, key=lambda item: (item["due_on"], item["code"]))
    title, others = str(first["title"]), len({item["code"] for item in items}) - 1
    if others:
        title = _("{title}, and {n} more").format(title=title, n=others)
    return title, date.fromisoformat(first["due_on"])


def _telephone(facts: _Facts, unit_id: int, role: ContactRole) -> str:
    """The number of whom the mail was for; where there is none, of the unit's clerk or head."""
    found = (facts.contacts.get((unit_id, r)) for r in (role, *ContactRole))
    return next((c.telephone for c in found if c and c.telephone), "")


def _handled(facts: _Facts, mail: Message, owed: Obligation | None) -> Handled | None:
    back = facts.returned.get(mail.id)
    if mail.state is MessageState.BOUNCED and back and back.settled_at:
        return Handled.SETTLED
    if _is_over(facts, mail, owed):
        return Handled.OVER
    own = facts.contacts.get((mail.unit_id, role_of(mail)))
    since = facts.urged.get(mail.unit_id) if owed is None else facts.told.get(id_of(owed))
    if since and since > mail.queued_at and not (own and own.bounced_at):
        return Handled.TOLD
    return None


def _is_over(facts: _Facts, mail: Message, owed: Obligation | None) -> bool:
    """Whether nobody waits any more for what the mail asks; a decision is to be known even so."""
    if mail.purpose is Purpose.DECISION:
        return False
    if owed is not None:
        return owed.answered_at is not None or owed.ended_at is not None
    codes = [item["code"] for part in PARTS for item in mail.context.get(part, [])]
    return not any(code in facts.owed for code in codes)
