"""The register of units: a dated tree, its groups, and what a name or phrase expands to.

Read from `units.csv` and `groups.csv` (or the sheets `units` and `groups` of one .xlsx), or from
the database; the rules of expansion are the same.

    units:  code, name, aliases, kind, level, parent, groups, begins, ends, head, clerk, email,
            telephone
    groups: phrase, members

`aliases`, `groups` and `members` are lists separated by semicolons; a group's member is a tag of
the column `groups`, or a unit's code.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from models.errors import Fault, RegisterError
from models.i18n import gettext as _
from models.vietnamese import collapse, phrase_key
from models.words import Level, UnitKind

UNIT_COLUMNS = (
    "code", "name", "aliases", "kind", "level", "parent", "groups", "begins", "ends",
    "head", "clerk", "email", "telephone",
)  # fmt: skip
GROUP_COLUMNS = ("phrase", "members")

W = TypeVar("W", UnitKind, Level)

_CODE = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
# as mail can carry it: plain ASCII on both sides
_EMAIL = re.compile(r"^[^@\s,;<>\"\x7f-\U0010ffff]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$")


@dataclass(frozen=True)
class UnitEntry:
    """One unit of a register, with its contacts."""

    code: str
    name: str
    kind: UnitKind
    level: Level
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    begins: date | None = None
    ends: date | None = None
    head: str = ""
    clerk: str = ""
    email: str = ""
    telephone: str = ""

    def lives_on(self, day: date) -> bool:
        return (self.begins is None or self.begins <= day) and (
            self.ends is None or day <= self.ends
        )


@dataclass(frozen=True)
class Register:
    """Units by code, and the codes each group phrase stands for."""

    units: Mapping[str, UnitEntry]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for unit in self.units.values():
            for name in (*unit.aliases, unit.name):
                names[phrase_key(name)] = unit.code
        return names

    @cached_property
    def _phrases(self) -> Mapping[str, tuple[str, ...]]:
        return {phrase_key(phrase): codes for phrase, codes in self.groups.items()}

    def knows(self, phrase: str) -> bool:
        key = phrase_key(phrase)
        return key in self._names or key in self._phrases

    def expand(self, phrase: str, on: date) -> list[UnitEntry]:
        """The units a name or group phrase stands for on a day, in the register's order."""
        key = phrase_key(phrase)
        codes = (self._names[key],) if key in self._names else self._phrases.get(key, ())
        return [unit for code in codes if (unit := self.units[code]).lives_on(on)]

    def expand_all(self, phrases: Iterable[str], on: date) -> list[UnitEntry]:
        """The union over several phrases, each unit once."""
        found = {unit.code: unit for phrase in phrases for unit in self.expand(phrase, on)}
        return list(found.values())


def read_register(path: Path) -> Register:
    """A register from a folder with units.csv and groups.csv, a units CSV, or an .xlsx.

    Raises RegisterError with every fault found.
    """
    if path.suffix.lower() == ".xlsx":
        from models.spreadsheet import read_sheets

        sheets = read_sheets(path, {"units": UNIT_COLUMNS, "groups": GROUP_COLUMNS})
        return build(sheets["units"], sheets["groups"], str(path), str(path))
    folder = path if path.is_dir() else path.parent
    units = folder / "units.csv" if path.is_dir() else path
    groups = folder / "groups.csv"
    rows = _read_csv(units, UNIT_COLUMNS)
    group_rows = _read_csv(groups, GROUP_COLUMNS) if groups.exists() else []
    return build(rows, group_rows, str(units), str(groups))


def build(
    unit_rows: Sequence[Mapping[str, str]],
    group_rows: Sequence[Mapping[str, str]],
    units_name: str = "units",
    groups_name: str = "groups",
) -> Register:
    """A register from rows of text; line 1 is the header, so the first row is line 2."""
    faults: list[Fault] = []
    units: dict[str, UnitEntry] = {}
    for line, row in _numbered(unit_rows):
        reader = _Row(units_name, line, row, faults)
        unit = reader.unit()
        if unit and unit.code in units:
            reader.fault("code", _("this code stands twice; give each unit its own"))
        elif unit:
            units[unit.code] = unit
    codes = {row.get("code", "").strip() for row in unit_rows}
    faults += _tree_faults(units, codes, unit_rows, units_name)
    groups = _groups(units, codes, group_rows, groups_name, faults)
    if faults:
        raise RegisterError(sorted(faults, key=lambda f: (f.where, f.line or 0)))
    return Register(units, groups)


def _numbered(rows: Sequence[Mapping[str, str]]) -> list[tuple[int, Mapping[str, str]]]:
    """The rows with their lines; empty ones, as spreadsheets leave behind, are no rows."""
    return [
        (line, row)
        for line, row in enumerate(rows, start=2)
        if any((value or "").strip() for value in row.values())
    ]


def _read_csv(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = list(reader.fieldnames or [])
            for row in reader:
                # blank lines and cells of several lines leave room, so that each row keeps its line
                rows += [{} for _ in range(reader.line_num - 2 - len(rows))]
                rows.append({k: v or "" for k, v in row.items() if k is not None})
    except FileNotFoundError as error:
        message = _("no such file; give a folder with units.csv, a CSV or an .xlsx")
        raise RegisterError([Fault(str(path), None, "", "", message)]) from error
    except UnicodeDecodeError as error:
        message = _("the file is not UTF-8; save it again as “CSV UTF-8”")
        raise RegisterError([Fault(str(path), None, "", "", message)]) from error
    except (OSError, csv.Error) as error:
        message = _("the file cannot be read: {problem}").format(problem=error)
        raise RegisterError([Fault(str(path), None, "", "", message)]) from error
    missing = [name for name in columns if name not in header]
    if missing:
        message = _("the first line must name the columns; missing: {columns}")
        text = message.format(columns=", ".join(missing))
        raise RegisterError([Fault(str(path), 1, "", ", ".join(header), text)])
    return rows


class _Row:
    """Reads one row, collecting what is wrong with it."""

    def __init__(self, where: str, line: int, row: Mapping[str, str], faults: list[Fault]) -> None:
        self.where, self.line, self.faults = where, line, faults
        self.row = {name: collapse(value or "") for name, value in row.items()}

    def fault(self, column: str, message: str) -> None:
        found = self.row.get(column, "")
        self.faults.append(Fault(self.where, self.line, column, found, message))

    def unit(self) -> UnitEntry | None:
        before = len(self.faults)
        for column in ("code", "name", "email", "telephone"):
            if not self.row.get(column):
                self.fault(column, _("is empty; every unit needs one"))
        if self.row.get("code") and not _CODE.match(self.row["code"]):
            self.fault("code", _("only a-z, 0-9 and single hyphens"))
        if self.row.get("email") and not _EMAIL.match(self.row["email"]):
            self.fault("email", _("“{found}” is not an e-mail address").format(
                found=self.row["email"]))  # fmt: skip
        kind = self.word("kind", UnitKind)
        level = self.word("level", Level)
        begins, ends = self.day("begins"), self.day("ends")
        if begins and ends and ends < begins:
            self.fault("ends", _("ends before it begins"))
        if len(self.faults) > before or kind is None or level is None:
            return None
        return UnitEntry(
            code=self.row["code"],
            name=self.row["name"],
            kind=kind,
            level=level,
            parent=self.row.get("parent") or None,
            aliases=split(self.row.get("aliases", "")),
            groups=split(self.row.get("groups", "")),
            begins=begins,
            ends=ends,
            head=self.row.get("head", ""),
            clerk=self.row.get("clerk", ""),
            email=self.row["email"],
            telephone=self.row["telephone"],
        )

    def word(self, column: str, words: type[W]) -> W | None:
        try:
            return words(self.row.get(column, ""))
        except ValueError:
            allowed = ", ".join(w.value for w in words)
            self.fault(column, _("“{found}” is not allowed; one of: {allowed}").format(
                found=self.row.get(column, ""), allowed=allowed))  # fmt: skip
            return None

    def day(self, column: str) -> date | None:
        text = self.row.get(column, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fault(column, _("“{found}” is not a date; write it as 2024-02-26").format(
                found=text))  # fmt: skip
            return None


def split(text: str) -> tuple[str, ...]:
    """A list separated by semicolons."""
    return tuple(part for piece in text.split(";") if (part := piece.strip()))


def _tree_faults(
    units: Mapping[str, UnitEntry],
    codes: set[str],
    rows: Sequence[Mapping[str, str]],
    where: str,
) -> list[Fault]:
    faults = []
    lines: dict[str, int] = {}
    for line, row in _numbered(rows):
        lines.setdefault(row.get("code", "").strip(), line)
    for unit in units.values():
        if unit.parent and unit.parent not in codes:
            message = _("there is no unit with this code")
            faults.append(Fault(where, lines[unit.code], "parent", unit.parent, message))
        elif _is_below_itself(unit, units):
            message = _("the chain of parents comes back to the unit itself")
            faults.append(Fault(where, lines[unit.code], "parent", unit.parent or "", message))
    faults += _name_faults(units, lines, where)
    return faults


def _name_faults(
    units: Mapping[str, UnitEntry], lines: Mapping[str, int], where: str
) -> list[Fault]:
    faults, owners = [], dict[str, str]()
    for unit in units.values():
        for name in {phrase_key(n): n for n in (unit.name, *unit.aliases)}.values():
            owner = owners.setdefault(phrase_key(name), unit.code)
            if owner != unit.code:
                message = _("“{name}” already names the unit {owner}").format(
                    name=name, owner=owner
                )
                faults.append(Fault(where, lines[unit.code], "name", name, message))
    return faults


def _is_below_itself(unit: UnitEntry, units: Mapping[str, UnitEntry]) -> bool:
    seen, here = {unit.code}, unit
    while here.parent and here.parent in units:
        if here.parent in seen:
            return here.parent == unit.code
        seen.add(here.parent)
        here = units[here.parent]
    return False


def _groups(
    units: Mapping[str, UnitEntry],
    codes: set[str],
    rows: Sequence[Mapping[str, str]],
    where: str,
    faults: list[Fault],
) -> dict[str, tuple[str, ...]]:
    tags = {tag for unit in units.values() for tag in unit.groups}
    groups: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    named = Register(units)
    for line, row in _numbered(rows):
        phrase, members = collapse(row.get("phrase", "")), split(row.get("members", ""))
        if not phrase or not members:
            message = _("a group needs a phrase and at least one member")
            faults.append(Fault(where, line, "phrase", phrase, message))
        if phrase_key(phrase) in seen:
            message = _("this phrase stands twice")
            faults.append(Fault(where, line, "phrase", phrase, message))
        seen.add(phrase_key(phrase))
        if named.knows(phrase):
            message = _("“{phrase}” already names a unit").format(phrase=phrase)
            faults.append(Fault(where, line, "phrase", phrase, message))
        for member in members:
            if member not in tags and member not in codes:
                message = _("“{found}” is neither a tag of the column “groups” nor a unit's code")
                text = message.format(found=member)
                faults.append(Fault(where, line, "members", member, text))
        wanted = set(members)
        groups[phrase] = tuple(
            u.code for u in units.values() if u.code in wanted or wanted.intersection(u.groups)
        )
    return groups
