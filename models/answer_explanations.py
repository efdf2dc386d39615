"""The soft rules that a report may break with an explanation, by the names it explains them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.asked import Asks
from models.i18n import gettext as _
from models.report_asks import CheckItem
from models.vietnamese import show_number
from models.words import IndicatorKind, Since

# figures that can be compared with what they were, or with those of the units below
COMPARED = frozenset({
    IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.RATIO, IndicatorKind.SCORE,
})  # fmt: skip
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Explainable:
    """A soft rule: its name, the figure beside which it is explained, what it is in words."""

    name: str
    figure: str
    words: str


def explainable(asks: Asks) -> list[Explainable]:
    """Every soft rule that a report of this round may break: its own, then those of each figure."""
    labels = labels_of(asks)
    own = (_own(check, labels) for check in asks.checks if check.soft or check.jump)
    return [*filter(None, own), *_of_every_report(asks, labels)]


def _own(check: CheckItem, labels: dict[str, str]) -> Explainable | None:
    """A rule of the round; none where it speaks only of figures that are not asked."""
    figure = figure_of(check, labels)
    if not figure:
        return None
    return Explainable(check.code, figure, words_of(check, labels[figure]))


def figure_of(check: CheckItem, labels: dict[str, str]) -> str:
    """The figure that a rule is about: of an equation the first that is asked."""
    if check.equation is not None:
        named = _CODE.findall(check.equation)
        return next((code for code in named if code in labels), "")
    code = check.jump.of if check.jump else check.evidence or ""
    return code if code in labels else ""


def words_of(check: CheckItem, label: str) -> str:
    """What a rule is about, in the reader's language."""
    if check.jump is None:
        return check.message or (
            _("no evidence: {label}") if check.evidence else _("does not add up: {label}")
        ).format(label=label)
    year = check.jump.since is Since.LAST_YEAR
    message = (
        _("up or down by more than {percent} per cent since a year before: {label}")
        if year
        else _("up or down by more than {percent} per cent since last period: {label}")
    )
    return message.format(percent=show_number(check.jump.percent), label=label)


def _of_every_report(asks: Asks, labels: dict[str, str]) -> Iterator[Explainable]:
    lower = _("running total lower than last period: {label}")
    differs = _("differs from what the units below reported: {label}")
    for item in asks.figures:
        label = labels[item.code]
        if item.kind in COMPARED and item.basis.runs_on:
            yield Explainable(f"last:{item.code}", item.code, lower.format(label=label))
        if item.kind in COMPARED and asks.with_subordinates:
            yield Explainable(
                f"below:{item.code}", item.code, differs.format(label=labels[item.code])
            )


def labels_of(asks: Asks) -> dict[str, str]:
    """The figures in words by their codes, a part after its whole."""
    own = {item.code: item.label for item in asks.figures}
    message = _("{whole}, of which: {part}")
    return {
        item.code: message.format(whole=own[item.part_of], part=item.label)
        if item.part_of in own
        else item.label
        for item in asks.figures
    }
