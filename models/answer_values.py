"""The value of one field of an answer, checked for itself: text, numbers, days, documents."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeGuard

from models.errors import Fault
from models.i18n import gettext as _

MAX_TEXT = 20_000
MAX_NUMBER = 1e15
FIRST_YEAR, LAST_YEAR = 1976, 2100  # of the dates of an answer


_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and halves of characters


def is_given(value: object) -> bool:
    """Whether a field was filled in at all."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def fault(field: str, message: str, found: object = "") -> Fault:
    """What is wrong with a field of an answer."""
    if isinstance(found, dict) and set(found) == {"numerator", "denominator"}:
        found = f"{found['numerator']}/{found['denominator']}"
    return Fault(_("answer"), None, field, _UNWRITABLE.sub("?", str(found)[:80]), message)


def unwritable(value: object, field: str = "") -> Iterator[Fault]:
    """The texts of an answer, at any depth, that hold what no file and no database takes."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from unwritable(inner, f"{field}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number_, inner in enumerate(value, start=1):
            yield from unwritable(inner, f"{field}[{number_}]")
    elif isinstance(value, str) and _UNWRITABLE.search(value):
        yield fault(field, _("has a character that cannot be written: type the text anew"), value)


def text(payload: Mapping[str, Any], field: str, required: bool) -> Iterator[Fault]:
    """What is wrong with a field of words."""
    value = payload.get(field)
    if not is_given(value):
        if required:
            yield fault(field, _("must not be empty"))
    elif not isinstance(value, str):
        yield fault(field, _("must be text: put it between quotes"), value)
    elif len(value) > MAX_TEXT:
        yield fault(field, _("is too long: at most {max_length} characters").format(
            max_length=MAX_TEXT))  # fmt: skip


def texts(field: str, value: object, allowed: Mapping[str, bool], unknown: str) -> Iterator[Fault]:
    """What is wrong with words by name, of which some are required; `unknown` is the message for
    another name.
    """
    if not isinstance(value, Mapping):
        yield fault(field, _("must be a mapping of fields"), value)
        return
    for name in value:
        if name not in allowed:
            known = ", ".join(allowed) or "—"
            yield fault(f"{field}.{name}", unknown.format(allowed=known))
    for name, required in allowed.items():
        yield from text({f"{field}.{name}": value.get(name)}, f"{field}.{name}", required)


def day_of(value: object) -> date | None:
    """The day that a value is, or nothing."""
    found = _any_day(value)
    # a slip of the finger: no office of today answers for another time
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def day_fault(field: str, value: object) -> Fault:
    """What is wrong with what is no day: it does not exist, or lies in another time."""
    if _any_day(value) is None:
        return fault(field, _("must be a date that exists, written 2024-02-26"), value)
    message = _("must be a date of the years {first} to {last}")
    return fault(field, message.format(first=FIRST_YEAR, last=LAST_YEAR), value)


def _any_day(value: object) -> date | None:
    if isinstance(value, datetime):  # a date as spreadsheets have it
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def number(field: str, value: Any, *, whole: bool) -> Iterator[Fault]:
    """What is wrong with a field that holds a number."""
    if not is_number(value):
        yield fault(field, _("must be a number"), value)
    elif value < 0:
        yield fault(field, _("must not be negative"), value)
    elif value > MAX_NUMBER:
        yield fault(field, _("is too large to be true"), value)
    elif whole and value != int(value):
        yield fault(field, _("must be a whole number"), value)
