"""Lồng ghép: one report serves several duties of a unit.

Its figures are entered once, and each duty has a submission of its own that says which report it
was taken from.

A correction of the report makes a new version of each duty taken from it, unless that duty has been
answered by hand since. A duty is checked by its own rules: what they refuse is kept refused, and
the unit is told what to mend, as with every answer.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.answers import check_answer
from models.directive import Directive
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.round import Evidence, Obligation, Round, Submission
from models.status import day_of
from models.words import Appraised, Ending, Stage, SubmissionKind, Verdict
from tasks import evidence
from tasks.asking import asks_with_known
from tasks.shared_figures import Shape, can_stand_for, restricted, shapes
from tasks.standing import last_found

Made = TypeVar("Made")
_SOURCE = aliased(Submission)
_ACCEPTED = (
    col(Submission.verdict) == Verdict.ACCEPTED,
    col(Submission.kind) == SubmissionKind.REPORT,
)


@dataclass(frozen=True)
class Duty:
    """Another report that a unit owes. One that `follows` was taken from this report before."""

    id: int
    code: str
    title: str
    directive: str
    due: date
    follows: bool
    shape: Shape


@dataclass(frozen=True)
class Link:
    """A report that another was taken from, or that was taken from it."""

    obligation_id: int
    code: str
    title: str
    directive: str
    version: int
    verdict: Verdict


def duties(session: Session, obligation_id: int, as_of: datetime) -> list[Duty]:
    """The other reports that this one can stand for, or stands for already."""
    found = _open_reports(session, obligation_id, as_of)
    here = _round_of(session, obligation_id)
    forms = shapes(session, {here, *(row.round_id for row in found)}) if found else {}
    return [
        Duty(row.id, row.code, row.title, row.symbol, row.due, row.source == obligation_id,
             forms[row.round_id])
        for row in found
        if row.source == obligation_id or can_stand_for(forms[here], forms[row.round_id])
    ]  # fmt: skip


def _round_of(session: Session, obligation_id: int) -> int:
    return session.get_one(Obligation, obligation_id).round_id


def _open_reports(session: Session, obligation_id: int, as_of: datetime) -> Sequence[Any]:
    """The reports that the unit of an obligation owes elsewhere: not answered, given back, or taken
    from this one.
    """
    this = aliased(Obligation)
    latest = sa.func.max(col(Submission.id)).label("id")
    answered = (
        sa.select(col(Submission.obligation_id).label("obligation_id"), latest)
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(this, col(this.unit_id) == col(Obligation.unit_id))
        .where(col(this.id) == obligation_id, *_ACCEPTED)
        .group_by(col(Submission.obligation_id))
        .subquery()
    )
    returned = last_found(col(Submission.id), as_of) == Appraised.RETURNED
    statement = (
        sa.select(
            *map(col, (Obligation.id, Obligation.code, Obligation.due, Obligation.round_id)),
            *map(col, (Round.title, Directive.symbol)),
            col(_SOURCE.obligation_id).label("source"),
        )
        .join(this, col(this.unit_id) == col(Obligation.unit_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .outerjoin(answered, answered.c.obligation_id == col(Obligation.id))
        .outerjoin(Submission, col(Submission.id) == answered.c.id)
        .outerjoin(_SOURCE, col(_SOURCE.id) == col(Submission.taken_from_id))
        .where(
            col(this.id) == obligation_id,
            col(Obligation.id) != obligation_id,
            col(Round.stage) == Stage.REPORTING,
            col(Obligation.ending).is_(None) | (col(Obligation.ending) == Ending.CLOSED),
            sa.or_(
                col(Submission.id).is_(None), col(_SOURCE.obligation_id) == obligation_id, returned
            ),
        )
        .order_by(col(Obligation.due), col(Obligation.id))
    )
    return session.connection().execute(statement).all()


def chosen(
    session: Session, obligation_id: int, codes: Collection[str], as_of: datetime
) -> list[Duty]:
    """The duties of some codes, kept from others by `answer_calls.keep_all` before; raises
    NotAllowed where this report cannot stand for one of them.
    """
    if not codes:
        return []
    found = {duty.code: duty for duty in duties(session, obligation_id, as_of)}
    wrong = [code for code in codes if code not in found]
    if wrong:
        message = _(
            "This report cannot stand for {codes}: it must be a report that the same unit still "
            "owes for the same time, whose figures and sections are all in this one."
        )
        raise NotAllowed(message.format(codes=", ".join(wrong)))
    return [found[code] for code in dict.fromkeys(codes)]


def carry(
    session: Session,
    submission_id: int,
    also: Collection[Duty],
    as_of: datetime,
    record: Callable[[str, Mapping[str, Any]], Made],
) -> list[Made]:
    """Records a report for the duties it stands for: those chosen, and those taken from it before.
    `record` takes the code of a duty and its answer.
    """
    given = session.get_one(Submission, submission_id)
    here = given.obligation_id
    wanted = {duty.code: duty for duty in also}
    if given.version > 1:
        known = duties(session, here, as_of)
        wanted |= {duty.code: duty for duty in known if duty.follows}
    if not wanted:
        return []
    round_id = _round_of(session, here)
    source = shapes(session, [round_id])[round_id]
    made = []
    for duty in wanted.values():
        payload = restricted(given.payload, source, duty.shape)
        if not _says_already(session, duty.id, payload, as_of):
            made.append(record(duty.code, payload))
    return made


def _says_already(
    session: Session, obligation_id: int, payload: Mapping[str, Any], as_of: datetime
) -> bool:
    """Whether the newest answer to a duty says the same and was not given back."""
    row = (
        session.connection()
        .execute(
            sa.select(col(Submission.payload), last_found(col(Submission.id), as_of))
            .where(col(Submission.obligation_id) == obligation_id, *_ACCEPTED)
            .order_by(col(Submission.id).desc())
            .limit(1)
        )
        .first()
    )
    return row is not None and row[0] == payload and row[1] != Appraised.RETURNED


def share_files(session: Session, submission_id: int) -> None:
    """Gives the files of a report to the duties it was recorded for: each shows its own proof."""
    files = evidence.of_submission(session, session.get_one(Submission, submission_id))
    taken = select(Submission).where(Submission.taken_from_id == submission_id, _ACCEPTED[0])
    for duty in session.exec(taken) if files else ():
        known = {one.sha256 for one in evidence.of_submission(session, duty)}
        place: dict[str, Any] = {"obligation_id": duty.obligation_id, "submission_id": duty.id}
        for one in files:
            if one.sha256 not in known:
                session.add(Evidence(**one.model_dump(exclude={"id", *place}), **place))
    session.flush()


def refusals(
    session: Session,
    obligation_id: int,
    ticked: Collection[int],
    payload: Mapping[str, Any],
    as_of: datetime,
    *,
    has_files: bool,
) -> dict[int, list[str]]:
    """What the rules of the duties ticked on a form would refuse, by the number of the duty; one
    that this report cannot stand for is refused whole.
    """
    found = {duty.id: duty for duty in duties(session, obligation_id, as_of)} if ticked else {}
    unknown = _("this report cannot stand for that task: leave it out")
    refused = {id_: [unknown] for id_ in ticked if id_ not in found}
    if len(refused) == len(ticked):
        return refused
    round_id = _round_of(session, obligation_id)
    source = shapes(session, [round_id])[round_id]
    for id_ in (id_ for id_ in ticked if id_ in found):
        taken = restricted(payload, source, found[id_].shape)
        asks = asks_with_known(session, found[id_].shape.asks, id_, as_of, has_evidence=has_files)
        faults = check_answer(SubmissionKind.REPORT, taken, asks, day_of(as_of))
        if faults:
            refused[id_] = [fault.message for fault in faults]
    return refused


def source_in_words(session: Session, submission_id: int | None) -> dict[str, str]:
    """The number of the report that a submission is taken from, for the journal; else nothing."""
    if submission_id is None:
        return {}
    given = session.get_one(Submission, submission_id)
    code = session.get_one(Obligation, given.obligation_id).code
    return {"taken_from": f"{code}#{given.version}"}


def sources(session: Session, submissions: Collection[int]) -> dict[int, Link]:
    """The reports that submissions were taken from, by the submission; those with none left out."""
    return dict(_links(session, col(Submission.id), col(_SOURCE.id), submissions))


def report_of(session: Session, submission_id: int) -> Link:
    """A report, as the duties that were taken from it name it."""
    row = (
        session.connection()
        .execute(
            sa.select(
                *map(col, (Obligation.id, Obligation.code, Round.title, Directive.symbol)),
                *map(col, (Submission.version, Submission.verdict)),
            )
            .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
            .join(Round, col(Round.id) == col(Obligation.round_id))
            .join(Directive, col(Directive.id) == col(Round.directive_id))
            .where(col(Submission.id) == submission_id)
        )
        .one()
    )
    return Link(*row)


def served(session: Session, submission_id: int) -> list[Link]:
    """The duties for which a submission was recorded as well, in the order of their dates."""
    rows = _links(session, col(_SOURCE.id), col(Submission.id), [submission_id])
    return [link for _id, link in rows]


def _links(
    session: Session, of: Any, other: Any, submissions: Collection[int]
) -> list[tuple[int, Link]]:
    """Pairs of a submission and the one it was taken from; `other` is the one that is told of."""
    told = aliased(Submission)
    rows = session.connection().execute(
        sa.select(
            of.label("of"),
            *map(col, (Obligation.id, Obligation.code, Round.title, Directive.symbol)),
            *map(col, (told.version, told.verdict)),
        )
        .select_from(Submission)
        .join(_SOURCE, col(_SOURCE.id) == col(Submission.taken_from_id))
        .join(told, col(told.id) == other)
        .join(Obligation, col(Obligation.id) == col(told.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(of.in_(submissions))
        .order_by(col(Obligation.due), col(told.id))
    )
    return [(id_, Link(*rest)) for id_, *rest in rows]
