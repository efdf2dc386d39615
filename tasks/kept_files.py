"""Contents kept in the data folder under their SHA-256: once each, whole and on disk."""

import os
import secrets
from hashlib import sha256
from pathlib import Path


def path_of(folder: Path, digest: str) -> Path:
    """Where the content of a hash lies."""
    return folder / digest[:2] / digest


def keep(folder: Path, raw: bytes) -> str:
    """Keeps a content, and gives its hash; one that is there already is left as it is."""
    digest = sha256(raw).hexdigest()
    place = path_of(folder, digest)
    if not place.exists():
        _write(place, raw)
    return digest


def _write(place: Path, raw: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(descriptor)
    beside.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
