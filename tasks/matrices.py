"""The board as a matrix: units × rounds, the figures of each round, the list behind each figure.

Figures follow DHIS2's reporting-rate summary: completeness is what was received of what was
expected, timeliness what was received in time of what was expected.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive
from models.errors import UnknownName
from models.i18n import gettext as _
from models.status import ANSWERED, OWED, tally
from models.unit import Group, GroupMember, Unit
from models.words import Level, Status, UnitKind
from tasks.boards import Line, RoundLine, board, round_lines
from tasks.standings import Standing, standings

LATE_NOW = frozenset({Status.OVERDUE, Status.LONG_OVERDUE})
GONE = frozenset({Status.WAIVED, Status.PASSED_ON, Status.LAPSED})
EVERY = frozenset(Status)

# what each figure of a board counts; the others are a status each
FIGURES: dict[str, frozenset[Status]] = {
    "asked": EVERY,
    "expected": EVERY - GONE,
    "received": ANSWERED,
    "missing": OWED,
    "late_now": LATE_NOW,
    "gone": GONE,
}


@dataclass(frozen=True)
class Narrowed:
    """Which units a board shows: of a level, of a kind, of a group; all, where nothing is said."""

    level: Level | None = None
    kind: UnitKind | None = None
    group: int | None = None

    def __bool__(self) -> bool:
        return any(part is not None for part in (self.level, self.kind, self.group))


@dataclass(frozen=True)
class Body:
    """A unit as a board shows it."""

    id: int
    name: str
    level: Level
    kind: UnitKind


@dataclass(frozen=True)
class Matrix:
    """A board: its rounds with their figures, its units in order, and each unit's cells."""

    rounds: list[RoundLine]
    figures: dict[int, dict[str, int]]
    units: list[Body]
    cells: dict[int, dict[int, Standing]]
    total: dict[str, int]

    @property
    def size(self) -> int:
        return len(self.units) * len(self.rounds)


def counted(name: str) -> frozenset[Status]:
    """The statuses that a figure counts; raises UnknownName."""
    if name in FIGURES:
        return FIGURES[name]
    try:
        return frozenset({Status(name)})
    except ValueError as error:
        raise UnknownName(_("There is no figure “{name}”.").format(name=name)) from error


def figures(statuses: Iterable[Status]) -> dict[str, int]:
    """The figures of a round, and how many are late now."""
    found = list(statuses)
    return tally(found) | {
        "late_now": sum(status in LATE_NOW for status in found),
        "gone": sum(status in GONE for status in found),
    }


def matrix(session: Session, owner: Directive, as_of: datetime, narrowed: Narrowed) -> Matrix:
    """The board of a directive as it stood at an instant, of the units wanted."""
    shown = bodies(session, narrowed)
    cells: dict[int, dict[int, Standing]] = {}
    by_round: dict[int, list[Status]] = {}
    for found in standings(session, owner, as_of):
        if found.unit_id in shown:
            cells.setdefault(found.unit_id, {})[found.round_id] = found
            by_round.setdefault(found.round_id, []).append(found.status)
    return Matrix(
        rounds=[r for r in round_lines(session, owner, [], as_of) if r.id in by_round],
        figures={id_: figures(stand) for id_, stand in by_round.items()},
        units=[body for id_, body in shown.items() if id_ in cells],
        cells=cells,
        total=figures(status for stand in by_round.values() for status in stand),
    )


def listed(
    session: Session,
    owner: Directive,
    as_of: datetime,
    narrowed: Narrowed,
    figure: str = "asked",
    round_id: int | None = None,
) -> list[Line]:
    """The obligations that a figure of the board counts."""
    wanted, shown = counted(figure), bodies(session, narrowed)
    lines = board(session, owner, as_of, round_id)
    return [line for line in lines if line.status in wanted and line.unit_id in shown]


def bodies(session: Session, narrowed: Narrowed) -> dict[int, Body]:
    """The units wanted, by level and name."""
    columns = (Unit.id, Unit.name, Unit.level, Unit.kind)
    query = sa.select(*map(col, columns)).order_by(col(Unit.name), col(Unit.id))
    if narrowed.level is not None:
        query = query.where(col(Unit.level) == narrowed.level)
    if narrowed.kind is not None:
        query = query.where(col(Unit.kind) == narrowed.kind)
    if narrowed.group is not None:
        members = sa.select(col(GroupMember.unit_id))
        query = query.where(
            col(Unit.id).in_(members.where(col(GroupMember.group_id) == narrowed.group))
        )
    found = [Body(*row) for row in session.connection().execute(query)]
    levels = list(Level)
    found.sort(key=lambda body: levels.index(body.level))
    return {body.id: body for body in found}


def groups(session: Session, province: str) -> list[tuple[int, str]]:
    """The groups of a province by their phrase."""
    rows = session.exec(
        select(Group.id, Group.phrase)
        .where(Group.province == province)
        .order_by(col(Group.phrase), col(Group.id))
    )
    return [(id_, phrase) for id_, phrase in rows if id_ is not None]


@dataclass(frozen=True)
class Sector:
    """The figures of all units of a kind, or of a group."""

    name: str
    narrowed: Narrowed
    units: int
    figures: dict[str, int]


def sectors(
    lines: Sequence[Line], members: Mapping[Narrowed, Mapping[int, object]], names: Sequence[str]
) -> list[Sector]:
    """The figures of each part of the units, in order; parts that were asked nothing are left out.

    Groups overlap, so that their figures do not add up to those of all.
    """
    found = []
    for name, (narrowed, shown) in zip(names, members.items(), strict=True):
        mine = [line for line in lines if line.unit_id in shown]
        if mine:
            units = len({line.unit_id for line in mine})
            found.append(Sector(name, narrowed, units, figures(line.status for line in mine)))
    return found
