"""A unit's answer, checked against what its round asked. The same for page, sheet and command.

    acknowledgement  received_on (date), brought_to_staff (how it was made known)
    action_plan      rows: [{measure, product, who, by, number?}], issued_as: {document, issued}
    progress         percent (0–100), narrative, evidence: [{document, issued} | {file}],
                     values: {indicator: figure}
    report           values: {indicator: figure}, narrative, issued_as: {document, issued}
                     |  nothing_to_report: reason
    decline          reason

A figure is a number, yes/no, text, a date, one of the choices, or for a ratio {numerator,
denominator}. Where a round has an outline, `sections: {code: text}` takes the place of the
narrative. Beside figures, `explanations: {rule: text}` says why a soft rule is broken.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from models.answer_figures import explanation_faults, figure_faults, rule_faults
from models.answer_values import (
    day_fault,
    day_of,
    fault,
    is_given,
    is_number,
    text,
    texts,
    unwritable,
)
from models.asked import Asks
from models.errors import Fault
from models.i18n import gettext as _
from models.words import SubmissionKind

MAX_ROWS = 500

_FIELDS = {
    SubmissionKind.ACKNOWLEDGEMENT: {"received_on", "brought_to_staff"},
    SubmissionKind.ACTION_PLAN: {"rows", "issued_as"},
    SubmissionKind.PROGRESS: {"percent", "narrative", "evidence", "values", "explanations"},
    SubmissionKind.REPORT: {
        "values", "narrative", "sections", "explanations", "nothing_to_report", "issued_as"
    },
    SubmissionKind.DECLINE: {"reason"},
}  # fmt: skip
WITH_FIGURES = frozenset({SubmissionKind.REPORT, SubmissionKind.PROGRESS})


def check_answer(
    kind: SubmissionKind, payload: Mapping[str, Any], asks: Asks, today: date
) -> list[Fault]:
    """Everything wrong with an answer, in the reader's language; empty where it may be recorded.

    The rules that figures obey are looked at once each of them is right in itself.
    """
    faults = [*_unknown_fields(kind, payload), *unwritable(payload)]
    match kind:
        case SubmissionKind.ACKNOWLEDGEMENT:
            faults += _acknowledgement(payload, today)
        case SubmissionKind.ACTION_PLAN:
            faults += _action_plan(payload, asks.numbers)
        case SubmissionKind.PROGRESS:
            faults += _progress(payload, today)
            faults += figure_faults(payload, asks)
        case SubmissionKind.REPORT:
            faults += _report(payload, asks)
        case SubmissionKind.DECLINE:
            faults += text(payload, "reason", required=True)
    if payload.get("issued_as") is not None:
        faults += _document("issued_as", payload["issued_as"], today)
    if kind in WITH_FIGURES:
        faults += explanation_faults(payload, asks)
        faults += [] if faults else rule_faults(payload, asks)
    return faults


def _unknown_fields(kind: SubmissionKind, payload: Mapping[str, Any]) -> Iterator[Fault]:
    allowed = _FIELDS[kind]
    for name in payload:
        if name not in allowed:
            message = _("there is no such field here; allowed: {allowed}")
            yield fault(str(name), message.format(allowed=", ".join(sorted(allowed))))


def _acknowledgement(payload: Mapping[str, Any], today: date) -> Iterator[Fault]:
    received = payload.get("received_on")
    day = day_of(received)
    if day is None:
        yield day_fault("received_on", received)
    elif day > today:
        yield fault("received_on", _("lies in the future"), received)
    yield from text(payload, "brought_to_staff", required=True)


def _action_plan(payload: Mapping[str, Any], numbers: Collection[str] | None) -> Iterator[Fault]:
    rows = payload.get("rows")
    if not isinstance(rows, list) or not rows:
        yield fault("rows", _("an action plan needs at least one row"))
        return
    if len(rows) > MAX_ROWS:
        yield fault("rows", _("too many rows: at most {most}").format(most=MAX_ROWS))
        return
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            yield fault(f"rows[{number}]", _("must be a mapping of fields"), row)
            continue
        for field in ("measure", "product", "who"):
            for found in text(row, field, required=True):
                yield fault(f"rows[{number}].{field}", found.message, found.found)
        if day_of(row.get("by")) is None:
            yield day_fault(f"rows[{number}].by", row.get("by", ""))
        named = row.get("number")
        if is_given(named) and numbers is not None and named not in numbers:
            message = _("the directive has no such measure or target; it has: {known}")
            known = ", ".join(numbers) or "—"
            yield fault(f"rows[{number}].number", message.format(known=known), named)


def _progress(payload: Mapping[str, Any], today: date) -> Iterator[Fault]:
    percent = payload.get("percent")
    if not is_number(percent):
        yield fault("percent", _("must be a number"), percent)
    elif not 0 <= percent <= 100:
        yield fault("percent", _("must lie between 0 and 100"), percent)
    elif percent == 100 and not payload.get("evidence"):
        yield fault("evidence", _("completed work needs evidence: a document and its date"))
    yield from text(payload, "narrative", required=True)
    evidence = payload.get("evidence") or []
    if not isinstance(evidence, list):
        yield fault("evidence", _("must be a list: start each item with a hyphen"))
        return
    for number, item in enumerate(evidence, start=1):
        if not _is_file(item):
            yield from _document(f"evidence[{number}]", item, today)


def _is_file(item: object) -> bool:
    """Whether the evidence is a file that was sent with the answer, by its name."""
    return isinstance(item, dict) and set(item) == {"file"} and isinstance(item["file"], str)


def _document(field: str, item: object, today: date) -> Iterator[Fault]:
    """A document that is referred to: its number, and the day it was issued."""
    day = day_of(item.get("issued")) if isinstance(item, dict) else None
    named = isinstance(item, dict) and isinstance(item.get("document"), str)
    if day is None or not (named and is_given(item["document"])):  # type: ignore[index]
        yield fault(field, _("give the document and the date it was issued"))
    elif day > today:
        yield fault(field, _("lies in the future"), day)


def _report(payload: Mapping[str, Any], asks: Asks) -> Iterator[Fault]:
    if payload.get("nothing_to_report"):
        yield from text(payload, "nothing_to_report", required=True)
        if payload.get("values"):
            yield fault("values", _("“nothing to report” and figures contradict each other"))
        if payload.get("sections"):
            message = _("“nothing to report” and a report contradict each other")
            yield fault("sections", message)
        return
    yield from _words(payload, asks)
    yield from figure_faults(payload, asks)


def _words(payload: Mapping[str, Any], asks: Asks) -> Iterator[Fault]:
    """The sections of the outline, or the narrative where there is none."""
    if not asks.outline:
        yield from text(payload, "narrative", required=True)
    elif is_given(payload.get("narrative")):
        yield fault("narrative", _("this report has an outline: write under its sections"))
    sections = {item.code: item.required for item in asks.outline}
    unknown = _("the outline has no such section; it has: {allowed}")
    yield from texts("sections", payload.get("sections") or {}, sections, unknown)
