"""Everything an office owns in files that other programs read: tables, evidence, papers.

Read in one transaction, while others write; without secrets. What stands where is in the data
dictionary, which is written beside them.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from models.database import Database
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.settings import Settings
from models.status import Thresholds
from tasks import exporting_tables, kept_files
from tasks.backup import NAMING
from tasks.exporting_dictionary import NAME, markdown
from tasks.exporting_formats import FORMATS
from tasks.exporting_tables import Row, columns, exported
from tasks.snapshots import snapshot


@dataclass
class Exported:
    """What an export has: rows by table, how many files, and which were not to be had."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    missing: list[str] = field(default_factory=list)


def export(
    db: Database, settings: Settings, out: Path, as_of: datetime, form: str = "xlsx",
    directive: int | None = None,
) -> Exported:  # fmt: skip
    """Writes an export into a folder that is not there yet; of one directive, or of all."""
    found = Exported(out)
    thresholds = Thresholds(settings.nearly_due_days, settings.long_overdue_days)
    with _whole(out) as folder:
        writer = FORMATS[form](folder)
        with snapshot(db) as connection:
            for table in exported():
                rows = exporting_tables.rows(connection, table, directive, as_of, thresholds)
                if table.name in NAMING:
                    rows = _with_files(rows, settings.data / NAMING[table.name], folder, found)
                found.rows[table.name] = writer.table(table.name, columns(table), rows)
        writer.close()
        (folder / NAME).write_text(markdown(), "utf-8")
    return found


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A folder that gets its name once all of it is there."""
    if out.exists() and (out.is_file() or any(out.iterdir())):
        message = _("{folder} holds something already; name a new folder.")
        raise NotAllowed(message.format(folder=out))
    half = out.resolve().with_name(f".{out.resolve().name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700, parents=True)
    try:
        yield half
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    half.replace(out)


def _with_files(rows: Iterable[Row], kept: Path, folder: Path, found: Exported) -> Iterator[Row]:
    """The rows, while the content that each names is copied to where the row says."""
    for row in rows:
        source = kept_files.path_of(kept, row["sha256"])
        place = folder / row["file"]
        if not source.is_file():
            found.missing.append(row["file"])
        elif not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
            found.files += 1
        yield row
