"""The papers of the guides as pictures: `make papers` writes docs/images/papers/*.png.

Of simulated lives, each in a folder of its own: the last summary signed of each directive, a page
with its head and one with tables or charts; of one life a mid-term review, the annexes in Excel and
the page with its sources, too.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

from models.database import Database
from models.words import PaperKind, Review, label_vi
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.flows.signed_papers import Signed, signed_of, text_of

IMAGES = Path(__file__).parents[2] / "docs/images/papers"
DPI = 70
LARGEST = 150_000  # bytes of a picture
WHOLE = "577-kh-ubnd"  # of this life the review, the annexes and the page are taken as well


def main(lives: list[Path]) -> None:
    """Takes the pictures of these lives; refuses one that is too large for a page."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="dondoc-papers-") as folder:
        for life in lives:
            take_life(life, Path(folder))
    too_large = [p.name for p in IMAGES.glob("*.png") if p.stat().st_size > LARGEST]
    if too_large:
        raise SystemExit(f"over {LARGEST} bytes: {', '.join(too_large)}")


def take_life(life: Path, folder: Path) -> None:
    """The pictures of a life."""
    data = life / "data"
    signed = signed_of(Database(f"sqlite:///{data / 'dondoc.sqlite3'}"), data)
    last = signed[-1]
    name = last.summary.figures["directive"]["code"]
    if name == WHOLE:
        signed = [one for one in signed if "tu-cham-diem" not in one.name]
        last = signed[-1]
        midterm = label_vi(Review.PRELIMINARY)
        review = next(one for one in signed if one.summary.figures["round"]["review"] == midterm)
        take_pages(review, f"{name}-so-ket", folder, first_only=True)
        take_annex(next(one for one in signed if "bao-cao" in one.name), name, folder)
        take_page(last, name, folder)
    take_pages(last, name, folder)


def take_pages(one: Signed, name: str, folder: Path, *, first_only: bool = False) -> None:
    """The first page of a Word file, and the first with a chart or a table of figures."""
    printed = printed_by_libreoffice(one.raw[PaperKind.DOCX], folder / f"{name}.docx")
    take_one(printed, 1, name if first_only else f"{name}-1")
    if not first_only:
        pages = text_of(printed)
        shown = [n for n, text in enumerate(pages, 1) if n > 1 and re.search("Kết quả +Kỳ", text)]
        charts = [n for n, text in enumerate(pages, 1) if "Biểu đồ" in text]
        take_one(printed, (charts if len(charts) > 1 else shown or charts)[-1], f"{name}-2")


def take_annex(one: Signed, name: str, folder: Path) -> None:
    """The first sheet of the annexes."""
    printed = printed_by_libreoffice(one.raw[PaperKind.XLSX], folder / f"{name}.xlsx")
    take_one(printed, 1, f"{name}-phu-luc")


def take_page(one: Signed, name: str, folder: Path) -> None:
    """The page, with the sources of a figure open."""
    file = folder / f"{name}.html"
    file.write_bytes(one.raw[PaperKind.HTML])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.goto(file.as_uri())
        first = page.locator("#phan-II")
        first.locator("xpath=following::details[1]/summary").click()
        first.scroll_into_view_if_needed()
        box = first.bounding_box() or {"y": 0}
        page.mouse.wheel(0, box["y"] - 40)
        page.wait_for_timeout(200)
        page.screenshot(path=folder / "page.png")
        browser.close()
    keep(folder / "page.png", f"{name}-trang")


def printed_by_libreoffice(raw: bytes, file: Path) -> Path:
    """A file of an office as PDF."""
    file.write_bytes(raw)
    profile = f"-env:UserInstallation={(file.parent / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir"]
    subprocess.run(
        [*command, str(file.parent), str(file)], check=True, capture_output=True, timeout=180
    )
    return file.with_suffix(".pdf")


def take_one(printed: Path, number: int, name: str) -> None:
    """One page of a PDF."""
    place = printed.with_name("page")
    span = ["-f", str(number), "-l", str(number), "-singlefile"]
    subprocess.run(
        ["pdftoppm", "-r", str(DPI), *span, "-png", str(printed), str(place)], check=True
    )
    keep(place.with_suffix(".png"), name)


def keep(picture: Path, name: str) -> None:
    """Keeps a picture with few colours, which is a third of the bytes."""
    with Image.open(picture) as whole:
        few = whole.convert("RGB").quantize(colors=48, dither=Image.Dither.NONE)
        few.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
