"""Which answer to an obligation stands: one place for summaries, appraisals and the coverage map.

It is the newest that was checked and found without fault, a declined task aside, as long as it was
not given back; in a round that needs the head, the newest of those that the head approved.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.directive import Directive
from models.round import Appraisal, Approval, Obligation, Relief, Round, Submission
from models.words import Appraised, Quality, ReliefKind, SubmissionKind, Verdict

DONE = 100  # per cent


def standing(as_of: datetime, *where: sa.ColumnElement[bool]) -> sa.Subquery:
    """The id of the submission that stands for each obligation at an instant; `where` may speak of
    rounds and obligations.
    """
    found = newest(as_of, *where)
    return (
        sa.select(found.c.obligation_id, found.c.id)
        .where(~_given_back(found.c.id, as_of))
        .subquery()
    )


def _given_back(submission_id: Any, as_of: datetime) -> sa.Exists:
    """Whether the last appraisal of a submission gave it back; as EXISTS, which Postgres looks up
    for all at once.
    """
    last, later = aliased(Appraisal), aliased(Appraisal)
    overtaken = sa.exists().where(
        col(later.submission_id) == col(last.submission_id),
        col(later.id) > col(last.id),
        col(later.at) <= as_of,
    )
    return sa.exists().where(
        col(last.submission_id) == submission_id,
        col(last.found) == Appraised.RETURNED,
        col(last.at) <= as_of,
        ~overtaken,
    )


def newest(as_of: datetime, *where: sa.ColumnElement[bool]) -> sa.Subquery:
    """The id of each obligation's newest submission that counts, whether it was given back or not:
    the one to be appraised.
    """
    return (
        sa.select(col(Submission.obligation_id), sa.func.max(col(Submission.id)).label("id"))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(counts(as_of), *where)
        .group_by(col(Submission.obligation_id))
        .subquery()
    )


def counts(as_of: datetime) -> sa.ColumnElement[bool]:
    """Whether a submission of a round counts as an answer at an instant."""
    approved = sa.exists().where(
        col(Approval.submission_id) == col(Submission.id), col(Approval.approved_at) <= as_of
    )
    return sa.and_(
        col(Submission.verdict) == Verdict.ACCEPTED,
        col(Submission.kind) != SubmissionKind.DECLINE,
        col(Submission.received_at) <= as_of,
        sa.or_(col(Round.needs_head).is_(sa.false()), approved),
    )


def last_found(submission_id: Any, as_of: datetime) -> sa.ScalarSelect[Any]:
    """What the last appraisal of a submission up to an instant found; null, where there is none."""
    return (
        sa.select(col(Appraisal.found))
        .where(col(Appraisal.submission_id) == submission_id, col(Appraisal.at) <= as_of)
        .order_by(col(Appraisal.id).desc())
        .limit(1)
        .scalar_subquery()
    )


def completed(session: Session, directive: Directive, as_of: datetime) -> set[int]:
    """The obligations of a directive whose work is completed: done to the full by the answer that
    stands, and accepted by the secretariat.
    """
    stands = standing(as_of, col(Round.directive_id) == directive.id)
    statement = (
        sa.select(stands.c.obligation_id)
        .join(Submission, col(Submission.id) == stands.c.id)
        .where(
            col(Submission.kind) == SubmissionKind.PROGRESS,
            col(Submission.payload)["percent"].as_float() >= DONE,
            last_found(stands.c.id, as_of) == Appraised.ACCEPTED,
        )
    )
    return set(session.connection().scalars(statement))


NO_MARK: tuple[Appraised | None, Quality | None] = (None, None)


def appraised(
    session: Session, directive: Directive, as_of: datetime
) -> dict[int, tuple[Appraised | None, Quality | None]]:
    """What the secretariat had found, up to an instant, of the newest version of each answer to a
    directive, by obligation; those not appraised are left out.
    """
    later, newer = aliased(Appraisal), aliased(Submission)
    overtaken = sa.exists().where(
        col(later.submission_id) == col(Appraisal.submission_id),
        col(later.id) > col(Appraisal.id),
        col(later.at) <= as_of,
    )
    replaced = sa.exists().where(
        col(newer.obligation_id) == col(Submission.obligation_id),
        col(newer.version) > col(Submission.version),
        col(newer.verdict) == Verdict.ACCEPTED,
        col(newer.kind) != SubmissionKind.DECLINE,
        col(newer.received_at) <= as_of,
    )
    # a list of ids for each mark: as many rows as obligations would take longer to read
    ids = sa.func.aggregate_strings(sa.cast(col(Submission.obligation_id), sa.String), ",")
    rounds = sa.select(col(Round.id)).where(col(Round.directive_id) == directive.id)
    rows = session.connection().execute(
        sa.select(col(Appraisal.found), col(Appraisal.quality), ids)
        .join(Submission, col(Submission.id) == col(Appraisal.submission_id))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .where(
            col(Obligation.round_id).in_(rounds), col(Appraisal.at) <= as_of, ~overtaken, ~replaced
        )
        .group_by(col(Appraisal.found), col(Appraisal.quality))
    )
    marks: dict[int, tuple[Appraised | None, Quality | None]] = {}
    for found, quality, text in rows:
        marks |= dict.fromkeys(map(int, text.split(",")), (found, quality))
    return marks


def asking_time(session: Session, directive: Directive, as_of: datetime) -> set[int]:
    """The obligations of a directive for which a request for more time waited at an instant."""
    statement = (
        sa.select(col(Relief.obligation_id))
        .join(Obligation, col(Obligation.id) == col(Relief.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(
            col(Round.directive_id) == directive.id,
            col(Relief.kind) == ReliefKind.EXTENSION,
            col(Relief.asked_at) <= as_of,
            sa.or_(col(Relief.decided_at).is_(None), col(Relief.decided_at) > as_of),
        )
    )
    return set(session.connection().scalars(statement))
