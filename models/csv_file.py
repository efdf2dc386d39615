"""CSV files as offices save them: rows of text that keep the lines they stand on."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.errors import Fault, InputError
from models.i18n import gettext as _


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
