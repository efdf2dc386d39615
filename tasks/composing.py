"""From a queued message to the bytes of its mail."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select

from models.directive import Directive, Indicator, Measure
from models.mail import Message
from models.reasons import from_dicts
from models.round import Obligation, Round, RoundIndicator
from models.settings import Settings
from models.unit import Unit
from models.vietnamese import show_date
from models.words import Ending, Purpose, label_vi
from tasks.events import Deadline, calendar_file, deadline_uid
from tasks.mime import Mail, build, message_id, thread_root
from tasks.reminding import still_owed, what_is_left
from tasks.rendering import render

GONE = (Ending.PASSED_ON, Ending.LAPSED, Ending.WAIVED)  # nobody is asked any more
_UID = "0" * 32  # of the length of a UID's digest, so that the lines stay folded where they are
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


class Composer:
    """Composes the mails of a batch; what a round or directive contributes is read once."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings = session, settings
        self.round = lru_cache(maxsize=None)(self._round)
        self.directive = lru_cache(maxsize=None)(self._directive)
        self.deadline = lru_cache(maxsize=None)(self._deadline)

    def compose(self, messages: list[Message]) -> dict[int, bytes | ValueError | None]:
        """The bytes of each mail, by message id; why, where a mail cannot be written; None for one
        about what nobody owes any more.
        """
        reminders = [m for m in messages if m.template == "reminder"]
        self.owed = still_owed(self.session, reminders) if reminders else {}
        ids = [m.obligation_id for m in messages if m.obligation_id]
        obligations = {
            o.id: o
            for o in self.session.exec(select(Obligation).where(col(Obligation.id).in_(ids)))
        }
        return {
            m.id: self._try(m, obligations.get(m.obligation_id))
            for m in messages
            if m.id is not None
        }

    def _try(self, message: Message, obligation: Obligation | None) -> bytes | ValueError | None:
        try:
            return self._compose(message, obligation)
        except ValueError as error:
            return error
        except Exception as error:  # whatever one mail lacks, it must not hold up the others
            return ValueError(f"{type(error).__name__}: {error}")

    def _compose(self, message: Message, obligation: Obligation | None) -> bytes | None:
        domain = self.settings.mail_domain
        directive = self.directive(message.directive_id) if message.directive_id else None
        values: dict[str, Any] = {"to_name": message.to_name, **message.context}
        if directive:
            values["directive"] = directive
        calendar = None
        if message.purpose is Purpose.OPEN and obligation:
            if obligation.ending in GONE:
                return None
            values |= self._task(obligation) | {"unit": message.to_name}
            calendar = self._calendar(obligation, message.queued_at)
        if message.purpose is Purpose.DECISION and obligation and message.context["granted"]:
            calendar = self._calendar(obligation, message.queued_at)
        if message.template == "reminder":
            left = what_is_left(message, self.owed)
            if not any(left.values()):
                return None
            values |= {**left, "day": show_date(date.fromisoformat(message.context["day"]))}
        name = f"email/{message.template}"
        subject = " ".join(render(f"{name}/subject.txt", **values).split())
        return build(
            Mail(
                sender=self.settings.mail_from,
                to_name=message.to_name,
                to_email=message.to_email,
                subject=subject,
                text=render(f"{name}/body.txt", **values),
                html=render(f"{name}/body.html", subject=subject, **values),
                date=message.queued_at,
                message_id=message_id(message.key, domain),
                references=thread_root(directive["code"], domain) if directive else None,
                calendar=calendar,
            )
        )

    def _task(self, owed: Obligation) -> dict[str, Any]:
        """What a unit is asked: the round's words with the unit's own date and reason."""
        values = self.round(owed.round_id)
        own = {
            "due": show_date(owed.due),
            "weekday": _WEEKDAYS[owed.due.weekday()],
            "reason": [*values["round"]["reason"], *_sentences(owed.reason)],
        }
        return values | {"round": values["round"] | own, "code": owed.code}

    def _calendar(self, owed: Obligation, stamp: datetime) -> bytes:
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


def _sentences(reason: list[dict[str, str]]) -> list[str]:
    return [step.in_vietnamese() for step in from_dicts(reason)]


def _period(found: Round) -> str:
    if not (found.period_start and found.cutoff):
        return ""
    return f"{show_date(found.period_start)} đến {show_date(found.cutoff)}"


def _field(indicator: Indicator) -> str:
    unit = f" ({indicator.unit})" if indicator.unit else ""
    return f"{indicator.label}{unit}{'' if indicator.required else ' – nếu có'}"
