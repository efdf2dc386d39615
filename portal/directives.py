"""A directive as it was registered, its timetable with reasons, and each round of it."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from models.directive import Citation, Directive, Measure, Norm, Question, Target
from models.directive_file import DirectiveFile
from models.errors import UnknownName
from models.i18n import gettext as _
from models.reasons import from_dicts
from models.round import Round
from models.unit import Unit
from portal.access import Let, admit
from portal.asked import Number, What
from portal.boards import obligations_of
from portal.pages import page
from portal.site import Here, Site
from tasks import boards, charts, lookup, summarising
from tasks.contradictions import contradictions
from tasks.emulation_facts import rules_of
from tasks.live_targets import provisional
from tasks.matrices import figures
from tasks.prefect_pages import runs_address
from tasks.target_results import Progress, progress

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/directives", name="directives")
def directives(request: Request, site: Here, admitted: Let) -> Response:
    with site.database.read() as session:
        return page(request, "directives", admitted, known=lookup.all_(session))


@office.get("/directives/{code}", name="directive")
def directive(request: Request, site: Here, admitted: Let, what: What, code: str) -> Response:
    """What a directive says, asks and leaves open, when, and how far it has come."""
    with site.database.read() as session:
        owner = lookup.directive(session, code)
        lines = boards.board(session, owner, what.as_of)
        rounds = boards.round_lines(session, owner, lines, what.as_of)
        found = progress(session, owner, what.as_of)
        return page(
            request, "directive", admitted, directive=owner, what=what,
            rounds=rounds, planned=_planned(session, owner), runs=_runs(site, session, owner),
            figures=figures(line.status for line in lines), chart=charts.timeliness(rounds),
            progress=[(one, _drawn(one)) for one in found],
            live=provisional(session, owner, what.as_of), **_parts(session, owner),
        )  # fmt: skip


def _parts(session: Session, owner: Directive) -> dict[str, Any]:
    """What the text holds, part by part."""
    file = DirectiveFile.model_validate(owner.file)
    return {
        name: session.exec(
            select(table).where(col(table.directive_id) == owner.id).order_by(col(table.id))
        ).all()
        for name, table in (
            ("citations", Citation), ("targets", Target), ("measures", Measure),
            ("norms", Norm), ("questions", Question),
        )
    } | {"assignments": [(given, file.bodies_of(given)) for given in file.assignments]}  # fmt: skip


def _planned(session: Session, owner: Directive) -> dict[int, Round]:
    found = session.exec(select(Round).where(Round.directive_id == owner.id))
    return {lookup.id_of(r): r for r in found}


def _runs(site: Site, session: Session, owner: Directive) -> dict[int, str]:
    """Where Prefect shows each round's flow runs."""
    return {
        id_: runs_address(site.settings, owner.code, r.code, r.opens, r.closes)
        for id_, r in _planned(session, owner).items()
    }


def _drawn(found: Progress) -> str:
    """The results as a line where they are shares, else as columns."""
    shares = [charts.Point(str(r.year), r.share) for r in found.results if r.share is not None]
    if shares:
        return charts.line(found.measured_by, shares, found.goal)
    totals = [charts.Column(str(r.year), [(round(r.total or 0), "#3f6f8a")]) for r in found.results]
    return charts.columns(found.measured_by, totals)


@office.get("/directives/{code}/rounds/{round}", name="round-of")
def round_of(request: Request, site: Here, admitted: Let, code: str, round: str) -> Response:
    """A round by the names that flow runs have for it."""
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        target = request.app.url_path_for("round", id=str(found.id))
    return RedirectResponse(target, status_code=303)


@office.get("/rounds/{id}", name="round")
def round_(request: Request, site: Here, admitted: Let, what: What, id: Number) -> Response:
    """A round: why its dates, its figures, its units; its summary has a page of its own."""
    with site.database.read() as session:
        found = session.get(Round, id)
        if found is None:
            raise UnknownName(_("There is no round {number}.").format(number=id))
        owner = session.get_one(Directive, found.directive_id)
        lines = boards.board(session, owner, what.as_of, found.id)
        frozen = summarising.latest_summary(session, found)
        return page(
            request, "round", admitted, round=found, directive=owner, what=what, lines=lines,
            figures=figures(line.status for line in lines), frozen=frozen,
            reason=list(map(str, from_dicts(found.reason))),
            overseer=session.get(Unit, found.overseer_id) if found.overseer_id else None,
            opens=obligations_of(admitted), ranked=rules_of(session, found) is not None,
            odd=len(contradictions(session, found, what.as_of)) if lines else 0,
            runs=runs_address(site.settings, owner.code, found.code, found.opens, found.closes),
        )  # fmt: skip
