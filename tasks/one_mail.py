"""One mail whole: where it stands, what came back for it, and the words its reader gets."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy

from sqlmodel import Session

from models.delivery_status import reason
from models.errors import UnknownName
from models.i18n import gettext as _
from models.mail import Message
from models.settings import Settings
from models.unit import Unit
from models.vietnamese import printable
from models.words import MessageState, Purpose
from tasks.composing import Composer
from tasks.lookup import id_of
from tasks.mime import message_id
from tasks.post import TO_BE_TRIED
from tasks.reliefs import LAST_NUMBER
from tasks.replies import Came, received
from tasks.undelivered import GIVEN_UP, as_claimed


@dataclass(frozen=True)
class Mail:
    """All that is known of a mail. `text` is what it says if it is composed now; where that is
    nothing any more, `unsaid` tells why.
    """

    number: int
    key: str
    message_id: str
    purpose: Purpose
    unit: str
    to_name: str
    to_email: str
    state: MessageState
    queued_at: datetime
    next_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    attempts: int
    outcome: str
    reason: str
    received: list[Came]
    subject: str
    text: str
    unsaid: str


def show(session: Session, number: int, settings: Settings) -> Mail:
    """One mail of the outbox; raises UnknownName."""
    mail = session.get(Message, number) if 0 < number <= LAST_NUMBER else None
    if mail is None:
        message = _("There is no mail {number}: `dondoc mail list` has the numbers.")
        raise UnknownName(message.format(number=number))
    subject, text, unsaid = _words(session, mail, settings)
    back = received(session, every=True, of=mail)
    returned = next((came.reason for came in back if came.reason), "")
    amiss = mail.state in (*GIVEN_UP, *TO_BE_TRIED)
    return Mail(
        number=number,
        key=mail.key,
        message_id=message_id(mail.key, settings.mail_domain),
        purpose=mail.purpose,
        unit=session.get_one(Unit, mail.unit_id).name,
        to_name=mail.to_name,
        to_email=mail.to_email,
        state=mail.state,
        queued_at=mail.queued_at,
        next_at=mail.next_at,
        expires_at=mail.expires_at,
        sent_at=mail.sent_at,
        attempts=mail.attempts,
        outcome=printable(mail.outcome or ""),
        reason=(returned or reason(mail.outcome or "")) if amiss else "",
        received=back,
        subject=subject,
        text=text,
        unsaid=unsaid,
    )


def _words(session: Session, mail: Message, settings: Settings) -> tuple[str, str, str]:
    """Subject and text of a mail as its reader sees them, or why it says nothing."""
    if mail.purpose is Purpose.APPROVAL:
        return "", "", _("it holds a code for its recipient alone")
    content = Composer(session, settings).compose([as_claimed(mail)])[id_of(mail)]
    if content is None:
        return "", "", _("nobody owes any more what it is about")
    if isinstance(content, ValueError):
        return "", "", _("it cannot be written: {problem}").format(problem=content)
    parsed = message_from_bytes(content, policy=policy.default)
    part = parsed.get_body(("plain",))
    return str(parsed["Subject"]), part.get_content().strip() if part else "", ""
