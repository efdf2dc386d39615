"""The papers of a life as pictures: `make papers LIFE=demo PAGES=docs/images` writes, for each
directive, its newest summary as Word, and of that the pages as LibreOffice prints them.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import col, select

from models.database import Database
from models.directive import Directive
from models.round import Round, Summary
from models.words import PaperKind
from tasks.papers import paper

DPI = 60
SHOWN = 4  # pages of a document


def main(life: Path, pages: Path) -> None:
    """Writes `paper-<directive>-<page>.png`."""
    pages.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="dondoc-papers-") as folder:
        for name, raw in documents(life):
            take(name, raw, Path(folder), pages)


def documents(life: Path) -> list[tuple[str, bytes]]:
    """The Word file of the last summary of each directive of a life."""
    db = Database(f"sqlite:///{life / 'data/dondoc.sqlite3'}")
    found: dict[str, Summary] = {}
    with db.read() as session:
        rows = session.exec(
            select(Directive.code, Summary)
            .join(Round, col(Round.id) == col(Summary.round_id))
            .join(Directive, col(Directive.id) == col(Round.directive_id))
            .order_by(col(Summary.frozen_at), col(Summary.id))
        )
        for code, summary in rows:
            found[code] = summary
        return [
            (code, paper(one.figures, one.annex, PaperKind.DOCX)) for code, one in found.items()
        ]


def take(name: str, raw: bytes, folder: Path, pages: Path) -> None:
    """Prints a document and takes its first pages."""
    file = folder / f"paper-{name}.docx"
    file.write_bytes(raw)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*command, str(file)], check=True, capture_output=True, timeout=180)
    picture = ["pdftoppm", "-r", str(DPI), "-l", str(SHOWN), "-png"]
    subprocess.run([*picture, str(file.with_suffix(".pdf")), str(pages / file.stem)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
