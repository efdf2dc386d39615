"""All figures of a round as a workbook: together, up the tree, and the answers that they were made
of, so that anybody can count them again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session

from models.aggregate import Aggregate
from models.directive import Directive, Indicator
from models.i18n import gettext as _
from models.round import Round
from models.vietnamese import show_date, show_instant
from models.words import IndicatorKind, Level, UnitKind, label
from tasks.aggregate_trees import Tree, tree
from tasks.aggregating import Figures, aggregates, asked, by_word
from tasks.answers_sheet import Row, answers, units
from tasks.sheets import Page, Value, workbook


def figures_workbook(session: Session, found: Round, as_of: datetime) -> bytes:
    """The workbook of a round's figures as of an instant."""
    owner = session.get_one(Directive, found.directive_id)
    words = _("{directive}, {round}: as of {moment}").format(
        directive=owner.symbol, round=found.title, moment=show_instant(as_of)
    )
    items = asked(session, found)
    every = [name for item in items for name in _names(item)]
    grown = tree(session, found, as_of)
    unit, counts = [_("Code"), _("Unit")], [_("Given"), _("Expected"), _("Missing"), _("Late")]
    parts = [_("Figure"), _("Numerator"), _("Denominator"), _("First"), _("Last")]
    life = [_("Level"), _("Kind of unit"), _("Below"), _("Begins"), _("Ends"), _("Successors")]
    came = [_("Version"), _("Received"), _("Answer"), _("Check"), _("Appraisal")]
    sheets: list[tuple[str, list[str], Iterator[Row]]] = [
        (_("Figures"), [_("Of which units"), _("Code"), _("Indicator"), *parts, *counts],
         _together(session, found, items, as_of)),
        (_("Up the tree"), [*unit, _("Below"), _("Figures"), *every], _up(grown, items)),
        (_("Units"), [*unit, *life, _("State")], units(session, found, as_of)),
        (_("Answers"), [*unit, *came, _("Figures"), *every], answers(session, found, items, as_of)),
    ]  # fmt: skip
    return workbook([Page(title, head, rows, words) for title, head, rows in sheets])


def _names(item: Indicator) -> list[str]:
    """The columns of an indicator: a ratio has two."""
    if item.kind is IndicatorKind.RATIO:
        return [f"{item.label}: {_('numerator')}", f"{item.label}: {_('denominator')}"]
    return [item.label]


def _together(
    session: Session, found: Round, items: Sequence[Indicator], as_of: datetime
) -> Iterator[Row]:
    yield from _block(_("all units"), items, aggregates(session, found, as_of))
    for way in (Level, UnitKind):
        for word, figures in by_word(session, found, as_of, way).items():
            yield from _block(label(word), items, figures)


def _block(of: str, items: Sequence[Indicator], figures: Figures) -> Iterator[Row]:
    for item in items:
        one = figures[item.id or 0]
        counts = [one.given, one.expected, one.missing, one.late]
        parts = [one.total, one.numerator, one.denominator, one.first, one.last]
        yield [of, item.code, item.label, *parts, *counts]
        for choice, n in (one.choices or {}).items():
            yield [of, item.code, f"{item.label}: {choice}", n, None, None, None, None, *counts]


def _up(grown: Tree, items: Sequence[Indicator]) -> Iterator[Row]:
    """Each node after the one above it, with its own figures, those below, and both."""
    names = {"own": _("own"), "below": _("below"), "total": _("total")}
    waiting = list(reversed(grown.roots))
    while waiting:
        id_ = waiting.pop()
        node = grown.nodes[id_]
        waiting.extend(reversed(node.below))
        above = grown.nodes[node.above].place.name if node.above is not None else ""
        for what in ("own", "below", "total") if node.below else ("total",):
            figures = getattr(grown, what)(id_)
            cells = [cell for item in items for cell in _cells(figures[item.id or 0])]
            yield [node.place.code, node.place.name, above, names[what], *cells]


def _cells(one: Aggregate) -> list[Value]:
    match one.kind:
        case IndicatorKind.RATIO:
            return [one.numerator, one.denominator]
        case IndicatorKind.YES_NO:
            return [one.numerator]
        case IndicatorKind.DATE:
            return [" – ".join(show_date(day) for day in (one.first, one.last) if day)]
        case IndicatorKind.CHOICE:
            return ["; ".join(f"{choice}: {n}" for choice, n in (one.choices or {}).items())]
        case IndicatorKind.TEXT:
            return [one.given]
        case _:
            return [one.total]
