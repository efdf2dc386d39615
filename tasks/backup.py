"""A copy of the whole office in one file: consistent while everything runs, whole or not there."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

from models import audit_chain
from models.database import Database
from models.errors import ArchiveRefused, NotAllowed, ServiceError
from models.i18n import gettext as _
from models.manifest import DATA, Manifest, Member, Rows, kind_of
from models.settings import Settings
from models.tables import METADATA
from tasks import backup_files, evidence, summary_papers, word_templates
from tasks.archive import Archive, Writer, opened
from tasks.snapshots import revision, rows, snapshot

_NAME = re.compile(r"dondoc-\d{8}-\d{6}\.tar")
# rows that name a file by its hash, and the folder of the data where it lies
NAMING = {
    "evidence": evidence.FOLDER, "paper": summary_papers.FOLDER,
    "word_template": word_templates.FOLDER,
}  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """A copy that was made or looked at: where it is and what it says of itself."""

    path: Path
    size: int
    manifest: Manifest


def make(db: Database, settings: Settings, out: Path, as_of: datetime) -> Copy:
    """Writes a copy to a file, or into a folder under a name with the time; then reads it again.

    Raises ServiceError where it cannot be written: then nothing is left of it.
    """
    path = out / f"dondoc-{as_of:%Y%m%d-%H%M%S}.tar" if _is_folder(out) else out
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _forget_halves(path.parent)
        with _written(path) as (half, file):
            _write(db, settings, Writer(file, path.parent), as_of)
            file.flush()
            verify(half)
    except OSError as error:
        message = _("The copy could not be written to {folder}: {problem}. Nothing is left of it.")
        raise ServiceError(message.format(folder=path.parent, problem=error.strerror)) from error
    return look(path)


def _is_folder(out: Path) -> bool:
    return out.is_dir() or not out.suffix


def _write(db: Database, settings: Settings, archive: Writer, as_of: datetime) -> None:
    named: set[str] = set()
    with ExitStack() as stack:
        journals = backup_files.Journals(settings.data / backup_files.JOURNALS, stack)
        journals.hold()
        with snapshot(db) as connection:
            journals.hold()
            manifest = Manifest(
                as_of.isoformat(), program(), db.engine.dialect.name, revision(connection)
            )
            manifest.audit = list(audit_chain.head(connection))
            for table in METADATA.sorted_tables:
                found = rows(connection, table)
                folder = NAMING.get(table.name)
                count = archive.table(table.name, _noted(found, folder, named) if folder else found)
                kinds = {column.name: kind_of(column) for column in table.c}
                manifest.tables[table.name] = Rows(count, kinds)
        journals.write(archive)
    backup_files.write(archive, settings)
    manifest.missing = sorted(name for name in named if not _is_whole(archive.members, name))
    archive.close(manifest)


def _noted(
    found: Iterable[Mapping[str, Any]], folder: str, named: set[str]
) -> Iterator[Mapping[str, Any]]:
    """The rows, while the files that they name are noted."""
    for row in found:
        named.add(_file_of(folder, str(row["sha256"])))
        yield row


def _file_of(folder: str, digest: str) -> str:
    return f"{DATA}/{folder}/{digest[:2]}/{digest}"


def _is_whole(members: Mapping[str, Member], name: str) -> bool:
    """Whether a file that lies under its hash is there, and is what the hash says."""
    return name in members and members[name].sha256 == name.rpartition("/")[2]


def program() -> str:
    """The version of this program."""
    try:
        return version("dondoc")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""


@contextmanager
def _written(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A file that gets its name when it is whole and on disk; until then, and else, it has none
    that anybody looks for. Its lock says that somebody is writing it.
    """
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}.half")
    descriptor = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield half, file
            file.flush()
            os.fsync(file.fileno())
            try:
                os.link(half, path)  # never over another copy
            except FileExistsError as error:
                message = _("{file} is there already; choose another name.")
                raise NotAllowed(message.format(file=path)) from error
    finally:
        half.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_halves(folder: Path) -> None:
    """Removes what copies that were killed left behind; one that nobody holds locked is such."""
    for half in folder.glob(".*.tar.*.half"):
        with suppress(OSError), half.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            half.unlink()


def look(path: Path) -> Copy:
    """What a copy says of itself, without reading all of it."""
    with opened(path) as archive:
        return Copy(path, path.stat().st_size, archive.manifest)


def verify(path: Path) -> Copy:
    """Reads a copy whole: every hash, every row, and every file that a row names.

    Raises ArchiveRefused at the first that is not as it was written.
    """
    with opened(path) as archive:
        check(archive)
        return Copy(path, path.stat().st_size, archive.manifest)


def check(archive: Archive) -> None:
    """Reads an archive whole; raises ArchiveRefused."""
    manifest = archive.manifest
    for name in manifest.files:
        with archive.member(name):
            pass
    for table in manifest.tables:
        folder = NAMING.get(table)
        if folder is None:
            for _line in archive.lines(table):
                pass
            continue
        for row in archive.rows(table):
            _refuse_without(manifest, _file_of(folder, str(row.get("sha256"))))


def _refuse_without(manifest: Manifest, name: str) -> None:
    """A file may be missing that was missing when the copy was made: that one says so itself."""
    if not _is_whole(manifest.members, name) and name not in manifest.missing:
        message = _("The copy lacks a file that its rows name: {name}")
        raise ArchiveRefused(message.format(name=name))


def keep(folder: Path, newest: int) -> list[Path]:
    """Removes the oldest copies of a folder beyond so many; which. Other files are left alone."""
    found = sorted(path for path in folder.glob("dondoc-*.tar") if _NAME.fullmatch(path.name))
    gone = found[:-newest]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone
