"""A unit's calendar: each date by which it owes something, for Outlook and Google to subscribe to.

The events are those that the mails bring as files: the same UID, a SEQUENCE that never falls.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from models.reasons import from_dicts
from models.round import Appraisal, Submission
from models.settings import settings
from models.status import ANSWERED, OWED
from models.words import Appraised, Ending, Status, Verdict
from tasks.events import Deadline, calendar_feed, deadline_uid, sequence_of, titled
from tasks.links import Links
from tasks.owing import Line, all_owed

SENT_DAYS = 100  # for which what was answered stays


def feed(session: Session, unit_id: int, as_of: datetime) -> bytes:
    """The calendar of a unit as an .ics; it has no event where nothing is owed."""
    found = all_owed(session, unit_id, as_of)
    since = as_of - timedelta(days=SENT_DAYS)
    shown = [*found.open, *(line for line in found.over if _stays(line, since))]
    changed, links = _changed(session, [line.id for line in shown]), Links.of(settings())
    deadlines = [_deadline(line, changed.get(line.id, 0), links) for line in shown]
    return calendar_feed(deadlines, as_of, f"Đôn Đốc – {found.unit}")


def _stays(line: Line, since: datetime) -> bool:
    is_told = line.status in ANSWERED or line.status is Status.WAIVED
    return is_told and line.over_at is not None and line.over_at >= since


def _changed(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How often each obligation was answered or its answer given back: each changes its event."""
    answers = (
        sa.select(col(Submission.obligation_id))
        .where(col(Submission.obligation_id).in_(ids))
        .where(col(Submission.verdict) == Verdict.ACCEPTED)
    )
    returns = (
        sa.select(col(Submission.obligation_id))
        .join(Appraisal, col(Appraisal.submission_id) == col(Submission.id))
        .where(col(Submission.obligation_id).in_(ids))
        .where(col(Appraisal.found) == Appraised.RETURNED)
    )
    both = sa.union_all(answers, returns).subquery()
    counted = sa.select(both.c[0], sa.func.count()).group_by(both.c[0])
    return dict(session.connection().execute(counted).tuples().all())


def _deadline(line: Line, changed: int, links: Links) -> Deadline:
    link = links.task(line.id, line.links_revoked, line.end)
    why = [step.in_vietnamese() for step in from_dicts(line.steps)]
    return Deadline(
        uid=deadline_uid(line.code, settings().mail_domain),
        day=line.due,
        title=titled(_word(line), line.title, line.directive),
        reason="\n".join([*why, f"Mã việc: {line.code}", f"Mở việc này: {link}"]),
        sequence=sequence_of(line.steps, waived=line.ending is Ending.WAIVED) + changed,
        url=link,
    )


def _word(line: Line) -> str:
    if line.status in OWED:
        return "Hạn"
    return "Đã gửi" if line.status in ANSWERED else "Được miễn"
