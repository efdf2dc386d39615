"""Figures up the tree of units: of each node its own, of all below it, and both together.

The tree is that of the day asked for: under a body that has ended stands its successor, or where it
has none or several the body above. What a unit answered that has since ended is shown as its
successor's own where there is exactly one, else under its own name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.aggregate import Sums, Units
from models.directive import Directive, Indicator
from models.register import Register
from models.round import Round
from models.status import day_of
from models.unit import Unit
from models.words import Level, Status
from tasks.aggregating import Figures, asked, figures, statuses, summed
from tasks.units import keys_of, load_register

SumsOf = dict[int, Sums]  # by indicator id
MANY = 10_000  # units named in one statement at most


@dataclass(frozen=True)
class Place:
    """A unit as the tree needs it."""

    id: int
    code: str
    name: str
    level: Level
    parent_id: int | None
    begins: date | None
    ends: date | None

    def lives_on(self, day: date) -> bool:
        return (self.begins or day) <= day <= (self.ends or day)


@dataclass
class Node:
    """A unit in the tree. `instead_of` are units that ended and whose figures are shown as its own,
    `ended` says that it has itself.
    """

    place: Place
    ended: bool = False
    instead_of: list[Place] = field(default_factory=list)
    above: int | None = None
    below: list[int] = field(default_factory=list)
    own_sums: SumsOf = field(default_factory=dict)
    below_sums: SumsOf = field(default_factory=dict)
    own_states: list[Status] = field(default_factory=list)
    below_states: list[Status] = field(default_factory=list)


@dataclass(frozen=True)
class Tree:
    """The nodes that are asked or have some below that are, by unit id; the `roots` by name."""

    items: Sequence[Indicator]
    nodes: Mapping[int, Node]
    roots: Sequence[int]

    def own(self, unit_id: int) -> Figures:
        """A unit's own figures, those of units it stands for included."""
        node = self.nodes[unit_id]
        return figures(self.items, node.own_sums, Units.of(node.own_states))

    def below(self, unit_id: int) -> Figures:
        """The figures of all units below one."""
        node = self.nodes[unit_id]
        return figures(self.items, node.below_sums, Units.of(node.below_states))

    def total(self, unit_id: int) -> Figures:
        """A unit's own figures and those below it together."""
        node = self.nodes[unit_id]
        states = [*node.own_states, *node.below_states]
        return figures(self.items, added(node.own_sums, node.below_sums), Units.of(states))

    def path(self, unit_id: int) -> list[Node]:
        """The nodes from a root down to a unit."""
        found, at = list[Node](), self.nodes.get(unit_id)
        while at is not None:
            found.insert(0, at)
            at = self.nodes[at.above] if at.above is not None else None
        return found


def added(*parts: SumsOf) -> SumsOf:
    """Sums added up, the parts left as they are."""
    found: SumsOf = {}
    for part in parts:
        for id_, sums in part.items():
            found.setdefault(id_, Sums()).add(sums)
    return found


def by_unit(session: Session, found: Round, as_of: datetime) -> dict[int, Figures]:
    """The figures of every node of the tree, its own and those below together, by unit id."""
    grown = tree(session, found, as_of)
    return {unit_id: grown.total(unit_id) for unit_id in grown.nodes}


def tree(session: Session, found: Round, as_of: datetime) -> Tree:
    """The figures of a round up the tree of units, as of an instant."""
    items, homes, nodes = _bare(session, found, as_of)
    sums = summed(session, found, as_of, items, key=col(Unit.id))
    return _folded(items, homes, nodes, sums)


def opened_tree(session: Session, found: Round, as_of: datetime, unit: int | None) -> Tree:
    """The tree as it is opened at a unit, or at its roots: units with none below them that are not
    shown there have no figures of their own, but count in those above. Far quicker than the whole.
    """
    items, homes, nodes = _bare(session, found, as_of)
    apart = [
        place.id
        for place in homes.places.values()
        if unit in (place.id, place.parent_id) or not _is_leaf(homes, nodes, place)
    ]
    key: Any = col(Unit.id)
    if len(apart) <= MANY:
        key = sa.case((col(Unit.id).in_(apart), col(Unit.id)), else_=-col(Unit.parent_id))
    return _folded(items, homes, nodes, summed(session, found, as_of, items, key=key))


def _is_leaf(homes: "Homes", nodes: Mapping[int, Node], place: Place) -> bool:
    """Whether a unit counts for nothing but as one of those below the unit above it."""
    node = nodes.get(place.id)
    if node is None:
        return homes.of(place.id) == place.id  # neither asked nor above one that is
    leaf = not node.below and not node.instead_of and homes.of(place.id) == place.id
    return leaf and node.above is not None and node.above == place.parent_id


def _bare(
    session: Session, found: Round, as_of: datetime
) -> tuple[list[Indicator], "Homes", dict[int, Node]]:
    """The nodes with where the units stand, without figures."""
    states = statuses(session, found, as_of)
    homes = Homes(session, found, day_of(as_of))
    nodes = _grown(homes, states)
    for unit_id, status in states.items():
        nodes[homes.of(unit_id)].own_states.append(status)
    return asked(session, found), homes, nodes


def _folded(
    items: Sequence[Indicator], homes: "Homes", nodes: dict[int, Node], sums: Mapping[int, SumsOf]
) -> Tree:
    """Sums by unit, or of all plain units below one by its id below zero, folded up the tree."""
    for key, part in sums.items():
        if key < 0:
            nodes[-key].below_sums = added(part)
        elif (node := nodes.get(homes.of(key))) is not None:
            node.own_sums = added(node.own_sums, part) if node.own_sums else part
    roots = [id_ for id_, node in nodes.items() if node.above is None]
    for id_ in _upwards(nodes, roots):
        _gather(nodes, id_)
    return Tree(items, nodes, roots)


class Homes:
    """Where each unit stands on a day: itself, or the one that stands in its place; and its body
    above.
    """

    def __init__(self, session: Session, found: Round, day: date) -> None:
        self.session, self.day = session, day
        self.province = session.get_one(Directive, found.directive_id).province
        self.places = {place.id: place for place in _places(session)}
        self._heirs: dict[int, list[int]] = {}
        self._register: tuple[Register, dict[str, int], dict[int, str]] | None = None

    def of(self, unit_id: int) -> int:
        """The unit that a unit's figures are shown under: its one heir, else itself."""
        heirs = self.heirs(unit_id)
        return heirs[0] if len(heirs) == 1 else unit_id

    def above(self, unit_id: int) -> int | None:
        """The living body above a unit, or nothing at the top."""
        met, at = {unit_id}, self.places[unit_id].parent_id
        while at is not None and at not in met:
            met.add(at)
            instead = self.of(at)
            if self.places[instead].lives_on(self.day) and instead != unit_id:
                return instead
            at = self.places[at].parent_id
        return None

    def heirs(self, unit_id: int) -> list[int]:
        """Who lives in the place of a unit."""
        if self.places[unit_id].lives_on(self.day):
            return [unit_id]
        if unit_id not in self._heirs:
            self._heirs[unit_id] = self._found(unit_id)
        return self._heirs[unit_id]

    def _found(self, unit_id: int) -> list[int]:
        if self._register is None:  # read only where somebody has ended
            ids = keys_of(self.session, self.province)
            known = {id_: key for key, id_ in ids.items()}
            self._register = load_register(self.session, self.province), ids, known
        register, ids, keys = self._register
        return [ids[heir.code] for heir in register.heirs(keys[unit_id], self.day)]


def _places(session: Session) -> Iterator[Place]:
    columns = (Unit.id, Unit.code, Unit.name, Unit.level, Unit.parent_id, Unit.begins, Unit.ends)
    for row in session.connection().execute(sa.select(*map(col, columns))):
        yield Place(*row)


def _grown(homes: Homes, units: Iterable[int]) -> dict[int, Node]:
    """The nodes of the units asked and of all above them, joined, in the order of names."""
    instead: dict[int, list[Place]] = {}
    for unit_id in units:
        others = instead.setdefault(homes.of(unit_id), [])
        if homes.of(unit_id) != unit_id:
            others.append(homes.places[unit_id])
    above: dict[int, int | None] = {}
    for unit_id in instead:
        _climb(homes, unit_id, above)
    order = sorted(above, key=lambda id_: (homes.places[id_].name, id_))
    nodes = {
        id_: Node(
            homes.places[id_],
            ended=not homes.places[id_].lives_on(homes.day),
            instead_of=instead.get(id_, []),
            above=above[id_],
        )
        for id_ in order
    }
    for id_, node in nodes.items():
        if node.above is not None:
            nodes[node.above].below.append(id_)
    return nodes


def _climb(homes: Homes, unit_id: int, above: dict[int, int | None]) -> None:
    """Notes the bodies above a unit up to one that is known; a circle ends where it closes."""
    met, at = set[int](), unit_id
    while at not in above:
        met.add(at)
        found = homes.above(at)
        above[at] = None if found in met else found
        if above[at] is None:
            return
        at = above[at] or at


def _upwards(nodes: Mapping[int, Node], roots: Sequence[int]) -> list[int]:
    """The nodes so that each comes after those below it."""
    order = list(roots)
    for id_ in order:  # grows as it goes
        order.extend(nodes[id_].below)
    return order[::-1]


def _gather(nodes: Mapping[int, Node], unit_id: int) -> None:
    """Adds up what is below a node, whose own nodes below have been gathered."""
    node = nodes[unit_id]
    for id_ in node.below:
        child = nodes[id_]
        node.below_states += child.own_states
        node.below_states += child.below_states
        for sums in (child.own_sums, child.below_sums):
            for indicator, part in sums.items():
                node.below_sums.setdefault(indicator, Sums()).add(part)
