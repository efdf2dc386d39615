"""The coverage map of a directive: every measure and target against the units' plans."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from portal.access import Let, admit
from portal.asked import What
from portal.pages import page
from portal.site import Here
from tasks import lookup
from tasks.coverage import coverage as coverage_of

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/directives/{code}/coverage", name="coverage")
def coverage(request: Request, site: Here, admitted: Let, what: What, code: str) -> Response:
    with site.database.read() as session:
        owner = lookup.directive(session, code)
        found = coverage_of(session, owner, what.as_of)
        return page(request, "coverage", admitted, directive=owner, what=what, found=found)
