"""What a registered directive leaves open: its questions, confirmed in a person's name."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from models.directive_file import DirectiveFile
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.readings import in_words
from models.timetable import timetable
from portal.access import Let, admit
from portal.deeds import back, notice, timer_words, timers
from portal.pages import page
from portal.site import Here
from tasks import directive_drafts as drafts
from tasks import lookup, registering
from tasks.calendars import working_calendar

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/directives/{code}/questions", name="questions")
def questions_page(request: Request, site: Here, admitted: Let, code: str) -> Response:
    with site.database.read() as session:
        owner = lookup.directive(session, code)
        file = DirectiveFile.model_validate(owner.file)
        rounds = timetable(file, working_calendar(session)).rounds
        resting = {
            q.id: [found for found in rounds if q.id in found.questions] for q in file.questions
        }
        words = {"confirmed": _("The readings are confirmed in your name."), **timer_words()}
        return page(
            request, "questions", admitted, owner=owner, file=file, in_words=in_words,
            quotes={q.id: drafts.quotes(file, q) for q in file.questions}, resting=resting,
            done=notice(request, words),
        )  # fmt: skip


@office.post("/directives/{code}/questions", name="questions-confirm")
def confirm(
    request: Request,
    site: Here,
    admitted: Let,
    code: str,
    question: Annotated[list[str], Form()] = [],  # noqa: B006 FastAPI copies it
) -> Response:
    if not question:
        raise NotAllowed(_("Choose the readings you confirm."))
    with site.database.write() as session:
        owner = lookup.directive(session, code)
        by, moment, calendar = admitted.viewer.name, site.clock(), working_calendar(session)
        registering.confirm(session, owner.code, question, by, calendar, moment)
        code = owner.code
    return back(request, "questions", f"confirmed.{timers(site, code)}", code=code)
