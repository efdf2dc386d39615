"""All one unit owes, over all directives, and its calendar."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from models.status import COLOURS, day_of
from models.unit import Unit
from portal.pages import page
from portal.site import Here
from portal.task_page import days_left
from tasks.feed import feed
from tasks.links import LinkPurpose
from tasks.owing import all_owed, coming

linked = APIRouter()


@linked.get("/u/{token}", name="owed")
def owed(request: Request, site: Here, token: str) -> Response:
    now = site.clock()
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.UNIT, token, now)
        found = all_owed(session, id_, now)
        revoked = session.get_one(Unit, id_).links_revoked
        calendar = site.links.calendar(id_, revoked, day_of(now))
        paths = {
            line.id: site.links.task(line.id, line.links_revoked, line.end).removeprefix(
                site.links.base
            )
            for line in (*found.open, *found.over)
        }
        return page(
            request, "owed", found=found, coming=coming(session, id_, now), now=now, paths=paths,
            calendar=calendar, webcal=f"webcal://{calendar.partition('://')[2]}",
            left={line.id: days_left(line.due, now) for line in found.open}, colours=COLOURS,
        )  # fmt: skip


@linked.get("/c/{token}.ics", name="calendar")
def calendar(site: Here, token: str) -> Response:
    """The feed that Outlook and Google subscribe to."""
    now = site.clock()
    with site.database.read() as session:
        raw = feed(session, site.links.read(session, LinkPurpose.CALENDAR, token, now), now)
    headers = {"cache-control": "private, max-age=3600"}
    return Response(raw, media_type="text/calendar; charset=utf-8", headers=headers)
