"""Summaries for other systems: versions, figures, and the files that were signed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from sqlmodel import Session

from models.directive import Directive
from models.round import Round, Summary
from models.words import PaperKind
from portal.api_access import admit_token
from portal.api_answer_models import SummarySaid, SummaryWhole
from portal.pages import attachment
from portal.site import Here
from tasks import lookup, summary_papers, summary_versions
from tasks.reliefs import LAST_NUMBER

router = APIRouter(dependencies=[Depends(admit_token)], tags=["summaries"])
PLACE = "/directives/{directive}/rounds/{round}/summaries"
Version = Annotated[int, Path(ge=1, le=LAST_NUMBER)]


@router.get(PLACE, name="summaries")
def versions(site: Here, directive: str, round: str) -> list[SummarySaid]:
    """Every version of the summary of a round, the newest first."""
    with site.database.read() as session:
        found = lookup.round_(session, directive, round)
        return [_said(session, found, one) for one in summary_versions.versions(session, found)]


@router.get(PLACE + "/{version}", name="summary")
def one_version(site: Here, directive: str, round: str, version: Version) -> SummaryWhole:
    """A version with its figures, those of each unit, its text, and what files it has."""
    with site.database.read() as session:
        found = lookup.round_(session, directive, round)
        summary = summary_versions.one(session, found, version)
        signed = [one.kind for one in summary_papers.papers(session, summary)]
        return SummaryWhole(
            **_said(session, found, summary).model_dump(),
            figures=summary.figures,
            annex=summary.annex,
            markdown=summary.markdown,
            papers=signed if summary.signed_at else summary_papers.writable(),
        )


@router.get(
    PLACE + "/{version}/papers/{kind}", name="paper", response_class=Response,
    responses={200: {"content": {media: {} for media in summary_papers.MEDIA.values()}}},
)  # fmt: skip
def paper(site: Here, directive: str, round: str, version: Version, kind: PaperKind) -> Response:
    """A file: the very one that was signed, else a draft written now, which its name says."""
    with site.database.read() as session:
        found = lookup.round_(session, directive, round)
        summary = summary_versions.one(session, found, version)
        made = summary_papers.given_out(session, site.settings.data, found, summary, kind)
    media = summary_papers.MEDIA[kind]
    return Response(made.raw, media_type=media, headers=attachment(made.name))


def _said(session: Session, found: Round, summary: Summary) -> SummarySaid:
    owner = session.get_one(Directive, found.directive_id)
    return SummarySaid(
        directive=owner.code, round=found.code, version=summary.version,
        frozen_at=summary.frozen_at, sha256=summary.sha256, number=summary.number,
        signed_at=summary.signed_at,
    )  # fmt: skip
