"""The file of a copy: a tar archive, written and read as a stream, each member with its hash."""

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

from models.errors import ArchiveRefused
from models.i18n import gettext as _
from models.manifest import NAME, SUM, Manifest, Member, as_plain, is_safe, member_of

PIECE = 2**20  # bytes read at once
LONGEST_LINE = 2**26  # bytes: a row; the largest, a summary of a province, has some millions
LARGEST_MANIFEST = 2**29  # bytes; it names every file
QUICK = 3  # how hard the tables are compressed: harder takes twice as long for a tenth less
_LINES = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=as_plain).encode


class Hashed(io.RawIOBase):
    """A stream that hashes what is read of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.hash = source, sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(size)
        self.hash.update(piece)
        return piece

    def drain(self) -> str:
        """Reads what is left; the hash of all of it."""
        while self.read(PIECE):
            pass
        return self.hash.hexdigest()


class Writer:
    """Writes an archive into an open file; `members` grows with each."""

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        self.tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.folder = folder
        self.members: dict[str, Member] = {}

    def table(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Adds a table; how many rows it has. A size stands before a member: so it lies aside."""
        count = unpacked = 0
        with TemporaryFile(dir=self.folder) as aside:
            with gzip.GzipFile(fileobj=aside, mode="wb", compresslevel=QUICK, mtime=0) as packed:
                for row in rows:
                    line = _LINES(row).encode("utf-8", "surrogatepass") + b"\n"
                    packed.write(line)
                    unpacked += len(line)
                    count += 1
            size = aside.tell()
            aside.seek(0)
            self.add(member_of(name), aside, size, unpacked)
        return count

    def add(self, name: str, source: IO[bytes], size: int, unpacked: int = 0) -> None:
        """Adds a file."""
        hashed = Hashed(source)
        self.tar.addfile(_info(name, size), hashed)
        self.members[name] = Member(size, hashed.hash.hexdigest(), unpacked)

    def close(self, manifest: Manifest) -> None:
        """Ends the archive with what is in it: one that was cut off has no such end."""
        manifest.members = self.members
        raw = manifest.as_json()
        for name, content in ((NAME, raw), (SUM, sha256(raw).hexdigest().encode())):
            self.tar.addfile(_info(name, len(content)), io.BytesIO(content))
        self.tar.close()


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


class Archive:
    """An archive being read; every failure is an ArchiveRefused."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self._infos = {info.name: info for info in tar}
        if len(self._infos) != len(tar.getmembers()):
            raise ArchiveRefused(_("The copy was altered: two of its files have one name."))
        raw = self._whole(NAME, LARGEST_MANIFEST)
        if sha256(raw).hexdigest().encode() != self._whole(SUM, 64):
            raise ArchiveRefused(damaged(NAME))
        self.manifest = Manifest.read(raw)
        self._refuse_others()

    def _whole(self, name: str, most: int) -> bytes:
        info = self._infos.get(name)
        if info is None or not info.isreg() or info.size > most:
            raise ArchiveRefused(_("This is no copy of Đôn Đốc, or it was cut off."))
        return self._open(info).read()

    def _open(self, info: tarfile.TarInfo) -> IO[bytes]:
        found = self.tar.extractfile(info)
        if found is None:
            raise ArchiveRefused(damaged(info.name))
        return found

    def _refuse_others(self) -> None:
        """Only plain files, of the names and sizes that the manifest gives."""
        for name, info in self._infos.items():
            if name in (NAME, SUM):
                continue
            known = self.manifest.members.get(name)
            if not is_safe(name) or not info.isreg() or known is None or known.size != info.size:
                raise ArchiveRefused(damaged(name))
        missing = self.manifest.members.keys() - self._infos.keys()
        if missing:
            raise ArchiveRefused(damaged(min(missing)))

    @contextmanager
    def member(self, name: str) -> Iterator[Hashed]:
        """The content of a file; its hash is looked at when it was read."""
        hashed = Hashed(self._open(self._infos[name]))
        yield hashed
        if hashed.drain() != self.manifest.members[name].sha256:
            raise ArchiveRefused(damaged(name))

    def lines(self, table: str) -> Iterator[bytes]:
        """The rows of a table as they are written; never more than the manifest says."""
        name = member_of(table)
        left = self.manifest.members[name].unpacked
        with self.member(name) as packed, gzip.GzipFile(fileobj=packed) as lines:
            for _n in range(self.manifest.tables[table].rows):
                line = lines.readline(min(left, LONGEST_LINE) + 1)
                left -= len(line)
                if left < 0 or not line.endswith(b"\n"):
                    raise ArchiveRefused(damaged(name))
                yield line
            if left or lines.read(1):
                raise ArchiveRefused(damaged(name))

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, with the columns it has and no others."""
        columns = self.manifest.tables[table].columns.keys()
        for line in self.lines(table):
            try:
                row = json.loads(line.decode("utf-8", "surrogatepass"))
            except ValueError as error:
                raise ArchiveRefused(damaged(member_of(table))) from error
            if not isinstance(row, dict) or row.keys() != columns:
                raise ArchiveRefused(damaged(member_of(table)))
            yield row


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive to read; raises ArchiveRefused where it is none, is cut off or was altered."""
    with path.open("rb") as file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                yield Archive(tar)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = _("This is no copy of Đôn Đốc, or it was cut off.")
            raise ArchiveRefused(message) from error


def damaged(name: str) -> str:
    return _("The copy is damaged or was altered: {name}. Take another one.").format(name=name)
