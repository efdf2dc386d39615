"""From a queued message to the bytes of its mail."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive, Indicator, Measure
from models.errors import MailTemplateError
from models.reasons import from_dicts
from models.round import Obligation, Round, RoundIndicator
from models.settings import Settings
from models.unit import Unit
from models.vietnamese import show_date
from models.words import Ending, Purpose, label_vi
from tasks.approving import digits
from tasks.events import Deadline, calendar_file, deadline_uid, sequence_of, titled
from tasks.mail_links import MailLinks
from tasks.mail_templates import mail_templates, only_prints
from tasks.mime import Form, Mail, build, message_id, thread_root
from tasks.outbox import Claimed
from tasks.reminding import still_owed, what_is_left
from tasks.stencils import stencil

GONE = (Ending.PASSED_ON, Ending.LAPSED, Ending.WAIVED)  # nobody is asked any more
_UID = b"0" * 32  # of the length of a UID's digest, so that the lines stay folded where they are
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


# what a mail that an earlier version of the program queued does not hold yet
_BEFORE: dict[str, dict[str, Any]] = {"receipt": {"accepted": [], "waits": False, "taken_from": ""}}


class Owed(NamedTuple):
    """What a mail says of an obligation."""

    id: int
    round_id: int
    code: str
    due: date
    ending: Ending | None
    links_revoked: int
    reason: list[dict[str, str]]


@dataclass
class Known:
    """What mails have in common, for all batches of a delivery: what a round or a directive
    contributes is read once, and what is asked of many units alike is written once.
    """

    rounds: dict[int, dict[str, Any]] = field(default_factory=dict)
    directives: dict[int, dict[str, str]] = field(default_factory=dict)
    deadlines: dict[Any, bytes] = field(default_factory=dict)
    forms: dict[Any, Form | None] = field(default_factory=dict)


class Composer:
    """Composes the mails of a batch."""

    def __init__(self, session: Session, settings: Settings, known: Known | None = None) -> None:
        self.session, self.settings = session, settings
        self.known = known if known is not None else Known()

    def compose(self, mails: Sequence[Claimed]) -> dict[int, bytes | ValueError | None]:
        """The bytes of each mail, by message id; why, where a mail cannot be written; None for one
        about what nobody owes any more.
        """
        reminders = [mail for mail in mails if mail.template == "reminder"]
        self.left = still_owed(self.session, reminders) if reminders else {}
        self.owed = self._owed([mail.obligation_id for mail in mails if mail.obligation_id])
        self.links = MailLinks(self.session, self.settings, mails)
        self.alike = {mail.id: self._alike(mail) for mail in mails}
        self.many = Counter(self.alike.values())
        return {mail.id: self._try(mail) for mail in mails}

    def _owed(self, ids: list[int]) -> dict[int, Owed]:
        columns = [col(getattr(Obligation, name)) for name in Owed._fields]
        statement = sa.select(*columns).where(col(Obligation.id).in_(ids))
        found = map(Owed._make, self.session.connection().execute(statement)) if ids else ()
        return {owed.id: owed for owed in found}

    def _try(self, mail: Claimed) -> bytes | ValueError | None:
        try:
            owed = self.owed.get(mail.obligation_id or 0)
            if mail.purpose is Purpose.OPEN and owed:
                return None if owed.ending in GONE else self._task_mail(mail, owed)
            return self._other_mail(mail, owed)
        except MailTemplateError:  # of the office's own words: not this mail's fault
            raise
        except ValueError as error:
            return error
        except Exception as error:  # whatever one mail lacks, it must not hold up the others
            return ValueError(f"{type(error).__name__}: {error}")

    def _alike(self, mail: Claimed) -> Any:
        """What mails of tasks have in common that say the same, but for the unit and its code."""
        owed = self.owed.get(mail.obligation_id or 0)
        if mail.purpose is not Purpose.OPEN or owed is None:
            return None
        own = json.dumps([mail.context, owed.reason]) if mail.context or owed.reason else ""
        # numbers, since a moment with its zone takes longer to compare than a mail to write
        moments = owed.due.toordinal(), mail.queued_at.timestamp()
        return mail.template, mail.directive_id, owed.round_id, moments, own

    def _task_mail(self, mail: Claimed, owed: Owed) -> bytes:
        """The mail that a unit is asked by: from the form, where others are asked the same."""
        key = self.alike[mail.id]
        own = {
            "unit": mail.to_name,
            "code": owed.code,
            **self._links(mail, owed),
            "calendar_link": self.links.of_calendar(mail),
        }
        form = self.known.forms.get(key)
        if form is None and self.many[key] > 1 and key not in self.known.forms:
            form = self.known.forms[key] = self._form(mail, owed, own)
        calendar = self._calendar(owed, mail.queued_at)
        # in a subject blanks are made one, which may change a value
        if form and " ".join(mail.to_name.split()) == mail.to_name:
            id_ = message_id(mail.key, self.settings.mail_domain)
            return form.fill(mail.to_name, mail.to_email, id_, own, calendar)
        return build(self._mail(mail, self._task(mail, owed, own), calendar))

    def _form(self, mail: Claimed, owed: Owed, own: Mapping[str, str]) -> Form | None:
        if not only_prints(mail.template, ("to_name", *own)):
            return None
        found = stencil(lambda holes: self._task(mail, owed, holes), own)
        parts = self._task(mail, owed, own)
        # what no template can be seen to do is seen in what it does to the first
        if found is None or found.fill(own) != parts:
            return None
        return Form.of(found, self._mail(mail, parts, None))

    def _task(self, mail: Claimed, owed: Owed, own: Mapping[str, str]) -> tuple[str, str, str]:
        """What a unit is asked: the round's words with the unit's own date and reason."""
        found = self.round(owed.round_id)
        dated = {
            "due": show_date(owed.due),
            "weekday": WEEKDAYS[owed.due.weekday()],
            "reason": [*found["round"]["reason"], *sentences(owed.reason)],
        }
        values = {
            "to_name": own["unit"],
            "round": found["round"] | dated,
            "indicators": found["indicators"],
            "measures": found["measures"],
            **mail.context,
            **own,
        }
        return self._rendered(mail, values)

    def _other_mail(self, mail: Claimed, owed: Owed | None) -> bytes | None:
        before = _BEFORE.get(mail.template, {})
        values = {"to_name": mail.to_name, **self._links(mail, owed), **before, **mail.context}
        calendar = None
        if mail.template == "refusal":
            values["faults"] = [{"cell": "", **fault} for fault in values["faults"]]
        if mail.purpose is Purpose.APPROVAL and owed:
            code = digits(self.session, owed.id, mail.context["version"], self.settings)
            if code is None:
                return None
            values["digits"] = code
        if owed and _moves(mail):
            calendar = self._calendar(owed, mail.queued_at)
        if mail.template == "reminder":
            left = what_is_left(mail, self.left)
            if not any(left.values()):
                return None
            left["items"] = self.links.with_links(left["items"])
            values |= {**left, "day": show_date(date.fromisoformat(mail.context["day"]))}
        return build(self._mail(mail, self._rendered(mail, values), calendar))

    def _links(self, mail: Claimed, owed: Owed | None) -> dict[str, Any]:
        """The links that any mail has; where it is about no one task, to all that its unit owes."""
        found = {"unit_link": self.links.of_unit(mail)}
        if owed:
            closes = self.round(owed.round_id)["closes"]
            link = self.links.of_task(owed.id, owed.links_revoked, owed.due, closes)
            found["task_link"] = link
        return found

    def _rendered(self, mail: Claimed, values: dict[str, Any]) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        if mail.directive_id:
            values["directive"] = self.directive(mail.directive_id)
        return mail_templates(mail.template).render(**values)

    def _mail(self, mail: Claimed, parts: tuple[str, str, str], calendar: bytes | None) -> Mail:
        subject, text, html = parts
        domain = self.settings.mail_domain
        root = None
        if mail.directive_id:
            root = thread_root(self.directive(mail.directive_id)["code"], domain)
        return Mail(
            sender=self.settings.mail_from,
            to_name=mail.to_name,
            to_email=mail.to_email,
            subject=subject,
            text=text,
            html=html,
            date=mail.queued_at,
            message_id=message_id(mail.key, domain),
            references=root,
            calendar=calendar,
        )

    def _calendar(self, owed: Owed, stamp: datetime) -> bytes:
        """The deadline's file: made once for all units with the same date and reason, since only
        its UID differs from one to the next.
        """
        own = json.dumps(owed.reason) if owed.reason else ""
        key = owed.round_id, owed.due.toordinal(), own, owed.ending, stamp.timestamp()
        if key not in self.known.deadlines:
            self.known.deadlines[key] = self._deadline(owed, stamp)
        uid = deadline_uid(owed.code, self.settings.mail_domain).partition("@")[0]
        return self.known.deadlines[key].replace(_UID, uid.encode())

    def _deadline(self, owed: Owed, stamp: datetime) -> bytes:
        found = self.round(owed.round_id)
        title, symbol = found["round"]["title"], self.directive(found["directive_id"])["symbol"]
        waived = owed.ending is Ending.WAIVED
        reason = [*found["round"]["reason"], *sentences(owed.reason)]
        return calendar_file(
            [
                Deadline(
                    uid=f"{_UID.decode()}@{self.settings.mail_domain}",
                    day=owed.due,
                    title=titled("Được miễn" if waived else "Hạn", title, symbol),
                    reason="\n".join(reason),
                    sequence=sequence_of(owed.reason, waived=waived),
                )
            ],
            stamp,
        )

    def directive(self, id_: int) -> dict[str, str]:
        """What mails say of a directive."""
        known = self.known.directives
        if id_ not in known:
            known[id_] = self._directive(id_)
        return known[id_]

    def round(self, id_: int) -> dict[str, Any]:
        """What mails say of a round: what it asks, by when, for which reason."""
        known = self.known.rounds
        if id_ not in known:
            known[id_] = self._round(id_)
        return known[id_]

    def _directive(self, id_: int) -> dict[str, str]:
        names = ("code", "symbol", "kind", "issuer", "issued", "subject")  # not its file: it is big
        columns = [col(getattr(Directive, name)) for name in names]
        statement = sa.select(*columns).where(col(Directive.id) == id_)
        found = self.session.connection().execute(statement).one()
        shown = {"kind": label_vi(found.kind), "issued": show_date(found.issued)}
        return dict(zip(names, found, strict=True)) | shown

    def _round(self, id_: int) -> dict[str, Any]:
        found = self.session.get_one(Round, id_)
        overseer = self.session.get(Unit, found.overseer_id) if found.overseer_id else None
        indicators = self.session.exec(
            select(Indicator)
            .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
            .where(RoundIndicator.round_id == id_)
            .order_by(col(RoundIndicator.position))
        )
        measures = self.session.exec(
            select(Measure.text)
            .where(Measure.directive_id == found.directive_id, col(Measure.parent_id).is_(None))
            .order_by(col(Measure.id))
        )
        return {
            "directive_id": found.directive_id,
            "closes": found.closes,
            "round": {
                "title": found.title,
                "asks": found.asks,
                "due": show_date(found.due),
                "weekday": WEEKDAYS[found.due.weekday()],
                "reason": sentences(found.reason),
                "overseer": overseer.name if overseer else "",
                "period": _period(found),
            },
            "indicators": [_field(i) for i in indicators],
            "measures": list(measures),
        }


def _moves(mail: Claimed) -> bool:
    """Whether a mail tells of another date than the one the unit has in its calendar."""
    told = {Purpose.DECISION: "granted", Purpose.RETURN: "moved"}.get(mail.purpose)
    return told is not None and bool(mail.context[told])


def sentences(reason: list[dict[str, str]]) -> list[str]:
    return [step.in_vietnamese() for step in from_dicts(reason)]


def _period(found: Round) -> str:
    if not (found.period_start and found.cutoff):
        return ""
    return f"{show_date(found.period_start)} đến {show_date(found.cutoff)}"


def _field(indicator: Indicator) -> str:
    unit = f" ({indicator.unit})" if indicator.unit else ""
    return f"{indicator.label}{unit}{'' if indicator.required else ' – nếu có'}"
