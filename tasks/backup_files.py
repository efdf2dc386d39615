"""The files of an office beside its database: which a copy holds, and in which order it reads them.

A file lies in the data folder before a row speaks of it, so files are read after the rows. What
senders note (`tasks.journal`) goes the other way: it is forgotten once the rows say it. So journals
are opened before the rows are read, and read afterwards: a mail that left is in one of both.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import make_url

from models import settings_file
from models.manifest import DATA, TEMPLATES
from models.settings import Settings
from tasks.archive import Writer

JOURNALS = "sending"
# made again by themselves: Prefect's database, and what the program notes of its processes
REBUILT = frozenset({"prefect", "run"})
POSTGRES = "PG_VERSION"  # a folder with this file is a database server's own


def files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Every file to copy but the journals: its name in the archive and where it lies."""
    data = settings.data.resolve()
    left_out = _left_out(settings)
    for path in _walk(data, left_out, top=True):
        if path.relative_to(data).parts[0] != JOURNALS:
            yield f"{DATA}/{path.relative_to(data).as_posix()}", path
    own = settings.templates
    if own is not None and not own.resolve().is_relative_to(data):
        for path in _walk(own.resolve(), left_out):
            yield f"{TEMPLATES}/{path.relative_to(own.resolve()).as_posix()}", path


def _left_out(settings: Settings) -> frozenset[Path]:
    """Places in the data folder that are copied otherwise, or not at all."""
    data = settings.data.resolve()
    # passwords of relay and mailbox are in the settings, and a copy may go to other hands
    found = {data / name for name in (*REBUILT, settings_file.NAME)}
    if own := settings_file.path():
        found.add(own.resolve())
    if settings.backup_dir:
        found.add(settings.backup_dir.resolve())
    database = database_file(settings)
    if database is not None:
        beside = ("", "-wal", "-shm", "-journal")
        found |= {database.with_name(database.name + ending) for ending in beside}
    return frozenset(found)


def database_file(settings: Settings) -> Path | None:
    """Where SQLite keeps the database; None of Postgres."""
    url = make_url(settings.url)
    is_file = url.get_backend_name() == "sqlite" and url.database
    return Path(url.database or "").resolve() if is_file else None


def _walk(folder: Path, left_out: frozenset[Path], *, top: bool = False) -> Iterator[Path]:
    """The files below a folder in the order of their names; hidden ones are half written."""
    with suppress(FileNotFoundError):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path in left_out:
                continue
            # a folder of the data may lie on another disk; links further down lead anywhere
            if path.is_dir() and (top or not path.is_symlink()):
                if not (path / POSTGRES).exists() and path.resolve() not in left_out:
                    yield from _walk(path, left_out)
            elif path.is_file() and not path.is_symlink() and not _is_copy(path):
                yield path


def _is_copy(path: Path) -> bool:
    return path.name.startswith("dondoc-") and path.suffix == ".tar"


@dataclass
class Journals:
    """What senders note, held open from before the rows are read until after."""

    folder: Path
    stack: ExitStack
    held: dict[str, BinaryIO] = field(default_factory=dict)

    def hold(self) -> None:
        """Opens those there are now; one opened before stays, though its sender forgets it."""
        for path in sorted(self.folder.glob("*.jsonl")):
            if path.name not in self.held:
                with suppress(FileNotFoundError):
                    self.held[path.name] = self.stack.enter_context(path.open("rb"))

    def write(self, archive: Writer) -> None:
        for name, file in self.held.items():
            size = os.fstat(file.fileno()).st_size
            archive.add(f"{DATA}/{JOURNALS}/{name}", file, size)


def write(archive: Writer, settings: Settings) -> int:
    """Adds every file; how many. One that went meanwhile was none that a row speaks of."""
    count = 0
    for name, path in files(settings):
        with suppress(FileNotFoundError), path.open("rb") as file:
            archive.add(name, file, os.fstat(file.fileno()).st_size)
            count += 1
    return count
