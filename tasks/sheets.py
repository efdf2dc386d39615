"""Tables as .xlsx to download: text stays text, whatever sign it begins with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

import xlsxwriter

Value = str | int | float | date | None
WIDTHS = (34, 10, 60, 40, 18, 12, 40)
WIDTH = 18  # of the columns after these


@dataclass(frozen=True)
class Page:
    """A sheet of a workbook: its name, what it is, its head, its rows."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Value]]
    words: str = ""


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


@dataclass(frozen=True)
class _Styles:
    head: xlsxwriter.format.Format
    plain: xlsxwriter.format.Format
    day: xlsxwriter.format.Format
    moment: xlsxwriter.format.Format


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
    into.write_string(0, 0, page.words)
    for column, name in enumerate(page.head):
        into.set_column(column, column, WIDTHS[column] if column < len(WIDTHS) else WIDTH)
        into.write_string(1, column, name, styles.head)
    for at, values in enumerate(page.rows, start=2):
        for column, value in enumerate(values):
            _write(into, at, column, value, styles)
    into.freeze_panes(2, 1)
    into.set_landscape()
    into.fit_to_pages(1, 0)


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
