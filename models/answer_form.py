"""A unit's answer as a form of a page: fields by the paths that its faults name, all of them text.

"rows[2].by", "values.so-cuoc.numerator", "issued_as.document": what is typed into them becomes the
payload of `models.answers`, and a payload fills them in again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.answers import MAX_ROWS, check_answer
from models.asked import Asks
from models.i18n import N_, vi
from models.i18n import gettext as _
from models.typed import Unreadable, typed_day, typed_number
from models.words import IndicatorKind, SubmissionKind

PARTS = {"rows": ("measure", "product", "who", "by"), "evidence": ("document", "issued")}
NUMBER = "number"  # of the measure or target a row is about, where it has one; nobody types it
# how a directive is usually brought to the staff: ticked, they become words of the answer
WAYS = (
    N_("At a meeting of the staff"),
    N_("By a document to every division"),
    N_("By e-mail or the office's document system"),
    N_("Posted at the office or on its own page"),
)
YES, NO = "yes", "no"
NUMBERS = frozenset({
    IndicatorKind.COUNT, IndicatorKind.RATIO, IndicatorKind.MONEY, IndicatorKind.SCORE,
})  # fmt: skip
SEVERAL = "; "  # between the ways in the answer's words

_NAME = re.compile(
    r"received_on|brought_to_staff|way\.[1-4]|percent|narrative|nothing_to_report|reason|why"
    r"|issued_as\.(?:document|issued)|evidence\[\d{1,3}\]\.(?:document|issued)"
    r"|rows\[\d{1,3}\]\.(?:measure|product|who|by|number)"
    r"|values\.[a-z0-9-]{1,121}(?:\.(?:numerator|denominator))?"
    r"|sections\.[a-z0-9-]{1,60}|explanations\.(?:[a-z]{1,10}:)?[a-z0-9-]{1,121}"
    r"|covers\.\d{1,9}"
)
TICK = re.compile(r"covers\.(\d{1,9})")  # another duty that a report is to stand for as well
_ROW = re.compile(r"(rows|evidence)\[(\d+)\]\.(\w+)")
_DAYS = re.compile(r"received_on|issued_as\.issued|(?:rows|evidence)\[\d+\]\.(?:by|issued)")


@dataclass(frozen=True)
class Typed:
    """What was typed: the payload it makes, and for fields that cannot be read the message."""

    payload: dict[str, Any]
    unread: dict[str, str]
    given: frozenset[str]  # the fields that were not left empty


def own_fields(given: Mapping[str, str]) -> dict[str, str]:
    """The fields of an answer among those that were sent; rows left empty are taken out and the
    others counted anew, so that a row of the form is a row of the payload.
    """
    kept = {
        name: value.replace("\r\n", "\n").replace("\0", "").strip()
        for name, value in given.items()
        if _NAME.fullmatch(name)
    }
    plain = {name: value for name, value in kept.items() if not _ROW.fullmatch(name)}
    plain = {name: value for name, value in plain.items() if value}
    for table in PARTS:
        for number, row in enumerate(_rows_of(kept, table), start=1):
            plain |= {f"{table}[{number}].{part}": said for part, said in row.items()}
    return plain


def _rows_of(fields: Mapping[str, str], table: str) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, value in fields.items():
        parts = _ROW.fullmatch(name)
        if parts and parts[1] == table and value:
            found.setdefault(int(parts[2]), {})[parts[3]] = value
    rows = [found[number] for number in sorted(found) if found[number].keys() - {NUMBER}]
    return rows[: MAX_ROWS + 1]


def rows_shown(fields: Iterable[str], table: str) -> int:
    """How many rows of a table the form had, empty ones too."""
    found = (_ROW.fullmatch(name) for name in fields)
    return max((int(row[2]) for row in found if row and row[1] == table), default=0)


def without_row(fields: Mapping[str, str], table: str, number: int) -> dict[str, str]:
    """The fields without one row; the rows behind it move up."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        row = _ROW.fullmatch(name)
        if row is None or row[1] != table or int(row[2]) < number:
            found[name] = value
        elif int(row[2]) > number:
            found[f"{table}[{int(row[2]) - 1}].{row[3]}"] = value
    return found


def typed(
    kind: SubmissionKind,
    fields: Mapping[str, str],
    asks: Asks,
    files: Sequence[str] = (),
) -> Typed:
    """The payload of what was typed (`own_fields`); `files` are names of files that prove it."""
    unread: dict[str, str] = {}
    kinds = {f"values.{item.code}": item.kind for item in asks.figures}
    read = {name: _read(name, said, kinds, unread) for name, said in fields.items()}
    match kind:
        case SubmissionKind.ACKNOWLEDGEMENT:
            found = {"received_on": read.get("received_on", "")}
            found["brought_to_staff"] = _ways_in_words(fields)
        case SubmissionKind.ACTION_PLAN:
            found = {"rows": _table(read, "rows"), **_issued_as(read)}
        case SubmissionKind.PROGRESS:
            found = _only(read, "percent", "narrative")
            found["evidence"] = [*_table(read, "evidence"), *({"file": name} for name in files)]
            found |= {"values": values} if (values := _values(read, asks)) else {}
            found |= _named(read, "explanations")
        case SubmissionKind.REPORT if "nothing_to_report" in read:
            # what was typed and then given up for "nothing to report" is told, not dropped
            values = _values(read, asks)
            found = _only(read, "nothing_to_report") | ({"values": values} if values else {})
            found |= _named(read, "sections")
        case SubmissionKind.REPORT:
            found = {**_only(read, "narrative"), **_named(read, "sections")}
            found |= {"values": _values(read, asks), **_named(read, "explanations")}
            found |= _issued_as(read)
        case SubmissionKind.DECLINE:
            found = _only(read, "reason")
    unread = {name: said for name, said in unread.items() if _is_in(name, found)}
    return Typed(found, unread, frozenset(fields))


def _read(name: str, said: str, kinds: Mapping[str, IndicatorKind], unread: dict[str, str]) -> Any:
    """What a field says, or its mere text with the message why it cannot be read."""
    indicator = kinds.get(re.sub(r"\.(?:numerator|denominator)$", "", name))
    try:
        if _DAYS.fullmatch(name):
            return typed_day(said).isoformat()
        if name == "percent":
            return typed_number(said.rstrip("% "))
        if indicator is IndicatorKind.YES_NO:
            return {YES: True, NO: False}.get(said, said)
        if indicator is IndicatorKind.DATE:
            return typed_day(said).isoformat()
        if indicator in NUMBERS:
            return typed_number(said)
    except Unreadable as error:
        unread[name] = str(error)
    return said


def _only(read: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: read[name] for name in names if name in read}


def _named(read: Mapping[str, Any], first: str) -> dict[str, dict[str, Any]]:
    """The fields "sections.x", "sections.y" as one mapping; nothing where there is none."""
    found = {name.partition(".")[2]: said for name, said in read.items()
             if name.startswith(f"{first}.")}  # fmt: skip
    return {first: found} if found else {}


def _issued_as(read: Mapping[str, Any]) -> dict[str, Any]:
    parts = {part: read.get(f"issued_as.{part}", "") for part in ("document", "issued")}
    return {"issued_as": parts} if any(parts.values()) else {}


def _table(read: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    number = rows_shown(read, table)
    return [
        {part: read.get(f"{table}[{n}].{part}", "") for part in PARTS[table]}
        | _only_part(read, f"{table}[{n}].{NUMBER}")
        for n in range(1, number + 1)
    ]


def _only_part(read: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {NUMBER: read[name]} if name in read else {}


def _values(read: Mapping[str, Any], asks: Asks) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in asks.figures:
        name = f"values.{item.code}"
        parts = {p: read.get(f"{name}.{p}") for p in ("numerator", "denominator")}
        if item.kind is IndicatorKind.RATIO and any(v is not None for v in parts.values()):
            found[item.code] = parts
        elif name in read:
            found[item.code] = read[name]
    return found


def _ways_in_words(fields: Mapping[str, str]) -> str:
    """The ways that were ticked and what was written beside, as one answer."""
    ticked = [vi(way) for n, way in enumerate(WAYS, start=1) if fields.get(f"way.{n}")]
    own = fields.get("brought_to_staff", "")
    return SEVERAL.join([*ticked, *([own] if own else [])])


def _is_in(name: str, payload: Mapping[str, Any]) -> bool:
    return re.split(r"[.\[]", name)[0] in payload


def filled(payload: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a form filled in with a payload."""
    found = {name: _said(value) for name, value in flat("", payload)}
    if "brought_to_staff" in found:
        found |= _ways(found.pop("brought_to_staff"))
    return {name: said for name, said in found.items() if _NAME.fullmatch(name) and said}


def _ways(said: str) -> dict[str, str]:
    known = {vi(way): f"way.{n}" for n, way in enumerate(WAYS, start=1)}
    parts = said.split(SEVERAL)
    own = SEVERAL.join(part for part in parts if part not in known)
    return {known[part]: "on" for part in parts if part in known} | {"brought_to_staff": own}


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The values of a payload by their paths: "rows[2].by", "values.x.numerator"."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flat(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from flat(f"{name}[{number}]", part)
    else:
        yield name, value


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float | int):
        return _number_typed(value)
    return "" if value is None else str(value)


def _number_typed(value: float) -> str:
    """A number as it is read again as the same: not grouped, three decimals told from thousands."""
    whole, _dot, rest = f"{value:.9f}".rstrip("0").partition(".")
    return f"{whole},{rest:0<4}" if len(rest) == 3 else f"{whole},{rest}".rstrip(",")


def faults_of(kind: SubmissionKind, found: Typed, asks: Asks, today: date) -> dict[str, list[str]]:
    """What is wrong with what was typed, by field; what a field cannot be read as is told once."""
    faults: dict[str, list[str]] = {}
    for fault in check_answer(kind, found.payload, asks, today):
        for name in _places(fault.field, found):
            if name in found.unread:
                faults[name] = [_(found.unread[name])]
                continue
            # a day that was left out is not written wrongly
            left_out = _DAYS.fullmatch(name) and name not in found.given
            message = _("must not be empty") if left_out else fault.message
            faults.setdefault(name, []).append(message)
    return faults | {name: [_(said)] for name, said in found.unread.items()}


def _places(field: str, found: Typed) -> list[str]:
    """Where a fault is told; not at all, where a part that could not be read says it already."""
    if any(name.startswith(f"{field}.") for name in found.unread):
        return []
    return [field]
