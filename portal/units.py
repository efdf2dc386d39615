"""The units: found without diacritics, and everything of one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from models.vietnamese import printable
from models.words import Level, UnitKind
from portal.access import SECRETARIAT, Let, admit
from portal.asked import Number, What
from portal.boards import obligations_of
from portal.pages import page
from portal.site import Here
from tasks import charts
from tasks.unit_file import unit_file, units_like

office = APIRouter(dependencies=[Depends(admit)])
Words = Annotated[str, Query(max_length=200)]


@office.get("/units", name="units")
def units(request: Request, site: Here, admitted: Let, what: What, q: Words = "") -> Response:
    words = printable(q)
    with site.database.read() as session:
        found, more = units_like(session, words, what.narrowed)
        choices = {"levels": list(Level), "kinds": list(UnitKind), "groups": []}
        return page(
            request, "units", admitted, words=words, found=found, more=more, what=what,
            choices=choices,
        )  # fmt: skip


@office.get("/units/{id}", name="unit")
def unit(request: Request, site: Here, admitted: Let, id: Number) -> Response:
    """Addresses of people are shown to those who write to them."""
    with site.database.read() as session:
        found = unit_file(session, id, site.clock())
        return page(
            request, "unit", admitted, file=found, opens=obligations_of(admitted),
            chart=charts.by_year(found.years), with_contacts=admitted.viewer.role in SECRETARIAT,
        )  # fmt: skip
