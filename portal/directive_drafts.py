"""Registering a directive from the browser: upload, look at it, confirm, issue."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, select

from models.directive import Directive
from models.document import MAX_BYTES
from models.errors import DirectiveFileError, Fault, NotAllowed
from models.i18n import gettext as _
from models.readings import in_words
from models.rehearsal import Call
from models.status import day_of
from models.timers import OPENS_AT, at
from portal.access import Admitted, Let, admit
from portal.deeds import back, content, notice, timer_words, timers
from portal.pages import page
from portal.site import Here, Site
from tasks import directive_drafts as drafts
from tasks import rehearsing, trial
from tasks.calendars import working_calendar
from tasks.directive_drafts import Read
from tasks.units import load_register

office = APIRouter(dependencies=[Depends(admit)])

Mark = Annotated[str, Form(max_length=64)]
# the mail's own styles are inline; nothing else of it may do anything
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True)
class Leaving:
    """The mails of one round: when they leave, and to how many units."""

    call: Call
    units: int
    passed: bool


@office.get("/drafts", name="drafts")
def drafts_page(request: Request, site: Here, admitted: Let) -> Response:
    return _list(request, site, admitted)


@office.post("/drafts", name="draft-upload")
def upload(request: Request, site: Here, admitted: Let, file: UploadFile | None = None) -> Response:
    name, raw = content(file, MAX_BYTES)
    try:
        with site.database.write() as session:
            found = drafts.upload(session, name, raw, admitted.viewer.name, site.clock())
            number = found.id
    except DirectiveFileError as error:
        return _list(request, site, admitted, error.faults)
    return back(request, "draft", "kept", id=number)


def _list(
    request: Request, site: Site, admitted: Admitted, faults: Sequence[Fault] = ()
) -> HTMLResponse:
    with site.database.read() as session:
        found = drafts.every(session)
        return page(
            request, "drafts", admitted, 422 if faults else 200, drafts=found, faults=faults
        )


@office.get("/drafts/{id}", name="draft")
def draft_page(request: Request, site: Here, admitted: Let, id: int) -> Response:
    return _draft(request, site, admitted, id)


@office.post("/drafts/{id}/file", name="draft-replace")
def replace(
    request: Request,
    site: Here,
    admitted: Let,
    id: int,
    mark: Mark = "",
    file: UploadFile | None = None,
) -> Response:
    name, raw = content(file, MAX_BYTES)
    try:
        with site.database.write() as session:
            drafts.replace(session, id, mark, name, raw, admitted.viewer.name, site.clock())
    except DirectiveFileError as error:
        return _draft(request, site, admitted, id, error.faults)
    return back(request, "draft", "replaced", id=id)


@office.post("/drafts/{id}/confirm", name="draft-confirm")
def confirm(
    request: Request,
    site: Here,
    admitted: Let,
    id: int,
    mark: Mark = "",
    question: Annotated[list[str], Form()] = [],  # noqa: B006 FastAPI copies it
) -> Response:
    with site.database.write() as session:
        drafts.confirm(session, id, mark, question, admitted.viewer.name, site.clock())
    return back(request, "draft", "confirmed", id=id)


@office.post("/drafts/{id}/issue", name="draft-issue")
def issue(
    request: Request, site: Here, admitted: Let, id: int, mark: Mark = "", at_once: Mark = ""
) -> Response:
    with site.database.write() as session:
        found = drafts.read(session, drafts.one(session, id), site.clock())
        if found.draft.issued_at is None and _at_once(session, found, site) and not at_once:
            raise NotAllowed(_("Mails leave at once: tick that you mean it, then issue again."))
        calendar = working_calendar(session)
        by, moment = admitted.viewer.name, site.clock()
        code = drafts.issue(session, id, mark, by, calendar, moment).code
    return back(request, "draft", f"issued.{timers(site, code)}", id=id)


@office.get("/drafts/{id}/mails", name="draft-mails")
def mails_page(request: Request, site: Here, admitted: Let, id: int, round: str = "") -> Response:
    with site.database.read() as session:
        found = drafts.read(session, drafts.one(session, id), site.clock())
        leaving = _leaving(session, found, site)
        mail = _sample(session, site, admitted, found, round) if round else None
        return page(
            request, "draft_mails", admitted, found=found, leaving=leaving, mail=mail,
            total=sum(one.units for one in leaving if not one.passed),
        )  # fmt: skip


@office.get("/drafts/{id}/mails/{round}", name="draft-mail")
def mail_page(site: Here, admitted: Let, id: int, round: str) -> Response:
    """The mail as a unit would see it; it stands alone, so that no page of ours trusts it."""
    with site.database.read() as session:
        found = drafts.read(session, drafts.one(session, id), site.clock())
        mail = _sample(session, site, admitted, found, round)
    return HTMLResponse(mail.html, headers={"content-security-policy": MAIL_POLICY})


def _sample(
    session: Session, site: Site, admitted: Admitted, found: Read, round: str
) -> trial.Sample:
    calendar = working_calendar(session)
    file = drafts.without_faults(found)
    by, settings = admitted.viewer.name, site.settings
    return trial.sample(session, file, round, by, calendar, settings, site.clock())


def _draft(
    request: Request, site: Site, admitted: Admitted, id: int, refused: Sequence[Fault] = ()
) -> HTMLResponse:
    moment = site.clock()
    with site.database.read() as session:
        found = drafts.read(session, drafts.one(session, id), moment)
        values = _looked_at(session, found, day_of(moment)) if found.file else {}
        owner = _owner(session, found)
        at_once = _at_once(session, found, site) if found.file else 0
        return page(
            request, "draft", admitted, 422 if refused else 200, found=found, refused=refused,
            done=notice(request, _words()), owner=owner, in_words=in_words, at_once=at_once,
            **values,
        )  # fmt: skip


def _words() -> dict[str, str]:
    return {
        "kept": _("The file is kept as a draft. Nothing of it binds."),
        "replaced": _("The mended file is kept in place of the earlier one."),
        "confirmed": _("The readings are confirmed in your name; they bind once it is issued."),
        "issued": _("The directive is issued."),
        **timer_words(),
    }


def _owner(session: Session, found: Read) -> Directive | None:
    """The directive that a draft is, or that it would bring to another state."""
    if found.draft.directive_id:
        return session.get(Directive, found.draft.directive_id)
    if found.file is None:
        return None
    return session.exec(select(Directive).where(Directive.code == found.file.code)).first()


def _looked_at(session: Session, found: Read, today: date) -> dict[str, object]:
    """What stands on the page of a draft that has no faults."""
    file = found.file
    assert file is not None
    rehearsed = rehearsing.rehearse_in(session, file, None, working_calendar(session))
    phrases = dict.fromkeys(p for item in file.rounds for p in file.phrases_of(item))
    register = load_register(session, file.province)
    issued = file.issue_date() or today
    return {
        "file": file,
        "quotes": {q.id: drafts.quotes(file, q) for q in file.questions},
        "rehearsed": rehearsed,
        "warnings": list(rehearsing.warnings(rehearsed)),
        "verdict": rehearsing.verdict(rehearsed),
        "series": rehearsing.series_of(rehearsed.draft),
        "asked": {p: register.expand(p, max(issued, today)) for p in phrases},
        "today": today,
    }


def _at_once(session: Session, found: Read, site: Site) -> int:
    """How many mails leave as soon as it is issued: of rounds whose opening has passed already."""
    if found.faults:
        return 0
    moment = site.clock()
    return sum(
        one.units
        for one in _leaving(session, found, site)
        if one.call.round.binding
        and not one.passed
        and at(one.call.round.opens, OPENS_AT) <= moment
    )


def _leaving(session: Session, found: Read, site: Site) -> list[Leaving]:
    """The mails that tell units of their tasks, by round and day."""
    file, today = drafts.without_faults(found), day_of(site.clock())
    rehearsed = rehearsing.rehearse_in(session, file, None, working_calendar(session))
    units = Counter[str]()
    first: dict[str, Call] = {}
    for call in sorted(rehearsed.draft, key=lambda c: (c.round.opens, c.due)):
        units[call.round.code] += len(call.units)
        first.setdefault(call.round.code, call)
    return [Leaving(c, units[code], c.round.closes < today) for code, c in first.items()]
