"""Reading .xlsx safely: sizes are capped before anything is unpacked, formulas are not values.

openpyxl parses with defusedxml, since that is installed.
"""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from models.errors import Fault, RegisterError
from models.i18n import gettext as _

MAX_UNPACKED = 50 * 1024 * 1024  # bytes
MAX_ROWS = 50_000
MAX_COLUMNS = 100


def read_sheets(path: Path, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[dict[str, str]]]:
    """The named sheets as rows of text by column; raises RegisterError.

    A sheet that is absent is a fault unless it is `groups` or `succession`, which may be left out.
    """
    from openpyxl import load_workbook

    _cap(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its XML meets
        raise RegisterError([_fault(path, _("this is not a readable .xlsx workbook"))]) from error
    names = {name.strip().casefold(): name for name in book.sheetnames}
    if "units" not in names and len(book.sheetnames) == 1:
        names["units"] = book.sheetnames[0]
    sheets: dict[str, list[dict[str, str]]] = {}
    for sheet, columns in wanted.items():
        if sheet in names:
            sheets[sheet] = _rows(path, book[names[sheet]], columns)
        elif sheet in ("groups", "succession"):
            sheets[sheet] = []
        else:
            message = _("the workbook has no sheet “{sheet}”").format(sheet=sheet)
            raise RegisterError([_fault(path, message)])
    return sheets


def _cap(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except FileNotFoundError as error:
        raise RegisterError([_fault(path, _("no such file"))]) from error
    except (zipfile.BadZipFile, OSError) as error:
        raise RegisterError([_fault(path, _("this is not a readable .xlsx workbook"))]) from error
    if size > MAX_UNPACKED:
        raise RegisterError([_fault(path, _("the workbook is too large"))])


def _rows(path: Path, sheet: object, columns: Sequence[str]) -> list[dict[str, str]]:
    cells = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)  # type: ignore[attr-defined]
    header = [_text(cell) for cell in next(cells, ())]
    missing = [name for name in columns if name not in header]
    if missing:
        message = _("the first line must name the columns; missing: {columns}")
        raise RegisterError([_fault(path, message.format(columns=", ".join(missing)))])
    rows = []
    for number, values in enumerate(cells, start=2):
        if number > MAX_ROWS:
            raise RegisterError([_fault(path, _("the workbook is too large"))])
        row = dict(zip(header, map(_text, values), strict=False))
        rows.append(row)
    while rows and not any(rows[-1].values()):
        rows.pop()
    return rows


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _fault(path: Path, message: str) -> Fault:
    return Fault(str(path), None, "", "", message)
