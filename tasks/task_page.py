"""What the page of one obligation shows: what is asked and why, what was answered, decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.asked import Asks
from models.directive import Directive
from models.reasons import from_dicts
from models.round import (
    Appraisal,
    Approval,
    Evidence,
    Handover,
    Obligation,
    Relief,
    Round,
    Submission,
)
from models.status import Facts, days_overdue, status
from models.unit import Unit
from models.words import STAGE_KIND, Ending, Stage, Status, SubmissionKind
from tasks.asking import asks_of
from tasks.boards import thresholds
from tasks.given import Given, Goal, given_to, goals
from tasks.incorporating import Link, served, sources
from tasks.lookup import id_of


@dataclass(frozen=True)
class Quote:
    """Words of the directive; `lines` says where they stand, as the file has it, or is empty."""

    text: str
    lines: str = ""


@dataclass(frozen=True)
class Answer:
    """One version of a unit's answer, with what became of it and its files."""

    submission: Submission
    files: list[Evidence]
    appraisal: Appraisal | None
    approval: Approval | None


@dataclass(frozen=True)
class Passed:
    """A task that came from a unit that ended, or went to one that took over."""

    unit: str
    code: str
    day: date
    rule: str


@dataclass(frozen=True)
class TheTask:
    """Everything the page of an obligation shows; the newest answer and request come first.

    `end` is the last day of its date and its round, which its link lives beyond.
    """

    id: int
    code: str
    links_revoked: int
    end: date
    unit_id: int
    unit: str
    directive_id: int
    directive: str
    directive_kind: str
    directive_code: str
    issuer: str
    issued: date
    subject: str
    overseer: str
    stage: Stage
    kind: SubmissionKind
    title: str
    asks: str
    period: tuple[date, date] | None
    needs_head: bool
    opened_at: datetime
    due: date
    reason: list[str]
    status: Status
    days_overdue: int
    answered_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None
    quotes: list[Quote]
    given: list[Given]
    goals: list[Goal]
    asked: Asks
    answers: list[Answer]
    requests: list[Relief]
    taken_over: list[Passed]
    passed_on: list[Passed]
    taken_from: Mapping[int, Link]  # by the submission
    served: list[Link]  # by the newest answer


def the_task(session: Session, obligation_id: int, as_of: datetime) -> TheTask:
    """What is known of an obligation at an instant; what came later has not happened."""
    owed = session.get_one(Obligation, obligation_id)
    found = session.get_one(Round, owed.round_id)
    owner = session.get_one(Directive, found.directive_id)
    overseer = session.get(Unit, found.overseer_id) if found.overseer_id else None
    given = given_to(session, owner, owed.unit_id)
    answers = _answers(session, obligation_id, as_of)
    ids = [id_of(answer.submission) for answer in answers]
    period = (found.period_start, found.cutoff) if found.period_start and found.cutoff else None
    return TheTask(
        id=obligation_id,
        code=owed.code,
        links_revoked=owed.links_revoked,
        end=max(owed.due, found.closes),
        unit_id=owed.unit_id,
        unit=session.get_one(Unit, owed.unit_id).name,
        directive_id=found.directive_id,
        directive=owner.symbol,
        directive_kind=owner.kind,
        directive_code=owner.code,
        issuer=owner.issuer,
        issued=owner.issued,
        subject=owner.subject,
        overseer=overseer.name if overseer else "",
        stage=found.stage,
        kind=STAGE_KIND[found.stage],
        title=found.title,
        asks=found.asks,
        period=period,
        needs_head=found.needs_head,
        opened_at=owed.opened_at,
        **_standing(owed, found, as_of),
        quotes=_quotes(found.reason, given),
        given=given,
        goals=goals(session, owner),
        asked=asks_of(session, owed.round_id, STAGE_KIND[found.stage]),
        answers=answers,
        requests=_requests(session, obligation_id, as_of),
        taken_over=_passed(session, obligation_id, as_of, taken_over=True),
        passed_on=_passed(session, obligation_id, as_of, taken_over=False),
        taken_from=sources(session, ids),
        served=served(session, ids[0]) if ids else [],
    )


def _standing(owed: Obligation, found: Round, as_of: datetime) -> dict[str, Any]:
    """The date, why then, and where the obligation stands."""
    facts = Facts(owed.due, owed.answered_at, owed.ended_at, owed.ending)
    ended = owed.ended_at is not None and owed.ended_at <= as_of
    answered = owed.answered_at is not None and owed.answered_at <= as_of
    return {
        "due": owed.due,
        "reason": [str(step) for step in from_dicts([*found.reason, *owed.reason])],
        "status": status(facts, as_of, thresholds()),
        "days_overdue": days_overdue(owed.due, as_of),
        "answered_at": owed.answered_at if answered else None,
        "ended_at": owed.ended_at if ended else None,
        "ending": owed.ending if ended else None,
    }


def _quotes(reason: list[dict[str, str]], given: list[Given]) -> list[Quote]:
    """The words that set the date, then those by which the unit was given its part; each once."""
    said = [step for step in reason if step["rule"] in ("quote", "quote-only")]
    found = [Quote(step["quote"], step.get("lines", "")) for step in said]
    found += [Quote(item.text) for item in given if item.text]
    return list({quote.text: quote for quote in reversed(found)}.values())[::-1]


def _answers(session: Session, obligation_id: int, as_of: datetime) -> list[Answer]:
    submissions = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation_id, Submission.received_at <= as_of)
        .order_by(col(Submission.version).desc())
    ).all()
    ids = [id_of(submission) for submission in submissions]
    files: dict[int | None, list[Evidence]] = {}
    for file in session.exec(
        select(Evidence).where(col(Evidence.submission_id).in_(ids)).order_by(col(Evidence.id))
    ):
        files.setdefault(file.submission_id, []).append(file)
    appraised = select(Appraisal).where(
        col(Appraisal.submission_id).in_(ids), col(Appraisal.at) <= as_of
    )
    last = {a.submission_id: a for a in session.exec(appraised.order_by(col(Appraisal.id)))}
    approvals = select(Approval).where(col(Approval.submission_id).in_(ids))
    approved = {approval.submission_id: approval for approval in session.exec(approvals)}
    return [
        Answer(submission, files.get(id_, []), last.get(id_), approved.get(id_))
        for id_, submission in zip(ids, submissions, strict=True)
    ]


def _requests(session: Session, obligation_id: int, as_of: datetime) -> list[Relief]:
    return list(
        session.exec(
            select(Relief)
            .where(Relief.obligation_id == obligation_id, Relief.asked_at <= as_of)
            .order_by(col(Relief.id).desc())
        )
    )


def _passed(
    session: Session, obligation_id: int, as_of: datetime, *, taken_over: bool
) -> list[Passed]:
    """Whom a task came from, or else went to."""
    mine, other = col(Handover.to_id), col(Handover.from_id)
    if not taken_over:
        mine, other = other, mine
    rows = session.connection().execute(
        sa.select(*map(col, (Unit.name, Obligation.code, Handover.day, Handover.rule)))
        .join(Obligation, col(Obligation.unit_id) == col(Unit.id))
        .join(Handover, other == col(Obligation.id))
        .where(mine == obligation_id, col(Obligation.opened_at) <= as_of)
        .order_by(col(Handover.id))
    )
    return [Passed(*row) for row in rows]
