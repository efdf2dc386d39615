"""What a copy of the office says of itself: `manifest.json`, the last file of the archive but one.

A copy is a tar file of `tables/NAME.jsonl.gz`, a row a line, then the files of the data folder
(`data/…`) and the office's own words for mails (`templates/…`). Values are plain JSON: an instant
in UTC and a day as ISO 8601 writes them, JSON as it is; the kind of each column tells which.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any, Self

import sqlalchemy as sa

from models.columns import UtcInstant
from models.errors import ArchiveRefused
from models.i18n import gettext as _

FORMAT = 1
NAME = "manifest.json"
SUM = "manifest.sha256"
TABLES, DATA, TEMPLATES = "tables", "data", "templates"
ENDING = ".jsonl.gz"

OPTIONAL_JSON = "optional json"  # nothing is the database's NULL, and not JSON's null
_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.JSON, "json"), (sa.DateTime, "instant"), (sa.Date, "date"), (sa.Boolean, "boolean"),
    (sa.Integer, "integer"), (sa.Float, "float"), (sa.String, "text"),
)  # fmt: skip
# how a row is taken in: as the database of then would, whatever the tables of now are
TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "json": sa.JSON(), OPTIONAL_JSON: sa.JSON(none_as_null=True),
    "instant": UtcInstant(), "date": sa.Date(), "boolean": sa.Boolean(),
    "integer": sa.BigInteger(), "float": sa.Float(), "text": sa.String(),
}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A file of the archive: its size and hash, of a table also its size once unpacked."""

    size: int
    sha256: str
    unpacked: int = 0


@dataclass(frozen=True)
class Rows:
    """A table of the archive: how many rows, and of what kind each column is."""

    rows: int
    columns: Mapping[str, str]


@dataclass
class Manifest:
    """What is in a copy, of when, and by which program; `audit` is the head of the history,
    `missing` the files that rows name and that were not there, or altered, when it was made.
    """

    made_at: str
    program: str
    database: str
    revision: str
    tables: dict[str, Rows] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    audit: Sequence[Any] | None = None
    missing: Sequence[str] = ()
    format: int = FORMAT

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Reads a manifest; raises ArchiveRefused where it is none, or of a newer program."""
        try:
            found = json.loads(raw)
            if found["format"] > FORMAT:
                raise ArchiveRefused(newer())
            found["tables"] = {n: Rows(**rows) for n, rows in found["tables"].items()}
            found["members"] = {n: Member(**member) for n, member in found["members"].items()}
            manifest = cls(**found)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ArchiveRefused(_("What the copy says of itself cannot be read.")) from error
        manifest.check()
        return manifest

    def check(self) -> None:
        """Raises ArchiveRefused where tables, kinds or names are not such as a copy has."""
        held = {name for name in self.members if name.startswith(f"{TABLES}/")}
        kinds = {kind for rows in self.tables.values() for kind in rows.columns.values()}
        if {member_of(name) for name in self.tables} != held or not kinds <= TYPES.keys():
            raise ArchiveRefused(_("What the copy says of itself cannot be read."))
        for name in self.members:
            if not is_safe(name):
                message = _("The copy has a file of a name it cannot have: {name}")
                raise ArchiveRefused(message.format(name=name))

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    @property
    def files(self) -> list[str]:
        """The files of the archive that are no tables."""
        return [name for name in self.members if not name.startswith(f"{TABLES}/")]

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


def newer() -> str:
    return _("The copy was made by a newer program: install that one, and restore with it.")


def member_of(table: str) -> str:
    """The name of the file that holds a table."""
    return f"{TABLES}/{table}{ENDING}"


def is_safe(name: str) -> bool:
    """Whether a file of that name stays where it is unpacked."""
    path = PurePosixPath(name)
    plain = str(path) == name and name.isprintable() and "\\" not in name
    inside = plain and not path.is_absolute() and ".." not in path.parts
    return inside and len(path.parts) > 1 and path.parts[0] in (TABLES, DATA, TEMPLATES)


def kind_of(column: sa.Column[Any]) -> str:
    """The kind of a column."""
    kind = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    found = next(word for type_, word in _KINDS if isinstance(kind, type_))
    return OPTIONAL_JSON if found == "json" and column.nullable else found


def as_plain(value: Any) -> str:
    """A day or an instant as the archive writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def from_plain(kind: str, value: Any) -> Any:
    """A value of the archive as the database takes it."""
    if value is None or kind not in ("instant", "date"):
        return value
    return datetime.fromisoformat(value) if kind == "instant" else date.fromisoformat(value)
