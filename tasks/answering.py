"""Recording a unit's answer: one function for command, page, sheet and simulated unit alike."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from models.answers import Asked, check_answer, field_in_words, figures
from models.directive import Indicator
from models.errors import Fault, UnknownName
from models.i18n import gettext as _
from models.i18n import speaking
from models.round import IndicatorValue, Obligation, Round, RoundIndicator, Submission
from models.secrecy import refuse_if_secret
from models.status import day_of
from models.unit import Contact, Unit
from models.vietnamese import show_date, show_instant
from models.words import STAGE_KIND, ContactRole, Ending, Purpose, SubmissionKind, Verdict
from tasks import lookup, outbox

WITH_FIGURES = frozenset({SubmissionKind.REPORT, SubmissionKind.PROGRESS})


@dataclass(frozen=True)
class Recorded:
    """What became of an answer: its version, and every fault where it was refused."""

    obligation: str
    version: int
    verdict: Verdict
    faults: tuple[Fault, ...]


def record_answer(
    session: Session,
    code: str,
    payload: Mapping[str, Any],
    sender: str,
    as_of: datetime,
    *,
    decline: bool = False,
) -> Recorded:
    """Records the answer to an obligation and queues its receipt.

    A wrong answer is kept as well, refused, and the unit is told what to mend. An accepted answer
    keeps its date: a later correction makes a new version, not a later answer. One that bears a
    stamp of secrecy raises SecretDocument, and nothing of it is kept.
    """
    refuse_if_secret(payload)
    call = _lock(session, code)
    kind = SubmissionKind.DECLINE if decline else STAGE_KIND[call.round.stage]
    asked = asked_indicators(session, call.round) if kind in WITH_FIGURES else []
    plain = _plain(dict(payload))
    faults = tuple(check_answer(kind, plain, asked, day_of(as_of)))
    verdict = Verdict.REFUSED if faults else Verdict.ACCEPTED
    submission = Submission(
        obligation_id=lookup.id_of(call.owed),
        version=_next_version(session, call.owed),
        kind=kind,
        verdict=verdict,
        received_at=as_of,
        sender=_clean(sender),
        payload=plain,
        faults=[fault.as_dict() for fault in faults],
    )
    session.add(submission)
    session.flush()
    if verdict is Verdict.ACCEPTED:
        _accept(session, call.owed, submission, asked)
    with speaking("vi"):  # mail is Vietnamese whatever language the caller reads
        told = check_answer(kind, plain, asked, day_of(as_of)) if faults else []
        mended = [replace(fault, field=field_in_words(fault.field, asked)) for fault in told]
    _queue_receipt(session, call, submission, mended, as_of)
    return Recorded(code, submission.version, verdict, faults)


@dataclass(frozen=True)
class _Call:
    """What a unit was asked, and where its clerk is told of the answer."""

    owed: Obligation
    round: Round
    to_name: str
    to_email: str


# The statements of an answer are made once: making one costs as much as running it.
_CALL = (
    select(Obligation, Round, Unit.name, Contact.email)
    .join(Round, col(Round.id) == col(Obligation.round_id))
    .join(Unit, col(Unit.id) == col(Obligation.unit_id))
    .join(Contact, col(Contact.unit_id) == col(Unit.id))
    .where(Obligation.code == sa.bindparam("code"), Contact.role == ContactRole.CLERK)
    .with_for_update(of=Obligation)
    .execution_options(populate_existing=True)
)
_FORM = (
    select(Indicator)
    .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
    .where(RoundIndicator.round_id == sa.bindparam("round_id"))
    .order_by(col(RoundIndicator.position))
)
_LATEST = select(func.max(Submission.version)).where(
    Submission.obligation_id == sa.bindparam("obligation_id")
)


def _lock(session: Session, code: str) -> _Call:
    """What is asked, kept from others until the end: two answers at once make two versions."""
    found = session.exec(_CALL, params={"code": code}).first()
    if found is None:
        message = _(
            "There is no obligation “{name}”: a code is directive/round/unit, as in the unit's "
            "mail, and is made when the round opens."
        )
        raise UnknownName(message.format(name=code))
    return _Call(*found)


def asked_indicators(session: Session, found: Round) -> list[Asked]:
    """The indicators a round asks for, in the order of its form."""
    rows = session.exec(_FORM, params={"round_id": found.id})
    return [Asked(lookup.id_of(i), i.code, i.label, i.kind, i.required) for i in rows]


def _plain(value: Any) -> Any:
    """The payload as JSON can hold it: dates as text, other odd things as their text."""
    if isinstance(value, dict):
        return {_clean(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):  # JSON has neither NaN nor infinity
        return str(value)
    return value if isinstance(value, int | float) or value is None else _clean(str(value))


def _clean(text: str) -> str:
    """The text as either database takes it: without NUL and halves of characters."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _next_version(session: Session, owed: Obligation) -> int:
    latest = session.exec(_LATEST, params={"obligation_id": owed.id}).one()
    return int(latest or 0) + 1


def _accept(session: Session, owed: Obligation, given: Submission, asked: list[Asked]) -> None:
    if given.kind is SubmissionKind.DECLINE:
        if owed.answered_at is None and owed.ending in (None, Ending.CLOSED):
            owed.ended_at, owed.ending = given.received_at, Ending.DECLINED
        return
    owed.answered_at = owed.answered_at or given.received_at
    given_figures = [
        {"submission_id": lookup.id_of(given), **vars(figure)}
        for figure in figures(given.payload, asked)
    ]
    if given_figures:
        session.execute(sa.insert(IndicatorValue), given_figures)


def _queue_receipt(
    session: Session, call: _Call, given: Submission, faults: list[Fault], as_of: datetime
) -> None:
    owed = call.owed
    purpose = Purpose.REFUSAL if faults else Purpose.RECEIPT
    context = {
        "code": owed.code,
        "title": call.round.title,
        "due": show_date(owed.due),
        "received_at": show_instant(as_of),
        "version": given.version,
        "late_days": max(0, (day_of(as_of) - owed.due).days),
        "declined": given.kind is SubmissionKind.DECLINE,
        "faults": [{"field": f.field, "found": f.found, "message": f.message} for f in faults],
    }
    mail = {
        "key": f"obligation:{owed.id}:{purpose}:{given.version}",
        "purpose": purpose,
        "unit_id": owed.unit_id,
        "directive_id": call.round.directive_id,
        "obligation_id": owed.id,
        "to_name": call.to_name,
        "to_email": call.to_email,
        "template": purpose.value,
        "context": context,
    }
    outbox.queue_first(session, mail, as_of)
