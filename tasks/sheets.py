"""Lists as workbooks to be read: each with what it is, its head on every page, its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from math import ceil

import xlsxwriter

Value = str | int | float | date | None
WIDTHS = (34, 10, 60, 40, 18, 12, 40)
WIDTH = 18  # of the columns after these
LINE = 15  # points


@dataclass(frozen=True)
class Page:
    """A sheet of a workbook: its name, what it is, its head and rows, how wide its columns are."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Value]]
    words: str = ""
    widths: Sequence[float] = WIDTHS


@dataclass(frozen=True)
class _Styles:
    head: xlsxwriter.format.Format
    plain: xlsxwriter.format.Format
    day: xlsxwriter.format.Format
    moment: xlsxwriter.format.Format


def sheet(
    title: str, head: Sequence[str], rows: Iterable[Sequence[Value]], words: str = ""
) -> bytes:
    """A workbook of one sheet; nothing in it is a formula."""
    return workbook([Page(title, head, rows, words)])


def workbook(pages: Iterable[Page]) -> bytes:
    """A workbook of several sheets; nothing in them is a formula."""
    out = BytesIO()
    options = {
        "in_memory": True, "constant_memory": False, "strings_to_formulas": False,
        "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        styles = _styles(book)
        for page in pages:
            _fill(book.add_worksheet(page.title[:31]), page, styles)
    return out.getvalue()


def _styles(book: xlsxwriter.Workbook) -> _Styles:
    cell = {"text_wrap": True, "valign": "top", "border": 1}
    day = {"valign": "top", "border": 1}
    return _Styles(
        book.add_format({"bold": True, "text_wrap": True, "bg_color": "#f0ebdd", "border": 1}),
        book.add_format(cell),
        book.add_format(day | {"num_format": "dd/mm/yyyy"}),
        book.add_format(day | {"num_format": "dd/mm/yyyy hh:mm:ss"}),
    )


def _fill(into: xlsxwriter.worksheet.Worksheet, page: Page, styles: _Styles) -> None:
    widths = [*page.widths, *[WIDTH] * (len(page.head) - len(page.widths))]
    into.write_string(0, 0, page.words)
    into.set_row(1, _height(page.head, widths))
    for column, name in enumerate(page.head):
        into.set_column(column, column, widths[column])
        into.write_string(1, column, name, styles.head)
    for at, values in enumerate(page.rows, start=2):
        into.set_row(at, _height(values, widths))
        for column, value in enumerate(values):
            _write(into, at, column, value, styles)
    into.freeze_panes(2, 1)
    into.repeat_rows(1)
    into.set_landscape()
    into.fit_to_pages(1, 0)


def _height(values: Sequence[Value], widths: Sequence[float]) -> float:
    """How high a row is for its longest text: LibreOffice keeps to what the file says."""
    texts = (
        (value, width)
        for value, width in zip(values, widths, strict=False)
        if isinstance(value, str)
    )
    return LINE * max((_lines(text, width) for text, width in texts), default=1)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes; a tenth of each is left, as words don't fill a line."""
    return max(1, ceil(len(text) / (0.9 * width)))


def _write(
    into: xlsxwriter.worksheet.Worksheet, at: int, column: int, value: Value, styles: _Styles
) -> None:
    if isinstance(value, datetime):
        into.write_datetime(at, column, value, styles.moment)
    elif isinstance(value, date):
        into.write_datetime(at, column, value, styles.day)
    elif isinstance(value, int | float):
        into.write_number(at, column, value, styles.plain)
    else:
        into.write_string(at, column, value or "", styles.plain)
