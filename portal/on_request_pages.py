"""Opening a round that the text leaves to be asked for ("khi có yêu cầu")."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, select

from models.directive import Directive
from models.directive_asks import RoundItem
from models.directive_file import DirectiveFile
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.i18n import ngettext
from models.mail import Message
from models.round import Obligation, Round
from models.status import day_of
from models.timetable import is_binding, timetable
from models.vietnamese import show_date
from models.words import Purpose
from portal.access import Admitted, Let, admit
from portal.deeds import Consequence, ask_first, back, notice, timer_words, timers, undone
from portal.pages import page
from portal.site import Here, Site
from tasks import lookup
from tasks.calendars import working_calendar
from tasks.on_request import open_on_request

office = APIRouter(dependencies=[Depends(admit)])

Short = Annotated[str, Form(max_length=200)]


@office.get("/directives/{code}/on-request", name="on-request")
def on_request_page(request: Request, site: Here, admitted: Let, code: str) -> Response:
    return _page(request, site, admitted, code)


@office.post("/directives/{code}/on-request", name="on-request-open")
def open_it(
    request: Request,
    site: Here,
    admitted: Let,
    code: str,
    series: Short = "",
    due: Short = "",
    asked_by: Short = "",
    confirmed: Short = "",
) -> Response:
    typed = {"series": series, "due": due, "asked_by": asked_by}
    try:
        day = date.fromisoformat(due)
        with undone(site.database) as session:
            consequence = _consequence(session, _open(session, site, code, series, day, asked_by))
    except ValueError:
        fault = _("Give the day by which the units answer.")
        return _page(request, site, admitted, code, typed, fault)
    except (NotAllowed, UnknownName) as error:
        return _page(request, site, admitted, code, typed, str(error))
    if not confirmed:
        cancel = request.app.url_path_for("on-request", code=code)
        return ask_first(request, admitted, consequence, typed, cancel)
    with site.database.write() as session:
        found = _open(session, site, code, series, day, asked_by)
        code = session.get_one(Directive, found.directive_id).code
    return back(request, "on-request", f"opened.{timers(site, code)}", code=code)


def _open(session: Session, site: Site, code: str, series: str, day: date, asked_by: str) -> Round:
    calendar = working_calendar(session)
    return open_on_request(session, code, series, day, asked_by, calendar, site.clock())


def _consequence(session: Session, found: Round) -> Consequence:
    """Whom the round asks, told by opening it in a transaction that is not kept."""
    owed = select(Obligation.id).where(Obligation.round_id == found.id)
    mails = session.exec(
        select(Message)
        .where(Message.purpose == Purpose.OPEN)
        .where(Message.obligation_id.in_(owed))  # type: ignore[union-attr]
    ).all()
    units = ngettext("{n} unit", "{n} units", len(mails)).format(n=len(mails))
    words = [
        _("{title}: {units} are asked, by {day}.").format(
            title=found.title, units=units, day=show_date(found.due)
        ),
        _("The mails leave at once, within five minutes; a round that is open is not taken back."),
    ]
    mailed = [f"{mail.to_name} <{mail.to_email}>" for mail in mails]
    return Consequence(_("Open the round"), words, _("Open it and send the mails"), mailed)


def _page(
    request: Request,
    site: Site,
    admitted: Admitted,
    code: str,
    typed: dict[str, str] | None = None,
    fault: str = "",
) -> HTMLResponse:
    said = {"opened": _("The round is open; its mails leave within minutes."), **timer_words()}
    with site.database.read() as session:
        owner = lookup.directive(session, code)
        file = DirectiveFile.model_validate(owner.file)
        series: list[tuple[RoundItem, bool]] = [
            (item, is_binding(file, item))
            for item in timetable(file, working_calendar(session)).on_request
        ]
        return page(
            request, "on_request", admitted, 422 if fault else 200, owner=owner, series=series,
            typed=typed or {"series": "", "due": "", "asked_by": ""}, fault=fault,
            today=day_of(site.clock()), done=notice(request, said),
        )  # fmt: skip
