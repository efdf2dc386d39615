"""The keys that sign links and forms: a file of the data folder, the newest first.

A new key signs from then on, the older ones go on being read until they are dropped.
"""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from models.errors import ServiceError
from models.i18n import gettext as _

NAME = "keys"
SHORTEST = 32  # characters of a key


def keys(data: Path) -> tuple[str, ...]:
    """The keys of a data folder, the newest first; the first is made when it is first asked for."""
    path = data / NAME
    try:
        stamp = path.stat()
    except FileNotFoundError:
        _make(path)
        stamp = path.stat()
    # a rotated file is another file, also where the clock is too coarse to tell
    return _read(path, stamp.st_ino, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _file: int, _changed: int, _size: int) -> tuple[str, ...]:
    found = tuple(path.read_text(encoding="utf-8", errors="replace").split())
    if not found or any(len(key) < SHORTEST or not key.isascii() for key in found):
        message = _("{file} must hold a key a line, of at least {n} characters.")
        raise ServiceError(message.format(file=path, n=SHORTEST))
    return found


def rotate(data: Path, *, drop_old: bool = False) -> int:
    """Puts a new key before the others, or in their place; how many there are now.

    With `drop_old` every link made so far is dead.
    """
    kept = () if drop_old else keys(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = (secrets.token_urlsafe(32), *kept)
    beside = _beside(data / NAME)
    _write(beside, found)
    beside.replace(data / NAME)
    return len(found)


def _make(path: Path) -> None:
    """Makes the first key; where another process is quicker, its key stands."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = _beside(path)
    _write(beside, (secrets.token_urlsafe(32),))
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _write(path: Path, found: tuple[str, ...]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("\n".join(found) + "\n")
        file.flush()
        os.fsync(descriptor)
