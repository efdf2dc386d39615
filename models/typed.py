"""What people type as a date or a number, read as Vietnamese offices write them.

What can be read in two ways is not read at all.
"""

import re
from datetime import date

from models.i18n import N_

NO_DATE = N_("must be a date that exists, written 26/02/2024")
NO_NUMBER = N_("must be a number, written 1234567,5 or 1.234.567,5")
TWO_WAYS = N_("can be read in two ways: write 1234 for thousands, 1,2340 for decimals")

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_PLAIN = re.compile(r"-?\d{1,18}", re.ASCII)
_TWO_WAYS = re.compile(r"-?[1-9]\d{0,2},\d{3}", re.ASCII)
_VIETNAMESE = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d{1,18})(?:,\d{1,9})?", re.ASCII)
_ENGLISH = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,9})?", re.ASCII)


class Unreadable(ValueError):
    """What was typed is no date or number; the message is not translated yet."""


def typed_day(text: str) -> date:
    """A day from "26/02/2024", "26.2.2024" or "2024-02-26"; raises Unreadable."""
    bare = "".join(text.split())
    found = _DAY.fullmatch(bare)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        if len(bare) == len("2024-02-26"):
            return date.fromisoformat(bare)
    except ValueError:
        pass
    raise Unreadable(NO_DATE)


def typed_number(text: str) -> float | int:
    """A number from "1234567,5", "1.234.567,5" or "1,234,567.5"; raises Unreadable."""
    bare = "".join(text.split())
    if _PLAIN.fullmatch(bare):
        return int(bare)
    if _TWO_WAYS.fullmatch(bare):
        raise Unreadable(TWO_WAYS)
    if _VIETNAMESE.fullmatch(bare):
        return whole(float(bare.replace(".", "").replace(",", ".")))
    if _ENGLISH.fullmatch(bare):
        return whole(float(bare.replace(",", "")))
    raise Unreadable(NO_NUMBER)


def whole(number: float) -> float | int:
    """The number as an integer, where it is one."""
    return int(number) if number == int(number) else number
