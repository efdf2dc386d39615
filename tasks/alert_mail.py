"""The mail to the operator, sent at once and past the outbox, which may be what has stopped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from models import i18n
from models.check import Check
from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import Settings
from models.words import MessageState, Watched
from tasks.delivery import Envelope, Relay
from tasks.mime import message_id
from tasks.outbox import Outcome
from tasks.rendering import render

LONGEST = 60  # seconds for the whole of it


@dataclass(frozen=True)
class AlertMail:
    """What is ill, which of it was told before, and what is well again; `key` is its cause."""

    troubles: Sequence[Check]
    again: Collection[Watched]
    over: Sequence[Watched]
    key: str


async def send(settings: Settings, mail: AlertMail, as_of: datetime) -> None:
    """Mails the operator, if there is one to mail; raises ServiceError where it cannot be done."""
    if not settings.operator_email:
        return
    where = relay_of(settings)
    if not where.smtp_host:
        raise ServiceError(_("There is no relay to mail the operator through."))
    content = build(settings, mail, as_of)
    relay = Relay(where)
    try:
        envelope = Envelope(0, 1, settings.operator_email, content)
        (outcome,) = await relay.deliver([envelope], _Nobody(), LONGEST)
    finally:
        await relay.close()
    if outcome.state is not MessageState.SENT:
        words = _("The operator could not be mailed: {problem}")
        raise ServiceError(words.format(problem=relay.stopped or outcome.words))


def relay_of(settings: Settings) -> Settings:
    """The settings with the relay for alerts in the place of the usual one, where there is one."""
    if not settings.alert_smtp_host:
        return settings
    other = {
        name: getattr(settings, f"alert_{name}")
        for name in ("smtp_host", "smtp_port", "smtp_user", "smtp_password")
    }
    return settings.model_copy(update=other)


def build(settings: Settings, mail: AlertMail, as_of: datetime) -> bytes:
    """The mail as bytes, in Vietnamese as all mail is."""
    values = {"troubles": mail.troubles, "again": mail.again, "over": mail.over}
    found = EmailMessage(policy=policy.SMTP)
    with i18n.speaking("vi"):
        found["Subject"] = " ".join(render("alert/subject.txt", **values).split())
        page = f"{settings.portal}/operations"
        text = render("alert/body.txt", as_of=as_of, page=page, **values)
    found["From"], found["To"] = settings.mail_from, settings.operator_email
    found["Date"] = format_datetime(as_of)
    found["Message-ID"] = message_id(f"alert:{mail.key}", settings.mail_domain)
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(text, cte="quoted-printable")
    return found.as_bytes()


class _Nobody:
    """Keeps no notes: what was told stands in the rows of `models.alert`."""

    def begun(self, message_id: int) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def flush(self) -> None: ...
