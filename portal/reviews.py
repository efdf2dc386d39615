"""The dossier of a review (sơ kết, tổng kết): everything its summary looks back on, with links."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, select

from models.directive import Directive
from models.round import Round
from models.unit import Unit
from portal.access import Let, admit
from portal.boards import obligations_of
from portal.pages import page
from portal.site import Here
from tasks import lookup, summarising
from tasks.narrative_results import share_of, shown, threshold_of
from tasks.review_dossier import review

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/directives/{code}/reviews/{round}", name="review")
def review_page(request: Request, site: Here, admitted: Let, code: str, round: str) -> Response:
    """The rounds of a phase, targets by period, who leads, who was late, lessons, figures; of a
    round that is no review its summary.
    """
    with site.database.read() as session:
        found = lookup.round_(session, code, round)
        if found.review is None:
            target = request.app.url_path_for("summary", code=code, round=round)
            return RedirectResponse(target, status_code=303)
        owner = session.get_one(Directive, found.directive_id)
        units = select(Unit.name, Unit.id).where(Unit.province == owner.province)
        return page(
            request, "review", admitted, round=found, directive=owner,
            review=_dossier(session, owner, found, site.clock()),
            units=dict(session.exec(units).all()), opens=obligations_of(admitted),
            shown=shown, share=share_of, goal=threshold_of,
        )  # fmt: skip


def _dossier(session: Session, owner: Directive, found: Round, now: datetime) -> dict[str, Any]:
    """As the newest summary has it, else as it would be now."""
    frozen = summarising.latest_summary(session, found)
    known: dict[str, Any] | None = frozen.figures.get("review") if frozen else None
    return known or review(session, owner, found, now)
