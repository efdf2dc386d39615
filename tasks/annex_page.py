"""A page of a workbook of annexes: its heading, its tables, how it prints. Rows are written once,
from the top, so that a sheet of thousands of rows needs no memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

Value = str | int | float | bool | date | None
A4 = 9
LINE, HIGHEST = 16, 400  # points of a line of text, and of a row
LONGEST = 32_000  # characters; a cell takes 32,767
MARGINS = {"left": 0.6, "right": 0.4, "top": 0.6, "bottom": 0.6}  # inches


class How(StrEnum):
    """How a column shows what stands in it."""

    TEXT = "text"
    CENTRE = "centre"
    WHOLE = "whole"
    NUMBER = "number"
    PERCENT = "percent"


@dataclass(frozen=True)
class Column:
    title: str
    width: float
    how: How = How.TEXT
    group: str = ""  # what stands above the titles of several columns


@dataclass(frozen=True)
class Heading:
    """What stands above every annex of a summary."""

    attached_to: str
    about: str
    moment: str


_FONT: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter"}
_RULED = {"border": 1, "border_color": "#9a948a", "text_wrap": True, "valign": "top"}
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "said": {"italic": True},
    "head": {**_RULED, "bold": True, "align": "center", "valign": "vcenter",
             "bg_color": "#e4dfd3"},
    "section": {"bold": True},
    How.TEXT: _RULED,
    How.CENTRE: {**_RULED, "align": "center"},
    How.WHOLE: {**_RULED, "num_format": "#,##0", "align": "right"},
    How.NUMBER: {**_RULED, "num_format": "#,##0.0#", "align": "right"},
    How.PERCENT: {**_RULED, "num_format": "0.0%", "align": "right"},
    "date": {**_RULED, "num_format": "dd/mm/yyyy", "align": "center"},
    "total": {**_RULED, "bold": True, "bg_color": "#f3f0e8", "num_format": "#,##0"},
}  # fmt: skip


_TEXTUAL = frozenset({How.TEXT, How.CENTRE, "total"})


def looks(book: Workbook) -> dict[str, Format]:
    """The formats of a workbook; each is made once."""
    return {name: book.add_format({**_FONT, **look}) for name, look in _LOOKS.items()}


class Page:
    """One sheet, written row by row; `at` is the next row."""

    def __init__(
        self, book: Workbook, formats: Mapping[str, Format], name: str, heading: Heading,
        title: str, columns: Sequence[Column], number: int,
    ) -> None:  # fmt: skip
        self.formats, self.columns = formats, columns
        self.sheet: Worksheet = book.add_worksheet(name)
        self.at = 0
        for place, column in enumerate(columns):
            self.sheet.set_column(place, place, column.width)
        self._print_setup()
        self._line(f"Phụ lục {number}. {title}", "title")
        self._line(f"({heading.attached_to})", "said")
        self._line(heading.about, "said")
        self._line(heading.moment, "said")
        self.at += 1

    def _print_setup(self) -> None:
        self.sheet.set_landscape()
        self.sheet.set_paper(A4)
        self.sheet.set_margins(**MARGINS)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&A&RTrang &P/&N")

    def _line(self, text: str, look: str) -> None:
        self.sheet.write_string(self.at, 0, text[:LONGEST], self.formats[look])
        self.at += 1

    def section(self, text: str) -> None:
        """A line above a table that is not the first."""
        self.at += 1
        self._line(text, "section")

    def head(self, columns: Sequence[Column] = (), *, frozen: int | None = None) -> int:
        """The head of a table; `frozen` columns stay in sight, and it is repeated on every page
        that is printed. The row that its titles stand in.
        """
        columns, first = columns or self.columns, self.at
        if any(column.group for column in columns):
            self._groups(columns)
        self._make_room((column.title, column) for column in columns)
        for place, column in enumerate(columns):
            self.sheet.write_string(self.at, place, column.title, self.formats["head"])
        if frozen is not None:
            self.sheet.freeze_panes(self.at + 1, frozen)
            self.sheet.repeat_rows(first, self.at)
        self.at += 1
        return self.at - 1

    def _groups(self, columns: Sequence[Column]) -> None:
        """The row above the titles; a group over several columns is one cell."""
        look, first = self.formats["head"], 0
        for place in range(1, len(columns) + 1):
            if place < len(columns) and columns[place].group == columns[first].group:
                continue
            text = columns[first].group
            if text and place - first > 1:
                self.sheet.merge_range(self.at, first, self.at, place - 1, text, look)
            else:
                for one in range(first, place):
                    self.sheet.write_string(self.at, one, text, look)
            first = place
        self.at += 1

    def _make_room(self, cells: Iterable[tuple[str, Column]]) -> None:
        """Makes the row as high as its texts need: programs other than Excel do not."""
        lines = max((ceil(len(text) / (0.9 * column.width)) for text, column in cells), default=1)
        if lines > 1:
            self.sheet.set_row(self.at, min(LINE * lines, HIGHEST))

    def row(self, values: Iterable[Value], columns: Sequence[Column] = (), look: str = "") -> None:
        """A row of a table, each value as its column shows it."""
        cells = list(zip(values, columns or self.columns, strict=True))
        self._make_room((v, c) for v, c in cells if type(v) is str and len(v) > 0.9 * c.width)
        for place, (value, column) in enumerate(cells):
            self._cell(place, value, look or column.how)
        self.at += 1

    def _cell(self, place: int, value: Value, look: str) -> None:
        sheet, formats = self.sheet, self.formats
        if isinstance(value, bool):
            words = "Có" if value else "Không"
            sheet.write_string(self.at, place, words, formats[How.CENTRE])
        elif isinstance(value, int | float):
            whole = look == How.NUMBER and value == int(value)
            sheet.write_number(self.at, place, value, formats[How.WHOLE if whole else look])
        elif isinstance(value, date):
            sheet.write_datetime(self.at, place, value, formats["date"])
        elif value:
            textual = look if look in _TEXTUAL else How.TEXT
            sheet.write_string(self.at, place, value[:LONGEST], formats[textual])
        else:
            sheet.write_blank(self.at, place, None, formats[look])

    def none(self) -> None:
        """Says that a table has no rows."""
        self.row(["", "Không có.", *([""] * (len(self.columns) - 2))])
