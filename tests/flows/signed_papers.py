"""What a signed summary has to be like: the Word file as LibreOffice prints it, the PDF, the page
with its sources, the workbook. Pages are read with poppler, not with what wrote them.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from sqlmodel import col, select

from models.database import Database
from models.directive import Directive
from models.round import Paper, Round, Summary
from models.words import PaperKind, Regime
from tasks import summary_papers
from tasks.paper_content import content_of
from tasks.paper_form import PaperForm

NATION = {
    Regime.STATE: ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"],
    Regime.PARTY: ["ĐẢNG CỘNG SẢN VIỆT NAM"],
}
NUMBER = {
    Regime.STATE: re.compile(r"Số: \d{2,}/BC-\w+"),
    Regime.PARTY: re.compile(r"Số \d{2,}-BC/\w+"),
}
PLACE = re.compile(r"[\w ]+, ngày \d\d tháng (0[12]|[3-9]|1[0-2]) năm 20\d\d")


@dataclass(frozen=True)
class Signed:
    """The files of a signed version, by kind, and what it says."""

    name: str
    summary: Summary
    raw: dict[PaperKind, bytes]

    @property
    def form(self) -> PaperForm:
        """What stands around the text, as the figures and the signing have it."""
        one = self.summary
        assert one.signed_at and one.number and one.signed_by
        words = dict(one.words) | {"signer": one.signed_by}
        return content_of(one.figures, one.number, one.signed_at.date(), words).form


def signed_of(db: Database, data: Path) -> list[Signed]:
    """Every signed version with its files."""
    found: dict[int, Signed] = {}
    with db.read() as session:
        rows = session.exec(
            select(Paper, Summary, Round, Directive)
            .join(Summary, col(Summary.id) == col(Paper.summary_id))
            .join(Round, col(Round.id) == col(Summary.round_id))
            .join(Directive, col(Directive.id) == col(Round.directive_id))
            .order_by(col(Paper.id))
        )
        for paper, summary, round_, owner in rows:
            name = f"{owner.code}-{round_.code}-v{summary.version}"
            one = found.setdefault(paper.summary_id, Signed(name, summary, {}))
            one.raw[paper.kind] = summary_papers.path_of(data, paper.sha256).read_bytes()
        session.expunge_all()
    return list(found.values())


def check_all(papers: list[Signed], folder: Path) -> None:
    """Checks every file of every version; LibreOffice prints all Word files in one run."""
    if not shutil.which("soffice") or not shutil.which("pdftotext"):
        pytest.skip("LibreOffice or poppler is not installed")
    folder.mkdir()
    for one in papers:
        assert set(one.raw) == set(PaperKind)
        (folder / f"{one.name}.docx").write_bytes(one.raw[PaperKind.DOCX])
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(path) for path in sorted(folder.glob("*.docx"))]
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=600)
    for one in papers:
        check_margins(one.raw[PaperKind.DOCX])
        check_pages(one, folder / f"{one.name}.pdf")
        ours = folder / f"{one.name}-ours.pdf"
        ours.write_bytes(one.raw[PaperKind.PDF])
        check_pages(one, ours)
        check_page(one)
        check_workbook(one)


def check_margins(raw: bytes) -> None:
    for section in Document(BytesIO(raw)).sections:
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        margins = section.top_margin, section.right_margin, section.bottom_margin
        assert [round(margin.mm) for margin in margins] == [20, 20, 20]
        assert round(section.left_margin.mm) == 30


def check_pages(one: Signed, path: Path) -> None:
    """The form, line by line in its order, as it stands on the printed pages."""
    form, pages = one.form, text_of(path)
    assert NUMBER[form.regime].fullmatch(form.number), form.number
    assert PLACE.fullmatch(form.place_and_date), form.place_and_date
    text = squeezed(" ".join(pages))
    for wanted in (*NATION[form.regime], form.body, form.number, form.place_and_date):
        assert squeezed(wanted) in squeezed(pages[0]), (one.name, wanted)
    titles = [f"{part.number}. {part.title}".upper() for part in _parts(one)]
    assert len(titles) == 5
    end = ["Nơi nhận", *form.capacity[-1:], form.signer]
    places = [text.find(squeezed(words)) for words in ("BÁO CÁO", form.subject, *titles)]
    assert -1 not in places, (one.name, places)
    assert places == sorted(places), (one.name, places)
    for words in end:
        assert text.find(squeezed(words), places[-1]) > 0, (one.name, words)
    check_page_numbers(pages)
    check_fonts(path)


def _parts(one: Signed) -> Any:
    return content_of(one.summary.figures, "", None, {}).parts


def check_page_numbers(pages: list[str]) -> None:
    """Every page of the text but the first bears its number on top."""
    assert not pages[0].lstrip()[:2].strip().isdigit()
    appendix = next((n for n, page in enumerate(pages) if page.lstrip().startswith("Phụ lục")), 0)
    for number, page in enumerate(pages[1 : appendix or None], start=2):
        assert page.lstrip().split(maxsplit=1)[0] == str(number)


def check_fonts(path: Path) -> None:
    """Nothing but Times New Roman, or Liberation Serif in its place, and all of it embedded."""
    told = subprocess.run(["pdffonts", str(path)], check=True, capture_output=True, text=True)
    fonts = told.stdout.splitlines()[2:]
    assert fonts
    for font in fonts:
        assert re.search(r"Times-?New-?Roman|Liberation-?Serif", font), font
        assert font.split()[-5] == "yes", font


def text_of(path: Path) -> list[str]:
    """The text of each page, as it is laid out."""
    told = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True
    )
    pages = told.stdout.split("\f")[:-1]
    assert pages
    return pages


def squeezed(text: str) -> str:
    """A text without spaces, which lines and columns move."""
    return "".join(text.split())


def check_page(one: Signed) -> None:
    """Links within the page lead somewhere, and each figure opens its sources."""
    page = one.raw[PaperKind.HTML].decode()
    places = set(re.findall(r'\bid="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= places, sorted(links - places)[:5]
    shown = [item for item in one.summary.figures["indicators"] if item["kind"] != "text"]
    assert {f"so-lieu-{item['code']}" for item in shown} <= links
    assert not re.findall(r'(?:src|href)="(?!#|https?://)', page)


def check_workbook(one: Signed) -> None:
    """The annexes open, and every unit has its row."""
    book = openpyxl.load_workbook(BytesIO(one.raw[PaperKind.XLSX]))
    cells = {
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    }
    assert {unit["unit"] for unit in one.summary.annex["units"]} <= cells
    assert not [cell for cell in cells if isinstance(cell, str) and cell.startswith("=")]
