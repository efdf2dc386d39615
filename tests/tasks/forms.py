"""Forms as units fill them in and send them, for tests."""

import io
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import load_workbook
from openpyxl.cell import MergedCell

from tasks.links import Links
from tasks.workbook_read import FORM
from tests.tasks.hostile import packed

LINKS = Links(("k" * 40,), "https://don-doc.example")
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def filled(form: bytes, cells: dict[str, Any]) -> bytes:
    """The form with cells filled in and saved by another program than the one that made it."""
    book = load_workbook(io.BytesIO(form))
    for place, value in cells.items():
        cell = book[FORM][place]
        assert not isinstance(cell, MergedCell)
        cell.value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_libreoffice(form: bytes, cells: dict[str, Any]) -> bytes:
    """The form with cells filled in, written as LibreOffice writes: all strings shared, every cell
    with its style, formulas marked, the hidden sheet merely hidden. Written by hand.
    """
    return _written(form, cells, "http://schemas.openxmlformats.org", _shared)


def by_strict_excel(form: bytes, cells: dict[str, Any]) -> bytes:
    """As Excel writes a "Strict Open XML Workbook": other namespaces, days as text, strings in
    pieces, no places of cells. Written by hand.
    """
    return _written(form, cells, "http://purl.oclc.org/ooxml", _in_pieces)


def _written(form: bytes, cells: dict[str, Any], space: str, cell: Any) -> bytes:
    strict = "purl" in space
    main = f"{space}/spreadsheetml/main" if strict else f"{space}/spreadsheetml/2006/main"
    links = f"{space}/officeDocument/{'' if strict else '2006/'}relationships"
    strings: list[str] = []
    book = load_workbook(io.BytesIO(filled(form, cells)))
    names = {name: n for n, name in enumerate(book.sheetnames, start=5)}
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="hidden" r:id="rId{n}"/>'
        for name, n in names.items()
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{links}/worksheet" Target="/xl/worksheets/s{n}.xml"/>'
        for n in names.values()
    )
    parts = {
        f"xl/worksheets/s{n}.xml": f'<worksheet xmlns="{main}"><dimension ref="A1:XFD1048576"/>'
        f"<sheetData>{_rows(book[name], strings, cell)}</sheetData></worksheet>"
        for name, n in names.items()
    }
    shared = "".join(f'<si><t xml:space="preserve">{said}</t></si>' for said in strings)
    parts |= {
        "[Content_Types].xml": '<Types><Override PartName="/xl/workbook.xml" ContentType="'
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{links}"><workbookPr/>'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
        f'package/2006/relationships">{relations}<Relationship Id="rId1" '
        f'Type="{links}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>',
    }
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return packed({name: (head + text).encode() for name, text in parts.items()})


def _rows(sheet: Any, strings: list[str], cell: Any) -> str:
    return "".join(
        f'<row r="{n}" ht="15" hidden="false">{"".join(cell(c, strings) for c in row)}</row>'
        for n, row in enumerate(sheet.iter_rows(), start=1)
    )


def _shared(cell: Any, strings: list[str]) -> str:
    place, value = f'r="{cell.coordinate}" s="3"', cell.value
    if value is None:
        return f"<c {place}/>"
    if isinstance(value, datetime):
        return f"<c {place}><v>{(value - datetime(1899, 12, 30)).days}</v></c>"
    if isinstance(value, int | float):
        return f'<c {place} t="n"><v>{value}</v></c>'
    if value.startswith("="):
        return f'<c {place} t="str"><f aca="false">{value[1:]}</f><v>2</v></c>'
    strings.append(escape(value))
    return f'<c {place} t="s"><v>{len(strings) - 1}</v></c>'


def _in_pieces(cell: Any, strings: list[str]) -> str:
    value = cell.value
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        return f'<c t="d"><v>{value.isoformat()}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    if value.startswith("="):
        return f"<c><f>{value[1:]}</f></c>"
    half = len(value) // 2
    pieces = "".join(f"<r><t>{escape(said)}</t></r>" for said in (value[:half], value[half:]))
    return f'<c t="inlineStr"><is>{pieces}</is></c>'


def a_reply(sender: str, *files: bytes, **headers: str) -> bytes:
    """A mail that answers with files attached."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "don-doc@van-phong.example"
    mail["Subject"] = "Re: Báo cáo"
    mail["Message-ID"] = "<tra-loi@so-a.example>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content("Kính gửi biểu đã điền.")
    for number, file in enumerate(files, start=1):
        mail.add_attachment(file, *XLSX, filename=f"bieu-{number}.xlsx")
    return mail.as_bytes()
