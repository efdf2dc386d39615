"""From a queued message to the bytes of its mail."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive, Indicator, Measure
from models.reasons import from_dicts
from models.round import Obligation, Round, RoundIndicator
from models.settings import Settings
from models.unit import Unit
from models.vietnamese import show_date
from models.words import Ending, Purpose, label_vi
from tasks.events import Deadline, calendar_file, deadline_uid
from tasks.mime import Mail, build, message_id, thread_root
from tasks.outbox import Claimed
from tasks.reminding import still_owed, what_is_left
from tasks.rendering import environment, render
from tasks.stencils import Stencil, only_prints, stencil

GONE = (Ending.PASSED_ON, Ending.LAPSED, Ending.WAIVED)  # nobody is asked any more
_UID = "0" * 32  # of the length of a UID's digest, so that the lines stay folded where they are
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


class Owed(NamedTuple):
    """What a mail says of an obligation."""

    id: int
    round_id: int
    code: str
    due: date
    ending: Ending | None
    reason: list[dict[str, str]]


class Composer:
    """Composes the mails of a batch; what a round or directive contributes is read once, and what
    it asks of many units is written once.
    """

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings = session, settings
        self.round = lru_cache(maxsize=None)(self._round)
        self.directive = lru_cache(maxsize=None)(self._directive)
        self.deadline = lru_cache(maxsize=None)(self._deadline)
        self.stencils: dict[Any, Stencil | None] = {}

    def compose(self, mails: Sequence[Claimed]) -> dict[int, bytes | ValueError | None]:
        """The bytes of each mail, by message id; why, where a mail cannot be written; None for one
        about what nobody owes any more.
        """
        reminders = [mail for mail in mails if mail.template == "reminder"]
        self.left = still_owed(self.session, reminders) if reminders else {}
        self.owed = self._owed([mail.obligation_id for mail in mails if mail.obligation_id])
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
        except ValueError as error:
            return error
        except Exception as error:  # whatever one mail lacks, it must not hold up the others
            return ValueError(f"{type(error).__name__}: {error}")

    def _alike(self, mail: Claimed) -> Any:
        """What mails of tasks have in common that say the same, but for the unit and its code."""
        owed = self.owed.get(mail.obligation_id or 0)
        if mail.purpose is not Purpose.OPEN or owed is None:
            return None
        own = json.dumps([mail.context, owed.reason])
        return mail.template, mail.directive_id, owed.round_id, owed.due, own

    def _task_mail(self, mail: Claimed, owed: Owed) -> bytes:
        """The mail that a unit is asked by: from the stencil, where others are asked the same."""
        key = self.alike[mail.id]
        own = {"unit": mail.to_name, "code": owed.code}
        if key not in self.stencils and self.many[key] > 1 and _only_prints(mail.template):
            found = stencil(lambda holes: self._task(mail, owed, holes), own)
            # what no template can be seen to do is seen in what it does to the first
            same = found and found.fill(own) == self._task(mail, owed, own)
            self.stencils[key] = found if same else None
        # in a subject blanks are made one, which may change a value
        plain = all(" ".join(value.split()) == value for value in own.values())
        cut = self.stencils.get(key) if plain else None
        parts = cut.fill(own) if cut else self._task(mail, owed, own)
        return self._built(mail, parts, self._calendar(owed, mail.queued_at))

    def _task(self, mail: Claimed, owed: Owed, own: Mapping[str, str]) -> tuple[str, str, str]:
        """What a unit is asked: the round's words with the unit's own date and reason."""
        values = self.round(owed.round_id)
        dated = {
            "due": show_date(owed.due),
            "weekday": _WEEKDAYS[owed.due.weekday()],
            "reason": [*values["round"]["reason"], *_sentences(owed.reason)],
        }
        values = values | {"round": values["round"] | dated, **mail.context, **own}
        return self._rendered(mail, {"to_name": own["unit"], **values})

    def _other_mail(self, mail: Claimed, owed: Owed | None) -> bytes | None:
        values: dict[str, Any] = {"to_name": mail.to_name, **mail.context}
        calendar = None
        if mail.purpose is Purpose.DECISION and owed and mail.context["granted"]:
            calendar = self._calendar(owed, mail.queued_at)
        if mail.template == "reminder":
            left = what_is_left(mail, self.left)
            if not any(left.values()):
                return None
            values |= {**left, "day": show_date(date.fromisoformat(mail.context["day"]))}
        return self._built(mail, self._rendered(mail, values), calendar)

    def _rendered(self, mail: Claimed, values: dict[str, Any]) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        if mail.directive_id:
            values["directive"] = self.directive(mail.directive_id)
        name = f"email/{mail.template}"
        subject = " ".join(render(f"{name}/subject.txt", **values).split())
        text = render(f"{name}/body.txt", **values)
        return subject, text, render(f"{name}/body.html", subject=subject, **values)

    def _built(self, mail: Claimed, parts: tuple[str, str, str], calendar: bytes | None) -> bytes:
        subject, text, html = parts
        domain = self.settings.mail_domain
        root = None
        if mail.directive_id:
            root = thread_root(self.directive(mail.directive_id)["code"], domain)
        return build(
            Mail(
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
        )

    def _calendar(self, owed: Owed, stamp: datetime) -> bytes:
        """The deadline's file: made once for all units with the same date and reason, since only
        its UID differs from one to the next.
        """
        uid = deadline_uid(owed.code, self.settings.mail_domain)
        own = "\n".join(_sentences(owed.reason))
        sequence = sum(said["rule"] == "extended" for said in owed.reason)
        gone = owed.ending is Ending.WAIVED
        once = self.deadline(owed.round_id, owed.due, own, sequence, gone, stamp)
        return once.replace(_UID.encode(), uid.partition("@")[0].encode())

    def _deadline(
        self, round_id: int, due: date, own: str, sequence: int, gone: bool, stamp: datetime
    ) -> bytes:
        values = self.round(round_id)
        directive = self.directive(self.session.get_one(Round, round_id).directive_id)
        title = (
            f"{'Được miễn' if gone else 'Hạn'}: {values['round']['title']} ({directive['symbol']})"
        )
        reason = "\n".join(filter(None, (*values["round"]["reason"], own)))
        uid = f"{_UID}@{self.settings.mail_domain}"
        deadline = Deadline(uid, due, title, reason, sequence + gone)
        return calendar_file([deadline], stamp)

    def _directive(self, id_: int) -> dict[str, Any]:
        found = self.session.get_one(Directive, id_)
        return {
            "code": found.code,
            "symbol": found.symbol,
            "kind": label_vi(found.kind),
            "issuer": found.issuer,
            "issued": show_date(found.issued),
            "subject": found.subject,
        }

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
            "round": {
                "title": found.title,
                "asks": found.asks,
                "due": show_date(found.due),
                "weekday": _WEEKDAYS[found.due.weekday()],
                "reason": _sentences(found.reason),
                "overseer": overseer.name if overseer else "",
                "period": _period(found),
            },
            "indicators": [_field(i) for i in indicators],
            "measures": list(measures),
        }


@cache
def _only_prints(template: str) -> bool:
    """Whether a mail only prints what is a unit's own."""
    values = ("unit", "code", "to_name", "subject")
    parts = (f"email/{template}/{part}" for part in ("subject.txt", "body.txt", "body.html"))
    return all(only_prints(environment(), part, values) for part in parts)


def _sentences(reason: list[dict[str, str]]) -> list[str]:
    return [step.in_vietnamese() for step in from_dicts(reason)]


def _period(found: Round) -> str:
    if not (found.period_start and found.cutoff):
        return ""
    return f"{show_date(found.period_start)} đến {show_date(found.cutoff)}"


def _field(indicator: Indicator) -> str:
    unit = f" ({indicator.unit})" if indicator.unit else ""
    return f"{indicator.label}{unit}{'' if indicator.required else ' – nếu có'}"
