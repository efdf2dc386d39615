"""A mail of the samples as a unit would have it."""

from datetime import date, datetime

from models.errors import UnknownName
from models.i18n import gettext as _
from models.settings import Settings
from tasks.events import Deadline, calendar_file, deadline_uid, titled
from tasks.mail_files import nearest
from tasks.mail_samples import SAMPLES, Values
from tasks.mail_templates import Words, mail_templates
from tasks.mime import Mail, build, message_id, thread_root

TO = "vanthu@don-vi.example"


def variants(name: str) -> list[str]:
    """The variants that a mail has samples of; raises UnknownName."""
    if name not in SAMPLES:
        message = _("There is no mail “{name}”; {nearest}.")
        raise UnknownName(message.format(name=name, nearest=nearest(name, SAMPLES)))
    return list(SAMPLES[name])


def sample(name: str, variant: str) -> Values:
    """The values of a variant of a mail; raises UnknownName."""
    if variant not in variants(name):
        message = _("The mail “{mail}” has no variant “{name}”; {nearest}.")
        close = nearest(variant, SAMPLES[name])
        raise UnknownName(message.format(mail=name, name=variant, nearest=close))
    return SAMPLES[name][variant]


def words_of(name: str, variant: str) -> Words:
    """What the mail says, in the words in force."""
    return mail_templates(name).render(**sample(name, variant))


def preview(name: str, variant: str, settings: Settings, as_of: datetime) -> bytes:
    """The mail as it would be sent to a unit at a moment."""
    values, words = sample(name, variant), words_of(name, variant)
    directive = values.get("directive")
    domain = settings.mail_domain
    mail = Mail(
        sender=settings.mail_from,
        to_name=values["to_name"],
        to_email=TO,
        subject=words.subject,
        text=words.text,
        html=words.html,
        date=as_of,
        message_id=message_id(f"preview:{name}:{variant}", domain),
        references=thread_root(directive["code"], domain) if directive else None,
        calendar=_calendar(values, domain, as_of) if "round" in values else None,
    )
    return build(mail)


def _calendar(values: Values, domain: str, as_of: datetime) -> bytes:
    asked = values["round"]
    title = titled("Hạn", asked["title"], values["directive"]["symbol"])
    uid = deadline_uid(values["code"], domain)
    reason = "\n".join(asked["reason"])
    day, month, year = map(int, asked["due"].split("/"))
    return calendar_file([Deadline(uid, date(year, month, day), title, reason)], as_of)
