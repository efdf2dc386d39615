"""The summary of a round: its versions and files, what came since, its words, its signing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from models.directive import Directive
from models.errors import InputError
from models.i18n import gettext as _
from models.round import Round, Summary
from models.typed import Unreadable, typed_day
from models.words import PaperKind, ReportPart
from portal.access import Admitted, Let, admit
from portal.deeds import back, notice
from portal.pages import attachment, page
from portal.site import Here, Site
from tasks import lookup, signing, summarising, summary_papers, summary_text, summary_versions
from tasks.reliefs import LAST_NUMBER
from tasks.signing import ChangedSince, Signature
from tasks.summary_versions import Since

office = APIRouter(dependencies=[Depends(admit)])

Version = Annotated[int | None, Query(ge=1, le=LAST_NUMBER)]
Said = Annotated[str, Form(max_length=200)]
Words = Annotated[str, Form(max_length=summary_versions.LONGEST_WORDS)]
PARTS = tuple(part for part in ReportPart if part is not ReportPart.LESSONS)
PAGE = "/directives/{code}/rounds/{round}/summary"


@dataclass(frozen=True)
class Typed:
    """The form of signing as it was sent, what is wrong with it, what changed since."""

    fields: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    changes: Sequence[str] = ()
    status: int = 200


@office.get("/summaries", name="summaries")
def summaries(request: Request, site: Here, admitted: Let) -> Response:
    """The newest summary of every round, those that wait to be signed first."""
    with site.database.read() as session:
        found = summary_versions.newest_of_all(session, site.clock())
    return page(
        request, "summaries", admitted,
        waiting=[one for one in found if one.signed_at is None],
        signed=[one for one in found if one.signed_at is not None],
    )  # fmt: skip


@office.get(PAGE, name="summary")
def summary_page(
    request: Request, site: Here, admitted: Let, code: str, round: str, version: Version = None
) -> Response:
    return _page(request, site, admitted, code, round, version)


def _page(
    request: Request, site: Site, admitted: Admitted, code: str, round: str,
    version: int | None = None, typed: Typed | None = None,
) -> HTMLResponse:  # fmt: skip
    moment = site.clock()
    typed = typed or Typed()
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        known = summary_versions.versions(session, found)
        shown = _shown(session, site, found, version, bool(known))
        since = Since(0, [])
        if known and shown is known[0]:
            since = summary_versions.since(session, found, shown, moment)
        return page(
            request, "summary", admitted, typed.status,
            round=found, directive=session.get_one(Directive, found.directive_id), known=known,
            summary=shown, since=since, papers=_papers(session, shown), kinds=list(PaperKind),
            parts=PARTS, typed=typed, now=moment, done=notice(request, _done()),
            newest=bool(known) and shown is known[0],
            content=summary_text.in_portal(shown) if shown else "",
        )  # fmt: skip


def _shown(
    session: Session, site: Site, found: Round, version: int | None, closed: bool
) -> Summary | None:
    """The version asked for; of a round that is open what it would be now, if it ever opened."""
    if closed or version is not None:
        return summary_versions.one(session, found, version)
    return summarising.draft(session, found, site.clock()) if found.opened_at else None


def _papers(session: Session, shown: Summary | None) -> dict[str, Any]:
    """The signed files of a version, by kind."""
    if shown is None or shown.id is None:
        return {}
    return {one.kind.value: one for one in summary_papers.papers(session, shown)}


def _done() -> dict[str, str]:
    return {
        "drawn": _("The summary is drawn up as the round stands now."),
        "same": _("Nothing has changed: the version stays."),
        "words": _("Your words are kept with the summary."),
        "signed": _("The signing is recorded; the files are frozen."),
    }


@office.get(PAGE + "/files/{kind}", name="summary-paper")
def paper(site: Here, code: str, round: str, kind: PaperKind, version: Version = None) -> Response:
    """A file: the very one that was signed, else a draft written now, which its name says."""
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        closed = summarising.latest_summary(session, found) is not None
        shown = _shown(session, site, found, version, closed)
        shown = shown or summarising.draft(session, found, site.clock())
        made = summary_papers.given_out(session, site.settings.data, found, shown, kind)
    media = summary_papers.MEDIA[kind]
    return Response(made.raw, media_type=media, headers=attachment(made.name))


@office.post(PAGE + "/draw", name="summary-draw")
def draw(request: Request, site: Here, admitted: Let, code: str, round: str) -> Response:
    with site.database.write() as session:
        found = lookup.round_(session, code, round)
        before = summary_versions.one(session, found).version
        summary = summary_versions.draw_up(session, found, admitted.viewer.name, site.clock())
        done = "same" if summary.version == before else "drawn"
    return back(request, "summary", done, code=code, round=round)


@office.post(PAGE + "/words", name="summary-words")
def words(
    request: Request,
    site: Here,
    admitted: Let,
    code: str,
    round: str,
    situation: Words = "",
    results: Words = "",
    limitations: Words = "",
    causes: Words = "",
    proposals: Words = "",
) -> Response:
    said = {
        "situation": situation, "results": results, "limitations": limitations,
        "causes": causes, "proposals": proposals,
    }  # fmt: skip
    with site.database.write() as session:
        found = lookup.round_(session, code, round)
        summary_versions.draw_up(session, found, admitted.viewer.name, site.clock(), said)
    return back(request, "summary", "words", code=code, round=round)


@office.post(PAGE + "/sign", name="summary-sign")
def sign(
    request: Request,
    site: Here,
    admitted: Let,
    code: str,
    round: str,
    version: Annotated[int, Form()] = 0,
    read: Said = "",
    number: Said = "",
    signed_on: Said = "",
    signed_by: Said = "",
    knowingly: Said = "",
) -> Response:
    """Records the signing, or shows what is wrong and what changed since it was drawn up."""
    fields = {"number": number, "signed_on": signed_on, "signed_by": signed_by}
    try:
        signature = Signature(number, _day(signed_on), signed_by)
        _sign(site, admitted, code, round, version, read, signature, knowingly=bool(knowingly))
    except ChangedSince as error:
        typed = Typed(fields, changes=error.changes, status=409)
        return _page(request, site, admitted, code, round, typed=typed)
    except InputError as error:
        errors = {fault.field: [fault.message] for fault in error.faults}
        typed = Typed(fields, errors, status=422)
        return _page(request, site, admitted, code, round, typed=typed)
    return back(request, "summary", "signed", code=code, round=round)


def _day(text: str) -> date | None:
    try:
        return typed_day(text)
    except Unreadable:
        return None


def _sign(
    site: Site, admitted: Admitted, code: str, round: str, version: int, read: str,
    signature: Signature, *, knowingly: bool,
) -> None:  # fmt: skip
    """The files are written before anything is locked: that takes seconds."""
    moment = site.clock()
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        ready = signing.prepare(
            session,
            site.settings.data,
            found,
            version,
            read,
            signature,
            moment,
            knowingly=knowingly,
        )
    with site.database.write() as session:
        found = lookup.round_(session, code, round)
        signing.sign(session, site.settings.data, found, ready, admitted.viewer.name, moment)
