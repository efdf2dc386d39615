"""The first screen of the office."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.i18n import gettext as _
from models.words import AccountRole, Health
from portal.access import Forbidden, Let, admit
from portal.pages import page
from portal.site import Here
from tasks import health, overview

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/", name="home")
def home(request: Request, site: Here, admitted: Let) -> Response:
    """What needs somebody, then every directive; the head of a unit goes to the unit's own page."""
    if admitted.may("mine"):
        return RedirectResponse(request.app.url_path_for("mine"), status_code=303)
    if admitted.viewer.role is AccountRole.UNIT_HEAD:
        raise Forbidden(_("Your role does not include this page."))
    with site.database.read() as session:
        now = site.clock()
        return page(
            request, "home", admitted, now=now,
            alarms=overview.alarms(session, site.settings, now),
            states=overview.states(session, now),
            ill=health.of_health(health.checks(session, site.settings, now), Health.ILL)
            if admitted.may("operations") else [],
        )  # fmt: skip
