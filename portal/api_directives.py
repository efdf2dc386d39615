"""Directives for other systems: read whole, or sent as a draft that the secretariat issues."""

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session, col, select

from models.directive import Citation, Directive, DirectiveDraft, Question
from models.round import Round
from models.words import Kind
from portal.api_access import Let, admit_token
from portal.api_asked import Key, Since, Wanted, Word, directive_of, possible, seen_by
from portal.api_models import (
    CitationSaid,
    DirectiveSaid,
    DirectiveWhole,
    DraftGiven,
    DraftSaid,
    Page,
)
from portal.api_problems import fault_said
from portal.asked import Number
from portal.site import Here, Site
from tasks import directive_drafts as drafts
from tasks import lookup
from tasks.asking_once import Done, once

router = APIRouter(dependencies=[Depends(admit_token)], tags=["directives"])


@router.get("/directives", name="directives")
def directives(
    site: Here, holder: Let, wanted: Wanted, province: Word = "", kind: Kind | None = None,
    registered_since: Since = None,
) -> Page[DirectiveSaid]:  # fmt: skip
    """Directives in the order they were registered; to a token of a unit, those that asked it."""
    since = possible(registered_since, "registered_since")
    where = [col(Directive.id) > wanted.after, seen_by(holder)]
    where += [col(Directive.province) == province] if province else []
    where += [col(Directive.kind) == kind] if kind else []
    where += [col(Directive.registered_at) >= since] if since else []
    with site.database.read() as session:
        rows = session.exec(
            select(Directive).where(*where).order_by(col(Directive.id)).limit(wanted.limit + 1)
        ).all()
        shown, cursor = wanted.of(rows, [lookup.id_of(row) for row in rows])
        return Page(items=[DirectiveSaid.model_validate(row) for row in shown], next=cursor)


@router.get("/directives/{directive}", name="directive")
def one_directive(site: Here, holder: Let, directive: str) -> DirectiveWhole:
    """A directive whole: heading, citations, open questions, the codes of its rounds, its file."""
    with site.database.read() as session:
        found = directive_of(session, holder, directive)
        cited = session.exec(
            select(Citation).where(Citation.directive_id == found.id).order_by(col(Citation.number))
        )
        asked = select(Question.code).where(
            Question.directive_id == found.id, col(Question.confirmed_by).is_(None)
        )
        codes = select(Round.code).where(Round.directive_id == found.id)
        return DirectiveWhole(
            **DirectiveSaid.model_validate(found).model_dump(),
            citations=[CitationSaid.model_validate(one) for one in cited],
            open_questions=list(session.exec(asked.order_by(col(Question.id)))),
            rounds=list(session.exec(codes.order_by(col(Round.due), col(Round.code)))),
            file=found.file,
        )


@router.post("/drafts", name="draft-upload", status_code=201, responses={200: {"model": DraftSaid}})
def upload(
    site: Here, holder: Let, given: DraftGiven, answer: Response, key: Key = ""
) -> DraftSaid:
    """Keeps a directive file as a draft, whatever its faults; the secretariat confirms it."""
    now, by = site.clock(), holder.name
    with site.database.write() as session:

        def work() -> Done:
            raw = given.text.encode(errors="replace")
            draft = drafts.upload(session, given.name, raw, by, now)
            said = _said(session, site, draft)
            return Done(201, said.model_dump(mode="json"))

        done = once(session, holder.token_id, key, ["draft", given.model_dump()], now, work)
    answer.status_code = 200 if done.again else 201
    return DraftSaid.model_validate(done.answer)


@router.get("/drafts/{number}", name="draft")
def one_draft(site: Here, holder: Let, number: Number) -> DraftSaid:
    """A draft as it is now, and the code of the directive that it was issued as."""
    with site.database.read() as session:
        return _said(session, site, drafts.one(session, number))


def _said(session: Session, site: Site, draft: DirectiveDraft) -> DraftSaid:
    found = drafts.read(session, draft, site.clock())
    issued = session.get(Directive, draft.directive_id) if draft.directive_id else None
    return DraftSaid(
        number=lookup.id_of(draft), name=draft.name, uploaded_at=draft.uploaded_at,
        issued_as=issued.code if issued else None,
        faults=[fault_said(one) for one in found.faults],
        remarks=[fault_said(one) for one in found.anomalies],
        open_questions=[question.id for question in found.open_questions],
    )  # fmt: skip
