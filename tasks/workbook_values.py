"""What a cell says as the value of a field: dates and numbers as Vietnamese offices write them.

What can be read in two ways is not read at all.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from models.answer_sheet import Unread
from models.i18n import N_
from models.typed import NO_DATE, NO_NUMBER, Unreadable, typed_day, typed_number, whole
from models.vietnamese import fold
from tasks.workbook_cells import Cell
from tasks.workbook_layout import How

FORMULA = N_("holds a formula, whose result cannot be relied on: write the value itself")
ERROR = N_("holds an error of the spreadsheet: write the value itself")
NO_PERCENT = N_("must be a number from 0 to 100 without the sign %: 80 for 80%")
NO_CHOICE = N_("must be “Có” or “Không”")

_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[\d:.Z+-]*)?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FIRST_DAY = date(1990, 1, 1)  # a bare number such as 2024 is no date
_LAST_DAY = date(2100, 12, 31)
_EPOCH, _EPOCH_MAC = date(1899, 12, 30), date(1904, 1, 1)
_YES, _NO = ("co", "yes", "x", "true", "1"), ("khong", "no", "false", "0")


def value_of(cell: Cell, how: How, from_1904: bool) -> Any:
    """The value of a field: text, a number, yes or no, a day as "2024-02-26"; Unread where it
    cannot be told.
    """
    text = cell.text.strip()
    if cell.formula:
        return Unread(text, FORMULA)
    if cell.kind == "e":
        return Unread(text, ERROR)
    match how:
        case How.DATE:
            return _date(cell.kind, text, from_1904)
        case How.WHOLE | How.NUMBER:
            return _number(cell.kind, text)
        case How.PERCENT:
            return _percent(cell.kind, text)
        case How.YES_NO:
            return _yes_no(text)
        case _:
            return _text(cell.kind, text)


def chosen(value: Any, choices: Sequence[str]) -> Any:
    """The choice that was meant, where it was written with other capitals or without marks."""
    meant = [one for one in choices if isinstance(value, str) and fold(one) == fold(value)]
    return meant[0] if len(meant) == 1 and value not in choices else value


def _text(kind: str, text: str) -> str:
    """A number in a field of words as a person would write it: 12, not 12.0."""
    if kind == "n":
        number = _float(text)
        return text if number is None or number != int(number) else str(int(number))
    plain = _ESCAPED.sub(_unescaped, text)
    return plain.replace("\r\n", "\n").replace("\r", "\n")


def _unescaped(found: re.Match[str]) -> str:
    """A character that XML cannot hold, as spreadsheets write it; one that nobody types is gone."""
    character = chr(int(found[1], 16))
    return character if character.isprintable() or character in "\n\t" else ""


def _date(kind: str, text: str, from_1904: bool) -> str | Unread:
    found = _serial(text, from_1904) if kind == "n" else _written(text)
    if found is None or not _FIRST_DAY <= found <= _LAST_DAY:
        return Unread(text, NO_DATE)
    return found.isoformat()


def _serial(text: str, from_1904: bool) -> date | None:
    number = _float(text)
    if number is None or not 0 < number < 2_958_466:
        return None
    return (_EPOCH_MAC if from_1904 else _EPOCH) + timedelta(days=int(number))


def _written(text: str) -> date | None:
    iso = _ISO.fullmatch(text)
    try:
        return typed_day(iso[1] if iso else text)
    except Unreadable:
        return None


def _number(kind: str, text: str) -> float | int | Unread:
    if kind == "n":
        number = _float(text)
        return Unread(text, NO_NUMBER) if number is None else whole(number)
    try:
        return typed_number(text)
    except Unreadable as error:
        return Unread(text, str(error))


def _percent(kind: str, text: str) -> float | int | Unread:
    """A share typed with its sign is kept by spreadsheets as 0.8: that is not taken for less than
    one percent.
    """
    found = _number(kind, text if kind == "n" else text.rstrip("% "))
    if isinstance(found, Unread) or 0 < found < 1:
        return Unread(text, NO_PERCENT)
    return found


def _yes_no(text: str) -> bool | Unread:
    said = fold(text)
    if said in _YES:
        return True
    return False if said in _NO else Unread(text, NO_CHOICE)


def _float(text: str) -> float | None:
    try:
        number = float(text) if len(text) <= 40 else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e300 else None
