"""A summary as a page that stands alone, in the form that it has on paper, and as PDF of the same.

On the page every figure and every passage opens its sources: the table of all units at its end, the
units whose words are quoted, and the portal where its address is known. The PDF leaves the table of
units to the page and to the workbook, and says so.
"""

import re
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from models.settings import settings
from models.vietnamese import show_date, show_number, show_percent
from tasks.paper_charts import charts_of
from tasks.paper_content import Content, Paragraph
from tasks.paper_form import title_of
from tasks.pdf_printer import print_page
from tasks.rendering import render
from tasks.word_file import printable

Annex = Mapping[str, Any]
LONG_LIST = 250  # rows; more are running text in the PDF, where a row takes milliseconds
FACTS = (
    ("unit", "Cơ quan, đơn vị"), ("level", "Cấp"), ("obligation", "Mã việc"),
    ("status", "Trạng thái"), ("due", "Hạn"), ("received", "Nhận"), ("days_late", "Ngày chậm"),
    ("version", "Bản"), ("taken_from", "Nguồn"),
)  # fmt: skip
# of each list: the keys of its cells, their headings, and how wide they are, in hundredths
APPENDIX_COLUMNS: Mapping[str, Sequence[tuple[str, str, int]]] = {
    "targets": (
        ("n", "TT", 6), ("measured", "Chỉ tiêu và số đo", 24), ("threshold", "Yêu cầu", 12),
        ("result", "Kết quả", 24), ("trend", "Các kỳ trước", 20), ("verdict", "Đánh giá", 14),
    ),
    "leaders": (
        ("n", "TT", 6), ("unit", "Cơ quan, đơn vị", 34), ("role", "Vai trò", 14),
        ("measures", "Nhiệm vụ", 46),
    ),
    "lateness": (
        ("n", "TT", 8), ("unit", "Cơ quan, đơn vị", 46), ("times", "Số lần chậm", 14),
        ("days", "Tổng số ngày chậm", 18), ("missing", "Số lần không gửi", 14),
    ),
    "late": (("n", "TT", 10), ("unit", "Cơ quan, đơn vị", 64), ("days", "Số ngày chậm", 26)),
    "missing": (
        ("n", "TT", 10), ("unit", "Cơ quan, đơn vị", 36), ("days", "Số ngày quá hạn", 18),
        ("note", "Ghi chú", 36),
    ),
    "replaces": (("n", "TT", 8), ("text", "Nội dung thay đổi", 92)),
}  # fmt: skip


def html(found: Content, annex: Annex) -> str:
    """The page, with its sources."""
    return _render(found, annex, on_screen=True)


def pdf(found: Content, annex: Annex, day: date | None) -> bytes:
    """The same as PDF: A4 with its pages numbered, contents as bookmarks, in Vietnamese."""
    return print_page(_render(found, annex, on_screen=False))


def _render(found: Content, annex: Annex, *, on_screen: bool) -> str:
    columns = annex.get("columns", ())
    known = {column["code"] for column in columns} if on_screen else set()
    return render(
        "documents/paper.html",
        screen=on_screen,
        whole_title=title_of(found.form),
        form=found.form,
        found=found,
        charts={
            chart.name: {
                "svg": Markup(chart.svg()), "words": chart.words,  # noqa: S704 (our own drawing)
                "caption": f"Biểu đồ {at}. {chart.title}",
            }
            for at, chart in enumerate(charts_of(found.figures, annex), 1)
        },
        appendix_columns=APPENDIX_COLUMNS,
        sources=lambda one: _sources(one, known, found.figures) if on_screen else None,
        known=known,
        has_annex=bool(annex.get("units")),
        facts=FACTS,
        long_list=LONG_LIST,
        anchor=anchor,
        columns=columns,
        annex=_annex_rows(annex) if on_screen else "",
    )  # fmt: skip


def _sources(one: Paragraph, known: Set[str], figures: Mapping[str, Any]) -> Any:
    """What a paragraph rests on: its figures with who gave them, and the passages it quotes."""
    said = {item["code"]: item for item in figures["indicators"]}
    return {
        "figures": [said[code] for code in one.figures if code in said],
        "passages": [
            {"section": "", "also": []} | dict(passage) | {"link": link_of(passage)}
            for passage in one.sources
        ],
        "known": known,
        # a sentence with figures that no unit gave: they are counted of who sent what when
        "counted": not one.figures and not one.sources and re.search(r"\d", one.text),
    }


def link_of(of: Mapping[str, Any]) -> str:
    """Where the portal shows an obligation; empty where its address or the number is not known."""
    portal, number = settings().portal_url, of.get("obligation_id")
    return f"{portal}/obligations/{number}" if portal and number else ""


def _annex_rows(annex: Annex) -> Markup:
    """The rows of the table of all units, as one string: there are thousands of cells."""
    columns = annex.get("columns", ())
    rows = [_annex_row(at, unit, columns) for at, unit in enumerate(annex.get("units", ()), 1)]
    return Markup("\n".join(rows))  # noqa: S704 (each cell is escaped)


def _annex_row(at: int, unit: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> str:
    link = link_of(unit)
    cells = [f"<td>{at}</td>"]
    for name, _title in FACTS:
        text = escape(printable(str("" if unit.get(name) is None else unit.get(name, ""))))
        if name == "unit":
            cells.append(f'<th scope="row">{text}</th>')
        elif name == "obligation" and link:
            cells.append(f'<td><a href="{escape(link)}">{text}</a></td>')
        else:
            cells.append(f"<td>{text}</td>")
    cells += [
        f"<td>{escape(shown(value))}</td>"
        for _column, value in zip(columns, unit["values"], strict=False)
    ]
    name = escape(anchor(unit["obligation"]))
    return f'<tr id="{name}">{"".join(cells)}</tr>'


def anchor(obligation: str) -> str:
    """The name of a unit's row, to which passages lead."""
    return "viec-" + obligation.replace("/", ".").replace(" ", "")


def shown(value: Any) -> str:
    """A figure of one unit as a cell has it."""
    match value:
        case None:
            return ""
        case bool():
            return "Có" if value else "Không"
        case int() | float():
            return show_number(value)
        case Mapping():
            above, below = value.get("numerator") or 0, value.get("denominator") or 0
            return f"{show_number(above)}/{show_number(below)} ({show_percent(above, below)})"
    text = printable(str(value))
    try:
        return show_date(date.fromisoformat(text)) if len(text) == 10 else text
    except ValueError:
        return text
