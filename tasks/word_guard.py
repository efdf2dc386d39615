"""Which Word files are taken as templates: documents that hold nothing but themselves.

Stricter than evidence (`tasks.evidence_guard`, which judges the archive first): nothing leads out
of the file, no field but page numbers and the like, and names in braces stand in text alone, since
`docxtpl` would fill them in anywhere.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from models.errors import Fault
from models.i18n import N_
from models.i18n import gettext as _
from tasks import evidence_guard
from tasks.evidence_guard import DOCX, FileRefused, media_of

MB = 1024 * 1024
MOST_BYTES = 2 * MB  # of the file
MOST_UNPACKED = 20 * MB
MOST_OF_PART = 4 * MB  # of a part that is read
MOST_TAGS = 3_000
LONGEST_TAG = 400  # characters

NOT_WORD = N_("This is not a Word document (.docx). Save the template as .docx.")
TOO_LARGE = N_("The template is larger than {n} MB: make its pictures smaller.")
LEADS_OUT = N_(
    "The template takes content from elsewhere ({kind}): remove links, linked pictures and "
    "attached templates, and save it once more."
)
ACTIVE = N_("The template holds an embedded file or active content ({kind}): remove it.")
FIELD = N_("there is the field “{found}”; allowed: page numbers, contents and references within")
ASTRAY = N_("names in braces stand in ordinary text only, not in “{where}”")
OPEN = N_("braces that are not closed in the same paragraph, or stray ones")
LONG = N_("the words between braces are too long: at most {n} characters")
MANY = N_("there are more than {n} names in braces")
DAMAGED = N_("A part of the file cannot be read ({part}): save it once more.")

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TEXT_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
_RELATION = re.compile(
    r"(?i)/(oleobject|package|control|activexcontrolbinary|afchunk|subdocument|frame|attachedtemplate"
    r"|mailmerge\w*|vbaproject|customui\w*|externallink\w*|webextension\w*)$"
)
_FIELDS = frozenset(
    {
        "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "TOC", "PAGEREF", "REF", "SEQ", "STYLEREF",
        "MERGEFORMAT", "CHARFORMAT", "ARABIC", "ROMAN", "H", "Z", "U", "N", "O", "T",
    }
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{2,}\w*|[^\W_]\w+")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_STRAY = re.compile(r"^\s*\}|\{\s*$")


@dataclass(frozen=True)
class Part:
    """A part of the file with text: its name and its paragraphs, in their order."""

    name: str
    paragraphs: tuple[str, ...]


class Refused(Exception):
    """A template is not looked into any further; `faults` say why."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(map(str, faults)))


def parts_of(raw: bytes, where: str) -> list[Part]:
    """The text of a harmless Word file, by part; raises Refused."""
    if len(raw) > MOST_BYTES:
        raise _refused(where, _(TOO_LARGE).format(n=MOST_BYTES // MB))
    try:
        if media_of(raw) != DOCX:
            raise _refused(where, _(NOT_WORD))
    except FileRefused as error:
        outside = str(error) == _(evidence_guard.LEADS_OUT)
        message = _(LEADS_OUT).format(kind="image, oleObject …") if outside else str(error)
        raise _refused(where, message) from error
    found: list[Part] = []
    faults: list[Fault] = []
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
            raise _refused(where, _(TOO_LARGE).format(n=MOST_UNPACKED // MB))
        for name in archive.namelist():
            if name.endswith(".rels"):
                _check_relations(_tree(archive, name, where), where)
            elif name.endswith(".xml"):
                tree = _tree(archive, name, where)
                if TEXT_PARTS.fullmatch(name):
                    part = Part(name, tuple(_paragraphs(tree)))
                    found.append(part)
                    faults += [*_astray(tree, where), *_braces(part, where)]
                faults += _fields(tree, where)
    if faults:
        raise Refused(*faults)
    return sorted(found, key=lambda part: part.name != "word/document.xml")


def _refused(where: str, message: str) -> Refused:
    return Refused(Fault(where, None, "", "", message))


def _tree(archive: zipfile.ZipFile, name: str, where: str) -> Element:
    if archive.getinfo(name).file_size > MOST_OF_PART:
        raise _refused(where, _(TOO_LARGE).format(n=MOST_OF_PART // MB))
    try:
        with archive.open(name) as file:
            found: Element = fromstring(file.read(MOST_OF_PART + 1), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError, OSError,
            zipfile.BadZipFile) as error:  # fmt: skip
        raise _refused(where, _(DAMAGED).format(part=name)) from error
    return found


def _check_relations(relations: Element, where: str) -> None:
    for found in relations:
        kind = str(found.get("Type"))
        short = kind.rpartition("/")[2]
        if str(found.get("TargetMode", "")).lower() == "external":
            raise _refused(where, _(LEADS_OUT).format(kind=short))
        if _RELATION.search(kind):
            raise _refused(where, _(ACTIVE).format(kind=short))


def _paragraphs(tree: Element) -> Iterator[str]:
    """The text of each paragraph, without those within it (a box of text has its own)."""
    for paragraph in tree.iter(f"{W}p"):
        yield "".join(_own_text(paragraph))


def _own_text(element: Element) -> Iterator[str]:
    for child in element:
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag != f"{W}p":
            yield from _own_text(child)


def _astray(tree: Element, where: str) -> Iterator[Fault]:
    """Braces where `docxtpl` would read them and nobody sees them."""
    for element in tree.iter():
        tag = str(element.tag).rpartition("}")[2]
        texts = [element.tail or ""] + ([] if element.tag == f"{W}t" else [element.text or ""])
        if any(_MARKS.search(str(value)) for value in element.attrib.values()) or any(
            "{" in text or "}" in text for text in texts
        ):
            yield Fault(where, None, "", "", _(ASTRAY).format(where=tag))


def _braces(part: Part, where: str) -> Iterator[Fault]:
    """Each paragraph closes what it opens, and no tag is long: else patterns would search long."""
    count = 0
    for number, text in enumerate(part.paragraphs, 1):
        tags = _TAG.findall(text) if len(_MARKS.findall(text)) <= 2 * MOST_TAGS else []
        count += len(tags)
        rest = _TAG.sub("", text) if tags else text
        if any(len(tag) > LONGEST_TAG for tag in tags):
            yield at(where, number, text, _(LONG).format(n=LONGEST_TAG))
        elif (
            any(_MARKS.search(tag[2:-2]) for tag in tags)
            or _MARKS.search(rest)
            or (_STRAY.search(text) and not tags)
        ):
            yield at(where, number, text, _(OPEN))
    if count > MOST_TAGS:
        yield Fault(where, None, "", "", _(MANY).format(n=MOST_TAGS))


def at(where: str, number: int | None, text: str, message: str) -> Fault:
    """A fault of a paragraph: its number, its text and what is wrong."""
    shown = text if len(text) <= 120 else f"{text[:119]}…"
    return Fault(where, number, shown, text, message)


def _fields(tree: Element, where: str) -> Iterator[Fault]:
    """Fields that fetch, run or ask for something; however their words are cut into pieces."""
    said = ["".join(found.text or "" for found in tree.iter(f"{W}instrText"))]
    said += [str(found.get(f"{W}instr", "")) for found in tree.iter(f"{W}fldSimple")]
    for text in said:
        for word in _WORD.findall(re.sub(r'"[^"]*"|_\w+', " ", text)):
            if word.upper() not in _FIELDS:
                yield Fault(where, None, "", word, _(FIELD).format(found=word))
                break
