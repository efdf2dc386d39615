"""Units' requests for more time or to be let off, and the secretariat's decision on each."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, select

from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.round import Obligation, Relief, Round
from models.status import day_of
from models.words import AccountRole, ReliefKind
from portal.access import Admitted, Let, admit
from portal.deeds import back, notice, timer_words, timers
from portal.pages import page
from portal.site import Here, Site
from tasks import reliefs
from tasks.calendars import working_calendar
from tasks.task_page import TheTask, the_task

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/requests", name="requests")
def requests_page(request: Request, site: Here, admitted: Let, every: bool = False) -> Response:
    with site.database.read() as session:
        found = reliefs.requests(session, None, every)
        if admitted.viewer.role is AccountRole.OVERSEER:
            overseen = _overseen(session, admitted.viewer.unit_id)
            found = [asked for asked in found if asked.obligation in overseen]
    said = {
        "granted": _("The request is granted; the unit is told by mail."),
        "refused": _("The request is refused; the unit is told by mail."),
        **timer_words(),
    }
    return page(
        request, "requests", admitted, requests=list(reversed(found)) if every else found,
        every=every, extension=ReliefKind.EXTENSION, done=notice(request, said),
    )  # fmt: skip


@office.get("/requests/{id}", name="request")
def request_page(request: Request, site: Here, admitted: Let, id: int) -> Response:
    return _request(request, site, admitted, id)


@office.post("/requests/{id}", name="decide")
def decide(
    request: Request,
    site: Here,
    admitted: Let,
    id: int,
    decision: Annotated[str, Form(max_length=20)] = "",
    words: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    if decision not in ("grant", "refuse"):
        return _request(request, site, admitted, id, words, _("Say whether it is granted."))
    granted = decision == "grant"
    if not granted and not words.strip():
        fault = _("Say why: the unit reads it in its mail.")
        return _request(request, site, admitted, id, words, fault)
    if len(words) > reliefs.MAX_REASON:
        fault = _("is too long: at most {max_length} characters")
        fault = fault.format(max_length=reliefs.MAX_REASON)
        return _request(request, site, admitted, id, words, fault)
    with site.database.write() as session:
        calendar, by = working_calendar(session), admitted.viewer.name
        found = reliefs.decide(session, id, granted, by, words, calendar, site.clock())
        directive = reliefs.directive_of(session, found)
    if not granted:
        return back(request, "requests", "refused")
    return back(request, "requests", f"granted.{timers(site, directive)}")


def _request(
    request: Request, site: Site, admitted: Admitted, id: int, words: str = "", fault: str = ""
) -> HTMLResponse:
    with site.database.read() as session:
        found, task = _asked(session, site, id)
        if found.granted is not None:
            message = _("Request {number} was decided already, by {by}.")
            raise NotAllowed(message.format(number=id, by=found.decided_by))
        calendar = working_calendar(session)
        until = calendar.next_working(found.until) if found.until else None
        return page(
            request, "request", admitted, 422 if fault else 200, asked=found, task=task,
            until=until, words=words, fault=fault, today=day_of(site.clock()),
            most=reliefs.MAX_REASON,
        )  # fmt: skip


def _asked(session: Session, site: Site, id: int) -> tuple[Relief, TheTask]:
    found = session.get(Relief, id) if 0 < id <= reliefs.LAST_NUMBER else None
    if found is None:
        raise UnknownName(_("There is no request {number}.").format(number=id))
    return found, the_task(session, found.obligation_id, site.clock())


def _overseen(session: Session, unit_id: int | None) -> set[str]:
    """The codes of the obligations in rounds that a unit oversees, and of its own."""
    statement = (
        select(Obligation.code)
        .join(Round)
        .where((Round.overseer_id == unit_id) | (Obligation.unit_id == unit_id))
    )
    return set(session.exec(statement))
