"""The formats of an export: a workbook, CSV or JSON files; rows are written as they come."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from models.vietnamese import TIMEZONE
from tasks.exporting_tables import Column, Row

MOST_ROWS = 1_000_000  # of a sheet; a workbook takes 1,048,576
MOST_CHARACTERS = 32_767  # of a cell of a workbook
# a table program takes a text that begins so for a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip


class Format(Protocol):
    """Writes tables into a folder."""

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> int: ...
    def close(self) -> None: ...


def local(value: Any) -> Any:
    """An instant as it is in Vietnam, where the office is."""
    return value.astimezone(TIMEZONE) if isinstance(value, datetime) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class Csv:
    """A file a table, in UTF-8 with the mark by which table programs know it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> int:
        count = 0
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.name for column in columns])
            for row in rows:
                writer.writerow([_cell(row[c.name], c.kind) for c in columns])
                count += 1
        return count

    def close(self) -> None:
        pass


def _cell(value: Any, kind: str) -> str:
    """A value as text; a text that a table program would run gets an apostrophe before it."""
    if value is None:
        return ""
    if kind == "json":
        return _json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return str(local(value).isoformat())
    found = str(value)
    return f"'{found}" if isinstance(value, str) and found.startswith(_FORMULA) else found


class Json:
    """A file a table: a list of objects, a line each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> int:
        count = 0
        with (self.folder / f"{name}.json").open("w", encoding="utf-8") as file:
            file.write("[")
            for row in rows:
                file.write(",\n" if count else "\n")
                json.dump(row, file, ensure_ascii=False, default=_moment)
                count += 1
            file.write("\n]\n")
        return count

    def close(self) -> None:
        pass


def _moment(value: object) -> str:
    if isinstance(value, date):
        return str(local(value).isoformat())
    raise TypeError(type(value))


class Xlsx:
    """One workbook, a sheet a table: names for people above the stable ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.book = xlsxwriter.Workbook(str(folder / "dondoc.xlsx"), OPTIONS)
        self.bold = self.book.add_format({"bold": True, "text_wrap": True})
        self.grey = self.book.add_format({"font_color": "#666666"})
        self.day = self.book.add_format({"num_format": "dd/mm/yyyy"})
        self.moment = self.book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> int:
        count = 0
        sheet = self._sheet(name, columns)
        for row in rows:
            at, part = count % MOST_ROWS, count // MOST_ROWS
            if part and not at:
                sheet = self._sheet(f"{name}-{part + 1}", columns)
            for number, column in enumerate(columns):
                place = f"{name}-{count + 1}-{column.name}"
                self._write(sheet, at + 2, number, row[column.name], column.kind, place)
            count += 1
        return count

    def _sheet(self, name: str, columns: Sequence[Column]) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(2, 0)
        sheet.set_column(0, len(columns) - 1, 16)
        for number, column in enumerate(columns):
            sheet.write_string(0, number, column.label, self.bold)
        for number, column in enumerate(columns):
            sheet.write_string(1, number, column.name, self.grey)
        return sheet

    def _write(self, sheet: Any, at: int, number: int, value: Any, kind: str, place: str) -> None:
        if value is None:
            return
        if isinstance(value, datetime):
            sheet.write_datetime(at, number, local(value).replace(tzinfo=None), self.moment)
        elif isinstance(value, date):
            sheet.write_datetime(at, number, value, self.day)
        elif isinstance(value, bool):
            sheet.write_boolean(at, number, value)
        elif isinstance(value, int | float) and kind != "json":
            sheet.write_number(at, number, value)
        else:
            text = _json(value) if kind == "json" else str(value)
            sheet.write_string(at, number, self._fitting(text, place))

    def _fitting(self, text: str, place: str) -> str:
        """A text that a cell takes; a longer one lies in a file that the cell names."""
        if len(text) <= MOST_CHARACTERS:
            return text
        file = self.folder / "texts" / f"{place}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        return f"→ texts/{file.name}"

    def close(self) -> None:
        self.book.close()


FORMATS: Mapping[str, type[Csv] | type[Json] | type[Xlsx]] = {
    "xlsx": Xlsx, "csv": Csv, "json": Json,
}  # fmt: skip
