"""The pieces of an official document in Word, in the form of the state or of the party.

State: Nghị định 30/2020/NĐ-CP, phụ lục I, with the sizes of its table V. Party: phụ lục 3 of
36-HD/VPTW (2018) as published; the text of 05-HD/VPTW, which replaced it, is not at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from docx.document import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt
from docx.table import _Cell

from models.words import Regime
from tasks.word_file import JUSTIFIED, LEFT, Face, flatten, layout, line, span

HEADING_WIDTHS = (66.0, 94.0)
SIGNATURE_WIDTHS = (76.0, 84.0)
TEXT_WIDTH = sum(HEADING_WIDTHS)
CAPITAL, SMALL, SPACE = 0.72, 0.46, 0.25  # widths of Times in ems, to measure a line
MM_OF_POINT = 25.4 / 72
ADDRESSED_AT, COLON_AT, DASH = Mm(30), Mm(47), Mm(3)
BLANK = "\u00a0" * 10  # where the clerk writes the number


@dataclass(frozen=True)
class Form:
    """What differs between the two forms."""

    nation: tuple[tuple[str, Face], ...]
    nation_rule: float  # mm, as long as the last line above it
    superior: Face
    body: Face
    number: Face
    place: Face
    subject: Face
    subject_opens: str
    addressed: Face
    copies_heading: Face
    copies: Face
    list_mark: str
    end_mark: str
    asterisk: bool  # under the name of the body; else a rule


FORMS = {
    Regime.STATE: Form(
        nation=(
            ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Face(12, bold=True)),
            ("Độc lập - Tự do - Hạnh phúc", Face(13, bold=True)),
        ),
        nation_rule=56,
        superior=Face(12),
        body=Face(12, bold=True),
        number=Face(13),
        place=Face(13, italic=True),
        subject=Face(12),
        subject_opens="V/v",
        addressed=Face(14),
        copies_heading=Face(12, bold=True, italic=True),
        copies=Face(11),
        list_mark=";",
        end_mark="./.",
        asterisk=False,
    ),
    Regime.PARTY: Form(
        nation=(("ĐẢNG CỘNG SẢN VIỆT NAM", Face(15, bold=True)),),
        nation_rule=73,
        superior=Face(14),
        body=Face(14, bold=True),
        number=Face(14),
        place=Face(14, italic=True),
        subject=Face(12, italic=True),
        subject_opens="về việc",
        addressed=Face(14, italic=True),
        copies_heading=Face(14, underline=True),
        copies=Face(12),
        list_mark=",",
        end_mark=".",
        asterisk=True,
    ),
}
TEXT = Face(14)
STRONG = Face(14, bold=True)
NOTE = Face(13, italic=True)


@dataclass(frozen=True)
class Heading:
    """The head of a document: who issues it, below whom, its number, subject, place and date."""

    superior: str
    body: str
    number: str
    subject: str
    place_and_date: str


@dataclass(frozen=True)
class Signature:
    """The foot of a document: who gets copies, and in what capacity somebody signs."""

    copies: Sequence[str]
    capacity: Sequence[str]


def long_date(day: date) -> str:
    """ "ngày 05 tháng 01 năm 2026": days below 10 and months 1 and 2 have a leading zero."""
    month = f"{day.month:02}" if day.month < 3 else f"{day.month}"
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def rule(cell: _Cell, width: float, length: float) -> None:
    """A solid line in the middle of a cell; both in mm."""
    paragraph = cell.add_paragraph()
    format_ = paragraph.paragraph_format
    format_.left_indent = format_.right_indent = Mm((width - length) / 2)
    format_.space_before = Pt(2)
    format_.line_spacing_rule, format_.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(4)
    paragraph._p.get_or_add_pPr().insert_element_before(
        parse_xml(
            f'<w:pBdr {nsdecls("w")}>'
            '<w:top w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:pBdr>'
        ),
        "w:spacing", "w:ind", "w:jc",
    )  # fmt: skip


def add_heading(document: WordDocument, form: Form, heading: Heading) -> None:
    """Both columns of the head, so that number and date stand on one line."""
    table = layout(document, HEADING_WIDTHS, rows=2)
    body, nation = table.rows[0].cells
    if heading.superior:
        line(body, heading.superior.upper(), form.superior)
    line(body, heading.body.upper(), form.body)
    if form.asterisk:
        line(body, "*", form.body)
    else:
        rule(body, HEADING_WIDTHS[0], rule_under(heading.body.upper(), form.body))
    add_nation(nation, form)
    number, day = table.rows[1].cells
    line(number, heading.number, form.number)
    line(number, f"{form.subject_opens} {heading.subject}", form.subject, before=6)
    line(day, heading.place_and_date, form.place)


def add_nation(cell: _Cell, form: Form) -> None:
    """The name of the state and its motto, or of the party, with the rule below."""
    for text, face in form.nation:
        line(cell, text, face)
    rule(cell, HEADING_WIDTHS[1], form.nation_rule)


def rule_under(name: str, face: Face, width: float = HEADING_WIDTHS[0]) -> float:
    """The length in mm of the rule under a name: between a third and a half of its longest line."""
    return 0.42 * min(_ems(name) * face.size * MM_OF_POINT, width)


def _ems(text: str) -> float:
    return sum(SPACE if c == " " else CAPITAL if c.isupper() else SMALL for c in text)


def ruled(length: float, size: float) -> str:
    """Blanks that, underlined in this size, make a rule so many mm long; for a template, where the
    name above it is not known yet.
    """
    return "\u00a0" * round(length / (SPACE * size * MM_OF_POINT)) + "\u200b"


def add_addressees(document: WordDocument, form: Form, names: Sequence[str]) -> None:
    """ "Kính gửi": one on the same line, several below each other with dashes under the colon."""
    opening = line(document, "Kính gửi:", form.addressed, before=14)
    last = opening
    if len(names) == 1:
        span(opening, f" {names[0]}", TEXT)
    else:
        opening.alignment, opening.paragraph_format.left_indent = LEFT, ADDRESSED_AT
        for item in listed(names, form):
            last = line(document, item, TEXT, LEFT)
            last.paragraph_format.left_indent = COLON_AT + DASH
            last.paragraph_format.first_line_indent = -DASH
    last.paragraph_format.space_after = Pt(8)


def listed(names: Sequence[str], form: Form) -> list[str]:
    """The lines of a list, each with its mark and the last with a full stop."""
    marks = [form.list_mark] * (len(names) - 1) + ["."]
    return [f"- {name}{mark}" for name, mark in zip(names, marks, strict=True)]


def add_text(document: WordDocument, form: Form, paragraphs: Sequence[str]) -> None:
    """The body of the text, ended as the form has it; its end stays with the signature."""
    *others, last = paragraphs
    for text in (*others, f"{last}{form.end_mark}"):
        added = line(document, text, TEXT, JUSTIFIED, before=6)
        added.paragraph_format.first_line_indent = Mm(12.7)
        added.paragraph_format.line_spacing = 1.15
    added.paragraph_format.keep_with_next = True


def add_signature(document: WordDocument, form: Form, signature: Signature) -> None:
    """ "Nơi nhận" at the left; at the right who signs, with space to sign and an empty line for
    the name, which the program does not know.
    """
    line(document, "", Face(6)).paragraph_format.keep_with_next = True
    table = layout(document, SIGNATURE_WIDTHS, rows=1)
    left, right = table.rows[0].cells
    line(left, "Nơi nhận:", form.copies_heading, LEFT)
    for item in listed(signature.copies, form):
        line(left, item, form.copies, LEFT)
    for capacity in signature.capacity:
        line(right, capacity.upper(), STRONG)
    for _ in range(5):
        line(right, "", STRONG)


def add_appendix(document: WordDocument, title: str, note: str) -> None:
    """A new page, numbered by itself, headed "Phụ lục" with its title and what it belongs to."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    start = parse_xml(f'<w:pgNumType {nsdecls("w")} w:start="1"/>')
    section._sectPr.insert_element_before(start, "w:cols")
    flatten(document.paragraphs[-1])  # it bears the section
    add_appendix_title(document, title, note)


def add_appendix_title(document: WordDocument, title: str, note: str) -> None:
    """The head of an appendix, which is a document of its own where it is sent beside another."""
    line(document, "Phụ lục", STRONG)
    line(document, title.upper(), STRONG)
    line(document, f"({note})", NOTE)
    line(document, "", Face(6))
