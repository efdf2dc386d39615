"""One unit's merger, split, renaming or end, recorded by hand: as if the register's files said so.

It is an import of the register as it stands with a few rows more, so the same rules hold and the
same faults are told; what the unit still owed is passed on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from models.calendar import Calendar
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.register import Register, UnitEntry, build
from models.status import day_of
from models.unit import Unit
from models.vietnamese import printable
from models.words import SuccessionKind
from tasks.imports import note_import
from tasks.resending import in_the_name_of
from tasks.succession import Passing, pass_on
from tasks.units import Change, import_register, own_register


@dataclass(frozen=True)
class NewUnit:
    """A unit that takes over and is not in the register yet, as a row of its file says it."""

    code: str
    name: str
    level: str
    kind: str
    email: str
    telephone: str
    parent: str = ""
    clerk: str = ""
    head: str = ""


@dataclass(frozen=True)
class Happened:
    """What became of a unit: `successors` by their codes, none where it only ended."""

    kind: SuccessionKind
    day: date
    rule: str
    successors: tuple[str, ...] = ()


def record_succession(
    session: Session,
    unit: Unit,
    happened: Happened,
    made: Sequence[NewUnit],
    by: str,
    calendar: Calendar,
    as_of: datetime,
) -> tuple[list[Change], Passing]:
    """Records what became of a unit, making the units that take over and are new; what changed, and
    what was passed on.

    Raises RegisterError with every fault, as an import of files would, and NotAllowed where the
    unit's end was recorded before.
    """
    person = in_the_name_of(by)
    present = own_register(session, unit.province)
    if unit.code in present.links:
        message = _("{unit}: what became of it is recorded already.")
        raise NotAllowed(message.format(unit=unit.name))
    wanted = _checked(present, unit, happened, made)
    changes = import_register(session, unit.province, wanted, day_of(as_of))
    session.flush()
    note_import(session, unit.province, changes, as_of, person)
    return changes, pass_on(session, calendar, as_of)


def _checked(
    present: Register, unit: Unit, happened: Happened, made: Sequence[NewUnit]
) -> Register:
    """The register with what happened, by the rules of its files."""
    begins = {"begins": happened.day.isoformat()}
    new = [{n: printable(v) for n, v in vars(row).items()} | begins for row in made]
    rows = [*map(_row, present.units.values()), *new]
    links = [
        {
            "code": unit.code, "successor": code, "successor_province": "",
            "day": happened.day.isoformat(), "kind": happened.kind.value, "rule": happened.rule,
        }
        for code in happened.successors or ("",)
    ]  # fmt: skip
    return replace(build(rows, [], links), groups=present.groups)


def _row(entry: UnitEntry) -> dict[str, str]:
    """A unit as a row of the register's file."""
    return {
        "code": entry.code,
        "name": entry.name,
        "aliases": "; ".join(entry.aliases),
        "kind": entry.kind.value,
        "level": entry.level.value,
        "parent": entry.parent or "",
        "begins": entry.begins.isoformat() if entry.begins else "",
        "ends": entry.ends.isoformat() if entry.ends else "",
        "head": entry.head,
        "clerk": entry.clerk,
        "email": entry.email,
        "telephone": entry.telephone,
    }
