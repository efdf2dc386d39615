"""Recording a unit's answer: one function for command, page, sheet and simulated unit alike."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func

from models.answer_figures import figures, without_stale
from models.answer_sheet import NO_SHEET, Sheet, told_by_cell
from models.answers import check_answer
from models.asked import Asks
from models.errors import Fault, NotAllowed
from models.i18n import speaking
from models.round import IndicatorValue, Obligation, Submission
from models.secrecy import refuse_if_secret
from models.status import day_of
from models.vietnamese import printable
from models.words import (
    STAGE_KIND,
    Channel,
    Deed,
    Ending,
    SubmissionKind,
    Verdict,
)
from tasks import activities, approving, incorporating
from tasks.answer_calls import Call, call_of, keep_all, passed_on
from tasks.answer_receipts import accepted, mended, queue_receipt
from tasks.asking import asks_of, asks_with_known

BY_FILE = (Channel.WORKBOOK, Channel.REPLY)  # whose receipt says what was read


@dataclass(frozen=True)
class Recorded:
    """What became of an answer: its version, every fault where it was refused, whether it waits for
    the head's approval, and what became of the duties that it covers as well.
    """

    obligation: str
    version: int
    verdict: Verdict
    faults: tuple[Fault, ...]
    waits: bool = False
    covered: tuple["Recorded", ...] = ()


def record_answer(
    session: Session,
    code: str,
    payload: Mapping[str, Any],
    sender: str,
    as_of: datetime,
    *,
    decline: bool = False,
    channel: Channel = Channel.COMMAND,
    why: str = "",
    sheet: Sheet = NO_SHEET,
    has_files: bool = False,
    covers: Collection[str] = (),
    taken_from: int | None = None,
) -> Recorded:
    """Records the answer to an obligation and queues its receipt.

    A wrong answer is kept as well, refused, and the unit is told what to mend: cell by cell where
    it was read from a `sheet`. An accepted answer keeps its date: a later correction makes a new
    version, not a later answer, and `why` says what for. In a round that needs the head it waits
    for the approval, and is no answer before. `has_files`: files of evidence come with it. A report
    is recorded for the duties it `covers` as well, each `taken_from` its submission; raises
    NotAllowed where it cannot stand for one. One that bears a stamp of secrecy raises
    SecretDocument, and nothing of it is kept.
    """
    refuse_if_secret([payload, why])
    if taken_from is None:
        keep_all(session, [code, *covers])
    call = call_of(session, code)
    if call.ending in (Ending.PASSED_ON, Ending.LAPSED):
        raise NotAllowed(passed_on(session, call))
    also = incorporating.chosen(session, call.id, covers, as_of)
    kind = SubmissionKind.DECLINE if decline else STAGE_KIND[call.stage]
    asks = asks_with_known(
        session, asks_of(session, call.round_id, kind), call.id, as_of, has_evidence=has_files
    )
    plain = _plain(dict(payload))
    found = check_answer(kind, plain, asks, day_of(as_of))
    faults = tuple(told_by_cell(sheet, found))
    verdict = Verdict.REFUSED if faults else Verdict.ACCEPTED
    plain = plain if faults else without_stale(plain, asks)
    given: dict[str, Any] = {
        "obligation_id": call.id,
        "version": _next_version(session, call.id),
        "kind": kind,
        "verdict": verdict,
        "received_at": as_of,
        "sender": _clean(sender),
        "payload": _writable(plain),
        "faults": [fault.as_dict() for fault in faults],
        "channel": channel,
        "reason": printable(why) or None,
        "taken_from_id": taken_from,
    }
    submission_id = session.connection().execute(_SUBMIT, given).scalar_one()
    waits = call.needs_head and not faults and not decline
    if verdict is Verdict.ACCEPTED:
        _accept(session, call, submission_id, given, asks)
    if waits:
        approving.wait_for_head(session, submission_id, as_of)
    with speaking("vi"):  # mail is Vietnamese whatever language the caller reads
        said = accepted(plain, asks) if channel in BY_FILE and not faults else []
        found = check_answer(kind, plain, asks, day_of(as_of)) if faults else []
        to_mend = [mended(fault, sheet, asks) for fault in told_by_cell(sheet, found)]
    queue_receipt(session, call, given, to_mend, said, waits, as_of)
    activities.note(
        session,
        Deed.REFUSED if faults else Deed.ANSWERED,
        given["sender"],
        as_of,
        unit=call.unit_id,
        directive=call.directive_id,
        obligation=call.id,
        about=call.code,
        after={"version": given["version"], "kind": kind, "channel": channel}
        | incorporating.source_in_words(session, taken_from),
    )
    done = Recorded(code, given["version"], verdict, faults, waits)
    is_carried = kind is SubmissionKind.REPORT and not faults and taken_from is None
    if not (is_carried and (also or given["version"] > 1)):
        return done
    return replace(done, covered=cover(
        session, submission_id, also, sender, as_of, channel=channel, why=why, has_files=has_files
    ))  # fmt: skip


def cover(
    session: Session,
    submission_id: int,
    also: Collection[incorporating.Duty],
    sender: str,
    as_of: datetime,
    *,
    channel: Channel,
    why: str = "",
    has_files: bool = False,
) -> tuple[Recorded, ...]:
    """Records a report for the duties that it covers: those chosen, and those taken from it."""

    def record(duty: str, payload: Mapping[str, Any]) -> Recorded:
        return record_answer(
            session, duty, payload, sender, as_of, channel=channel, why=why, has_files=has_files,
            taken_from=submission_id,
        )  # fmt: skip

    return tuple(incorporating.carry(session, submission_id, also, as_of, record))


# The statements of an answer are made once, and are of plain columns: an object a row costs more
# than its row.
_LATEST = sa.select(func.max(col(Submission.version))).where(
    col(Submission.obligation_id) == sa.bindparam("obligation_id")
)
_SUBMIT: Any = sa.insert(Submission).returning(col(Submission.id))
_THIS = sa.update(Obligation).where(col(Obligation.id) == sa.bindparam("b_id"))
_ANSWERED = _THIS.values(answered_at=sa.bindparam("b_at"))
_DECLINED = _THIS.values(ended_at=sa.bindparam("b_at"), ending=Ending.DECLINED)


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
    return value if isinstance(value, int | float) or value is None else str(value)


def _writable(value: Any) -> Any:
    """The payload as it is kept: what a refused answer says, too, as a database takes it."""
    if isinstance(value, dict):
        return {name: _writable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_writable(inner) for inner in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    """The text as either database takes it: without NUL and halves of characters."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _next_version(session: Session, obligation_id: int) -> int:
    found = session.connection().execute(_LATEST, {"obligation_id": obligation_id})
    return int(found.scalar() or 0) + 1


def _accept(
    session: Session, call: Call, submission_id: int, given: Mapping[str, Any], asks: Asks
) -> None:
    connection, at = session.connection(), given["received_at"]
    if given["kind"] is SubmissionKind.DECLINE:
        if call.answered_at is None and call.ending in (None, Ending.CLOSED):
            connection.execute(_DECLINED, {"b_id": call.id, "b_at": at})
        return
    if call.answered_at is None and not call.needs_head:
        connection.execute(_ANSWERED, {"b_id": call.id, "b_at": at})
    rows = [
        {"submission_id": submission_id, **vars(figure)}
        for figure in figures(given["payload"], asks)
    ]
    if rows:
        connection.execute(sa.insert(IndicatorValue), rows)
