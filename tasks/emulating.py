"""Emulation (thi đua): the units of a round ranked by their points, and who is proposed for what.

The criteria are the round's indicators of kind score. A unit gives itself points in its answer, the
panel gives its own beside them, and where it has, those count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from models.directive import Directive
from models.emulation import (
    Conduct,
    Criterion,
    Given,
    Score,
    left_out,
    own_total,
    proposed,
    ranked,
    total,
)
from models.emulation_asks import BlockItem, CommendationItem, EmulationItem
from models.errors import UnknownName
from models.i18n import gettext as _
from models.round import Round
from models.status import day_of
from models.vietnamese import show_number
from tasks.boards import board
from tasks.emulation_facts import (
    Sent,
    answers,
    conduct_of,
    criteria_of,
    own_points,
    panel_points,
    rules_of,
)
from tasks.matrices import GONE, Body, Narrowed, bodies
from tasks.units import keys_of, load_register


@dataclass(frozen=True)
class Contender:
    """A unit that was asked, its points, and what follows; without an answer it has no rank.

    `excluded` says why it is not proposed. `form` is the commendation it is proposed for, `place`
    the one it has `among` those of its block who may be.
    """

    obligation_id: int
    key: str  # of the unit within the round, as its obligation's code ends
    unit_id: int
    unit: str
    block: str
    conduct: Conduct
    sent: Sent | None = None
    scores: tuple[Score, ...] = ()
    rank: int | None = None
    excluded: tuple[str, ...] = ()
    form: str = ""
    place: int = 0
    among: int = 0

    @property
    def total(self) -> float:
        return total(self.scores)

    @property
    def own_total(self) -> float:
        return own_total(self.scores)

    @property
    def judged(self) -> int:
        """How many criteria the panel has given points for."""
        return sum(score.panel is not None for score in self.scores)

    @property
    def is_judged(self) -> bool:
        return self.judged == len(self.scores)

    @property
    def overtaken(self) -> bool:
        """Whether it has answered anew since the panel looked at it."""
        return any(score.overtaken for score in self.scores)


@dataclass(frozen=True)
class Ranking:
    """A round's units, by block and rank."""

    rules: EmulationItem
    criteria: tuple[Criterion, ...]
    contenders: tuple[Contender, ...]

    @property
    def most(self) -> float:
        """The most points there are."""
        return sum(c.most for c in self.criteria if not c.deducts)

    @property
    def blocks(self) -> dict[str, list[Contender]]:
        """The contenders of each block, blocks without any left out."""
        found: dict[str, list[Contender]] = {}
        for one in self.contenders:
            found.setdefault(one.block, []).append(one)
        return found

    @property
    def proposals(self) -> dict[str, list[Contender]]:
        """Who is proposed, by form of commendation in the order of the rules."""
        found = {c.form: [o for o in self.contenders if o.form == c.form]
                 for c in self.rules.commendations}  # fmt: skip
        return {form: some for form, some in found.items() if some}

    def of(self, key: str) -> Contender:
        """The contender of this key; raises UnknownName."""
        for one in self.contenders:
            if one.key == key:
                return one
        raise UnknownName(_("This round does not ask “{name}”.").format(name=key))


def ranking(session: Session, found: Round, as_of: datetime) -> Ranking:
    """The units of a round as they stood at an instant; raises UnknownName where it has no
    emulation.
    """
    rules = rules_of(session, found)
    if rules is None:
        message = _("The answers to “{round}” are not ranked: it has no `emulation` in its file.")
        raise UnknownName(message.format(round=found.code))
    owner = session.get_one(Directive, found.directive_id)
    criteria = criteria_of(session, found, rules)
    contenders = _contenders(session, owner, found, rules, criteria, as_of)
    names = [*(b.name for b in rules.blocks), *dict.fromkeys(c.block for c in contenders)]
    by_block = [
        one
        for name in dict.fromkeys(names)
        for one in _judged([c for c in contenders if c.block == name], rules)
    ]
    return Ranking(rules, criteria, tuple(by_block))


def _contenders(
    session: Session, owner: Directive, found: Round, rules: EmulationItem,
    criteria: Sequence[Criterion], as_of: datetime,
) -> list[Contender]:  # fmt: skip
    lines = board(session, owner, as_of)
    conduct = conduct_of(session, owner, lines, as_of)
    sent = answers(session, found, as_of)
    own, panel = own_points(session, found, as_of), panel_points(session, found, as_of)
    units = bodies(session, Narrowed())
    blocks = _blocks(session, owner, rules, as_of)
    return [
        Contender(
            line.id, line.code.rsplit("/", 1)[-1], line.unit_id, line.unit,
            blocks.of(units[line.unit_id]), conduct[line.unit_id], sent.get(line.id),
            _scores(criteria, sent.get(line.id), own[line.id], panel[line.id]),
        )
        for line in lines
        if line.round_id == found.id and line.status not in GONE
    ]  # fmt: skip


def _scores(
    criteria: Sequence[Criterion], sent: Sent | None, own: Mapping[int, float],
    panel: Mapping[int, Given],
) -> tuple[Score, ...]:  # fmt: skip
    if sent is None:
        return ()
    return tuple(
        Score(c, own.get(c.id), given, given is not None and sent.received_at > given.at)
        for c in criteria
        for given in [panel.get(c.id)]
    )


def _judged(block: Sequence[Contender], rules: EmulationItem) -> list[Contender]:
    """A block in the order of its places; whoever is left out does not take one from others when
    commendations are proposed.
    """
    places = ranked({one.unit_id: one.total for one in block if one.sent})
    whole = [
        replace(one, rank=places.get(one.unit_id), excluded=tuple(_excluded(one, rules)))
        for one in block
    ]
    free = ranked({one.unit_id: one.total for one in whole if not one.excluded})
    found = [_proposed(one, rules, free.get(one.unit_id), len(free)) for one in whole]
    return sorted(found, key=lambda one: (one.rank or len(found) + 1, one.unit, one.key))


def _excluded(one: Contender, rules: EmulationItem) -> list[str]:
    if one.sent is None:
        return [_("has no answer that stands")]
    proves = bool(one.sent.document or one.sent.files) or one.own_total <= 0
    waits = [] if one.is_judged else [_("the panel has not given all its points yet")]
    return [*left_out(rules.excludes, one.conduct, proves), *waits]


def _proposed(one: Contender, rules: EmulationItem, place: int | None, among: int) -> Contender:
    if place is None:
        return one
    found = proposed(rules.commendations, one.total, place)
    return replace(one, form=found.form if found else "", place=place, among=among)


def ground_of(one: Contender, rules: EmulationItem) -> str:
    """By which points, place and rule a unit is proposed, in the reader's language."""
    for asked in rules.commendations:
        if asked.form == one.form:
            said = _("{points} points, place {place} of the {among} considered; {asked}")
            return said.format(
                points=show_number(one.total), place=one.place, among=one.among,
                asked=condition(asked),
            )  # fmt: skip
    return ""


def condition(asked: CommendationItem) -> str:
    """What a form of commendation asks for, in the reader's language."""
    points = show_number(asked.points)
    if asked.first is None:
        return _("asked: {points} points").format(points=points)
    said = _("asked: {points} points and place {n} of the block or better")
    return said.format(points=points, n=asked.first)


@dataclass(frozen=True)
class _Blocks:
    """Which block a unit belongs to; `members` are the units that each block names."""

    items: Sequence[BlockItem]
    members: Sequence[frozenset[int]]

    def of(self, unit: Body) -> str:
        for item, named in zip(self.items, self.members, strict=True):
            says = item.units or item.level or item.kind
            if not says or unit.id in named or unit.level == item.level or unit.kind == item.kind:
                return item.name
        return _("Units of no block") if self.items else _("All units")


def _blocks(session: Session, owner: Directive, rules: EmulationItem, as_of: datetime) -> _Blocks:
    ids = keys_of(session, owner.province)
    register = load_register(session, owner.province)
    day = day_of(as_of)

    def named(item: BlockItem) -> frozenset[int]:
        """Those named, living or not, and those that took over from them."""
        codes = {code for phrase in item.units for code in register.named(phrase)}
        codes |= {unit.code for unit in register.expand_all(item.units, day)}
        return frozenset(ids[code] for code in codes)

    return _Blocks(rules.blocks, [named(item) for item in rules.blocks])
