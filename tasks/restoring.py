"""An office restored from a copy, into an empty folder and an empty database of either kind.

Everything is made ready aside first: files in a hidden folder, rows in one transaction. Then the
files go to their places, and the database last. Whoever is killed on the way leaves no rows, and
the hidden folder, by which the next try knows that the files in its way are its own.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models import audit_chain
from models.account import SignIn
from models.database import Database
from models.errors import NotAllowed
from models.i18n import N_, vi
from models.i18n import gettext as _
from models.manifest import DATA, TEMPLATES, Manifest
from models.settings import Settings
from models.vietnamese import show_instant
from models.words import Deed
from tasks import activities, audit, holding
from tasks.archive import PIECE, Archive, opened
from tasks.backup import check
from tasks.backup_files import database_file
from tasks.restoring_tables import is_empty, refuse_unknown, take_in

STAGED = ".restoring"
HELD = N_("the office was restored from the copy of {moment}; look at what waits first.")


@dataclass(frozen=True)
class Restored:
    """What was restored, where the office's own words lie now, and how many mails wait."""

    manifest: Manifest
    templates: Path | None
    waiting: int


def restore(path: Path, settings: Settings, as_of: datetime, by: str) -> Restored:
    """Restores a copy; mail is held back until it is released.

    Raises ArchiveRefused where the copy is not whole, and NotAllowed where the folder or the
    database holds something; then nothing is changed.
    """
    with opened(path) as archive:
        refuse_unknown(archive.manifest.revision)
        check(archive)
        with _staged(archive, settings) as staged:
            return _restore(archive, settings, staged, as_of, by)


def _restore(
    archive: Archive, settings: Settings, staged: Path, as_of: datetime, by: str
) -> Restored:
    places = _places(archive.manifest, settings)
    _unpack(archive, staged)
    audit.cut_anchors(staged / DATA, _newest(archive.manifest))
    with _filled(settings, archive, as_of) as session:
        waiting = _afterwards(session, archive.manifest, as_of, by)
        session.flush()
        for entry, place in places.items():
            _move(staged / entry, place)
        os.sync()  # all of it is on disk before the rows speak of it
    templates = places.get(TEMPLATES)
    return Restored(archive.manifest, templates, waiting)


def _newest(manifest: Manifest) -> int:
    """The number of the newest entry of the history that a copy says it has."""
    number = manifest.audit[0] if manifest.audit else 0
    return number if isinstance(number, int) else 0


@contextmanager
def _staged(archive: Archive, settings: Settings) -> Iterator[Path]:
    """The hidden folder; raises NotAllowed where an office is there, or too little room."""
    data = settings.data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = data / STAGED
    again = staged.exists()
    _refuse_taken(archive.manifest, settings, again)
    _refuse_if_full(archive.manifest, data)
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    try:
        yield staged
    except Exception:
        shutil.rmtree(staged, ignore_errors=True)
        if again:
            staged.mkdir(mode=0o700)
        raise
    shutil.rmtree(staged)


def _refuse_taken(manifest: Manifest, settings: Settings, again: bool) -> None:
    if not _is_free(settings):
        message = _(
            "The database holds an office already. Restore into an empty one: name another folder "
            "with DONDOC_DATA, or another database with DONDOC_DATABASE_URL."
        )
        raise NotAllowed(message)
    for place in _places(manifest, settings).values():
        if not again and place.exists() and (place.is_file() or any(place.iterdir())):
            message = _("{place} is in the way: move it away, or name another folder.")
            raise NotAllowed(message.format(place=place))


def _is_free(settings: Settings) -> bool:
    file = database_file(settings)
    if file is not None and not file.exists():
        return True
    db = Database(settings.url)
    try:
        with db.engine.connect() as connection:
            return is_empty(connection)
    finally:
        db.engine.dispose()


def _refuse_if_full(manifest: Manifest, data: Path) -> None:
    # a table is about twice as large in the database as written out, and unpacked in it alone
    needed = sum(2 * m.unpacked or m.size for m in manifest.members.values())
    free = shutil.disk_usage(data).free
    if needed > free:
        message = _("The copy needs {needed} MB in {folder}, and {free} MB are free.")
        megabytes = {"needed": -(-needed // 10**6), "free": free // 10**6}
        raise NotAllowed(message.format(folder=data, **megabytes))


def _places(manifest: Manifest, settings: Settings) -> dict[str, Path]:
    """What of the hidden folder goes where; the office's own words where they are looked for."""
    tops = sorted({name.split("/")[1] for name in manifest.files if name.startswith(f"{DATA}/")})
    found = {f"{DATA}/{top}": settings.data / top for top in tops}
    if any(name.startswith(f"{TEMPLATES}/") for name in manifest.files):
        found[TEMPLATES] = settings.templates or settings.data / TEMPLATES
    return found


def _unpack(archive: Archive, staged: Path) -> None:
    for name in archive.manifest.files:
        place = staged / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with archive.member(name) as content, os.fdopen(descriptor, "wb") as file:
            while piece := content.read(PIECE):
                file.write(piece)


def _move(source: Path, place: Path) -> None:
    """Puts a file or folder in its place; what is there is of a restore that was killed."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        source.replace(place)
    except OSError:  # on another disk
        shutil.move(source, place)


@contextmanager
def _filled(settings: Settings, archive: Archive, as_of: datetime) -> Iterator[Session]:
    """The database with all rows, to be committed at the end; SQLite's gets its name after that."""
    file = database_file(settings)
    aside = file and file.with_name(f".{file.name}.restoring")
    if aside is not None:
        _unlink(aside)
    db = Database(f"sqlite:///{aside}" if aside else settings.url)
    try:
        with db.engine.execution_options(dondoc_writes=True).connect() as connection:
            if aside:
                _driver(connection).execute("PRAGMA foreign_keys=OFF")
            take_in(connection, archive)
            audit_chain.begin(connection, as_of)
            with Session(connection) as session:
                yield session
                session.flush()
                audit_chain.seal(connection, as_of)
                session.commit()
            connection.commit()
            if aside:
                _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except BaseException:
        db.engine.dispose()
        if aside:
            _unlink(aside)
        raise
    db.engine.dispose()
    if aside and file:
        _unlink(file)
        aside.replace(file)


def _driver(connection: sa.Connection) -> Any:
    """The driver's own connection, for what must not begin a transaction."""
    return connection.connection.driver_connection


def _unlink(file: Path) -> None:
    for ending in ("-wal", "-shm", "-journal", ""):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _afterwards(session: Session, manifest: Manifest, as_of: datetime, by: str) -> int:
    """Holds mail back, signs everybody out, notes the deed; how many mails wait."""
    moment = show_instant(manifest.made)
    holding.hold(session, vi(HELD).format(moment=moment), as_of)
    session.connection().execute(
        sa.update(SignIn).where(col(SignIn.ended_at).is_(None)).values(ended_at=as_of)
    )
    told = {"made_at": manifest.made_at, "program": manifest.program, "rows": manifest.rows}
    activities.note(session, Deed.RESTORED, by, as_of, after=told)
    return sum(holding.waiting(session).values())
