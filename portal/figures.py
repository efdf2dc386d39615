"""The figures of a round: together, by level and kind, up the tree; where each comes from; and what
contradicts what.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session, col

from models.aggregate import Aggregate
from models.asked import Figure
from models.directive import Directive, Indicator
from models.errors import UnknownName
from models.i18n import gettext as _
from models.round import Round, RoundIndicator
from models.status import day_of
from models.unit import Unit
from models.vietnamese import show_date, show_number, show_percent
from models.words import IndicatorKind, Level, UnitKind, label
from portal.access import Let, admit
from portal.asked import Text, What, number
from portal.boards import choices, obligations_of
from portal.pages import attachment, page
from portal.site import Here
from tasks import lookup, matrices
from tasks.aggregate_trees import Tree, opened_tree
from tasks.aggregating import Figures, aggregates, asked, by_word
from tasks.contradictions import contradictions
from tasks.evidence_guard import XLSX
from tasks.figure_sources import sources
from tasks.figures_sheet import figures_workbook

office = APIRouter(dependencies=[Depends(admit)])

ROUND = "/directives/{code}/rounds/{round}"
WAYS = ("tree", "level", "kind")


@dataclass(frozen=True)
class Line:
    """A row of the table of figures by level, kind or unit; `opens` is a unit with some below."""

    name: str
    figures: Figures
    opens: int | None = None
    ended: bool = False
    instead_of: tuple[str, ...] = ()


@office.get(ROUND + "/figures", name="figures")
def figures(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str,
    by: Text = "tree", unit: Text = "",
) -> Response:  # fmt: skip
    """All figures of a round, and beside each who is missing; then by level, kind or unit."""
    if by not in WAYS:
        raise UnknownName(_("There is no “{name}”.").format(name=by))
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        owner = session.get_one(Directive, found.directive_id)
        items = asked(session, found)
        lines, path = _lines(session, found, what, by, number(unit))
        return page(
            request, "figures", admitted, directive=owner, round=found, what=what, by=by,
            ways={"tree": _("by unit"), "level": _("by level"), "kind": _("by kind of unit")},
            items=items, tables=_tables(session, found), lines=lines, trail=path, show=shown,
            together=aggregates(session, found, what.as_of, *_units(session, what)),
            choices=choices(session, owner.province),
        )  # fmt: skip


@office.get(ROUND + "/figures.xlsx", name="figures-sheet")
def figures_sheet(site: Here, what: What, code: str, round: str) -> Response:
    """The figures as a workbook, with all that they were made of."""
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        owner = session.get_one(Directive, found.directive_id)
        content = figures_workbook(session, found, what.as_of)
        name = f"{owner.code}-{found.code}-{day_of(what.as_of).isoformat()}.xlsx"
    return Response(content, media_type=XLSX, headers=attachment(name))


@office.get(ROUND + "/figures/{indicator}", name="figure-sources")
def figure_sources(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str, indicator: str
) -> Response:
    """Where one figure comes from: every answer behind it, and who is missing."""
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        item = next((i for i in asked(session, found) if i.code == indicator), None)
        if item is None:
            raise UnknownName(_("There is no “{name}”.").format(name=indicator))
        together = aggregates(session, found, what.as_of)[lookup.id_of(item)]
        return page(
            request, "figure_sources", admitted, round=found, what=what, item=item,
            directive=session.get_one(Directive, found.directive_id), one=together, show=shown,
            sources=sources(session, found, item, what.as_of), given=given,
            opens=obligations_of(admitted),
        )  # fmt: skip


@office.get(ROUND + "/contradictions", name="contradictions")
def contradictions_(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str
) -> Response:
    """The figures of a round that do not go together, with the units' explanations."""
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        return page(
            request, "contradictions", admitted, round=found, what=what,
            directive=session.get_one(Directive, found.directive_id),
            rows=contradictions(session, found, what.as_of), opens=obligations_of(admitted),
        )  # fmt: skip


def _units(session: Session, what: What) -> list[sa.ColumnElement[bool]]:
    """The units that the address narrows the figures to."""
    if not what.narrowed:
        return []
    return [col(Unit.id).in_(list(matrices.bodies(session, what.narrowed)))]


def _lines(
    session: Session, found: Round, what: What, by: str, unit: int | None
) -> tuple[list[Line], list[tuple[int, str]]]:
    """The rows of the second table, and the units above them."""
    if by != "tree":
        words = by_word(session, found, what.as_of, Level if by == "level" else UnitKind)
        return [Line(label(word), its) for word, its in words.items()], []
    grown = opened_tree(session, found, what.as_of, unit)
    if unit is None:
        return [_line(grown, id_) for id_ in grown.roots], []
    if unit not in grown.nodes:
        raise UnknownName(_("There is no “{name}”.").format(name=unit))
    own = Line(_("its own"), grown.own(unit))
    below = Line(_("those below it"), grown.below(unit))
    path = [(node.place.id, node.place.name) for node in grown.path(unit)]
    return [own, below, *(_line(grown, id_) for id_ in grown.nodes[unit].below)], path


def _line(grown: Tree, unit_id: int) -> Line:
    node = grown.nodes[unit_id]
    return Line(
        node.place.name,
        grown.total(unit_id),
        unit_id if node.below else None,
        node.ended,
        tuple(place.name for place in node.instead_of),
    )


def _tables(session: Session, found: Round) -> dict[int, str]:
    """The title of each indicator's table."""
    columns = (RoundIndicator.indicator_id, RoundIndicator.title)
    rows = session.connection().execute(
        sa.select(*map(col, columns)).where(col(RoundIndicator.round_id) == found.id)
    )
    return {id_: title for id_, title in rows if title}


def shown(item: Indicator, one: Aggregate) -> str:
    """A figure as people read it; a dash where nobody gave it."""
    if not one.counted:
        return "—"
    match one.kind:
        case IndicatorKind.RATIO | IndicatorKind.YES_NO:
            parts = one.numerator or 0, one.denominator or 0
            return f"{'/'.join(map(show_number, parts))} ({show_percent(*parts)})"
        case IndicatorKind.DATE:
            return " – ".join(dict.fromkeys(show_date(d) for d in (one.first, one.last) if d))
        case IndicatorKind.CHOICE:
            return "; ".join(f"{name}: {n}" for name, n in (one.choices or {}).items())
        case IndicatorKind.TEXT:
            return _("{n} texts").format(n=one.given)
        case _:
            return f"{show_number(one.total or 0)} {item.unit or ''}".strip()


def given(one: Figure) -> str:
    """A figure as one unit gave it."""
    if one.numerator is not None and one.denominator is not None:
        return f"{show_number(one.numerator)}/{show_number(one.denominator)}"
    if one.yes is not None:
        return _("yes") if one.yes else _("no")
    if one.day is not None:
        return show_date(one.day)
    return show_number(one.number) if one.number is not None else one.text or one.choice or ""
