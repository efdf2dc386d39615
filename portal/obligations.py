"""Reviewing: what waits to be appraised, everything of one obligation, accepting, giving back."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col

from models.errors import NotAllowed, SecretDocument, UnknownName
from models.i18n import gettext as _
from models.round import Appraisal, Evidence, Obligation, Round, Submission
from models.status import day_of
from models.words import AccountRole, Appraised, Quality, Stage, SubmissionKind, Verdict
from portal.access import Admitted, Forbidden, Let, admit
from portal.deeds import back, notice, timer_words, timers
from portal.pages import page
from portal.site import Here, Site
from portal.task_files import evidence_file
from tasks import appraising, approving, dossier, history, lookup
from tasks.appraising import Waiting
from tasks.calendars import working_calendar
from tasks.reliefs import LAST_NUMBER
from tasks.task_page import TheTask, the_task

office = APIRouter(dependencies=[Depends(admit)])

SHOWN = 200  # submissions on a page
Short = Annotated[str, Form(max_length=40)]


@office.get("/waiting", name="waiting")
def waiting_page(
    request: Request, site: Here, admitted: Let, directive: str = "", stage: str = ""
) -> Response:
    with site.database.read() as session:
        owner = lookup.directive(session, directive) if directive else None
        found = appraising.waiting(session, owner, site.clock())
        places = _places(session, found)
        mine = [
            (one, places[one.number][0])
            for one in found
            if (not stage or places[one.number][2] == stage)
            and _oversees(admitted, *places[one.number][1])
        ]
        return page(
            request, "waiting", admitted, waiting=mine[:SHOWN], count=len(mine),
            directives=lookup.all_(session), stages=[s for s in Stage if s != Stage.DISSEMINATION],
            directive=owner.code if owner else "", stage=stage,
        )  # fmt: skip


def _places(
    session: Session, found: list[Waiting]
) -> dict[int, tuple[int, tuple[int, int | None], Stage]]:
    """By submission: its obligation, who owes and who oversees it, and the stage."""
    numbers = [one.number for one in found]
    places = {}
    for start in range(0, len(numbers), 500):
        columns = (
            Submission.id, Obligation.id, Obligation.unit_id, Round.overseer_id, Round.stage,
        )  # fmt: skip
        rows = session.connection().execute(
            sa.select(*map(col, columns))
            .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
            .join(Round, col(Round.id) == col(Obligation.round_id))
            .where(col(Submission.id).in_(numbers[start : start + 500]))
        )
        for number, id_, unit_id, overseer_id, stage in rows:
            places[number] = (id_, (unit_id, overseer_id), stage)
    return places


def _oversees(admitted: Admitted, unit_id: int, overseer_id: int | None) -> bool:
    """Whether the viewer may appraise: an overseer what its unit oversees, and not its own."""
    if admitted.viewer.role is not AccountRole.OVERSEER:
        return True
    return admitted.viewer.unit_id == overseer_id and admitted.viewer.unit_id != unit_id


@office.get("/obligations/{id}", name="obligation")
def obligation_page(request: Request, site: Here, admitted: Let, id: int) -> Response:
    return _obligation(request, site, admitted, id)


@office.post("/obligations/{id}/appraise", name="appraise")
def appraise(
    request: Request,
    site: Here,
    admitted: Let,
    id: int,
    submission: Annotated[int, Form()] = 0,
    found: Short = "",
    quality: Short = "",
    until: Short = "",
    words: Annotated[str, Form(max_length=100_000)] = "",
) -> Response:
    typed = {"found": found, "quality": quality, "until": until, "words": words}
    try:
        code = _appraise(site, admitted, id, submission, typed)
    except (NotAllowed, SecretDocument, UnknownName) as error:
        status = 422 if isinstance(error, SecretDocument) else 409
        return _obligation(request, site, admitted, id, typed, str(error), status)
    if found == Appraised.ACCEPTED:
        return back(request, "obligation", "accepted", id=id)
    return back(request, "obligation", f"returned.{timers(site, code)}", id=id)


def _appraise(
    site: Site, admitted: Admitted, id: int, number: int, typed: Mapping[str, str]
) -> str:
    """Appraises a submission of this obligation; the directive's code."""
    by, moment = admitted.viewer.name, site.clock()
    account = admitted.viewer.account_id
    with site.database.write() as session:
        if not _oversees(admitted, *dossier.scope(session, id)):
            raise Forbidden(_("Your unit does not oversee this task."))
        given = session.get(Submission, number) if 0 < number <= LAST_NUMBER else None
        if given is None or given.obligation_id != id:
            raise UnknownName(_("There is no submission {number}.").format(number=number))
        words = typed["words"]
        if typed["found"] == Appraised.ACCEPTED:
            quality = _quality(typed["quality"])
            appraising.accept(session, number, quality, words, by, moment, account)
        elif typed["found"] == Appraised.RETURNED:
            calendar, until = working_calendar(session), _day(typed["until"])
            appraising.give_back(session, number, words, by, calendar, moment, until, account)
        else:
            raise NotAllowed(_("Say whether it is accepted or given back."))
        return the_task(session, id, moment).directive_code


@office.post("/obligations/{id}/approve", name="approve")
def approve(
    request: Request,
    site: Here,
    admitted: Let,
    id: int,
    submission: Annotated[int, Form()] = 0,
) -> Response:
    """The head's approval from an account; a code by mail does the same."""
    try:
        with site.database.write() as session:
            admitted.refuse_other_units(*dossier.scope(session, id))
            given = session.get(Submission, submission) if 0 < submission <= LAST_NUMBER else None
            if given is None or given.obligation_id != id:
                raise UnknownName(_("There is no submission {number}.").format(number=submission))
            approving.approve_by_account(session, submission, admitted.viewer, site.clock())
    except NotAllowed as error:
        return _obligation(request, site, admitted, id, fault=str(error), status=409)
    return back(request, "obligation", "approved", id=id)


def _quality(word: str) -> Quality:
    if word not in set(Quality):
        raise NotAllowed(_("Choose a mark: how good the answer is."))
    return Quality(word)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        message = _("“{found}” is no date.")
        raise NotAllowed(message.format(found=text)) from None


def _obligation(
    request: Request,
    site: Site,
    admitted: Admitted,
    id: int,
    typed: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    moment = site.clock()
    with site.database.read() as session:
        unit_id, overseer_id = dossier.scope(session, id)
        admitted.refuse_other_units(unit_id, overseer_id)
        task = the_task(session, id, moment)
        may = admitted.may("appraise") and _oversees(admitted, unit_id, overseer_id)
        return page(
            request, "obligation", admitted, status, task=task,
            versions=dossier.compared(task.answers, task.asked),
            newest=_to_appraise(task) if may else None,
            approval=approving.waited_for(session, id) if admitted.may("approve") else None,
            mails=dossier.mails(session, id), history=history.activities(session, obligation=id),
            qualities=list(Quality), today=day_of(moment),
            typed=typed or {"found": "", "quality": "", "until": "", "words": ""}, fault=fault,
            most=appraising.MAX_WORDS, refused=Verdict.REFUSED, returned=Appraised.RETURNED,
            done=notice(request, _words()),
        )  # fmt: skip


def _words() -> dict[str, str]:
    return {
        "accepted": _("The submission is accepted."),
        "returned": _("The submission is given back; the unit is told by mail."),
        "approved": _("The answer is approved in your name."),
        **timer_words(),
    }


def _to_appraise(task: TheTask) -> Submission | None:
    """The newest version that was found without fault, unless it was given back."""
    for answer in task.answers:
        given, last = answer.submission, answer.appraisal
        if given.verdict is Verdict.ACCEPTED and given.kind is not SubmissionKind.DECLINE:
            waits = task.needs_head and not (answer.approval and answer.approval.approved_at)
            return None if waits or _is_returned(last) else given
    return None


def _is_returned(last: Appraisal | None) -> bool:
    return last is not None and last.found is Appraised.RETURNED


@office.get("/files/{id}", name="file")
def file(site: Here, admitted: Let, id: int) -> Response:
    """A file of evidence, always as a download: nobody's file is shown as a page of ours."""
    with site.database.read() as session:
        found = session.get(Evidence, id) if 0 < id <= LAST_NUMBER else None
        if found is None or found.submission_id is None:
            raise UnknownName(_("There is no such file."))
        admitted.refuse_other_units(*dossier.scope(session, found.obligation_id))
        return evidence_file(site, found)
