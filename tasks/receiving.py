"""What is done with a mail that came in: a returned one marks what it was, a reply is kept, and the
filled forms it brings are recorded.

A mail is one row however often it is read. Anybody can send a notice of non-delivery, so one marks
only a mail whose Message-ID it names and that went to the recipient it names. That keeps strangers
out, not somebody who has seen the mail or works out its Message-ID (a digest of its cause, not a
secret): what a notice can do is therefore little, a mark that people see with its words.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.i18n import N_, vi
from models.mail import Message, Received
from models.round import Obligation
from models.settings import Settings
from models.unit import Contact
from models.words import Deed, MessageState, ReceivedKind
from tasks import activities
from tasks.bounces import Report, is_about_the_address
from tasks.by_reply import record_forms
from tasks.incoming import Author, Incoming, read
from tasks.outbox import RETRY_FOR, insert_new

TEXT = 20_000  # characters kept
WORDS = 500  # of the server, kept at the message and the contact
CODES = 20  # looked for in one mail
BY = "Đôn Đốc"  # settles what needs no person

TAKEN = (MessageState.SENT, MessageState.UNKNOWN, MessageState.LEASED, MessageState.RETRY)

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,80}/[a-z0-9-]{1,80}/[a-z0-9][a-z0-9-]{0,80}")


def receive(session: Session, raw: bytes, settings: Settings, as_of: datetime) -> Received | None:
    """Keeps a mail that came in at `as_of`, marks what it returns, records what it answers; None if
    it was kept before.
    """
    mail = read(raw)
    if not insert_new(session, Received, [_row(session, mail, settings, as_of)]):
        return None
    kept = session.exec(select(Received).where(Received.key == mail.key)).one()
    activities.note(
        session, Deed.RECEIVED, activities.system(), as_of, unit=kept.unit_id,
        obligation=kept.obligation_id, about=kept.subject, after={"sender": kept.sender},
    )  # fmt: skip
    if mail.notice and kept.kind is ReceivedKind.BOUNCE:
        _mark(session, mail, settings, as_of)
    if kept.kind is ReceivedKind.REPLY:
        record_forms(session, mail, kept, settings, as_of)
    return kept


def _row(
    session: Session, mail: Incoming, settings: Settings, as_of: datetime
) -> dict[str, object]:
    answered = _answered(session, mail, settings)
    kind = _kind(mail, settings, answered)
    message = answered or _returned(session, mail, as_of)
    obligation = _obligation(session, mail if kind is ReceivedKind.REPLY else None, message)
    settled = kind in (ReceivedKind.AUTOMATIC, ReceivedKind.DELAY)
    return {
        "key": mail.key,
        "kind": kind,
        "received_at": as_of,
        "sender": f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender,
        "subject": mail.subject,
        "text": shown(mail),
        "attachments": [vars(attachment) for attachment in mail.attachments],
        "message_id": message and message.id,
        "obligation_id": obligation and obligation.id,
        "unit_id": _unit(session, mail, message, obligation),
        "status": _status(mail),
        "settled_at": as_of if settled else None,
        "settled_by": BY if settled else None,
    }


def _kind(mail: Incoming, settings: Settings, answered: Message | None) -> ReceivedKind:
    """A notice that a mail arrived, or was passed on, needs nobody, and is as any machine's; so is
    what the office's own address sends, unless somebody there passes an answer on.
    """
    own = mail.sender == settings.mail_address.lower()
    if mail.author is Author.MACHINE or (own and answered is None):
        return ReceivedKind.AUTOMATIC
    if mail.author is Author.PERSON:
        return ReceivedKind.REPLY
    actions = {report.action for report in mail.notice.reports} if mail.notice else set()
    if not actions or "failed" in actions:
        return ReceivedKind.BOUNCE  # also where it says nothing that can be read: a person looks
    return ReceivedKind.DELAY if "delayed" in actions else ReceivedKind.AUTOMATIC


def shown(mail: Incoming) -> str:
    """The text as it is kept: the sender's words, then what they quote; too long, it is cut."""
    text = mail.words
    if mail.quoted:
        line = vi(N_("Quoted from an earlier mail"))
        text += f"\n\n----- {line} -----\n{mail.quoted}"
    if mail.whole and len(text) <= TEXT:
        return text.strip()
    cut = vi(N_("Cut here: the whole mail is in the mailbox"))
    return f"{text[:TEXT].strip()}\n\n[{cut}]".strip()


def _failed(mail: Incoming) -> list[Report]:
    return [r for r in mail.notice.reports if r.action == "failed"] if mail.notice else []


def _status(mail: Incoming) -> str | None:
    """The status of the failure, or else of what is reported first."""
    reports = [*_failed(mail), *(mail.notice.reports if mail.notice else ())]
    return next((report.status for report in reports if report.status), None)


def _named(mail: Incoming) -> list[str]:
    """The Message-IDs a mail names: of the one that is returned, or those it answers."""
    original = mail.notice.original if mail.notice else None
    return [original] if original else list(mail.references)


def _answered(session: Session, mail: Incoming, settings: Settings) -> Message | None:
    """The mail of ours that is named, the nearest of several."""
    ids = (name.strip("<>").rpartition("@") for name in _named(mail))
    domain = settings.mail_domain.lower()
    ours = [left for left, _at, right in ids if right.lower() == domain]
    found = session.exec(select(Message).where(col(Message.reference).in_(ours)))
    by_reference = {message.reference: message for message in found}
    return next((by_reference[left] for left in ours if left in by_reference), None)


def _returned(session: Session, mail: Incoming, as_of: datetime) -> Message | None:
    """The newest mail to a recipient of a notice that names no mail: shown with it, not marked."""
    if not mail.notice or mail.notice.original:
        return None
    recipients = [address for report in mail.notice.reports for address in report.recipients]
    return session.exec(
        select(Message)
        .where(
            sa.func.lower(Message.to_email).in_(recipients),
            col(Message.sent_at) > as_of - RETRY_FOR - timedelta(days=1),
            col(Message.sent_at) <= as_of,
        )
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
    ).first()


def _mark(session: Session, mail: Incoming, settings: Settings, as_of: datetime) -> None:
    """Marks the mail returned, and contacts with its address where it is the address that fails.

    A mail that was meanwhile sent to a corrected address went to another recipient than the notice
    names: it stays as it is. So does one returned by whom the recipient passes mail on to.
    """
    message = _answered(session, mail, settings)
    if message is None:
        return
    address = message.to_email.lower()
    report = next((r for r in _failed(mail) if address in r.recipients), None)
    if report is None:
        return
    words = " ".join(filter(None, (report.status, report.words)))[:WORDS]
    if message.state in TAKEN:
        message.state, message.outcome = MessageState.BOUNCED, words
        message.sent_at = message.sent_at or as_of  # a relay took it, or it could not come back
    if message.state is MessageState.BOUNCED and is_about_the_address(report.status):
        session.connection().execute(
            sa.update(Contact)
            .where(sa.func.lower(col(Contact.email)) == address)
            .values(bounced_at=as_of, bounce=words)
        )
    session.flush()


def _obligation(
    session: Session, reply: Incoming | None, message: Message | None
) -> Obligation | None:
    """The task a mail is about: that of the mail it answers, or the one whose code a reply states.

    A mail of reminders is about many tasks, and so may the words be: then none is chosen.
    """
    if message and message.obligation_id:
        return session.get(Obligation, message.obligation_id)
    for text in (reply.subject, reply.words) if reply else ():
        codes = list(_codes(text))[:CODES]
        found = session.exec(select(Obligation).where(col(Obligation.code).in_(codes))).all()
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _codes(text: str) -> Iterable[str]:
    """Whatever looks like the code of a task, each once."""
    return dict.fromkeys(found[0].rstrip("-") for found in _CODE.finditer(text.lower()))


def _unit(
    session: Session, mail: Incoming, message: Message | None, obligation: Obligation | None
) -> int | None:
    """The unit the mail is of: that of the task or the mail, or else the one the sender writes for.

    An address that several units share says nothing.
    """
    if obligation or message:
        return obligation.unit_id if obligation else message.unit_id if message else None
    address = sa.func.lower(Contact.email) == mail.sender
    units = set(session.exec(select(Contact.unit_id).where(address)))
    return units.pop() if len(units) == 1 else None
