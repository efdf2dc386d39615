"""A filled form that came as an answer to a mail: recorded where token and sender both fit.

The token says whose form it is, and the address it came from must be one registered for that unit.
Anybody can write any address, and a form can be passed on: each alone is not enough. To an address
that nobody registered nothing is ever written back.
"""

from datetime import datetime

from sqlmodel import Session, col, func, select

from models.errors import NotAllowed, SecretDocument, UnknownName, WorkbookRefused
from models.i18n import N_, speaking, vi
from models.i18n import gettext as _
from models.mail import Message, Received
from models.settings import Settings
from models.status import day_of
from models.unit import Contact, Unit
from models.vietnamese import show_instant
from models.words import Channel, Purpose
from tasks import outbox
from tasks.answering import record_answer
from tasks.incoming import Incoming
from tasks.links import BadLink, Links
from tasks.workbook_read import Read, read_workbook

TOLD_A_DAY = 5  # mails to a unit about files that were not read

NOT_YOURS = N_("This form is of another unit. Send the one that your own unit downloaded.")


def record_forms(
    session: Session, mail: Incoming, kept: Received, settings: Settings, as_of: datetime
) -> None:
    """Records the filled forms that came with a reply, or tells a registered sender why not.

    The received mail is settled where nothing else in it needs a person: every file of it was a
    form that was recorded.
    """
    senders = _contacts(session, mail.sender)
    if not mail.workbooks or not senders:
        return
    with speaking("vi"):
        told = [_record(session, raw, kept, senders, settings, as_of) for raw in mail.workbooks]
        problems = [problem for problem in told if problem]
        if problems and "" not in told:
            _tell(session, kept, senders[0], problems[0], as_of)
    if not problems and len(mail.workbooks) == len(mail.attachments):
        kept.settled_at, kept.settled_by = as_of, vi(N_("the system: filled form recorded"))
    session.flush()


def _contacts(session: Session, address: str) -> list[Contact]:
    statement = select(Contact).where(func.lower(col(Contact.email)) == address)
    return list(session.exec(statement.order_by(col(Contact.id)))) if address else []


def _record(
    session: Session,
    raw: bytes,
    kept: Received,
    senders: list[Contact],
    settings: Settings,
    as_of: datetime,
) -> str:
    """Records one form; why it was not, where it was not."""
    try:
        read = read_workbook(session, raw, Links.of(settings), as_of)
        if read.unit_id not in {contact.unit_id for contact in senders}:
            raise NotAllowed(_(NOT_YOURS))
        _answer(session, read, kept.sender, as_of)
    except SecretDocument as error:
        _forget(kept)
        return str(error)
    except (WorkbookRefused, BadLink, NotAllowed, UnknownName) as error:
        return str(error)
    kept.obligation_id, kept.unit_id = read.obligation_id, read.unit_id
    return ""


def _answer(session: Session, read: Read, sender: str, as_of: datetime) -> None:
    record_answer(
        session,
        read.code,
        read.payload,
        sender,
        as_of,
        decline=read.decline,
        channel=Channel.REPLY,
        why=read.why,
        sheet=read.sheet,
    )


def _forget(kept: Received) -> None:
    """Of a mail with a secret document no words stay; its row does, so that it is read once."""
    kept.subject, kept.attachments = "", []
    kept.text = vi(N_("Not kept: a file of this mail is marked as a state secret."))


def _tell(
    session: Session, kept: Received, contact: Contact, problem: str, as_of: datetime
) -> None:
    """Queues a mail to the registered sender that says why nothing was recorded.

    Somebody may send in that address' name: so there are few a day.
    """
    today = f"unit:{contact.unit_id}:unread:{day_of(as_of).isoformat()}:"
    told = select(func.count()).where(col(Message.key).startswith(today))
    number = int(session.exec(told).one())
    if number >= TOLD_A_DAY:
        return
    mail = {
        "key": f"{today}{number + 1}",
        "purpose": Purpose.REFUSAL,
        "unit_id": contact.unit_id,
        "directive_id": None,
        "obligation_id": None,
        "to_name": session.get_one(Unit, contact.unit_id).name,
        "to_email": contact.email,
        "template": "unread",
        # nothing of the mail's own words: somebody else may have written them
        "context": {"received_at": show_instant(as_of), "problem": problem},
    }
    outbox.queue_first(session, mail, as_of)
