"""Which files are looked into at all: small .xlsx workbooks without macros, links out or tricks.

Anybody with a link can send anything. So the archive's own list is judged before anything is
unpacked, and a part is unpacked to no more than it says it holds; its tags are counted before they
are parsed. openpyxl would load all strings, styles and names of whatever it is given.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from models.errors import WorkbookRefused
from models.i18n import N_
from models.i18n import gettext as _

MOST_BYTES = 2_000_000  # of the file
MOST_UNPACKED = 16_000_000  # of all its parts
MOST_OF_PART = 4_000_000
MOST_RATIO = 200  # to one, unpacked to packed, where it is more than a little
LITTLE = 1_000_000
MOST_PARTS = 200
MOST_OF_LIST = 40_000  # bytes of the archive's list
MOST_TAGS = 100_000  # of all parts that are read; a plan of 500 rows has some 40,000
MOST_BETWEEN = 200_000  # bytes from one tag to the next: a cell holds 32,767 characters

_END = b"PK\x05\x06"
_END_SIZE = 22
_END_64 = b"PK\x06\x07"
_HEAD = 30  # bytes before a part's name
_OLD = b"\xd0\xcf\x11\xe0"  # an .xls, or any workbook behind a password
_NAME = re.compile(r"[A-Za-z0-9_.\[\] -]{1,80}(?:/[A-Za-z0-9_.\[\] -]{1,80}){0,6}")
_DANGEROUS = re.compile(
    r"(?i)vbaproject|macrosheets|dialogsheets|externallinks|embeddings|activex|oleobject|customui"
    r"|connections\.xml|querytables|webextension|ddelink|\.bin$"
)
_PRINTER = re.compile(r"xl/printerSettings/printerSettings\d{1,3}\.bin")
NOT_OURS = N_(
    "This is not a form of ours, saved as an Excel workbook (xlsx). Download the form anew."
)
DAMAGED = N_("The workbook is damaged. Save it as xlsx once more, or download the form anew.")
TOO_LARGE = N_("The workbook is larger than a form can be. Download the form anew and fill it in.")
MACROS = N_("The workbook holds macros or other active content. Download the form anew.")
LINKS = N_("The workbook takes data from other files. Download the form anew and write values.")
LOCKED = N_("The file has a password or is an old xls. Save it as xlsx without a password.")


class Archive:
    """A workbook whose list of parts was found harmless; raises WorkbookRefused."""

    def __init__(self, raw: bytes) -> None:
        _check_ends(raw)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
            parts = self._zip.infolist()
        except Exception as error:  # the library has no list of what it may raise
            raise refused(DAMAGED) from error
        _check_parts(parts, len(raw))
        self._parts = {part.filename: part for part in parts}
        self._tags = self._attributes = 0

    @property
    def names(self) -> list[str]:
        return list(self._parts)

    def part(self, name: str) -> bytes:
        """The bytes of a part, its tags counted; nothing where there is none."""
        info = self._parts.get(name)
        if info is None:
            return b""
        if info.file_size > MOST_OF_PART:
            raise refused(TOO_LARGE)
        try:
            with self._zip.open(info) as file:
                data = file.read(MOST_OF_PART + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError,
                NotImplementedError, ValueError) as error:  # fmt: skip
            raise refused(DAMAGED) from error
        self._count(data)
        return data

    def _count(self, data: bytes) -> None:
        """What would take long or much room to parse is not parsed. A tag cannot hold "<", so what
        lies between two of them bounds its attributes. NUL is in no text but in UTF-16's.
        """
        if b"\0" in data:
            raise refused(DAMAGED)
        self._tags += data.count(b"<")
        self._attributes += data.count(b"=")
        if max(self._tags, self._attributes) > MOST_TAGS:
            raise refused(TOO_LARGE)
        if any(length > MOST_BETWEEN for length in _between(data)):
            raise refused(TOO_LARGE)


def refused(message: str) -> WorkbookRefused:
    return WorkbookRefused(_(message))


def _check_ends(raw: bytes) -> None:
    """What the first and last bytes tell. With nothing after the list's end there is one way to
    read the archive, and its list is no longer than it says.
    """
    if len(raw) > MOST_BYTES:
        raise refused(TOO_LARGE)
    if raw.startswith(_OLD):
        raise refused(LOCKED)
    if not raw.startswith(b"PK\x03\x04"):
        raise refused(NOT_OURS)
    end = len(raw) - _END_SIZE
    if raw[end : end + 4] != _END or raw[end - 20 : end - 16] == _END_64:
        raise refused(DAMAGED)
    size = int.from_bytes(raw[end + 12 : end + 16], "little")
    if size > MOST_OF_LIST or int.from_bytes(raw[end + 10 : end + 12], "little") > MOST_PARTS:
        raise refused(TOO_LARGE)


def _check_parts(parts: list[zipfile.ZipInfo], size: int) -> None:
    names = [part.filename for part in parts]
    if any(_DANGEROUS.search(name) and not _PRINTER.fullmatch(name) for name in names):
        raise refused(MACROS)
    if any(part.flag_bits & 1 for part in parts):
        raise refused(LOCKED)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        raise refused(TOO_LARGE)
    if unpacked > LITTLE and unpacked > MOST_RATIO * size:
        raise refused(TOO_LARGE)
    methods = {part.compress_type for part in parts}
    are_plain = all(map(_NAME.fullmatch, names)) and ".." not in "/".join(names).split("/")
    if not are_plain or len({name.lower() for name in names}) < len(names):
        raise refused(DAMAGED)
    if methods - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or _overlap(parts, size):
        raise refused(DAMAGED)


def _overlap(parts: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether two parts share bytes, which lets few bytes unpack to many."""
    ordered = sorted(parts, key=lambda part: part.header_offset)
    ends = [p.header_offset + _HEAD + len(p.filename) + p.compress_size for p in ordered]
    following = [*(part.header_offset for part in ordered[1:]), size]
    return any(end > begin for end, begin in zip(ends, following, strict=True))


def _between(data: bytes) -> Iterator[int]:
    begin = 0
    while (end := data.find(b"<", begin + 1)) >= 0:
        yield end - begin
        begin = end
    yield len(data) - begin
