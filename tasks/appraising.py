"""The secretariat's review: a submission is accepted with a mark, or given back to be mended.

What was given back is owed again, and urged for again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.calendar import Calendar
from models.directive import Directive
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.reasons import step
from models.round import Appraisal, Approval, Evidence, Obligation, Round, Submission
from models.secrecy import refuse_if_secret
from models.status import day_of
from models.unit import Unit
from models.vietnamese import printable, show_date, show_instant
from models.words import (
    Appraised,
    Deed,
    Ending,
    Purpose,
    Quality,
    SubmissionKind,
    Verdict,
)
from tasks import activities, lookup, standing
from tasks.reliefs import LAST_NUMBER, refuse_date
from tasks.resending import in_the_name_of
from tasks.telling import tell_clerk

MAX_WORDS = 2_000  # characters
ENDS_WITH_IT = (None, Ending.CLOSED, Ending.DECLINED)  # endings that a giving back undoes


@dataclass(frozen=True)
class Waiting:
    """A submission that nobody has appraised yet, as the secretariat reads it."""

    number: int
    kind: SubmissionKind
    version: int
    received_at: datetime
    directive: str
    obligation: str
    unit: str
    title: str
    due: date


@dataclass(frozen=True)
class Version:
    """A version of an answer with all that became of it; of several appraisals the last counts."""

    submission: Submission
    appraisals: tuple[Appraisal, ...]
    evidence: tuple[Evidence, ...]
    approval: Approval | None


def accept(
    session: Session,
    submission_id: int,
    quality: Quality,
    words: str,
    by: str,
    as_of: datetime,
    account: int | None = None,
) -> Appraisal:
    """Accepts a submission with a mark; raises UnknownName or NotAllowed where it can't be."""
    case = _case(session, submission_id, words, by, as_of)
    if case.last and case.last.found is Appraised.RETURNED:
        message = _("{number} was given back by {by}: wait for the next version.")
        raise NotAllowed(message.format(number=case.number, by=case.last.by))
    if case.last and (case.last.quality, case.last.words) == (quality, case.words or None):
        message = _("{number} was accepted with this mark already, by {by}.")
        raise NotAllowed(message.format(number=case.number, by=case.last.by))
    made = Appraisal(
        submission_id=submission_id,
        found=Appraised.ACCEPTED,
        quality=quality,
        words=case.words or None,
        at=as_of,
        by=case.by,
    )
    _keep(session, case, made, account)
    return made


def give_back(
    session: Session,
    submission_id: int,
    words: str,
    by: str,
    calendar: Calendar,
    as_of: datetime,
    until: date | None = None,
    account: int | None = None,
) -> Appraisal:
    """Gives a submission back to be mended, in words that say how: its obligation is owed again, by
    the due date it has or by `until`, and the unit is told by mail.

    Raises UnknownName or NotAllowed where it can't be given back.
    """
    case = _case(session, submission_id, words, by, as_of)
    if not case.words:
        raise NotAllowed(_("Say what is to be mended: a submission is given back with reasons."))
    if case.last and case.last.found is Appraised.RETURNED:
        message = _("{number} was given back already, by {by}.")
        raise NotAllowed(message.format(number=case.number, by=case.last.by))
    if case.owed.ending not in ENDS_WITH_IT:
        raise NotAllowed(_("{code}: nothing is asked any more.").format(code=case.owed.code))
    if until is not None:
        refuse_date(case.owed, until, as_of)
    made = Appraisal(
        submission_id=submission_id,
        found=Appraised.RETURNED,
        words=case.words,
        before=case.owed.due,
        at=as_of,
        by=case.by,
    )
    _ask_again(case, calendar, as_of, until)
    _keep(session, case, made, account)
    _tell(session, case, made)
    return made


@dataclass(frozen=True)
class _Case:
    """A submission that can be appraised, and how; its obligation is kept from others meanwhile."""

    submission: Submission
    owed: Obligation
    asking: Round
    last: Appraisal | None
    words: str
    by: str

    @property
    def number(self) -> str:
        return f"{self.owed.code}#{self.submission.version}"


def _case(session: Session, submission_id: int, words: str, by: str, as_of: datetime) -> _Case:
    refuse_if_secret([words, by])
    person, said = in_the_name_of(by), printable(words)
    if len(said) > MAX_WORDS:
        raise NotAllowed(_("The reasons are too long: at most {n} characters.").format(n=MAX_WORDS))
    known = 0 < submission_id <= LAST_NUMBER
    found = session.get(Submission, submission_id) if known else None
    if found is None:
        raise UnknownName(_("There is no submission {number}.").format(number=submission_id))
    owed = session.get_one(
        Obligation, found.obligation_id, with_for_update=True, populate_existing=True
    )
    asking = session.get_one(Round, owed.round_id)
    _refuse_what_is_not_newest(session, found, owed, as_of)
    last = session.exec(
        select(Appraisal)
        .where(Appraisal.submission_id == found.id)
        .order_by(col(Appraisal.id).desc())
    ).first()
    return _Case(found, owed, asking, last, said, person)


def _refuse_what_is_not_newest(
    session: Session, found: Submission, owed: Obligation, as_of: datetime
) -> None:
    """Only the newest checked version is appraised: the others have been replaced by it."""
    said = {"number": f"{owed.code}#{found.version}"}
    if found.verdict is Verdict.REFUSED:
        message = _("{number} had faults when it came in, and the unit was told: nothing to do.")
        raise NotAllowed(message.format(**said))
    if found.kind is SubmissionKind.DECLINE:
        message = _("{number} declines the task: settle it with the unit by telephone.")
        raise NotAllowed(message.format(**said))
    checked = sa.select(sa.func.max(col(Submission.version))).where(
        col(Submission.obligation_id) == owed.id,
        col(Submission.verdict) == Verdict.ACCEPTED,
        col(Submission.kind) != SubmissionKind.DECLINE,
    )
    version = session.scalar(checked)
    if version != found.version:
        message = _("{number} is not the newest: appraise version {version}.")
        raise NotAllowed(message.format(**said, version=version))
    newest = standing.newest(as_of, col(Obligation.id) == owed.id)
    if session.scalar(sa.select(newest.c.id)) != found.id:
        message = _("{number} waits for the approval of the unit's head: it is appraised after.")
        raise NotAllowed(message.format(**said))


def _ask_again(case: _Case, calendar: Calendar, as_of: datetime, until: date | None) -> None:
    owed, today = case.owed, day_of(as_of)
    owed.answered_at = owed.ended_at = owed.ending = None
    owed.urged_from = today
    if until is None:
        return
    before, owed.due = owed.due, calendar.next_working(until)
    said = step("given-back", before=show_date(before), day=show_date(owed.due), by=case.by,
                on=show_date(today))  # fmt: skip
    owed.reason = [*owed.reason, said.as_dict()]


def _keep(session: Session, case: _Case, made: Appraisal, account: int | None) -> None:
    session.add(made)
    session.flush()
    before: dict[str, Any] = (
        {"found": case.last.found, "quality": case.last.quality} if case.last else {}
    )
    after: dict[str, Any] = {"found": made.found, "quality": made.quality, "words": made.words}
    if made.before is not None:
        before["due"], after["due"] = made.before.isoformat(), case.owed.due.isoformat()
    activities.note(
        session,
        Deed.APPRAISED,
        made.by,
        made.at,
        account=account,
        unit=case.owed.unit_id,
        directive=case.asking.directive_id,
        obligation=case.owed.id,
        about=case.number,
        before=before or None,
        after={"version": case.submission.version, **after},
    )


def _tell(session: Session, case: _Case, made: Appraisal) -> None:
    owed, given = case.owed, case.submission
    said = {
        "version": given.version,
        "received_at": show_instant(given.received_at),
        "by": made.by,
        "words": made.words,
        "due": show_date(owed.due),
        "moved": owed.due != made.before,
        "overdue_days": max(0, (day_of(made.at) - owed.due).days),
    }
    tell_clerk(session, owed, Purpose.RETURN, f"appraisal:{made.id}", said, made.at)


def waiting(session: Session, owner: Directive | None, as_of: datetime) -> list[Waiting]:
    """The submissions of a directive, or of all, that nobody has appraised yet, oldest first; that
    a unit has received a directive needs no appraisal.
    """
    where = [col(Round.directive_id) == owner.id] if owner else []
    newest = standing.newest(as_of, *where)
    given, asked = Submission, Obligation
    columns = (given.id, given.kind, given.version, given.received_at, Directive.code, asked.code)
    rows = session.connection().execute(
        sa.select(*map(col, columns), *map(col, (Unit.name, Round.title, asked.due)))
        .join(newest, newest.c.id == col(given.id))
        .join(asked, col(asked.id) == col(given.obligation_id))
        .join(Round, col(Round.id) == col(asked.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .join(Unit, col(Unit.id) == col(asked.unit_id))
        .where(
            col(given.kind) != SubmissionKind.ACKNOWLEDGEMENT,
            standing.last_found(col(given.id), as_of).is_(None),
        )
        .order_by(col(given.received_at), col(given.id))
    )
    return [Waiting(*row) for row in rows]


def of_obligation(session: Session, obligation_id: int) -> list[Version]:
    """Every version of an answer, oldest first, with its appraisals, files and approval."""
    given = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation_id)
        .order_by(col(Submission.version))
    )
    return with_all(session, given.all())


def with_all(session: Session, given: Sequence[Submission]) -> list[Version]:
    """Submissions with all that became of them, in the order given."""
    ids = [lookup.id_of(found) for found in given]

    def rows(table: Any) -> list[Any]:
        found = select(table).where(col(table.submission_id).in_(ids)).order_by(table.id)
        return list(session.exec(found))

    appraisals, evidence, approvals = rows(Appraisal), rows(Evidence), rows(Approval)
    return [
        Version(
            found,
            tuple(a for a in appraisals if a.submission_id == found.id),
            tuple(e for e in evidence if e.submission_id == found.id),
            next((a for a in approvals if a.submission_id == found.id), None),
        )
        for found in given
    ]
