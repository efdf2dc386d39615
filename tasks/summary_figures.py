"""What the summary of a round says, as plain data: who answered, what they gave, what they wrote.

`summary_figures` is frozen as it is; documents and pages are written from it and from nothing else.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.directive import Directive
from models.round import Obligation, Round, Submission
from models.status import OWED, day_of, tally
from models.unit import Unit
from models.vietnamese import show_date, show_instant
from models.words import ReportPart, Review, Status, SubmissionKind, Verdict, label_vi
from tasks import boards, lookup
from tasks.boards import Line, board, round_lines
from tasks.narrative import narrative
from tasks.paper_issuer import issuer
from tasks.passages import passages
from tasks.relief_counts import relief_counts
from tasks.review_dossier import review
from tasks.succession import changed_bodies, handovers
from tasks.summary_indicators import indicators, targets

FORMAT = 2  # of the figures: those of summaries frozen before have neither narrative nor this


def summary_figures(session: Session, found: Round, as_of: datetime) -> dict[str, Any]:
    """Everything a summary says of a round, as plain data."""
    owner = session.get_one(Directive, found.directive_id)
    lines = board(session, owner, as_of, round_id=found.id)
    asked = indicators(session, found, as_of)
    figures = {
        "format": FORMAT,
        "directive": _directive(owner),
        "round": _round(session, found),
        "issuer": issuer(session, found, day_of(as_of)),
        "as_of": show_instant(as_of),
        **_who(session, lines, as_of),
        "bodies": _bodies(session, owner, found, as_of),
        "handovers": handovers(session, found, as_of),
        "reliefs": relief_counts(session, as_of, col(Obligation.round_id) == found.id),
        "indicators": asked,
        "targets": targets(session, owner, found, asked, as_of),
        "passages": passages(session, found, as_of),
        "history": _history(session, owner, found, as_of) if found.review else [],
        "is_final": found.review is Review.FINAL,
    }
    if found.review:
        dossier = review(session, owner, found, as_of)
        figures |= {"review": dossier}
        if dossier["lessons"]:  # those of all its rounds, this one among them
            figures["passages"][ReportPart.LESSONS.value] = dossier["lessons"]
    return figures | {"parts": narrative(figures)}


def _directive(owner: Directive) -> dict[str, str]:
    return {
        "code": owner.code,
        "symbol": owner.symbol,
        "kind": label_vi(owner.kind),
        "issuer": owner.issuer,
        "issued": show_date(owner.issued),
        "subject": owner.subject,
        "regime": owner.regime.value,
        "province": owner.province,
    }


def _round(session: Session, found: Round) -> dict[str, Any]:
    overseer = session.get(Unit, found.overseer_id) if found.overseer_id else None
    return {
        "code": found.code,
        "title": found.title,
        "stage": label_vi(found.stage),
        "asked_for": found.stage.value,
        "review": label_vi(found.review) if found.review else "",
        "period": [show_date(d) for d in (found.period_start, found.cutoff) if d],
        "due": show_date(found.due),
        "overseer": overseer.name if overseer else "",
    }


def _who(session: Session, lines: Sequence[Line], as_of: datetime) -> dict[str, Any]:
    """Who answered, in time or late, who did not, who declined and who is gone."""
    telephones = boards.telephones(session)
    return {
        "tally": tally(line.status for line in lines),
        "late": [_late(line) for line in lines if line.status is Status.LATE],
        "missing": [
            {"unit": line.unit, "days": line.days_overdue, "telephone": telephones[line.unit_id]}
            for line in lines
            if line.status in OWED
        ],
        "declined": _declined(session, lines, as_of),
        "lapsed": [line.unit for line in lines if line.status is Status.LAPSED],
    }


def _bodies(
    session: Session, owner: Directive, found: Round, as_of: datetime
) -> list[dict[str, Any]]:
    """How the bodies asked have changed since the directive was issued; `new` what the summary of
    the period before did not tell yet. A review tells everything.
    """
    changes = changed_bodies(session, owner, found, as_of)
    before = lookup.round_before(session, found, as_of) if changes and not found.review else None
    told = changed_bodies(session, owner, before, as_of) if before else []
    known = {(change["day"], change["rule"]) for change in told}
    return [c | {"new": (c["day"], c["rule"]) not in known} for c in changes]


def _late(line: Line) -> dict[str, Any]:
    assert line.answered_at is not None
    return {"unit": line.unit, "days": (day_of(line.answered_at) - line.due).days}


def _declined(session: Session, lines: Sequence[Line], as_of: datetime) -> list[dict[str, str]]:
    """Who declined, each once, with the last reason given."""
    units = {line.id: line.unit for line in lines if line.status is Status.DECLINED}
    given = session.exec(
        select(Submission)
        .where(
            col(Submission.obligation_id).in_(units),
            Submission.kind == SubmissionKind.DECLINE,
            Submission.verdict == Verdict.ACCEPTED,
            Submission.received_at <= as_of,
        )
        .order_by(col(Submission.id))
    )
    reasons = {s.obligation_id: s.payload["reason"] for s in given}
    return [{"unit": unit, "reason": reasons[id_]} for id_, unit in units.items()]


def _history(
    session: Session, owner: Directive, found: Round, as_of: datetime
) -> list[dict[str, Any]]:
    """For a review: the rounds up to it and how they were answered."""
    lines = board(session, owner, as_of)
    return [
        {"title": r.title, "due": show_date(r.due), **r.figures}
        for r in round_lines(session, owner, lines, as_of)
        if r.figures and r.due <= found.due and r.id != found.id
    ]
