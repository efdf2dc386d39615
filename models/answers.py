"""A unit's answer, checked against what its round asked. The same for page, sheet and command.

    acknowledgement  received_on (date), brought_to_staff (how it was made known)
    action_plan      rows: [{measure, product, who, by, number?}], issued_as: {document, issued}
    progress         percent (0–100), narrative, evidence: [{document, issued} | {file}],
                     values: {indicator: figure}
    report           values: {indicator: figure}, narrative, issued_as: {document, issued}
                     |  nothing_to_report: reason
    decline          reason

A figure is a number, yes/no, text, or for a ratio {numerator, denominator}.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeGuard

from models.asked import Asked, Figure
from models.errors import Fault
from models.i18n import N_
from models.i18n import gettext as _
from models.words import IndicatorKind, SubmissionKind

MAX_TEXT = 20_000
MAX_NUMBER = 1e15
MAX_ROWS = 500
FIRST_YEAR, LAST_YEAR = 1976, 2100  # of the dates of an answer


_FIELDS = {
    SubmissionKind.ACKNOWLEDGEMENT: {"received_on", "brought_to_staff"},
    SubmissionKind.ACTION_PLAN: {"rows", "issued_as"},
    SubmissionKind.PROGRESS: {"percent", "narrative", "evidence", "values"},
    SubmissionKind.REPORT: {"values", "narrative", "nothing_to_report", "issued_as"},
    SubmissionKind.DECLINE: {"reason"},
}


def check_answer(
    kind: SubmissionKind,
    payload: Mapping[str, Any],
    asked: Sequence[Asked],
    today: date,
    numbers: Collection[str] | None = None,
) -> list[Fault]:
    """Everything wrong with an answer, in the reader's language; empty where it may be recorded.

    `numbers` are the names of the measures and targets that the rows of a plan may give as theirs.
    """
    faults = list(_unknown_fields(kind, payload))
    match kind:
        case SubmissionKind.ACKNOWLEDGEMENT:
            faults += _acknowledgement(payload, today)
        case SubmissionKind.ACTION_PLAN:
            faults += _action_plan(payload, numbers)
        case SubmissionKind.PROGRESS:
            faults += _progress(payload, today)
            faults += _figures(payload, asked)
        case SubmissionKind.REPORT:
            faults += _report(payload, asked)
        case SubmissionKind.DECLINE:
            faults += _text(payload, "reason", required=True)
    if payload.get("issued_as") is not None:
        faults += _document("issued_as", payload["issued_as"], today)
    return faults


def figures(payload: Mapping[str, Any], asked: Sequence[Asked]) -> list[Figure]:
    """The figures of a checked report, one for each indicator answered."""
    values = payload.get("values") or {}
    return [_figure(item, values[item.code]) for item in asked if _given(values.get(item.code))]


_FIELD_WORDS = {
    "received_on": N_("date of receipt"),
    "brought_to_staff": N_("how it was made known"),
    "rows": N_("rows of the plan"),
    "measure": N_("measure"),
    "number": N_("number of the measure or target"),
    "product": N_("product"),
    "who": N_("who is in charge"),
    "by": N_("date of completion"),
    "percent": N_("degree of completion (%)"),
    "narrative": N_("results"),
    "evidence": N_("evidence"),
    "values": N_("figures"),
    "file": N_("file"),
    "nothing_to_report": N_("nothing to report"),
    "issued_as": N_("document issued"),
    "reason": N_("reason"),
    "numerator": N_("numerator"),
    "denominator": N_("denominator"),
    "document": N_("document"),
    "issued": N_("date of issue"),
    "decline": N_("reason for declining"),
    "why": N_("reason for the correction"),
}


def field_in_words(field: str, asked: Sequence[Asked]) -> str:
    """A field of an answer as the unit knows it: "rows[2].by" → "rows of the plan 2, date of …"."""
    labels = {item.code: item.label for item in asked}
    words = []
    for part in field.split("."):
        name, _bracket, number = part.partition("[")
        word = labels.get(name) or (_(_FIELD_WORDS[name]) if name in _FIELD_WORDS else name)
        words.append(f"{word} {number[:-1]}" if number else word)
    shown = words[1:] if field.startswith("values.") else words
    return ", ".join(shown)


def _given(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _figure(item: Asked, value: Any) -> Figure:
    match item.kind:
        case IndicatorKind.RATIO:
            return Figure(
                item.id,
                numerator=float(value["numerator"]),
                denominator=float(value["denominator"]),
            )
        case IndicatorKind.YES_NO:
            return Figure(item.id, yes=value)
        case IndicatorKind.TEXT:
            return Figure(item.id, text=value)
        case IndicatorKind.DATE:
            return Figure(item.id, day=_day(value))
        case IndicatorKind.CHOICE:
            return Figure(item.id, choice=value)
        case IndicatorKind.COUNT | IndicatorKind.MONEY | IndicatorKind.SCORE:
            return Figure(item.id, number=float(value))


def _fault(field: str, message: str, found: object = "") -> Fault:
    if isinstance(found, dict) and set(found) == {"numerator", "denominator"}:
        found = f"{found['numerator']}/{found['denominator']}"
    return Fault(_("answer"), None, field, str(found)[:80], message)


def _unknown_fields(kind: SubmissionKind, payload: Mapping[str, Any]) -> Iterator[Fault]:
    allowed = _FIELDS[kind]
    for name in payload:
        if name not in allowed:
            message = _("there is no such field here; allowed: {allowed}")
            yield _fault(str(name), message.format(allowed=", ".join(sorted(allowed))))


def _text(payload: Mapping[str, Any], field: str, required: bool) -> Iterator[Fault]:
    value = payload.get(field)
    if not _given(value):
        if required:
            yield _fault(field, _("must not be empty"))
    elif not isinstance(value, str):
        yield _fault(field, _("must be text: put it between quotes"), value)
    elif len(value) > MAX_TEXT:
        yield _fault(field, _("is too long: at most {max_length} characters").format(
            max_length=MAX_TEXT))  # fmt: skip


def _day(value: object) -> date | None:
    found = _any_day(value)
    # a slip of the finger: no office of today answers for another time
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _any_day(value: object) -> date | None:
    if isinstance(value, datetime):  # a date as spreadsheets have it
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _acknowledgement(payload: Mapping[str, Any], today: date) -> Iterator[Fault]:
    received = payload.get("received_on")
    day = _day(received)
    if day is None:
        yield _fault("received_on", _("must be a date that exists, written 2024-02-26"), received)
    elif day > today:
        yield _fault("received_on", _("lies in the future"), received)
    yield from _text(payload, "brought_to_staff", required=True)


def _action_plan(payload: Mapping[str, Any], numbers: Collection[str] | None) -> Iterator[Fault]:
    rows = payload.get("rows")
    if not isinstance(rows, list) or not rows:
        yield _fault("rows", _("an action plan needs at least one row"))
        return
    if len(rows) > MAX_ROWS:
        yield _fault("rows", _("too many rows: at most {most}").format(most=MAX_ROWS))
        return
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            yield _fault(f"rows[{number}]", _("must be a mapping of fields"), row)
            continue
        for field in ("measure", "product", "who"):
            for fault in _text(row, field, required=True):
                yield _fault(f"rows[{number}].{field}", fault.message, fault.found)
        if _day(row.get("by")) is None:
            message = _("must be a date that exists, written 2024-02-26")
            yield _fault(f"rows[{number}].by", message, row.get("by", ""))
        named = row.get("number")
        if _given(named) and numbers is not None and named not in numbers:
            message = _("the directive has no such measure or target; it has: {known}")
            known = ", ".join(numbers) or "—"
            yield _fault(f"rows[{number}].number", message.format(known=known), named)


def _progress(payload: Mapping[str, Any], today: date) -> Iterator[Fault]:
    percent = payload.get("percent")
    if not _is_number(percent):
        yield _fault("percent", _("must be a number"), percent)
    elif not 0 <= percent <= 100:
        yield _fault("percent", _("must lie between 0 and 100"), percent)
    elif percent == 100 and not payload.get("evidence"):
        yield _fault("evidence", _("completed work needs evidence: a document and its date"))
    yield from _text(payload, "narrative", required=True)
    evidence = payload.get("evidence") or []
    if not isinstance(evidence, list):
        yield _fault("evidence", _("must be a list: start each item with a hyphen"))
        return
    for number, item in enumerate(evidence, start=1):
        if not _is_file(item):
            yield from _document(f"evidence[{number}]", item, today)


def _is_file(item: object) -> bool:
    """Whether the evidence is a file that was sent with the answer, by its name."""
    return isinstance(item, dict) and set(item) == {"file"} and isinstance(item["file"], str)


def _document(field: str, item: object, today: date) -> Iterator[Fault]:
    """A document that is referred to: its number, and the day it was issued."""
    day = _day(item.get("issued")) if isinstance(item, dict) else None
    named = isinstance(item, dict) and isinstance(item.get("document"), str)
    if day is None or not (named and _given(item["document"])):  # type: ignore[index]
        yield _fault(field, _("give the document and the date it was issued"))
    elif day > today:
        yield _fault(field, _("lies in the future"), day)


def _report(payload: Mapping[str, Any], asked: Sequence[Asked]) -> Iterator[Fault]:
    if payload.get("nothing_to_report"):
        yield from _text(payload, "nothing_to_report", required=True)
        if payload.get("values"):
            yield _fault("values", _("“nothing to report” and figures contradict each other"))
        return
    yield from _text(payload, "narrative", required=True)
    yield from _figures(payload, asked)


def _figures(payload: Mapping[str, Any], asked: Sequence[Asked]) -> Iterator[Fault]:
    values = payload.get("values") or {}
    if not isinstance(values, dict):
        yield _fault("values", _("must be a mapping of fields"))
        return
    known = {item.code for item in asked}
    for code in values:
        if code not in known:
            message = _("this round asks for no such figure; it asks for: {allowed}")
            yield _fault(f"values.{code}", message.format(allowed=", ".join(sorted(known)) or "—"))
    for item in asked:
        value = values.get(item.code)
        if _given(value):
            yield from _value(item, value)
        elif item.required:
            yield _fault(f"values.{item.code}", _("“{label}” is missing").format(label=item.label))


def _value(item: Asked, value: Any) -> Iterator[Fault]:
    field = f"values.{item.code}"
    match item.kind:
        case IndicatorKind.COUNT | IndicatorKind.MONEY:
            yield from _number(field, value, whole=item.kind is IndicatorKind.COUNT)
        case IndicatorKind.YES_NO if not isinstance(value, bool):
            yield _fault(field, _("must be true or false"), value)
        case IndicatorKind.TEXT:
            yield from _text({field: value}, field, required=False)
        case IndicatorKind.RATIO:
            yield from _ratio(field, value)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _number(field: str, value: Any, *, whole: bool) -> Iterator[Fault]:
    if not _is_number(value):
        yield _fault(field, _("must be a number"), value)
    elif value < 0:
        yield _fault(field, _("must not be negative"), value)
    elif value > MAX_NUMBER:
        yield _fault(field, _("is too large to be true"), value)
    elif whole and value != int(value):
        yield _fault(field, _("must be a whole number"), value)


def _ratio(field: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, dict) or set(value) != {"numerator", "denominator"}:
        yield _fault(field, _("give `numerator` and `denominator`, not a percentage"), value)
        return
    faults = [
        fault
        for part in ("numerator", "denominator")
        for fault in _number(f"{field}.{part}", value[part], whole=True)
    ]
    yield from faults
    if not faults and value["numerator"] > value["denominator"]:
        message = _("the numerator {numerator} is greater than the denominator {denominator}")
        yield _fault(field, message.format(**value), value)
