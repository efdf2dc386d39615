"""What a file of evidence is, told by its content: PDF, DOCX, XLSX, JPG or PNG, and nothing that
acts when it is opened.

Of a DOCX or XLSX the archive's own list is judged before anything is unpacked, and no more is
unpacked than the list of its types and its relations.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from models.errors import DondocError
from models.i18n import N_
from models.i18n import gettext as _

PDF, JPG, PNG = "application/pdf", "image/jpeg", "image/png"
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
SUFFIXES = {PDF: (".pdf",), JPG: (".jpg", ".jpeg"), PNG: (".png",), DOCX: (".docx",),
            XLSX: (".xlsx",)}  # fmt: skip

MOST_PARTS = 2_000
MOST_OF_LIST = 400_000  # bytes of the archive's list
MOST_UNPACKED = 200_000_000
MOST_RATIO = 200  # to one, where it is more than a little
LITTLE = 1_000_000
MOST_OF_TABLE = 500_000  # bytes of a part that is looked into

WRONG_KIND = N_("Only PDF, DOCX, XLSX, JPG and PNG files are taken.")
DAMAGED = N_("The file is damaged: save it once more.")
TOO_MUCH = N_("The file unpacks to more than a document can be.")
ACTIVE = N_("The file holds macros or other active content: save it without, or as PDF.")
LEADS_OUT = N_("The file takes content from elsewhere: save it as PDF.")
LOCKED = N_("The file has a password: save it without.")

_MAGIC = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPG), (b"\x89PNG\r\n\x1a\n", PNG))
_MAIN = {f"{kind}.main+xml": kind for kind in (DOCX, XLSX)}
_ACTIVE = re.compile(
    r"(?i)vbaproject|macrosheets|dialogsheets|embeddings|activex|oleobject|customui|webextension"
)
_END = b"PK\x05\x06"
_END_SIZE = 22
_HEAD = 30  # bytes before a part's name


class FileRefused(DondocError):
    """A file is not taken as evidence: it is of another kind, damaged, or could do harm."""


def media_of(raw: bytes) -> str:
    """The media type that the content shows; raises FileRefused."""
    found = next((media for magic, media in _MAGIC if raw.startswith(magic)), None)
    if found:
        return found
    if not raw.startswith(b"PK\x03\x04"):
        raise _refused(LOCKED if raw.startswith(b"\xd0\xcf\x11\xe0") else WRONG_KIND)
    _check_end(raw)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _office(archive, len(raw))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
            ValueError, KeyError) as error:  # fmt: skip
        raise _refused(DAMAGED) from error


def _refused(message: str) -> FileRefused:
    return FileRefused(_(message))


def _check_end(raw: bytes) -> None:
    """The archive's list is no longer than it says, and there is one way to read it."""
    end = len(raw) - _END_SIZE
    if raw[end : end + 4] != _END or raw[end - 20 : end - 16] == b"PK\x06\x07":
        raise _refused(DAMAGED)
    size = int.from_bytes(raw[end + 12 : end + 16], "little")
    if size > MOST_OF_LIST or int.from_bytes(raw[end + 10 : end + 12], "little") > MOST_PARTS:
        raise _refused(TOO_MUCH)


def _office(archive: zipfile.ZipFile, size: int) -> str:
    parts = archive.infolist()
    _check_parts(parts, size)
    types = _tree(archive, "[Content_Types].xml")
    said = {str(item.get("ContentType")) for item in types}
    if any("macroEnabled" in kind or "vba" in kind.lower() for kind in said):
        raise _refused(ACTIVE)
    found = next((_MAIN[kind] for kind in said if kind in _MAIN), None)
    if found is None:
        raise _refused(WRONG_KIND)
    for part in parts:
        if part.filename.endswith(".rels"):
            _check_relations(_tree(archive, part.filename))
    return found


def _check_parts(parts: Sequence[zipfile.ZipInfo], size: int) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise _refused(LOCKED)
    if any(_ACTIVE.search(part.filename) for part in parts):
        raise _refused(ACTIVE)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or (unpacked > LITTLE and unpacked > MOST_RATIO * size):
        raise _refused(TOO_MUCH)
    names = {part.filename.lower() for part in parts}
    if len(names) < len(parts) or _overlap(parts, size):
        raise _refused(DAMAGED)


def _overlap(parts: Sequence[zipfile.ZipInfo], size: int) -> bool:
    """Whether two parts share bytes, which lets few bytes unpack to many."""
    ordered = sorted(parts, key=lambda part: part.header_offset)
    ends = [p.header_offset + _HEAD + len(p.filename) + p.compress_size for p in ordered]
    following = [*(part.header_offset for part in ordered[1:]), size]
    return any(end > begin for end, begin in zip(ends, following, strict=True))


def _tree(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > MOST_OF_TABLE:
        raise _refused(TOO_MUCH)
    with archive.open(name) as file:
        data = file.read(MOST_OF_TABLE + 1)
    try:
        found: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise _refused(DAMAGED) from error
    return found


def _check_relations(relations: Element) -> None:
    """A link that a person follows may lead out; what is loaded by itself may not."""
    for found in relations:
        outside = str(found.get("TargetMode", "")).lower() == "external"
        if outside and not str(found.get("Type")).endswith("/hyperlink"):
            raise _refused(LEADS_OUT)
