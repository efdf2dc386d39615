"""The board of a directive: units × rounds, and the list behind each number."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from models.directive import Directive
from models.words import Level, UnitKind
from portal.access import Admitted, Let, admit
from portal.asked import Asked, Text, What, number
from portal.cells import LINKED, SIGNS, body_of
from portal.pages import page
from portal.site import Here
from tasks import boards, lookup, matrices
from tasks.matrices import Narrowed

office = APIRouter(dependencies=[Depends(admit)])

# the figures that a board shows of each round, in order
SHOWN = ("expected", "received", "on_time", "late", "declined", "missing", "late_now", "gone")


@office.get("/board/{directive}", name="board")
def board(request: Request, site: Here, admitted: Let, what: What, directive: str) -> Response:
    with site.database.read() as session:
        owner = lookup.directive(session, directive)
        found = matrices.matrix(session, owner, what.as_of, what.narrowed)
        return page(
            request, "board", admitted, directive=owner, what=what, found=found,
            rows=body_of(found, prefix(request, "unit"), obligations_of(admitted)),
            signs=SIGNS, linked=found.size <= LINKED, most=LINKED, shown=SHOWN,
            choices=choices(session, owner.province), code=owner.code,
        )  # fmt: skip


@office.get("/board/{directive}/list", name="board-list")
def board_list(
    request: Request, site: Here, admitted: Let, what: What, directive: str,
    round: Text = "", status: Text = "asked",
) -> Response:  # fmt: skip
    """The obligations that one number of the board counts."""
    with site.database.read() as session:
        owner = lookup.directive(session, directive)
        round_id = number(round)
        lines = matrices.listed(session, owner, what.as_of, what.narrowed, status, round_id)
        every = boards.round_lines(session, owner, [], what.as_of)
        return page(
            request, "board_list", admitted, directive=owner, what=what, lines=lines,
            figure=status, round=round_id, rounds={r.id: r for r in every},
            opens=obligations_of(admitted), numbers=boards.telephones(session),
        )  # fmt: skip


@office.get("/sectors", name="sectors")
def sectors(
    request: Request, site: Here, admitted: Let, what: What, directive: Text = ""
) -> Response:
    """Every kind, level and group of units with its figures, in one directive."""
    with site.database.read() as session:
        known = lookup.all_(session)
        owner = lookup.directive(session, directive) if directive else next(iter(known), None)
        parts = _sectors(session, owner, what) if owner else {}
        return page(
            request, "sectors", admitted, directives=known, directive=owner, what=what, parts=parts
        )


def _sectors(session: Session, owner: Directive, what: Asked) -> dict[str, list[matrices.Sector]]:
    lines = boards.board(session, owner, what.as_of)
    ways: dict[str, list[tuple[str, Narrowed]]] = {
        "level": [(level, Narrowed(level=level)) for level in Level],
        "kind": [(kind, Narrowed(kind=kind)) for kind in UnitKind],
        "group": [
            (phrase, Narrowed(group=id_))
            for id_, phrase in matrices.groups(session, owner.province)
        ],
    }
    return {
        way: matrices.sectors(
            lines,
            {narrowed: matrices.bodies(session, narrowed) for _name, narrowed in parts},
            [name for name, _narrowed in parts],
        )
        for way, parts in ways.items()
    }


def choices(session: Session, province: str) -> dict[str, Any]:
    """What a board can be narrowed to."""
    return {
        "levels": list(Level),
        "kinds": list(UnitKind),
        "groups": matrices.groups(session, province),
    }


def prefix(request: Request, route: str) -> str:
    """Where the addresses of a route with a number begin."""
    return str(request.app.url_path_for(route, id="0")).removesuffix("0")


def obligations_of(admitted: Admitted) -> str | None:
    """Where the addresses of obligations begin, for those who may open them."""
    return "/obligations/" if admitted.may("obligation") else None
