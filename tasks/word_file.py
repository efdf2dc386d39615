"""Word files: A4 paper in Times New Roman, lines of text, and tables of any length."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from html import escape
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

CENTRE, LEFT, JUSTIFIED = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
FONT = "Times New Roman"
TEXT_SIZE, CELL_SIZE = 14, 12
TWIPS_OF_MM = 1440 / 25.4

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Face:
    """Size in points and style of a piece of text."""

    size: float
    bold: bool = False
    italic: bool = False
    underline: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table; the widths of all make up the 160 mm between the margins."""

    title: str
    width: float  # mm
    centred: bool = False


def printable(text: str) -> str:
    """The text without what XML cannot carry or a line cannot show."""
    return _CONTROL.sub(" ", text)


def new_document(author: str, title: str, day: date) -> WordDocument:
    """An empty A4 document in Times New Roman, its pages numbered from the second."""
    document = Document()
    properties = document.core_properties
    properties.author, properties.title = printable(author)[:255], printable(title)[:255]
    properties.comments, properties.language = "", "vi-VN"
    properties.created = properties.modified = datetime.combine(day, time())
    _set_styles(document)
    _set_paper(document)
    return document


def as_bytes(document: WordDocument) -> bytes:
    """The document as a .docx file."""
    file = BytesIO()
    document.save(file)
    return undated(file.getvalue())


def undated(raw: bytes) -> bytes:
    """The same .docx file without the moment it was written: what says the same has one hash."""
    written = BytesIO()
    with ZipFile(BytesIO(raw)) as given, ZipFile(written, "w", ZIP_DEFLATED) as kept:
        for part in given.infolist():
            kept.writestr(ZipInfo(part.filename), given.read(part), ZIP_DEFLATED)
    return written.getvalue()


def _set_styles(document: WordDocument) -> None:
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(TEXT_SIZE)
    properties = normal.element.get_or_add_rPr()
    for script in ("w:cs", "w:eastAsia"):
        properties.rFonts.set(qn(script), FONT)
    properties.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="vi-VN"/>'))
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = 1.0
    cell = document.styles.add_style("TableText", WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style, cell.font.size = normal, Pt(CELL_SIZE)


def _set_paper(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(20)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = CENTRE
    number._p.append(
        parse_xml(
            f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>2</w:t></w:r></w:fldSimple>'
        )
    )


def line(
    place: WordDocument | _Cell,
    text: str,
    face: Face,
    align: WD_ALIGN_PARAGRAPH = CENTRE,
    before: float = 0,
) -> Paragraph:
    """Adds a paragraph, `before` points below the one above."""
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    span(paragraph, text, face)
    return paragraph


def span(paragraph: Paragraph, text: str, face: Face) -> None:
    """Adds text to a paragraph."""
    run = paragraph.add_run(printable(text))
    run.font.size = Pt(face.size)
    run.bold, run.italic, run.underline = face.bold, face.italic, face.underline


def flatten(paragraph: Paragraph) -> None:
    """Makes a paragraph that has to be there, and says nothing, take no space."""
    format_ = paragraph.paragraph_format
    format_.line_spacing_rule, format_.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)


def add_table(
    document: WordDocument, columns: Sequence[Column], rows: Iterable[Sequence[str]]
) -> None:
    """A table with borders whose head stands on every page.

    Written as one string: cell by cell 3,321 rows take python-docx 15 s, and this half a second.
    """
    head = [Column(column.title, column.width, centred=True) for column in columns]
    titles = [column.title for column in columns]
    parts = [_row(head, titles, "<w:tblHeader/>", "<w:rPr><w:b/></w:rPr>")]
    parts += [_row(columns, row) for row in rows]
    _place_table(document, [column.width for column in columns], "".join(parts), border=4)
    flatten(document.add_paragraph())  # Word wants one after a table


def _row(columns: Sequence[Column], texts: Sequence[str], head: str = "", bold: str = "") -> str:
    cells = "".join(_cell(c, text, bold) for c, text in zip(columns, texts, strict=True))
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>"


def _cell(column: Column, text: str, bold: str) -> str:
    middle = '<w:jc w:val="center"/>' if column.centred else ""
    return (
        f'<w:tc>{_width(column.width)}<w:p><w:pPr><w:pStyle w:val="TableText"/>{middle}</w:pPr>'
        f"<w:r>{bold}<w:t>{escape(printable(text), quote=False)}</w:t></w:r></w:p></w:tc>"
    )


def _width(width: float) -> str:
    return f'<w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/></w:tcPr>'


def _twips(width: float) -> int:
    return round(width * TWIPS_OF_MM)


def layout(document: WordDocument, widths: Sequence[float], rows: int) -> Table:
    """An invisible table that sets things side by side; its cells are filled by the caller."""
    cells = "".join(f"<w:tc>{_width(width)}</w:tc>" for width in widths)
    row = f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"
    return _place_table(document, widths, row * rows, border=0)


def _place_table(document: WordDocument, widths: Sequence[float], rows: str, border: int) -> Table:
    """Puts a table of fixed widths at the end; borders are in eighths of a point."""
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    kind, margin = ("single", 70) if border else ("nil", 0)
    borders = "".join(f'<w:{s} w:val="{kind}" w:sz="{border}" w:space="0"/>' for s in sides)
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in widths)
    margins = "".join(f'<w:{s} w:w="{margin}" w:type="dxa"/>' for s in ("left", "right"))
    element = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )
    document.element.body[-1].addprevious(element)  # what comes last is the section
    return Table(element, document)
