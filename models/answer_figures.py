"""The figures of an answer: each by its kind, parts against their whole, the rules they obey."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from models.answer_explanations import explainable, labels_of
from models.answer_values import (
    MAX_NUMBER,
    day_fault,
    day_of,
    fault,
    is_given,
    is_number,
    number,
    text,
    texts,
)
from models.asked import Asked, Asks, Figure
from models.errors import Fault
from models.figure_checks import broken
from models.i18n import gettext as _
from models.vietnamese import show_number
from models.words import IndicatorKind

CENT = 0.005  # sums of money are compared as they are written


def figures(payload: Mapping[str, Any], asks: Asks) -> list[Figure]:
    """The figures of a checked report, one for each indicator answered."""
    values = payload.get("values") or {}
    return [
        _figure(item, values[item.code]) for item in asks.figures if is_given(values.get(item.code))
    ]


def _figure(item: Asked, value: Any) -> Figure:
    match item.kind:
        case IndicatorKind.RATIO:
            return Figure(
                item.id,
                numerator=float(value["numerator"]),
                denominator=float(value["denominator"]),
            )
        case IndicatorKind.YES_NO:
            return Figure(item.id, yes=value)
        case IndicatorKind.TEXT:
            return Figure(item.id, text=value)
        case IndicatorKind.DATE:
            return Figure(item.id, day=day_of(value))
        case IndicatorKind.CHOICE:
            return Figure(item.id, choice=value)
        case IndicatorKind.COUNT | IndicatorKind.MONEY | IndicatorKind.SCORE:
            return Figure(item.id, number=float(value))


def figure_faults(payload: Mapping[str, Any], asks: Asks) -> Iterator[Fault]:
    """What is wrong with the figures themselves, and with parts that do not fit their whole."""
    values = payload.get("values") or {}
    if not isinstance(values, dict):
        yield fault("values", _("must be a mapping of fields"))
        return
    known, labels = {item.code for item in asks.figures}, labels_of(asks)
    for code in values:
        if code not in known:
            message = _("this round asks for no such figure; it asks for: {allowed}")
            yield fault(f"values.{code}", message.format(allowed=", ".join(sorted(known)) or "—"))
    for item in asks.figures:
        value = values.get(item.code)
        if is_given(value):
            yield from _value(item, value)
        elif item.required:
            missing = _("“{label}” is missing").format(label=labels[item.code])
            yield fault(f"values.{item.code}", missing)
    for item in asks.figures:
        yield from _parts(item, values, asks)


def rule_faults(payload: Mapping[str, Any], asks: Asks) -> Iterator[Fault]:
    """The rules that figures of the right form break; a soft one is content with an explanation."""
    said = payload.get("explanations") or {}
    for one in broken(asks.checks, asks.figures, payload, asks.known, asks.has_evidence):
        if not one.soft:
            yield fault(one.field, one.message)
        elif not is_given(said.get(one.name)):
            yield fault(f"explanations.{one.name}", one.message)


def without_stale(payload: Mapping[str, Any], asks: Asks) -> dict[str, Any]:
    """The answer without explanations of rules that its figures do not break."""
    said = payload.get("explanations")
    if not isinstance(said, Mapping):
        return dict(payload)
    rules = broken(asks.checks, asks.figures, payload, asks.known, asks.has_evidence)
    names = {one.name for one in rules}
    kept = {name: words for name, words in said.items() if name in names}
    rest = {name: value for name, value in payload.items() if name != "explanations"}
    return rest | ({"explanations": kept} if kept else {})


def explanation_faults(payload: Mapping[str, Any], asks: Asks) -> Iterator[Fault]:
    """What is wrong with the form of the explanations; whether one is wanted is not asked here."""
    if payload.get("explanations") is not None:
        names = {one.name: False for one in explainable(asks)}
        unknown = _("there is no such rule to explain; there are: {allowed}")
        yield from texts("explanations", payload["explanations"], names, unknown)


def _value(item: Asked, value: Any) -> Iterator[Fault]:
    field = f"values.{item.code}"
    match item.kind:
        case IndicatorKind.COUNT | IndicatorKind.MONEY:
            yield from number(field, value, whole=item.kind is IndicatorKind.COUNT)
        case IndicatorKind.SCORE:
            yield from _score(field, value, item.points or 0)
        case IndicatorKind.YES_NO if not isinstance(value, bool):
            yield fault(field, _("must be true or false"), value)
        case IndicatorKind.TEXT:
            yield from text({field: value}, field, required=False)
        case IndicatorKind.DATE if day_of(value) is None:
            yield day_fault(field, value)
        case IndicatorKind.CHOICE if value not in item.choices:
            allowed = "; ".join(item.choices)
            yield fault(field, _("must be one of: {allowed}").format(allowed=allowed), value)
        case IndicatorKind.RATIO:
            yield from _ratio(field, value)


def _score(field: str, value: Any, points: float) -> Iterator[Fault]:
    faults = list(number(field, value, whole=False))
    yield from faults
    if not faults and value > points:
        message = _("must be at most {points} points")
        yield fault(field, message.format(points=show_number(points)), value)


def _ratio(field: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, dict) or set(value) != {"numerator", "denominator"}:
        yield fault(field, _("give `numerator` and `denominator`, not a percentage"), value)
        return
    faults = [
        found
        for part in ("numerator", "denominator")
        for found in number(f"{field}.{part}", value[part], whole=True)
    ]
    yield from faults
    if not faults and value["numerator"] > value["denominator"]:
        message = _("the numerator {numerator} is greater than the denominator {denominator}")
        yield fault(field, message.format(**value), value)


def _parts(item: Asked, values: Mapping[str, Any], asks: Asks) -> Iterator[Fault]:
    """Where `item` is a whole: no part is more than it, and parts that make it up come to it."""
    parts = [part for part in asks.figures if part.part_of == item.code]
    whole = values.get(item.code)
    if not parts or not _is_right(whole):
        return
    given = {p.code: v for p in parts if _is_right(v := values.get(p.code))}
    for part in parts:
        if given.get(part.code, 0) > whole + CENT:
            message = _("{part} is more than “{label}”, of which it is a part: {whole}")
            said = message.format(
                part=show_number(given[part.code]), label=item.label, whole=show_number(whole)
            )
            yield fault(f"values.{part.code}", said, given[part.code])
    total = math.fsum(given.values())
    same = math.isclose(total, whole, rel_tol=1e-12, abs_tol=CENT)
    if item.adds_up and len(given) == len(parts) and not same:
        message = _("the parts of “{label}” come to {total}, the whole says {whole}")
        said = message.format(label=item.label, total=show_number(total), whole=show_number(whole))
        yield fault(f"values.{item.code}", said, whole)


def _is_right(value: Any) -> TypeGuard[int | float]:
    return is_number(value) and 0 <= value <= MAX_NUMBER
