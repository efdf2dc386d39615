"""Tables as offices save them: rows of text that keep the lines they stand on, read with every
fault.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from models.errors import Fault, InputError
from models.i18n import gettext as _

W = TypeVar("W", bound=StrEnum)


class Row:
    """Reads one row of a table, collecting what is wrong with it; a column left out is empty."""

    def __init__(
        self, where: str, line: int, values: Mapping[str, str], faults: list[Fault]
    ) -> None:
        self.where, self.line, self.values, self.faults = where, line, values, faults

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    def fault(self, column: str, message: str, **values: object) -> None:
        """Notes what is wrong with a column; the message may name what was `{found}`."""
        text = message.format(found=self[column], **values)
        self.faults.append(Fault(self.where, self.line, column, self[column], text))

    def word(self, column: str, words: type[W]) -> W | None:
        """The word of an enumeration that a column holds."""
        try:
            return words(self[column])
        except ValueError:
            allowed = ", ".join(word.value for word in words)
            message = _("“{found}” is not allowed; one of: {allowed}")
            self.fault(column, message, allowed=allowed)
            return None

    def day(self, column: str, first: date = date.min, last: date = date.max) -> date | None:
        """The date that a column holds, within bounds."""
        try:
            found = date.fromisoformat(self[column])
        except ValueError:
            found = None
        if found is None or not first <= found <= last:
            self.fault(column, _("“{found}” is not a date; write it as 2024-02-26"))
            return None
        return found

    def optional_day(self, column: str) -> date | None:
        return self.day(column) if self[column] else None


def read_csv(path: Path, columns: Sequence[str], error: type[InputError]) -> list[dict[str, str]]:
    """The rows below the header, the first one from line 2; raises `error` where none can be read.

    Blank lines and cells of several lines leave empty rows, so that each row keeps its line.
    """
    rows: list[dict[str, str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = list(reader.fieldnames or [])
            for row in reader:
                rows += [{} for _ in range(reader.line_num - 2 - len(rows))]
                rows.append({k: v or "" for k, v in row.items() if k is not None})
    except FileNotFoundError as problem:
        message = _("no such file")
        raise error([Fault(str(path), None, "", "", message)]) from problem
    except UnicodeDecodeError as problem:
        message = _("the file is not UTF-8; save it again as “CSV UTF-8”")
        raise error([Fault(str(path), None, "", "", message)]) from problem
    except (OSError, csv.Error) as problem:
        message = _("the file cannot be read: {problem}").format(problem=problem)
        raise error([Fault(str(path), None, "", "", message)]) from problem
    missing = [name for name in columns if name not in header]
    if missing:
        message = _("the first line must name the columns; missing: {columns}")
        text = message.format(columns=", ".join(missing))
        raise error([Fault(str(path), 1, "", ", ".join(header), text)])
    return rows


def numbered(rows: Sequence[Mapping[str, str]]) -> list[tuple[int, Mapping[str, str]]]:
    """The rows with their lines; empty ones, as spreadsheets leave behind, are no rows."""
    return [
        (line, row)
        for line, row in enumerate(rows, start=2)
        if any((value or "").strip() for value in row.values())
    ]
