"""Search over everything, and what falls due week by week."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from models.i18n import gettext as _
from models.status import day_of
from models.vietnamese import printable
from portal.access import Let, admit
from portal.asked import Text, day_asked
from portal.boards import obligations_of
from portal.pages import page
from portal.site import Here
from tasks import charts
from tasks.searching import search as search_all
from tasks.weeks import WEEK, WEEKS
from tasks.weeks import weeks as weeks_from

office = APIRouter(dependencies=[Depends(admit)])
COLOUR = "#3f6f8a"


@office.get("/search", name="search")
def search(
    request: Request, site: Here, admitted: Let, q: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    words = printable(q)
    with site.database.read() as session:
        found = search_all(session, words)
        return page(
            request, "search", admitted, words=words, found=found, opens=obligations_of(admitted)
        )


@office.get("/weeks", name="weeks")
def weeks(request: Request, site: Here, admitted: Let, first: Text = "") -> Response:
    """Half a year from this week, or from the one that holds the day asked for."""
    today = day_of(site.clock())
    day = day_asked(first) or today
    with site.database.read() as session:
        found = weeks_from(session, day)
        shown = [
            charts.Column(f"{week.monday:%d/%m}", [(len(week.dues), COLOUR)]) for week in found
        ]
        return page(
            request, "weeks", admitted, weeks=found, first=day, today=today,
            chart=charts.columns(_("Rounds that fall due, by week"), shown),
            earlier=day - WEEKS * WEEK, later=day + WEEKS * WEEK, six=timedelta(days=6),
        )  # fmt: skip
