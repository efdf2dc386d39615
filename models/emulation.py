"""Emulation by rule: totals, places, who is left out, who is proposed. Pure.

Of equals each has the same place and the next one comes after all of them (1, 2, 2, 4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from models.emulation_asks import CommendationItem, ExclusionItem
from models.i18n import gettext as _
from models.i18n import ngettext

DECIMALS = 2  # of points

Key = TypeVar("Key")


@dataclass(frozen=True)
class Criterion:
    """What points are given for, and the most there are; `deducts`: they are taken off."""

    id: int
    code: str
    label: str
    most: float
    deducts: bool


@dataclass(frozen=True)
class Given:
    """Points that a panel gave, in whose name, when and why."""

    points: float
    words: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Score:
    """The points of a unit for a criterion: its own, and the panel's, which count if there are any.

    `overtaken`: the unit has sent another answer since the panel looked at it.
    """

    criterion: Criterion
    own: float | None
    panel: Given | None = None
    overtaken: bool = False

    @property
    def counted(self) -> float:
        """The points that count."""
        return self.panel.points if self.panel else (self.own or 0)


@dataclass(frozen=True)
class Conduct:
    """How a unit has answered the whole directive: how often late, not at all, given back."""

    late: int = 0
    missing: int = 0
    given_back: int = 0


def total(scores: Sequence[Score]) -> float:
    """The points that count, those of deductions taken off."""
    return round(sum(-s.counted if s.criterion.deducts else s.counted for s in scores), DECIMALS)


def own_total(scores: Sequence[Score]) -> float:
    """The points that a unit gives itself."""
    signs = ((-1 if s.criterion.deducts else 1, s.own or 0) for s in scores)
    return round(sum(sign * own for sign, own in signs), DECIMALS)


def ranked(points: Mapping[Key, float]) -> dict[Key, int]:
    """The place of each: one more than how many have more points."""
    places: dict[float, int] = {}
    for place, found in enumerate(sorted(points.values(), reverse=True), start=1):
        places.setdefault(found, place)
    return {key: places[found] for key, found in points.items()}


def proposed(
    commendations: Sequence[CommendationItem], points: float, place: int
) -> CommendationItem | None:
    """The first form of commendation whose conditions points and place meet."""
    for found in commendations:
        if points >= found.points and (found.first is None or place <= found.first):
            return found
    return None


def left_out(rules: ExclusionItem, conduct: Conduct, has_evidence: bool) -> Iterator[str]:
    """Why a unit is not proposed whatever its points, in the reader's language."""
    if rules.late is not None and conduct.late > rules.late:
        yield ngettext("answered late {n} time", "answered late {n} times", conduct.late).format(
            n=conduct.late
        )
    if rules.missing is not None and conduct.missing > rules.missing:
        yield ngettext("{n} answer is missing", "{n} answers are missing", conduct.missing).format(
            n=conduct.missing
        )
    if rules.given_back is not None and conduct.given_back > rules.given_back:
        yield ngettext(
            "{n} answer was given back", "{n} answers were given back", conduct.given_back
        ).format(n=conduct.given_back)
    if rules.without_evidence and not has_evidence:
        yield _("gives itself points without a document or file")
