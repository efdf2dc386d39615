"""How the program runs, for the operator: every check, the parts of `dondoc up`, what was told."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from models.words import Health
from portal.access import Let, admit
from portal.pages import page
from portal.site import Here
from tasks import alerts, health, running_parts

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/operations", name="operations")
def operations(request: Request, site: Here, admitted: Let) -> Response:
    """Every check with what to do, what is ill first."""
    now = site.clock()
    with site.database.read() as session:
        found = health.checks(session, site.settings, now)
        told = alerts.told(session)
    return page(
        request, "operations", admitted, now=now, told=told,
        troubles=health.of_health(found, Health.ILL, Health.WARN),
        fine=health.of_health(found, Health.OK), worst=health.worst(found),
        running=running_parts.running(site.settings),
        operator_email=site.settings.operator_email, prefect=site.settings.prefect_pages,
    )  # fmt: skip
