"""The register of units: a dated tree, its groups, and what a name or phrase expands to.

Read from `units.csv`, `groups.csv` and `succession.csv` (or the sheets `units`, `groups` and
`succession` of one .xlsx), or from the database; the rules of expansion are the same.

    units:  code, name, aliases, kind, level, parent, groups, begins, ends, head, clerk, email,
            telephone
    groups: phrase, members

`aliases`, `groups` and `members` are lists separated by semicolons; a group's member is a tag of
the column `groups`, or a unit's code. `models.succession` has the columns of the last table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from models.csv_file import Row, numbered, read_csv
from models.errors import Fault, RegisterError
from models.i18n import gettext as _
from models.succession import (
    SUCCESSION_COLUMNS,
    Heir,
    Link,
    Links,
    circles,
    heirs,
    read_links,
)
from models.vietnamese import collapse, phrase_key
from models.words import Level, UnitKind

UNIT_COLUMNS = (
    "code", "name", "aliases", "kind", "level", "parent", "groups", "begins", "ends",
    "head", "clerk", "email", "telephone",
)  # fmt: skip
GROUP_COLUMNS = ("phrase", "members")

_CODE = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# as mail can carry it: plain ASCII on both sides
_EMAIL = re.compile(r"[^@\x00-\x20,;<>\"\x7f-\U0010ffff]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")
_LONGEST_EMAIL = 254  # characters, by RFC 5321


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
    """Units by code, the codes each group phrase stands for, and who took over from whom.

    A unit of another province, where one took over, stands under that province's name and its code.
    """

    units: Mapping[str, UnitEntry]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Links = field(default_factory=dict)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for unit in (u for u in self.units.values() if ":" not in u.code):  # its own alone
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
        """The units a name or group phrase stands for on a day, in the register's order; in the
        place of those that have ended, the living ones that took over.
        """
        return self.expand_all([phrase], on)

    def expand_all(self, phrases: Iterable[str], on: date) -> list[UnitEntry]:
        """The union over several phrases, each unit once."""
        return [self.units[code] for code in self.called(phrases, on)]

    def called(self, phrases: Iterable[str], on: date) -> dict[str, list[Heir]]:
        """The codes that phrases call on a day, each with the ways by which it was come to: itself
        named, or as the heir of one that has ended.
        """
        found: dict[str, list[Heir]] = {}
        for code in dict.fromkeys(code for phrase in phrases for code in self.named(phrase)):
            for heir in self.heirs(code, on):
                found.setdefault(heir.code, []).append(heir)
        return found

    def named(self, phrase: str) -> Sequence[str]:
        """The codes of the units a name or phrase means, living or not."""
        key = phrase_key(phrase)
        return (self._names[key],) if key in self._names else self._phrases.get(key, ())

    def heirs(self, code: str, on: date) -> list[Heir]:
        """The living units in the place of a unit on a day; itself, while it lives."""
        return heirs(code, on, self.links, self._lives)

    def _lives(self, code: str, on: date) -> bool:
        return code in self.units and self.units[code].lives_on(on)


def read_register(path: Path) -> Register:
    """A register from a folder with units.csv and groups.csv, a units CSV, or an .xlsx.

    Raises RegisterError with every fault found.
    """
    if path.suffix.lower() == ".xlsx":
        from models.spreadsheet import read_sheets

        wanted = {
            "units": UNIT_COLUMNS, "groups": GROUP_COLUMNS, "succession": SUCCESSION_COLUMNS,
        }  # fmt: skip
        sheets = read_sheets(path, wanted)
        return build(sheets["units"], sheets["groups"], sheets["succession"], [str(path)] * 3)
    folder = path if path.is_dir() else path.parent
    units = folder / "units.csv" if path.is_dir() else path
    groups, succession = folder / "groups.csv", folder / "succession.csv"
    rows = read_csv(units, UNIT_COLUMNS, RegisterError)
    return build(
        rows,
        _beside(groups, GROUP_COLUMNS),
        _beside(succession, SUCCESSION_COLUMNS),
        (str(units), str(groups), str(succession)),
    )


def _beside(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    return read_csv(path, columns, RegisterError) if path.exists() else []


def build(
    unit_rows: Sequence[Mapping[str, str]],
    group_rows: Sequence[Mapping[str, str]],
    succession_rows: Sequence[Mapping[str, str]] = (),
    names: Sequence[str] = ("units", "groups", "succession"),
) -> Register:
    """A register from rows of text; line 1 is the header, so the first row is line 2."""
    units_name, groups_name, succession_name = names
    faults: list[Fault] = []
    units: dict[str, UnitEntry] = {}
    for line, row in numbered(unit_rows):
        reader = Row(units_name, line, {k: collapse(v or "") for k, v in row.items()}, faults)
        unit = _unit(reader)
        if unit and unit.code in units:
            reader.fault("code", _("this code stands twice; give each unit its own"))
        elif unit:
            units[unit.code] = unit
    codes = {row.get("code", "").strip() for row in unit_rows}
    faults += _tree_faults(units, codes, unit_rows, units_name)
    groups = _groups(units, codes, group_rows, groups_name, faults)
    links = _links(units, codes, succession_rows, succession_name, faults)
    if faults:
        raise RegisterError(sorted(faults, key=lambda f: (f.where, f.line or 0)))
    return Register(_ended(units, links), groups, links)


def _links(
    units: Mapping[str, UnitEntry],
    codes: set[str],
    rows: Sequence[Mapping[str, str]],
    where: str,
    faults: list[Fault],
) -> dict[str, list[Link]]:
    links: dict[str, list[Link]] = {}
    lines: dict[str, int] = {}
    for line, link in read_links(rows, where, faults):
        for column, message in _link_faults(units, codes, links, link):
            faults.append(Fault(where, line, column, str(getattr(link, column)), message))
        links.setdefault(link.code, []).append(link)
        lines.setdefault(link.code, line)
    message = _("the chain of successors comes back to the unit itself")
    faults += [Fault(where, lines[code], "successor", code, message) for code in circles(links)]
    return links


def _link_faults(
    units: Mapping[str, UnitEntry], codes: set[str], links: Links, link: Link
) -> Iterator[tuple[str, str]]:
    unit, successor = units.get(link.code), units.get(link.successor or "")
    if link.code not in codes:
        yield "code", _("there is no unit with this code")
    if link.successor and ":" not in link.successor and link.successor not in codes:
        yield "successor", _("there is no unit with this code")
    if unit and unit.ends and unit.ends >= link.day:
        message = _("the unit still lives on that day: its `ends` is {ends}")
        yield "day", message.format(ends=unit.ends)
    if unit and unit.begins and unit.begins >= link.day:
        message = _("the unit begins only on {begins}")
        yield "day", message.format(begins=unit.begins)
    if successor and not successor.lives_on(link.day):
        yield "successor", _("does not live on that day, by its `begins` and `ends`")
    for other in links.get(link.code, ()):
        if other.day != link.day:
            yield "day", _("a unit ends on one day; another row says {day}").format(day=other.day)
        if other.successor == link.successor:
            yield "successor", _("this pair stands twice")


def _ended(units: Mapping[str, UnitEntry], links: Links) -> dict[str, UnitEntry]:
    """The units, each that others took over from ended on the eve of that day."""
    return {
        code: replace(unit, ends=unit.ends or links[code][0].day - timedelta(days=1))
        if code in links
        else unit
        for code, unit in units.items()
    }


def _unit(row: Row) -> UnitEntry | None:
    before = len(row.faults)
    for column in ("code", "name", "email", "telephone"):
        if not row[column]:
            row.fault(column, _("is empty; every unit needs one"))
    for column in UNIT_COLUMNS:
        if _CONTROL.search(row[column]):
            row.fault(column, _("holds a control character, which no mail can carry"))
    if row["code"] and not _CODE.match(row["code"]):
        row.fault("code", _("only a-z, 0-9 and single hyphens"))
    if row["email"] and not is_email(row["email"]):
        row.fault("email", _("“{found}” is not an e-mail address"))
    kind, level = row.word("kind", UnitKind), row.word("level", Level)
    begins, ends = row.optional_day("begins"), row.optional_day("ends")
    if begins and ends and ends < begins:
        row.fault("ends", _("ends before it begins"))
    if len(row.faults) > before or kind is None or level is None:
        return None
    return UnitEntry(
        code=row["code"],
        name=row["name"],
        kind=kind,
        level=level,
        parent=row["parent"] or None,
        aliases=split(row["aliases"]),
        groups=split(row["groups"]),
        begins=begins,
        ends=ends,
        head=row["head"],
        clerk=row["clerk"],
        email=row["email"],
        telephone=row["telephone"],
    )


def is_email(text: str) -> bool:
    """Whether a mail can be addressed so."""
    return len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


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
    for line, row in numbered(rows):
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
    for line, row in numbered(rows):
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
