"""Answers of units for other systems: read, and sent with their files."""

from datetime import datetime

from fastapi import APIRouter, Depends, Response, UploadFile
from sqlmodel import Session, col, select

from models.directive import Directive
from models.round import Evidence, Obligation, Round, Submission
from portal.api_access import Let, admit_token
from portal.api_answer_models import (
    AnswerGiven,
    AppraisalSaid,
    EvidenceSaid,
    Receipt,
    SubmissionSaid,
)
from portal.api_asked import (
    Key,
    Since,
    Wanted,
    Word,
    directive_of,
    obligation_of,
    possible,
    unit_of,
)
from portal.api_models import Page
from portal.asked import Number
from portal.site import Here
from portal.task_files import evidence_file
from tasks import answering_by_api, evidence, lookup
from tasks.answering_by_api import Given
from tasks.appraising import Version, of_obligation, with_all
from tasks.asking_once import Done, once
from tasks.evidence_guard import SUFFIXES

router = APIRouter(dependencies=[Depends(admit_token)], tags=["submissions"])
PLACE = "/obligations/{directive}/{round}/{unit}"


@router.get("/submissions", name="submissions")
def submissions(
    site: Here, holder: Let, wanted: Wanted, unit: Word = "", directive: Word = "",
    round: Word = "", received_since: Since = None,
) -> Page[SubmissionSaid]:  # fmt: skip
    """Versions of answers in the order they were recorded, refused ones too."""
    since = possible(received_since, "received_since")
    where = [col(Submission.id) > wanted.after]
    where += [col(Obligation.unit_id) == holder.unit_id] if holder.unit_id else []
    where += [col(Submission.received_at) >= since] if since else []
    where += [col(Round.code) == round] if round else []
    with site.database.read() as session:
        if unit:
            where.append(col(Obligation.unit_id) == unit_of(session, holder, unit).id)
        if directive:
            where.append(col(Directive.id) == directive_of(session, holder, directive).id)
        rows = session.exec(
            select(Submission, Obligation.code)
            .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
            .join(Round, col(Round.id) == col(Obligation.round_id))
            .join(Directive, col(Directive.id) == col(Round.directive_id))
            .where(*where)
            .order_by(col(Submission.id))
            .limit(wanted.limit + 1)
        ).all()
        shown, cursor = wanted.of(rows, [lookup.id_of(found) for found, _code in rows])
        whole = with_all(session, [found for found, _code in shown])
        codes = [code for _found, code in shown]
        items = [_said(one, code) for one, code in zip(whole, codes, strict=True)]
        return Page(items=items, next=cursor)


@router.get(PLACE + "/submissions", name="submissions-of")
def of_one(site: Here, holder: Let, directive: str, round: str, unit: str) -> list[SubmissionSaid]:
    """Every version of the answer to an obligation, oldest first."""
    with site.database.read() as session:
        owed = obligation_of(session, holder, directive, round, unit)
        found = of_obligation(session, lookup.id_of(owed))
        return [_said(one, owed.code) for one in found]


def _said(found: Version, code: str) -> SubmissionSaid:
    given = found.submission
    return SubmissionSaid(
        number=lookup.id_of(given), obligation=code, version=given.version, kind=given.kind,
        verdict=given.verdict, channel=given.channel, received_at=given.received_at,
        reason=given.reason, payload=given.payload,
        appraisals=[AppraisalSaid.model_validate(one) for one in found.appraisals],
        evidence=[_file(one) for one in found.evidence],
        approved_at=found.approval.approved_at if found.approval else None,
    )  # fmt: skip


def _file(found: Evidence) -> EvidenceSaid:
    return EvidenceSaid(
        number=lookup.id_of(found), name=found.name, media=found.media, size=found.size,
        sha256=found.sha256, added_at=found.added_at,
    )  # fmt: skip


@router.post(
    PLACE + "/submissions", name="answer", status_code=201, responses={200: {"model": Receipt}}
)
def answer(
    site: Here, holder: Let, directive: str, round: str, unit: str, given: AnswerGiven,
    response: Response, key: Key = "",
) -> Receipt:  # fmt: skip
    """Records an answer, by the rules of the form: 201 for a new version, 200 where the newest
    says this already. What has faults is not recorded.
    """
    now = site.clock()
    with site.database.write() as session:

        def work() -> Done:
            owed = obligation_of(session, holder, directive, round, unit)
            said = _record(session, owed, given, now)
            return Done(200 if said.again else 201, said.model_dump())

        asked = ["answer", directive, round, unit, given.model_dump(mode="json")]
        done = once(session, holder.token_id, key, asked, now, work)
    response.status_code = 200 if done.again else done.status
    return Receipt.model_validate({**done.answer, "again": response.status_code == 200})


def _record(session: Session, owed: Obligation, given: AnswerGiven, now: datetime) -> Receipt:
    said = Given(given.payload, given.sender, given.built_on, given.why, given.decline,
                 given.covers)  # fmt: skip
    sent = answering_by_api.answer(session, lookup.id_of(owed), said, now)
    found = session.get_one(Round, owed.round_id)
    return Receipt(
        obligation=owed.code, version=sent.version, again=sent.again,
        waits_for_head=found.needs_head and not given.decline,
    )  # fmt: skip


@router.post(PLACE + "/evidence", name="evidence-add", status_code=201)
def add_evidence(
    site: Here, holder: Let, directive: str, round: str, unit: str, file: UploadFile
) -> EvidenceSaid:
    """Adds a file that the next answer is sent with; the same content again is the same file."""
    with site.database.read() as session:
        id_ = lookup.id_of(obligation_of(session, holder, directive, round, unit))
    stored = evidence.store(site.settings.data, file.file)
    with site.database.write() as session:
        return _file(evidence.add(session, id_, file.filename or "", stored, site.clock()))


@router.get(
    PLACE + "/evidence/{number}", name="evidence", response_class=Response,
    responses={200: {"content": {media: {} for media in SUFFIXES}}},
)  # fmt: skip
def one_file(
    site: Here, holder: Let, directive: str, round: str, unit: str, number: Number
) -> Response:
    """A file of evidence."""
    with site.database.read() as session:
        owed = obligation_of(session, holder, directive, round, unit)
        return evidence_file(site, evidence.one_of(session, lookup.id_of(owed), number))
