"""The facts of obligations as of a past instant: read from the deeds, where later ones wrote over
them. Few are touched after any day, so only those are gone through.
"""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive
from models.past import Event, Happened, facts_at
from models.round import Appraisal, Approval, Obligation, Relief, Round, Submission
from models.status import Facts
from models.words import Appraised, ReliefKind, SubmissionKind, Verdict

AT_ONCE = 500  # ids in one statement

_KIND = {ReliefKind.EXTENSION: Happened.EXTENDED, ReliefKind.WAIVER: Happened.WAIVED}


def touched_since(session: Session, directive: Directive, as_of: datetime) -> dict[int, Facts]:
    """The facts at an instant of those obligations of a directive that were given back or given
    more time afterwards; of all others the facts as they are now say what they were.
    """
    ids = _moved(session, directive, as_of)
    found: dict[int, Facts] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        events = _events(session, some)
        found |= {id_: facts_at(due, events[id_], as_of) for id_, due in _dues(session, some)}
    return found


def _moved(session: Session, directive: Directive, as_of: datetime) -> list[int]:
    """The obligations whose answer or due date was taken away after an instant."""
    returned = (
        sa.select(col(Submission.obligation_id))
        .join(Appraisal, col(Appraisal.submission_id) == col(Submission.id))
        .where(col(Appraisal.at) > as_of, col(Appraisal.found) == Appraised.RETURNED)
    )
    extended = sa.select(col(Relief.obligation_id)).where(
        col(Relief.decided_at) > as_of,
        col(Relief.granted).is_(True),
        col(Relief.kind) == ReliefKind.EXTENSION,
    )
    touched = sa.union(returned, extended).subquery()
    statement = (
        sa.select(touched.c.obligation_id)
        .join(Obligation, col(Obligation.id) == touched.c.obligation_id)
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .where(col(Round.directive_id) == directive.id)
    )
    return list(session.connection().scalars(statement))


def _dues(session: Session, ids: list[int]) -> list[tuple[int, date]]:
    columns = (col(Obligation.id), col(Obligation.due))
    rows = session.connection().execute(sa.select(*columns).where(columns[0].in_(ids)))
    return [(id_, due) for id_, due in rows.tuples() if id_ is not None]


def _events(session: Session, ids: list[int]) -> dict[int, list[Event]]:
    """What happened to each; at one instant an answer comes before what is decided of it."""
    found: dict[int, list[Event]] = defaultdict(list)
    connection = session.connection()
    for id_, at, kind in connection.execute(_answers(ids)):
        declined = kind is SubmissionKind.DECLINE
        found[id_].append(Event(at, Happened.DECLINED if declined else Happened.ANSWERED))
    for id_, at, kind, before in connection.execute(_reliefs(ids)):
        moves = before if kind is ReliefKind.EXTENSION else None
        found[id_].append(Event(at, _KIND[kind], moves))
    for id_, at, before in connection.execute(_returns(ids)):
        found[id_].append(Event(at, Happened.RETURNED, before))
    return found


def _answers(ids: list[int]) -> sa.Select[Any]:
    """Every answer without fault, when it came; where the head must approve it, when that was."""
    needs = sa.and_(col(Round.needs_head), col(Submission.kind) != SubmissionKind.DECLINE)
    at = sa.case((needs, col(Approval.approved_at)), else_=col(Submission.received_at))
    return (
        sa.select(col(Submission.obligation_id), at, col(Submission.kind))
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .outerjoin(Approval, col(Approval.submission_id) == col(Submission.id))
        .where(
            col(Submission.obligation_id).in_(ids),
            col(Submission.verdict) == Verdict.ACCEPTED,
            at.is_not(None),
        )
        .order_by(col(Submission.id))
    )


def _reliefs(ids: list[int]) -> sa.Select[Any]:
    columns = (Relief.obligation_id, Relief.decided_at, Relief.kind, Relief.before)
    return (
        sa.select(*map(col, columns))
        .where(col(Relief.obligation_id).in_(ids), col(Relief.granted).is_(True))
        .order_by(col(Relief.id))
    )


def _returns(ids: list[int]) -> sa.Select[Any]:
    return (
        sa.select(*map(col, (Submission.obligation_id, Appraisal.at, Appraisal.before)))
        .join(Submission, col(Submission.id) == col(Appraisal.submission_id))
        .where(col(Submission.obligation_id).in_(ids), col(Appraisal.found) == Appraised.RETURNED)
        .order_by(col(Appraisal.id))
    )
