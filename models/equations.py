"""Equations between the figures of a report: "khoi-to + hanh-chinh <= so-vu-viec".

Two sums with one sign between them, and blanks around every sign, for codes have hyphens. A term is
the code of a figure, the `code.numerator` or `code.denominator` of a ratio, or a number.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.i18n import gettext as _
from models.words import IndicatorKind

RELATIONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le, ">=": operator.ge, "=": operator.eq, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
RATIO_PARTS = ("numerator", "denominator")
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_NUMBERS = frozenset({IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.SCORE})


@dataclass(frozen=True)
class Term:
    """One term of a sum; `name` is empty for a plain number."""

    sign: str
    name: str
    number: Decimal = Decimal(0)


@dataclass(frozen=True)
class Equation:
    left: tuple[Term, ...]
    relation: str
    right: tuple[Term, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.left + self.right


class NoEquation(Exception):
    """The text is no equation; the message says why."""


def operands(figures: Iterable[tuple[str, IndicatorKind]]) -> set[str]:
    """What an equation may name of the figures that are asked, by code and kind."""
    found: set[str] = set()
    for code, kind in figures:
        if kind is IndicatorKind.RATIO:
            found |= {f"{code}.{part}" for part in RATIO_PARTS}
        elif kind in _NUMBERS:
            found.add(code)
    return found


def equation_fault(text: str, names: Collection[str]) -> str | None:
    """What is wrong with an equation that may name `names` (see `operands`), or None."""
    try:
        parsed(text, names)
    except NoEquation as error:
        return str(error)
    return None


def parsed(text: str, names: Collection[str]) -> Equation:
    """The equation of a text; raises NoEquation."""
    words = text.split()
    signs = [n for n, word in enumerate(words) if word in RELATIONS]
    if len(signs) != 1:
        message = _("an equation has one of {signs}, with blanks around it")
        raise NoEquation(message.format(signs="  ".join(RELATIONS)))
    middle = signs[0]
    found = Equation(_sum(words[:middle], names), words[middle], _sum(words[middle + 1 :], names))
    if not any(term.name for term in found.terms):
        raise NoEquation(_("the equation names no figure"))
    return found


def _sum(words: list[str], names: Collection[str]) -> tuple[Term, ...]:
    if len(words) % 2 == 0 or not {"+", "-"}.issuperset(words[1::2]):
        message = _("“{words}” is no sum: write “a + b - c”, with blanks around each sign")
        raise NoEquation(message.format(words=" ".join(words)))
    signs = ["+", *words[1::2]]
    return tuple(_term(sign, word, names) for sign, word in zip(signs, words[::2], strict=True))


def _term(sign: str, word: str, names: Collection[str]) -> Term:
    if word in names:
        return Term(sign, word)
    if _NUMBER.fullmatch(word):
        return Term(sign, "", Decimal(word))
    if f"{word}.{RATIO_PARTS[0]}" in names:
        message = _("“{name}” is a ratio: write {name}.numerator or {name}.denominator")
        raise NoEquation(message.format(name=word))
    known = ", ".join(sorted(names)) or "—"
    message = _("“{name}” is no figure that can be added up here; there are: {known}")
    raise NoEquation(message.format(name=word, known=known))


def value(terms: Iterable[Term], figures: Mapping[str, Decimal]) -> Decimal:
    """What a sum comes to; raises KeyError where a figure of it was not given."""
    return sum(
        (
            (figures[term.name] if term.name else term.number) * (-1 if term.sign == "-" else 1)
            for term in terms
        ),
        start=Decimal(0),
    )
