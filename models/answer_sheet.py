"""An answer that was filled in on a sheet: where each field stands, what was not readable there.

Faults of such an answer are told cell by cell.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from models.errors import Fault
from models.i18n import gettext as _


@dataclass(frozen=True)
class Unread:
    """What stands in a cell that cannot be read as its field, and the message that says why."""

    found: str
    message: str


@dataclass(frozen=True)
class Sheet:
    """The cells of an answer's fields ("rows[2].by" → "E23"), and those that were not readable."""

    cells: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, Unread] = field(default_factory=dict)

    def cell(self, name: str) -> str:
        """The cell to look at for a field: its own, or the first of its parts; else nothing."""
        if name in self.cells:
            return self.cells[name]
        parts = (found for found in self.cells if found.startswith((f"{name}.", f"{name}[")))
        return self.cells.get(next(parts, name.rpartition(".")[0]), "")


NO_SHEET = Sheet()


def told_by_cell(sheet: Sheet, faults: Iterable[Fault]) -> list[Fault]:
    """What was not readable, then the other faults of an answer, each with its cell as its place.

    What a field lacks because its cell was not readable is not told twice.
    """
    unread = [
        Fault(_("answer"), None, name, found.found[:80], _(found.message))
        for name, found in sheet.unread.items()
    ]
    others = [fault for fault in faults if not _follows(fault.field, sheet.unread)]
    return [replace(f, where=sheet.cell(f.field) or f.where) for f in (*unread, *others)]


def _follows(name: str, unread: Iterable[str]) -> bool:
    return any(f"{found}.".startswith(f"{name}.") for found in unread)
