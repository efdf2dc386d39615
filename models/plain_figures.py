"""Figures as plain numbers, named as equations name them: a ratio is two of them."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from models.asked import Asked, Figure
from models.equations import RATIO_PARTS
from models.vietnamese import show_number
from models.words import IndicatorKind


def plain_numbers(asked: Sequence[Asked], values: Mapping[str, Any]) -> dict[str, Decimal]:
    """The figures of an answer that are numbers, as equations name them."""
    found: dict[str, Decimal | None] = {}
    for item in asked:
        value = values.get(item.code)
        if item.kind is IndicatorKind.RATIO and isinstance(value, Mapping):
            found |= {f"{item.code}.{part}": decimal(value.get(part)) for part in RATIO_PARTS}
        else:
            found[item.code] = decimal(value)
    return {name: number for name, number in found.items() if number is not None}


def plain_figure(item: Asked, figure: Figure) -> dict[str, Decimal]:
    """A stored figure the same way; nothing where it is no number."""
    value = {part: getattr(figure, part) for part in RATIO_PARTS}
    ratio = item.kind is IndicatorKind.RATIO
    return plain_numbers([item], {item.code: value if ratio else figure.number})


def decimal(value: object) -> Decimal | None:
    """A number as it is written, so that 0.1 + 0.2 is 0.3; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Decimal(str(value))


def shown(number: Decimal) -> str:
    """A number as offices write it."""
    return show_number(float(number))
