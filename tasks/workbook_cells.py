"""The cells of a workbook's sheets, as they are written in it: nothing is computed or guessed.

A document type is refused before it can declare anything, and a part is read as UTF-8 whatever it
says of itself.
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from models.errors import WorkbookRefused
from tasks.workbook_guard import DAMAGED, LINKS, MACROS, NOT_OURS, TOO_LARGE, Archive, refused

MOST_ROWS = 2_000
MOST_COLUMNS = 50
MOST_TEXT = 32_767  # characters of a cell, as in Excel

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_MAIN = (
    "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "{http://purl.oclc.org/ooxml/spreadsheetml/main}",  # as Excel's strict form has it
)
_TYPES = "[Content_Types].xml"
_FORM_TYPE = "spreadsheetml.sheet.main+xml"
_MACRO = re.compile(r"(?i)macro(?:enabled|sheet)|vbaproject|sheet\.binary")
_ID = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: its type's letter, its text; whether a formula gave it."""

    kind: str
    text: str
    formula: bool = False


Cells = Mapping[str, Cell]


@dataclass(frozen=True)
class Book:
    """The sheets asked for, by name, and whether dates count from 1904."""

    sheets: Mapping[str, Cells]
    from_1904: bool


def read_cells(raw: bytes, names: tuple[str, ...]) -> Book:
    """The cells of the sheets of these names; raises WorkbookRefused, also where one is absent."""
    archive = Archive(raw)
    _check_types(archive)
    _check_links(archive)
    workbook = _parsed(archive.part("xl/workbook.xml"), _Workbook())
    relations = _parsed(archive.part("xl/_rels/workbook.xml.rels"), _Relations())
    paths = [relations.targets.get(workbook.sheets.get(name, ""), "") for name in names]
    if not all(paths) or len(set(paths)) < len(paths):
        raise refused(NOT_OURS)
    sheets = [_parsed(archive.part(path), _Sheet()).cells for path in paths]
    wanted = {c.text for cells in sheets for c in cells.values() if c.kind == "s"}
    strings = archive.part(relations.strings) if relations.strings else b""
    shared = _parsed(strings, _Strings(wanted)).found if wanted else {}
    return Book(
        {name: _resolved(cells, shared) for name, cells in zip(names, sheets, strict=True)},
        workbook.from_1904,
    )


def _check_types(archive: Archive) -> None:
    types = _parsed(archive.part(_TYPES), _Types()).found
    if any(map(_MACRO.search, types)):
        raise refused(MACROS)
    if not any(_FORM_TYPE in found for found in types):
        raise refused(NOT_OURS)


def _check_links(archive: Archive) -> None:
    for name in archive.names:
        if name.endswith(".rels") and _parsed(archive.part(name), _Relations()).leads_out:
            raise refused(LINKS)


def _resolved(cells: Cells, shared: Mapping[str, str]) -> dict[str, Cell]:
    if any(c.kind == "s" and c.text not in shared for c in cells.values()):
        raise refused(DAMAGED)
    return {
        place: replace(c, text=shared[c.text]) if c.kind == "s" else c for place, c in cells.items()
    }


def _parsed(data: bytes, target: Any) -> Any:
    parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_dtd=True)
    try:
        # all at once: the parser begins a tag anew with every piece of it
        parser.feed(data)
        parser.close()
    except WorkbookRefused:
        raise
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise refused(DAMAGED) from error
    return target


def _local(tag: str) -> str:
    """A tag of the sheets' own language without its namespace; of another nothing."""
    return next((tag[len(space) :] for space in _MAIN if tag.startswith(space)), "")


class _Reader:
    """Parts are read tag by tag; no tree is built."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...
    def close(self) -> None: ...


class _Types(_Reader):
    def __init__(self) -> None:
        self.found: set[str] = set()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.add(attributes.get("ContentType", ""))


class _Workbook(_Reader):
    def __init__(self) -> None:
        self.sheets: dict[str, str] = {}
        self.from_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            id_ = next((attributes[name] for name in _ID if name in attributes), "")
            if attributes.get("name", "") in self.sheets:
                raise refused(DAMAGED)
            self.sheets[attributes.get("name", "")] = id_
        elif _local(tag) == "workbookPr":
            self.from_1904 = attributes.get("date1904") in ("1", "true")


class _Relations(_Reader):
    """Where a part's others stand. A link that a person typed is let pass: nothing follows it."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.strings = ""
        self.leads_out = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "")
        if not tag.endswith("}Relationship") or not target:
            return
        if attributes.get("TargetMode") == "External":
            self.leads_out |= not attributes.get("Type", "").endswith("/hyperlink")
            return
        path = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        self.targets[attributes.get("Id", "")] = path
        if attributes.get("Type", "").endswith("/sharedStrings"):
            self.strings = path


class _Strings(_Reader):
    """The shared strings that are wanted, by their number; what is only heard is left out."""

    def __init__(self, wanted: set[str]) -> None:
        self.wanted, self.found = wanted, dict[str, str]()
        self.number = 0
        self.pieces: list[str] = []
        self.heard = self.within = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "si":
            self.pieces = []
        self.heard = self.heard or name == "rPh"
        self.within = name == "t" and not self.heard

    def data(self, text: str) -> None:
        if self.within:
            self.pieces.append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        self.within = False
        if name == "rPh":
            self.heard = False
        elif name == "si":
            if str(self.number) in self.wanted:
                self.found[str(self.number)] = _joined(self.pieces)
            self.number += 1


def _joined(pieces: list[str]) -> str:
    text = "".join(pieces)
    if len(text) > MOST_TEXT:
        raise refused(TOO_LARGE)
    return text


class _Sheet(_Reader):
    """The cells of a sheet that hold anything. A cell may leave out where it stands: it is the next
    one then.
    """

    def __init__(self) -> None:
        self.cells: dict[str, Cell] = {}
        self.row = self.column = 0
        self.kind = ""
        self.values: list[str] = []
        self.formula: list[str] | None = None
        self.into: list[str] | None = None
        self.heard = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
        elif name == "c":
            self._begin(attributes)
        elif name == "f":
            self.into = self.formula = []
        elif name == "rPh":
            self.heard = True
        elif name in ("v", "t"):
            self.into = self.values if not self.heard else None

    def data(self, text: str) -> None:
        if self.into is not None:
            self.into.append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        self.into = None
        if name == "rPh":
            self.heard = False
        elif name == "c":
            self._end()

    def _begin(self, attributes: dict[str, str]) -> None:
        self.column += 1
        if "r" in attributes:
            found = _REFERENCE.fullmatch(attributes["r"])
            if found is None:
                raise refused(DAMAGED)
            self.row, self.column = int(found[2]), _column(found[1])
        self.kind = attributes.get("t", "n")
        self.values, self.formula = [], None

    def _end(self) -> None:
        text = _joined(self.values)
        if not text.strip() and self.formula is None:
            return
        if self.row > MOST_ROWS or self.column > MOST_COLUMNS:
            raise refused(TOO_LARGE)
        place = f"{_letters(self.column)}{self.row}"
        if place in self.cells:
            raise refused(DAMAGED)
        if self.formula is not None:
            self.cells[place] = Cell("f", f"={_joined(self.formula)}", formula=True)
        else:
            self.cells[place] = Cell(self.kind, text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    """The letters of a column, of which a form has fewer than 53."""
    before, last = divmod(column - 1, 26)
    return (chr(64 + before) if before else "") + chr(65 + last)
