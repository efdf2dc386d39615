"""The rules that the figures of a report obey, beyond the shape of each: the same for page, sheet,
mail and command.

A hard rule refuses the answer. A soft one wants an explanation under its name: the code of the
check, or for the rules that hold in every report `last:<indicator>` (a running total is lower than
last period) and `below:<indicator>` (a figure is not that of the units below together). A rule is
silent where a figure it needs was not given.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from models.answer_explanations import labels_of
from models.asked import Asked, Asks, Figure, Known
from models.equations import RATIO_PARTS, RELATIONS, Equation, NoEquation, Term, operands
from models.equations import parsed as parsed_equation
from models.equations import value as value_of
from models.i18n import N_
from models.i18n import gettext as _
from models.plain_figures import decimal, plain_figure, plain_numbers, shown
from models.report_asks import CheckItem, Jump
from models.words import IndicatorKind, Since

# up from nothing there is no per cent: so many are worth a word; of a share, percentage points
NOTABLE = Decimal(10)


@dataclass(frozen=True)
class Broken:
    """A rule that an answer breaks: its name, the field it speaks of, and what to do about it."""

    name: str
    field: str
    message: str
    soft: bool


@dataclass(frozen=True)
class _Given:
    """The figures of an answer: as they were asked, as they were given, and as plain numbers."""

    asked: Mapping[str, Asked]
    values: Mapping[str, Any]
    numbers: Mapping[str, Decimal]


def broken(
    checks: Sequence[CheckItem],
    asked: Sequence[Asked],
    payload: Mapping[str, Any],
    known: Known,
    has_evidence: bool,
) -> list[Broken]:
    """The rules that a report breaks, in the reader's language: its own, then those of every one.

    The shapes of its figures were checked before.
    """
    values = payload.get("values")
    if not isinstance(values, Mapping) or payload.get("nothing_to_report"):
        return []
    labels = labels_of(Asks(asked))
    named = {item.code: replace(item, label=labels[item.code]) for item in asked}
    given = _Given(named, values, plain_numbers(asked, values))
    proved = has_evidence or bool(payload.get("issued_as"))
    own = (_own(check, given, known, proved) for check in checks)
    return [*filter(None, own), *_lower(given, known.last_period), *_beside(given, known.below)]


def _own(check: CheckItem, given: _Given, known: Known, proved: bool) -> Broken | None:
    if check.equation is not None:
        return _equation(check, check.equation, given)
    if check.jump is not None:
        return _jump(check, check.jump, given, known)
    assert check.evidence is not None
    return None if proved else _evidence(check, check.evidence, given)


# --- equations -----------------------------------------------------------------------------------

_MUST_BE = {
    "<=": N_("{left} must be at most {right}"),
    ">=": N_("{left} must be at least {right}"),
    "=": N_("{left} must be equal to {right}"),
    "<": N_("{left} must be less than {right}"),
    ">": N_("{left} must be more than {right}"),
}


def _equation(check: CheckItem, text: str, given: _Given) -> Broken | None:
    names = operands((item.code, item.kind) for item in given.asked.values())
    try:
        found = parsed_equation(text, names)
        left, right = (value_of(side, given.numbers) for side in (found.left, found.right))
    except (NoEquation, KeyError):  # it speaks of what this round does not ask, or was not given
        return None
    if RELATIONS[found.relation](left, right):
        return None
    sides = {"left": _side(found.left, left, given), "right": _side(found.right, right, given)}
    return _found(check, _field_of(found), _(_MUST_BE[found.relation]).format(**sides))


def _field_of(found: Equation) -> str:
    """The first figure that the equation names."""
    return f"values.{next(term.name for term in found.terms if term.name)}"


def _side(terms: Sequence[Term], comes_to: Decimal, given: _Given) -> str:
    """A side in words, and what it comes to: "“Khởi tố” + “Xử lý hành chính” (12)"."""
    words = [f"{term.sign} {_word(term, given)}" for term in terms]
    text = " ".join(words).removeprefix("+ ")
    only_number = len(terms) == 1 and not terms[0].name
    return text if only_number else f"{text} ({shown(comes_to)})"


def _word(term: Term, given: _Given) -> str:
    if not term.name:
        return shown(term.number)
    code, _dot, part = term.name.partition(".")
    label = f"“{given.asked[code].label}”"
    parts = {"numerator": _("numerator"), "denominator": _("denominator")}
    return f"{label} ({parts[part]})" if part else label


# --- jumps ---------------------------------------------------------------------------------------

_JUMPED = {
    Since.LAST_PERIOD: {
        1: N_("“{label}” rose from {before} last period to {now}"),
        -1: N_("“{label}” fell from {before} last period to {now}"),
    },
    Since.LAST_YEAR: {
        1: N_("“{label}” rose from {before} a year before to {now}"),
        -1: N_("“{label}” fell from {before} a year before to {now}"),
    },
}


def _jump(check: CheckItem, rule: Jump, given: _Given, known: Known) -> Broken | None:
    earlier = known.last_year if rule.since is Since.LAST_YEAR else known.last_period
    item, figure = given.asked.get(rule.of), earlier.get(rule.of)
    if item is None or figure is None:
        return None
    before, now = _size(item, figure), _size_given(item, given)
    if before is None or now is None or not _is_jump(before, now, rule.percent):
        return None
    unit = "%" if item.kind is IndicatorKind.RATIO else ""
    change = f" ({shown(100 * (now - before) / before)}%)" if before else ""
    message = _(_JUMPED[rule.since][1 if now > before else -1]).format(
        label=item.label, before=f"{shown(before)}{unit}", now=f"{shown(now)}{unit}"
    )
    return _found(check, f"values.{rule.of}", f"{message}{change}", soft=True)


def _is_jump(before: Decimal, now: Decimal, percent: float) -> bool:
    if not before:
        return now >= NOTABLE
    return 100 * abs(now - before) > before * Decimal(str(percent))


def _size_given(item: Asked, given: _Given) -> Decimal | None:
    if item.kind is not IndicatorKind.RATIO:
        return given.numbers.get(item.code)
    parts = [given.numbers.get(f"{item.code}.{part}") for part in RATIO_PARTS]
    return _share(*parts)


def _size(item: Asked, figure: Figure) -> Decimal | None:
    """A figure as one number; of a ratio its share in per cent."""
    if item.kind is IndicatorKind.RATIO:
        return _share(decimal(figure.numerator), decimal(figure.denominator))
    return decimal(figure.number)


def _share(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    return 100 * numerator / denominator if numerator is not None and denominator else None


# --- evidence ------------------------------------------------------------------------------------


def _evidence(check: CheckItem, code: str, given: _Given) -> Broken | None:
    item = given.asked.get(code)
    if item is None or not _is_something(item, given):
        return None
    message = _("“{label}” is reported without evidence")
    to_do = _("give the document that was issued, or attach a file")
    return _found(check, f"values.{code}", message.format(label=item.label), to_do=to_do)


def _is_something(item: Asked, given: _Given) -> bool:
    value = given.values.get(item.code)
    if item.kind is IndicatorKind.YES_NO:
        return value is True
    if item.kind in (IndicatorKind.TEXT, IndicatorKind.DATE, IndicatorKind.CHOICE):
        return value is not None and value != ""
    ratio = item.kind is IndicatorKind.RATIO
    return given.numbers.get(f"{item.code}.numerator" if ratio else item.code, Decimal(0)) > 0


# --- what holds in every report ------------------------------------------------------------------


def _lower(given: _Given, before: Mapping[str, Figure]) -> Iterator[Broken]:
    """Running totals that are lower than they were last period."""
    message = _("“{label}” is a running total, and {now} is less than the {before} of last period")
    for code, item in given.asked.items():
        if item.basis.runs_on and code in before:
            found = _pairs(item, before[code], given)
            if any(now < then for then, now in found):
                yield _built_in("last", item, message, found)


def _beside(given: _Given, below: Mapping[str, Figure]) -> Iterator[Broken]:
    """Figures that differ from those of the units below together, also where none was given."""
    message = _("“{label}” is {now}, and the units below reported {before} together")
    empty = _("“{label}” was left empty, and the units below reported {before} together")
    for code, figure in below.items():
        item = given.asked.get(code)
        if item is None:
            continue
        found = _pairs(item, figure, given)
        if any(now != then for then, now in found):
            yield _built_in("below", item, message, found)
        elif not found and any(plain_figure(item, figure).values()):
            found = [(then, then) for then in plain_figure(item, figure).values()]
            yield _built_in("below", item, empty, found)


def _pairs(item: Asked, before: Figure, given: _Given) -> list[tuple[Decimal, Decimal]]:
    """The parts of an earlier or other figure, each with that of the answer; none not given."""
    plain = plain_figure(item, before)
    if not given.numbers.keys() >= plain.keys():
        return []
    return [(then, given.numbers[name]) for name, then in plain.items()]


def _built_in(
    rule: str, item: Asked, message: str, pairs: Sequence[tuple[Decimal, Decimal]]
) -> Broken:
    odd = message.format(
        label=item.label,
        before="/".join(shown(then) for then, _now in pairs),
        now="/".join(shown(now) for _then, now in pairs),
    )
    text = _what_to_do(odd, soft=True)
    return Broken(f"{rule}:{item.code}", f"values.{item.code}", text, soft=True)


# --- words ---------------------------------------------------------------------------------------


def _found(
    check: CheckItem, field: str, message: str, *, soft: bool = False, to_do: str = ""
) -> Broken:
    """The check's own words, where it has some; else what is odd and what to do about it."""
    soft = soft or check.soft
    text = check.message or _what_to_do(message, soft=soft, to_do=to_do)
    return Broken(check.code, field, text, soft)


def _what_to_do(message: str, *, soft: bool, to_do: str = "") -> str:
    correct = to_do or _("correct the figures")
    if soft:
        return _("{odd}: {correct}, or say why it is so").format(odd=message, correct=correct)
    return _("{odd}: {correct}").format(odd=message, correct=correct)
