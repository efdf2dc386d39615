"""The provincial summary of a round: figures from the submissions, words from the figures, frozen.

One rule an indicator kind: counts and money are summed; a ratio is the sum of numerators over the
sum of denominators, never a mean of percentages; yes/no counts the yes among those who answered;
texts are quoted with their unit.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive, Target
from models.round import (
    IndicatorValue,
    Obligation,
    Relief,
    Round,
    Submission,
    Summary,
)
from models.status import OWED, day_of, tally
from models.target_rule import met
from models.unit import Unit
from models.vietnamese import show_date, show_instant
from models.words import (
    Deed,
    Ending,
    ReliefKind,
    Review,
    Status,
    SubmissionKind,
    Verdict,
    label_vi,
)
from tasks import activities, boards, lookup
from tasks.aggregating import aggregates, asked
from tasks.boards import Line, board, round_lines
from tasks.rendering import render
from tasks.standing import standing
from tasks.succession import changed_bodies, handovers

QUOTED = 6  # passages of units' reports that a summary quotes


def summarise(session: Session, found: Round, as_of: datetime, by: str = "") -> Summary:
    """The frozen summary of a round, which closes with it. A second call returns the first."""
    frozen = latest_summary(session, found)
    if frozen is not None:
        return frozen
    summary = draft(session, found, as_of)
    session.add(summary)
    found.closed_at = found.closed_at or as_of
    session.flush()
    _end_urging(session, found, as_of)
    activities.note(
        session,
        Deed.CLOSED,
        by or activities.system(),
        as_of,
        directive=found.directive_id,
        about=found.code,
        after={"summary": summary.sha256, **summary.figures["tally"]},
    )
    return summary


def _end_urging(session: Session, found: Round, as_of: datetime) -> None:
    """Nobody is urged for a round that has closed but those who were given until later."""
    session.exec(
        sa.update(Obligation)
        .where(
            col(Obligation.round_id) == found.id,
            col(Obligation.answered_at).is_(None),
            col(Obligation.ended_at).is_(None),
            col(Obligation.due) <= day_of(as_of),
        )
        .values(ended_at=as_of, ending=Ending.CLOSED)
    )


def draft(session: Session, found: Round, as_of: datetime) -> Summary:
    """The next version of a round's summary as the round stands, not stored."""
    before = latest_summary(session, found)
    version = before.version + 1 if before else 1
    return written(found, round_figures(session, found, as_of), {}, version, as_of)


def written(
    found: Round,
    figures: dict[str, Any],
    annex: dict[str, Any],
    version: int,
    as_of: datetime,
    words: dict[str, str] | None = None,
) -> Summary:
    """A version of a summary from its figures, with the secretariat's own words; not stored."""
    markdown = render("documents/summary.md", **figures)
    return Summary(
        round_id=lookup.id_of(found),
        version=version,
        frozen_at=as_of,
        figures=figures,
        annex=annex,
        words=words or {},
        markdown=markdown,
        html=render("documents/summary.html", **figures),
        sha256=fingerprint(figures, markdown, annex, words),
    )


def latest_summary(session: Session, found: Round) -> Summary | None:
    """The newest frozen summary of a round, if there is one."""
    return session.exec(
        select(Summary).where(Summary.round_id == found.id).order_by(col(Summary.version).desc())
    ).first()


def fingerprint(
    figures: dict[str, Any],
    markdown: str,
    annex: dict[str, Any] | None = None,
    words: dict[str, str] | None = None,
) -> str:
    """SHA-256 over the figures (canonical JSON), the text and, where it has them, the annex and the
    secretariat's own words.
    """
    parts = [_canonical(figures), markdown]
    parts += [
        _canonical({name: part}) for name, part in (("annex", annex), ("words", words)) if part
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _canonical(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def round_figures(session: Session, found: Round, as_of: datetime) -> dict[str, Any]:
    """Everything a summary says of a round, as plain data."""
    owner = session.get_one(Directive, found.directive_id)
    lines = board(session, owner, as_of, round_id=found.id)
    telephones = boards.telephones(session)
    overseer = session.get(Unit, found.overseer_id) if found.overseer_id else None
    values = _aggregate(session, found, as_of)
    return {
        "directive": {
            "code": owner.code,
            "symbol": owner.symbol,
            "kind": label_vi(owner.kind),
            "issuer": owner.issuer,
            "issued": show_date(owner.issued),
            "subject": owner.subject,
            "regime": owner.regime.value,
            "province": owner.province,
        },
        "round": {
            "code": found.code,
            "title": found.title,
            "stage": label_vi(found.stage),
            "review": label_vi(found.review) if found.review else "",
            "period": [show_date(d) for d in (found.period_start, found.cutoff) if d],
            "due": show_date(found.due),
            "overseer": overseer.name if overseer else "",
        },
        "as_of": show_instant(as_of),
        "tally": tally(line.status for line in lines),
        "late": [_late(line) for line in lines if line.status is Status.LATE],
        "missing": [
            {"unit": line.unit, "days": line.days_overdue, "telephone": telephones[line.unit_id]}
            for line in lines
            if line.status in OWED
        ],
        "declined": _declined(session, lines, as_of),
        "bodies": changed_bodies(session, owner, found, as_of),
        "handovers": handovers(session, found, as_of),
        "lapsed": [line.unit for line in lines if line.status is Status.LAPSED],
        "reliefs": _reliefs(session, found, as_of),
        "indicators": values,
        "targets": _targets(session, owner, values),
        "passages": _passages(session, found, as_of),
        "history": _history(session, owner, found, as_of) if found.review else [],
        "is_final": found.review is Review.FINAL,
    }


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


def _reliefs(session: Session, found: Round, as_of: datetime) -> dict[str, Any]:
    """How many asked for more time or to be let off, and what was decided up to an instant."""
    rows = session.exec(
        select(Relief, Unit.name)
        .join(Obligation, col(Obligation.id) == col(Relief.obligation_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(Obligation.round_id == found.id, Relief.asked_at <= as_of)
        .order_by(col(Relief.id))
    ).all()
    asked: dict[str, Any] = {}
    for kind in ReliefKind:
        mine = [(r, unit) for r, unit in rows if r.kind is kind]
        decided = [(r, unit) for r, unit in mine if r.decided_at and r.decided_at <= as_of]
        granted = [(r, unit) for r, unit in decided if r.granted]
        asked[kind.value] = {
            "asked": len(mine),
            "refused": len(decided) - len(granted),
            "granted": [
                {"unit": unit, "until": show_date(r.until) if r.until else "", "reason": r.reason}
                for r, unit in granted
            ],
        }
    return asked


def _aggregate(session: Session, found: Round, as_of: datetime) -> list[dict[str, Any]]:
    figures = aggregates(session, found, as_of)
    return [
        {
            "code": indicator.code,
            "label": indicator.label,
            "kind": indicator.kind.value,
            "unit": indicator.unit or "",
            "target_id": indicator.target_id,
            **figures[lookup.id_of(indicator)].as_dict(),
        }
        for indicator in asked(session, found)
    ]


def _targets(
    session: Session, owner: Directive, values: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each target that a figure of the round speaks to, with result and threshold."""
    targets = session.exec(
        select(Target).where(Target.directive_id == owner.id).order_by(col(Target.id))
    )
    return [_target(t, figure) for t in targets for figure in values if figure["target_id"] == t.id]


def _target(target: Target, figure: dict[str, Any]) -> dict[str, Any]:
    result = {
        "number": target.number,
        "indicator": target.indicator,
        "measured_by": figure["label"],
        "operator": target.operator.value if target.operator else "",
        "threshold": target.value,
        "unit": target.unit or "",
        "numerator": figure.get("numerator"),
        "denominator": figure.get("denominator"),
        "total": figure.get("total"),
    }
    share = 100 * figure["numerator"] / figure["denominator"] if figure.get("denominator") else None
    unit, total = target.unit or "", figure.get("total")
    return result | {"met": met(target.operator, target.value, unit, share, total)}


def _passages(session: Session, found: Round, as_of: datetime) -> list[dict[str, str]]:
    """What units wrote of difficulties and results, quoted; longest first, each unit once."""
    last = standing(as_of, col(Round.id) == found.id)
    rows = session.exec(
        select(Unit.name, IndicatorValue.text)
        .join(Obligation, col(Obligation.unit_id) == col(Unit.id))
        .join(Submission, col(Submission.obligation_id) == col(Obligation.id))
        .join(last, last.c.id == col(Submission.id))
        .join(IndicatorValue, col(IndicatorValue.submission_id) == col(Submission.id))
        .where(col(IndicatorValue.text).is_not(None))
        .order_by(col(Unit.id))
    ).all()
    seen: dict[str, str] = {}
    for unit, text in rows:
        if text and text not in seen.values():
            seen.setdefault(unit, text)
    chosen = sorted(seen.items(), key=lambda pair: -len(pair[1]))[:QUOTED]
    return [{"unit": unit, "text": text} for unit, text in chosen]


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
