"""The mail that answers what a unit sent: what was read from its file, or what to mend."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.answer_sheet import Sheet
from models.answer_words import field_in_words
from models.asked import Asks
from models.errors import Fault
from models.status import day_of
from models.vietnamese import show_date, show_instant
from models.words import Purpose, SubmissionKind
from tasks import incorporating, outbox
from tasks.answer_calls import Call
from tasks.answer_changes import changes

MOST_SAID, LONGEST_SAID = 60, 300  # fields of an answer in its receipt, characters of each


def mended(fault: Fault, sheet: Sheet, asks: Asks) -> dict[str, str]:
    """A fault as the mail tells it: in which cell, of which field, what stood there."""
    return {
        "cell": sheet.cell(fault.field),
        "field": field_in_words(fault.field, asks),
        "found": fault.found,
        "message": fault.message,
    }


def accepted(payload: Mapping[str, Any], asks: Asks) -> list[dict[str, str]]:
    """What an answer says, for the receipt of one that was read from a file."""
    found = changes({}, payload, asks)[:MOST_SAID]
    return [{"field": said.field, "value": said.after[:LONGEST_SAID]} for said in found]


def queue_receipt(
    session: Session,
    call: Call,
    given: Mapping[str, Any],
    faults: list[dict[str, str]],
    said: list[dict[str, str]],
    waits: bool,
    as_of: datetime,
) -> None:
    purpose = Purpose.REFUSAL if faults else Purpose.RECEIPT
    context = {
        "code": call.code,
        "title": call.title,
        "due": show_date(call.due),
        "received_at": show_instant(as_of),
        "version": given["version"],
        "late_days": max(0, (day_of(as_of) - call.due).days),
        "declined": given["kind"] is SubmissionKind.DECLINE,
        "waits": waits,
        "faults": faults,
        "accepted": said,
        "taken_from": _source(session, given["taken_from_id"]),
    }
    mail = {
        "key": f"obligation:{call.id}:{purpose}:{given['version']}",
        "purpose": purpose,
        "unit_id": call.unit_id,
        "directive_id": call.directive_id,
        "obligation_id": call.id,
        "to_name": call.to_name,
        "to_email": call.to_email,
        "template": purpose.value,
        "context": context,
    }
    outbox.queue_first(session, mail, as_of)


def _source(session: Session, submission_id: int | None) -> str:
    """The report that a duty's answer was taken from, as its receipt names it; else nothing."""
    if submission_id is None:
        return ""
    link = incorporating.report_of(session, submission_id)
    return f"“{link.title}” ({link.directive}), số biên nhận {link.code}#{link.version}"
