"""Makes the Word files from which summaries are written, out of the pieces of a letter:
`make word-templates` writes templates/documents/summary-{state,party}.docx.

They are ordinary Word files with names in braces, as an office's own are; what may stand there
`tasks.paper_values.template_values` says.
"""

from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from pathlib import Path

from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from models.words import Regime, ReportPart
from tasks.paper_content import PARTS
from tasks.paper_tables import ROMAN
from tasks.word_file import (
    CENTRE,
    JUSTIFIED,
    LEFT,
    Column,
    Face,
    add_table,
    as_bytes,
    flatten,
    layout,
    line,
    new_document,
    span,
)
from tasks.word_form import FORMS, HEADING_WIDTHS, NOTE, SIGNATURE_WIDTHS, STRONG, TEXT, Form
from tasks.word_form import add_nation as add_nation_to

DOCUMENTS = Path(__file__).parent.parent / "templates/documents"
NAMES = {Regime.STATE: "summary-state", Regime.PARTY: "summary-party"}
MADE = date(2026, 1, 1)  # what the file says of itself; a fixed day, so that it stays the same
RULE = Face(4, underline=True)
CAPTION = Face(13, bold=True)
FIRST_LINE = Mm(12.7)
NUMBER = 38.0  # mm: 14 digits with their marks stand on one line

FIGURES = (
    Column("TT", 9, centred=True), Column("Nội dung", 40), Column("Đơn vị tính", 17, centred=True),
    Column("Kết quả", NUMBER, centred=True), Column("Kỳ trước", NUMBER, centred=True),
    Column("Đơn vị có số liệu", 18, centred=True),
)  # fmt: skip
FIGURE_CELLS = ("n", "label", "unit", "result", "before", "given")
TARGETS = (
    Column("TT", 10, centred=True), Column("Chỉ tiêu", 70), Column("Yêu cầu", 20, centred=True),
    Column("Kết quả", NUMBER, centred=True), Column("Đánh giá", 22, centred=True),
)  # fmt: skip
TARGET_CELLS = ("n", "indicator", "threshold", "result", "verdict")
ROUNDS = (
    Column("TT", 10, centred=True), Column("Kỳ báo cáo", 54), Column("Hạn", 24, centred=True),
    Column("Phải gửi", 14, centred=True), Column("Đã gửi", 14, centred=True),
    Column("Đúng hạn", 14, centred=True), Column("Chậm", 16, centred=True),
    Column("Chưa gửi", 14, centred=True),
)  # fmt: skip
ROUND_CELLS = ("n", "title", "due", "expected", "received", "on_time", "late", "missing")

APPENDICES = {
    "targets": (
        (
            Column("TT", 9, centred=True), Column("Chỉ tiêu và số đo", 36),
            Column("Yêu cầu", 20, centred=True), Column("Kết quả", NUMBER, centred=True),
            Column("Các kỳ trước", 36), Column("Đánh giá", 21, centred=True),
        ),
        ("n", "measured", "threshold", "result", "trend", "verdict"),
    ),
    "leaders": (
        (Column("TT", 10, centred=True), Column("Cơ quan, đơn vị", 60), Column("Vai trò", 30),
         Column("Nhiệm vụ", 60)),
        ("n", "unit", "role", "measures"),
    ),
    "lateness": (
        (Column("TT", 12, centred=True), Column("Cơ quan, đơn vị", 76),
         Column("Số lần chậm", 22, centred=True), Column("Tổng số ngày chậm", 28, centred=True),
         Column("Số lần không gửi", 22, centred=True)),
        ("n", "unit", "times", "days", "missing"),
    ),
    "late": (
        (Column("TT", 15, centred=True), Column("Cơ quan, đơn vị", 105),
         Column("Số ngày chậm", 40, centred=True)),
        ("n", "unit", "days"),
    ),
    "missing": (
        (Column("TT", 12, centred=True), Column("Cơ quan, đơn vị", 64),
         Column("Số ngày quá hạn", 24, centred=True), Column("Ghi chú", 60)),
        ("n", "unit", "days", "note"),
    ),
    "replaces": (
        (Column("TT", 12, centred=True), Column("Nội dung thay đổi", 148)), ("n", "text"),
    ),
}  # fmt: skip


def shipped(regime: Regime) -> bytes:
    """The Word file of a regime, as an office gets it before it edits one."""
    form = FORMS[regime]
    document = new_document("Đôn Đốc", "Mẫu báo cáo tổng hợp", MADE)
    page = document.sections[0]._sectPr
    page.insert_element_before(parse_xml(f'<w:pgNumType {nsdecls("w")} w:start="1"/>'), "w:cols")
    _add_heading(document, form)
    _add_title(document, form)
    for at, (part, title) in enumerate(PARTS):
        _add_part(document, f"{ROMAN[at]}. {title.upper()}", part)
    _add_end(document, form)
    _add_signature(document, form)
    for name in APPENDICES:
        _add_appendix(document, name)
    flatten(document.add_paragraph())
    return as_bytes(document)


def _add_heading(document: WordDocument, form: Form) -> None:
    table = layout(document, HEADING_WIDTHS, rows=2)
    body, nation = table.rows[0].cells
    _tag(body, "p if superior")
    line(body, "{{ superior }}", form.superior)
    _tag(body, "p endif")
    line(body, "{{ body }}", form.body)
    if form.asterisk:
        line(body, "*", form.body)
    else:
        line(body, "{{ rule_of_body }}", RULE)
    add_nation_to(nation, form)
    number, day = table.rows[1].cells
    line(number, "{{ number }}", form.number, before=4)
    line(day, "{{ place_and_date }}", form.place, before=4)


def _tag(place: WordDocument | _Cell, words: str) -> Paragraph:
    """A line that says what becomes of those below; it is not printed itself."""
    return line(place, f"{{%{words} %}}", Face(9), LEFT)


def _add_title(document: WordDocument, form: Form) -> None:
    line(document, "{{ title }}", STRONG, before=18)
    line(document, "{{ subject }}", STRONG)
    line(document, "{{ rule_of_subject }}", RULE)
    _tag(document, "p if addressed")
    opening = line(document, "Kính gửi:", form.addressed, before=12)
    span(opening, " {{ addressed }}", TEXT)
    _tag(document, "p endif")
    _tag(document, "p if replaces")
    _text(document, "{{ replaces.text }}", before=10)
    _tag(document, "p endif")
    _add_paragraphs(document, "opening", before=10)


def _add_paragraphs(document: WordDocument, name: str, before: float = 6) -> None:
    _tag(document, f"p for text in {name}")
    _text(document, "{{ text }}", before=before)
    _tag(document, "p endfor")


def _text(document: WordDocument, text: str, face: Face = TEXT, before: float = 6) -> Paragraph:
    added = line(document, text, face, JUSTIFIED, before=before)
    added.paragraph_format.first_line_indent = FIRST_LINE
    added.paragraph_format.line_spacing = 1.15
    return added


def _heading(document: WordDocument, text: str, level: int = 0) -> None:
    added = _text(document, text, STRONG, before=10 if level == 0 else 8)
    added.paragraph_format.keep_with_next = True
    _outline(added, level)


def _outline(paragraph: Paragraph, level: int) -> None:
    """Makes a line one of the document's contents, and a bookmark in PDF."""
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="{level}"/>')
    )


def _add_part(document: WordDocument, title: str, part: ReportPart) -> None:
    if part is ReportPart.CAUSES:
        title += "{% if lessons %} VÀ BÀI HỌC KINH NGHIỆM{% endif %}"
    _heading(document, title)
    _add_paragraphs(document, part.value)
    if part is ReportPart.SITUATION:
        _add_optional(document, "rounds", "Tình hình gửi báo cáo qua các kỳ", ROUNDS, ROUND_CELLS)
        _add_chart(document, "timeliness")
    elif part is ReportPart.RESULTS:
        _add_figures(document)
        _add_optional(document, "targets", "Kết quả so với chỉ tiêu", TARGETS, TARGET_CELLS)
        _add_chart(document, "targets")
    elif part is ReportPart.CAUSES:
        _tag(document, "p if lessons")
        _heading(document, "Bài học kinh nghiệm", level=1)
        _add_paragraphs(document, "lessons")
        _tag(document, "p endif")


def _add_figures(document: WordDocument) -> None:
    _tag(document, "p for table in tables")
    _caption(document, "{{ table.title or “Số liệu tổng hợp” }}")
    _add_rows(document, "table.rows", FIGURES, FIGURE_CELLS)
    _tag(document, "p endfor")


def _add_optional(
    document: WordDocument, name: str, title: str, columns: Sequence[Column], cells: Sequence[str]
) -> None:
    _tag(document, f"p if {name}")
    _caption(document, title)
    _add_rows(document, name, columns, cells)
    _tag(document, "p endif")


def _caption(document: WordDocument, text: str) -> None:
    added = line(document, text, CAPTION, CENTRE, before=8)
    added.paragraph_format.space_after = Pt(4)
    added.paragraph_format.keep_with_next = True


def _add_rows(
    document: WordDocument, rows: str, columns: Sequence[Column], cells: Sequence[str]
) -> None:
    """A table with a row for each of `rows`; the lines around it are not printed."""
    blank = [""] * (len(columns) - 1)
    named = [f"{{{{ row.{name} }}}}" for name in cells]
    begin, end = f"{{%tr for row in {rows} %}}", "{%tr endfor %}"
    add_table(document, columns, [[begin, *blank], named, [end, *blank]])


def _add_chart(document: WordDocument, name: str) -> None:
    _tag(document, f"p if charts.{name}")
    picture = line(document, f"{{{{ charts.{name}.picture }}}}", TEXT, before=10)
    picture.paragraph_format.keep_with_next = True
    line(document, f"{{{{ charts.{name}.caption }}}}", NOTE)
    _tag(document, "p endif")


def _add_end(document: WordDocument, form: Form) -> None:
    _text(document, "{{ closing }}" + form.end_mark).paragraph_format.keep_with_next = True
    line(document, "", Face(6)).paragraph_format.keep_with_next = True


def _add_signature(document: WordDocument, form: Form) -> None:
    table = layout(document, SIGNATURE_WIDTHS, rows=1)
    left, right = table.rows[0].cells
    line(left, "Nơi nhận:", form.copies_heading, LEFT)
    _tag(left, "p for copy in copies")
    line(left, "{{ copy }}", form.copies, LEFT)
    _tag(left, "p endfor")
    line(left, "", Face(6))
    _tag(right, "p for office in capacity")
    line(right, "{{ office }}", STRONG)
    _tag(right, "p endfor")
    for _ in range(4):
        line(right, "", STRONG)
    line(right, "{{ signer }}", STRONG)


def _add_appendix(document: WordDocument, name: str) -> None:
    """A new page, numbered by itself: what is above it ends with the section."""
    columns, cells = APPENDICES[name]
    _tag(document, f"p if appendices.{name}")
    end = document.add_paragraph()
    end._p.get_or_add_pPr().append(deepcopy(document.element.body[-1]))
    flatten(end)
    _outline(line(document, f"{{{{ appendices.{name}.label }}}}", STRONG), 0)
    line(document, f"{{{{ appendices.{name}.title }}}}", STRONG)
    line(document, f"{{{{ appendices.{name}.note }}}}", NOTE)
    line(document, "", Face(6))
    _add_rows(document, f"appendices.{name}.rows", columns, cells)
    _tag(document, "p endif")


def main() -> None:
    """Writes both files."""
    for regime, name in NAMES.items():
        (DOCUMENTS / f"{name}.docx").write_bytes(shipped(regime))


if __name__ == "__main__":
    main()
