"""The folder that the pages of a directive's life are written into."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models import i18n
from models.directive import Directive
from models.directive_file import DirectiveFile
from models.settings import settings
from models.status import COLOURS
from tasks import boards
from tasks.rendering import render


@dataclass(frozen=True)
class Site:
    """What the pages are written from."""

    out: Path
    owner: Directive
    file: DirectiveFile
    lines: list[boards.Line]
    rounds: list[boards.RoundLine]
    as_of: datetime

    def write(self, page: str, name: str | None = None, **values: Any) -> Path:
        """Writes a page under a name, else its own."""
        path = self.place(f"{name or page}.html")
        html = render(
            f"pages/{page}.html",
            lang=i18n.language(),
            page=page,
            root="../" * (name or page).count("/"),
            directive=self.owner,
            as_of=self.as_of,
            rounds=self.rounds,
            own_colours={COLOURS[status]: colour for status, colour in settings().colours.items()},
            **values,
        )
        path.write_text(html, encoding="utf-8")
        return path

    def keep(self, name: str, raw: bytes) -> str:
        """Writes a file that pages lead to, and gives its name."""
        self.place(name).write_bytes(raw)
        return name

    def place(self, name: str) -> Path:
        """Where a file of the folder lies."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
