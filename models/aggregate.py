"""What a figure is over many units: one rule a kind of indicator.

    count, money, score   the sum
    ratio                 sum of numerators over sum of denominators, never a mean of percentages
    yes/no                how many said yes, of the units expected
    date                  the first and the last
    choice                how many chose each
    text                  how many wrote something; the words are quoted elsewhere

Beside every figure stands how many units gave it, were expected to, are missing and were late; and
of how many it is not added, since the figure of a unit above includes it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from models.status import tally
from models.words import IndicatorKind, Status

SUMMED = frozenset({IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.SCORE})


@dataclass(frozen=True)
class Units:
    """How many units were expected to answer, have not, and were late."""

    expected: int = 0
    missing: int = 0
    late: int = 0

    @classmethod
    def of(cls, statuses: Iterable[Status]) -> Self:
        found = tally(statuses)
        return cls(found["expected"], found["missing"], found["late"])


@dataclass(slots=True)
class Sums:
    """What the figures of one indicator add up to, whatever its kind: a row of the GROUP BY."""

    given: int = 0
    number: float = 0
    numerator: float = 0
    denominator: float = 0
    yes: int = 0
    first: date | None = None
    last: date | None = None
    choices: Mapping[str, int] | None = None
    included: int = 0  # of those given, not added: the figure of a unit above has them

    def add(self, other: "Sums") -> None:
        """Takes the figures of others in."""
        self.given += other.given
        self.included += other.included
        self.number += other.number
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.yes += other.yes
        if other.first is not None and other.last is not None:
            self.first = min(self.first or other.first, other.first)
            self.last = max(self.last or other.last, other.last)
        if other.choices is not None:
            self.choices = Counter(self.choices or {}) + Counter(other.choices)


@dataclass(frozen=True)
class Aggregate:
    """The figure of one indicator over many units; only the parts of its kind are filled in."""

    kind: IndicatorKind
    given: int
    expected: int
    missing: int
    late: int
    total: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    choices: Mapping[str, int] | None = None
    first: date | None = None
    last: date | None = None
    included: int = 0

    @classmethod
    def of(cls, kind: IndicatorKind, sums: Sums, units: Units, choices: Sequence[str] = ()) -> Self:
        """The figure by the rule of its kind; `choices` are those there are, chosen or not."""
        common = (kind, sums.given, units.expected, units.missing, units.late)
        match kind:
            case IndicatorKind.COUNT | IndicatorKind.MONEY | IndicatorKind.SCORE:
                return cls(*common, total=sums.number, included=sums.included)
            case IndicatorKind.RATIO:
                return cls(
                    *common,
                    numerator=sums.numerator,
                    denominator=sums.denominator,
                    included=sums.included,
                )
            case IndicatorKind.YES_NO:
                return cls(*common, numerator=sums.yes, denominator=units.expected)
            case IndicatorKind.DATE:
                return cls(*common, first=sums.first, last=sums.last)
            case IndicatorKind.CHOICE:
                return cls(*common, choices=dict.fromkeys(choices, 0) | dict(sums.choices or {}))
            case IndicatorKind.TEXT:
                return cls(*common)

    @property
    def counted(self) -> int:
        """How many units' figures this one is made of."""
        return self.given - self.included

    @property
    def share(self) -> float | None:
        """The figure as a share of 100, where it has both parts."""
        if not self.denominator or self.numerator is None:
            return None
        return 100 * self.numerator / self.denominator

    def as_dict(self) -> dict[str, Any]:
        """The figure as a summary keeps it: plain data, with the parts of its kind alone."""
        found: dict[str, Any] = {
            "given": self.given, "included": self.included, "expected": self.expected,
            "missing": self.missing, "late": self.late,
        }  # fmt: skip
        match self.kind:
            case IndicatorKind.RATIO | IndicatorKind.YES_NO:
                found |= {"numerator": self.numerator, "denominator": self.denominator}
            case IndicatorKind.DATE:
                found["first"] = self.first.isoformat() if self.first else None
                found["last"] = self.last.isoformat() if self.last else None
            case IndicatorKind.CHOICE:
                found["choices"] = dict(self.choices or {})
            case IndicatorKind.TEXT:
                pass
            case _:
                found["total"] = self.total
        return found
