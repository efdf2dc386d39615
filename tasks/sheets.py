"""Tables as .xlsx to download: text stays text, whatever sign it begins with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from math import ceil

import xlsxwriter

Value = str | int | float | date | None
WIDTHS = (34, 10, 60, 40, 18, 12, 40)
LINE = 15  # points


@dataclass(frozen=True)
class Page:
    """A sheet of a workbook: its name, what it is, its head and rows, how wide its columns are."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Value]]
    words: str = ""
    widths: Sequence[float] = WIDTHS


def sheet(
    title: str, head: Sequence[str], rows: Iterable[Sequence[Value]], words: str = ""
) -> bytes:
    """A workbook of one sheet."""
    return book_of([Page(title, head, rows, words)])


def book_of(pages: Iterable[Page]) -> bytes:
    """A workbook of sheets; nothing in it is a formula."""
    out = BytesIO()
    options = {
        "in_memory": True, "constant_memory": False, "strings_to_formulas": False,
        "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format(
            {"bold": True, "text_wrap": True, "bg_color": "#f0ebdd", "border": 1}
        )
        plain = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        day = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "border": 1})
        for one in pages:
            page = book.add_worksheet(one.title[:31])
            page.write_string(0, 0, one.words)
            page.set_row(1, _height(one.head, one.widths))
            for column, (name, width) in enumerate(zip(one.head, one.widths, strict=False)):
                page.set_column(column, column, width)
                page.write_string(1, column, name, bold)
            for at, values in enumerate(one.rows, start=2):
                page.set_row(at, _height(values, one.widths))
                for column, value in enumerate(values):
                    _write(page, at, column, value, plain, day)
            page.freeze_panes(2, 1)
            page.repeat_rows(1)
            page.set_landscape()
            page.fit_to_pages(1, 0)
    return out.getvalue()


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
    page: xlsxwriter.worksheet.Worksheet, at: int, column: int, value: Value,
    plain: xlsxwriter.format.Format, day: xlsxwriter.format.Format,
) -> None:  # fmt: skip
    if isinstance(value, date):
        page.write_datetime(at, column, value, day)
    elif isinstance(value, int | float):
        page.write_number(at, column, value, plain)
    else:
        page.write_string(at, column, value or "", plain)
