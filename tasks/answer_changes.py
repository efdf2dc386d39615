"""What a new version of an answer changes in the last one, in the words of who wrote it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from models.answer_explanations import explainable
from models.answer_words import field_in_words
from models.asked import Asks
from models.i18n import gettext as _
from models.vietnamese import show_date, show_number

_TABLES = ("rows", "evidence")
_NAMED = ("sections", "values", "explanations")
_IN_ORDER = (
    "received_on", "brought_to_staff", "rows", "percent", "nothing_to_report", "narrative",
    "sections", "values", "explanations", "evidence", "issued_as", "reason",
)  # fmt: skip
_OF_ROW = ("measure", "product", "who", "by", "document", "issued")


@dataclass(frozen=True)
class Change:
    """A field in words, what stood in it and what stands in it now; empty where there was or is
    nothing.
    """

    field: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any], asks: Asks) -> list[Change]:
    """What differs between two answers of any stage, in the order of the form; from an empty one,
    all that is said.
    """
    found: list[Change] = []
    for name in _ordered([*before, *after], _IN_ORDER):
        old, new = before.get(name), after.get(name)
        if name in _TABLES:
            found += _rows(name, _list(old), _list(new), asks)
        elif name in _NAMED:
            found += _named(name, _mapping(old), _mapping(new), asks)
        elif name == "issued_as":
            found += _differ(name, _row(_mapping(old)), _row(_mapping(new)), asks)
        else:
            found += _differ(name, shown(old), shown(new), asks)
    return found


def shown(value: Any) -> str:
    """A value as people write it: 26/02/2024, 1.234,5, 9/10, yes."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return show_number(value)
    if isinstance(value, Mapping):
        return "/".join(shown(value.get(part)) for part in ("numerator", "denominator"))
    if isinstance(value, date):
        return show_date(value)
    return _day_or_text(str(value or ""))


def _day_or_text(text: str) -> str:
    try:
        return show_date(date.fromisoformat(text)) if len(text) == 10 else text
    except ValueError:
        return text


def _differ(name: str, old: str, new: str, asks: Asks) -> Iterator[Change]:
    if old != new:
        yield Change(field_in_words(name, asks), old, new)


def _named(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], asks: Asks
) -> Iterator[Change]:
    for code in _ordered([*old, *new], _order(name, asks)):
        yield from _differ(f"{name}.{code}", shown(old.get(code)), shown(new.get(code)), asks)


def _order(name: str, asks: Asks) -> list[str]:
    """The names of a part of the answer, as the form has them."""
    match name:
        case "sections":
            return [item.code for item in asks.outline]
        case "explanations":
            return [one.name for one in explainable(asks)]
        case _:
            return [item.code for item in asks.figures]


def _rows(name: str, old: list[Any], new: list[Any], asks: Asks) -> Iterator[Change]:
    """Rows that were added, taken out or changed, found like lines of a text: a row put in between
    changes none of those below. Rows are counted as they stand now, those taken out as they stood.
    """
    said = [[_row(_mapping(row)) for row in rows] for rows in (old, new)]
    matched = SequenceMatcher(None, said[0], said[1], autojunk=False)
    for how, i1, i2, j1, j2 in matched.get_opcodes():
        pairs = 0 if how == "equal" else min(i2 - i1, j2 - j1)
        for n in range(pairs):
            yield from _cells(f"{name}[{j1 + n + 1}]", old[i1 + n], new[j1 + n], asks)
        if how != "equal":
            for n in range(i1 + pairs, i2):
                yield from _differ(f"{name}[{n + 1}]", said[0][n], "", asks)
            for n in range(j1 + pairs, j2):
                yield from _differ(f"{name}[{n + 1}]", "", said[1][n], asks)


def _cells(name: str, old: Any, new: Any, asks: Asks) -> Iterator[Change]:
    before, after = _mapping(old), _mapping(new)
    for part in _ordered([*before, *after], _OF_ROW):
        values = shown(before.get(part)), shown(after.get(part))
        yield from _differ(f"{name}.{part}", *values, asks)


def _row(row: Mapping[str, Any]) -> str:
    return "; ".join(shown(row[part]) for part in _ordered(row, _OF_ROW))


def _ordered(names: Any, order: Sequence[str]) -> list[str]:
    """The names once each, in the order of the form; others behind."""
    rank = {name: n for n, name in enumerate(order)}
    return sorted(dict.fromkeys(names), key=lambda name: rank.get(name, len(rank)))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
