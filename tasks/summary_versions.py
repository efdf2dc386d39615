"""The versions of a round's summary: drawn up when it closes, and anew when later answers or the
secretariat's own words change it. One that is signed stays as it is for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import object_session
from sqlalchemy.orm.attributes import get_history
from sqlmodel import Session, col, func, select

from models.directive import Directive
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.round import Appraisal, Approval, Obligation, Round, Submission, Summary
from models.status import day_of
from models.vietnamese import printable, show_date
from models.words import Appraised, Deed, ReportPart, Verdict
from tasks import activities, lookup, summarising, summary_changes, summary_history

LONGEST_WORDS = 20_000  # characters of what the secretariat adds to a part
OTHER_WORDS = "Nội dung do cơ quan tổng hợp bổ sung đã thay đổi"


@dataclass(frozen=True)
class Since:
    """What came after a version: tasks answered, corrected or given back, and what that changes."""

    answers: int
    changes: list[str]


@dataclass(frozen=True)
class Newest:
    """The newest version of a round's summary, for a list, with the answers that came after it."""

    directive: Directive
    round: Round
    version: int
    frozen_at: datetime
    number: str | None
    signed_at: datetime | None
    answers: int


def versions(session: Session, found: Round) -> list[Summary]:
    """Every version of a round's summary, the newest first."""
    statement = select(Summary).where(Summary.round_id == found.id)
    return list(session.exec(statement.order_by(col(Summary.version).desc())))


def one(session: Session, found: Round, version: int | None = None) -> Summary:
    """A version of a round's summary, else the newest; raises UnknownName."""
    known = versions(session, found)
    for summary in known:
        if version in (None, summary.version):
            return summary
    if not known:
        message = _("The round has not closed: its summary is drawn up on {day}.")
        raise UnknownName(message.format(day=show_date(found.closes)))
    message = _("There is no version {n}; the newest is {newest}.")
    raise UnknownName(message.format(n=version, newest=known[0].version))


def since(session: Session, found: Round, summary: Summary, as_of: datetime) -> Since:
    """What came after a version, and what a version drawn up now would say otherwise."""
    drafted = summarising.draft(session, found, as_of)
    return Since(
        answers_after(session, found, summary.frozen_at, as_of), _changes(summary, drafted)
    )


def _changes(summary: Summary, drafted: Summary) -> list[str]:
    parts = summary.figures, drafted.figures, summary.annex, drafted.annex
    return [] if summary_changes.is_same(*parts) else summary_changes.differences(*parts)


def answers_after(session: Session, found: Round, after: datetime, as_of: datetime) -> int:
    """How many tasks of a round were answered, approved or given back after an instant."""
    rows = _touched(after, as_of).where(col(Obligation.round_id) == found.id).subquery()
    counted = sa.select(func.count(sa.distinct(rows.c.id)))
    return session.connection().scalar(counted) or 0


def _touched(after: Any, as_of: datetime) -> sa.Select[Any]:
    """The tasks, with their rounds, of which something changed after an instant."""
    given = sa.and_(
        col(Submission.verdict) == Verdict.ACCEPTED,
        col(Submission.received_at).between(after, as_of),
        col(Submission.received_at) > after,
    )
    returned = sa.exists().where(
        col(Appraisal.submission_id) == col(Submission.id),
        col(Appraisal.found) == Appraised.RETURNED,
        col(Appraisal.at) > after,
        col(Appraisal.at) <= as_of,
    )
    approved = sa.exists().where(
        col(Approval.submission_id) == col(Submission.id),
        col(Approval.approved_at) > after,
        col(Approval.approved_at) <= as_of,
    )
    return (
        sa.select(col(Obligation.id), col(Obligation.round_id))
        .join(Submission, col(Submission.obligation_id) == col(Obligation.id))
        .where(sa.or_(given, returned, approved))
    )


def mark(session: Session, found: Round) -> tuple[Any, ...]:
    """What has been recorded of a round so far; it differs as soon as anything is added."""
    mine = sa.select(col(Obligation.id)).where(col(Obligation.round_id) == found.id)
    given = sa.select(col(Submission.id)).where(col(Submission.obligation_id).in_(mine))
    return tuple(
        session.connection().execute(
            sa.select(
                sa.select(func.max(col(Submission.id)))
                .where(col(Submission.obligation_id).in_(mine)).scalar_subquery(),
                sa.select(func.max(col(Appraisal.id)))
                .where(col(Appraisal.submission_id).in_(given)).scalar_subquery(),
                sa.select(func.count(col(Approval.approved_at)))
                .where(col(Approval.submission_id).in_(given)).scalar_subquery(),
                sa.select(func.max(col(Summary.version)))
                .where(col(Summary.round_id) == found.id).scalar_subquery(),
            )
        ).one()
    )  # fmt: skip


def draw_up(
    session: Session,
    found: Round,
    by: str,
    as_of: datetime,
    words: Mapping[str, str] | None = None,
) -> Summary:
    """The summary as the round stands now: a new version where figures changed, else the newest.

    `words` replace the secretariat's own; those of a version that is signed make a new one, too.
    """
    session.get_one(Round, lookup.id_of(found), with_for_update=True)
    newest = one(session, found)
    kept = clean_words(newest.words if words is None else words)
    drafted = summarising.draft(session, found, as_of)
    changed = bool(_changes(newest, drafted))
    if not changed and kept == newest.words:
        return newest
    if not changed and newest.signed_at is None:
        return _with_words(session, found, newest, kept, by, as_of)
    figures = {**drafted.figures, **_replaced(session, found, drafted, kept)}
    summary = summarising.written(
        found, figures, drafted.annex, newest.version + 1, as_of, kept
    )  # fmt: skip
    session.add(summary)
    session.flush()
    _note(session, found, summary, by, as_of)
    return summary


def clean_words(words: Mapping[str, str]) -> dict[str, str]:
    """The secretariat's words by the part of the summary that they are added to."""
    parts = {part.value for part in ReportPart}
    lines = {name: _typed(text) for name, text in words.items()}
    too_long = [name for name, text in lines.items() if len(text) > LONGEST_WORDS]
    if too_long:
        raise NotAllowed(_("A part takes at most {n} characters.").format(n=LONGEST_WORDS))
    return {name: text for name, text in sorted(lines.items()) if text and name in parts}


def _typed(text: str) -> str:
    """What was typed into a field of several lines, without what controls a terminal."""
    return "\n".join(printable(line) for line in text.splitlines()).strip()


def _with_words(
    session: Session, found: Round, summary: Summary, words: dict[str, str], by: str,
    as_of: datetime,
) -> Summary:  # fmt: skip
    """A version that is not signed yet, with other words."""
    summary.words = words
    summary.sha256 = hash_of(summary)
    session.flush()
    _note(session, found, summary, by, as_of)
    return summary


def hash_of(summary: Summary) -> str:
    """The hash that what is stored of a version has."""
    return summarising.fingerprint(
        dict(summary.figures), summary.markdown, dict(summary.annex), dict(summary.words)
    )


def last_signed(session: Session, found: Round) -> Summary | None:
    """The newest version that is signed."""
    return next((s for s in versions(session, found) if s.signed_at), None)


def _replaced(
    session: Session, found: Round, drafted: Summary, words: Mapping[str, str]
) -> dict[str, Any]:
    """What a version says of the signed one that it takes the place of."""
    signed = last_signed(session, found)
    if signed is None or signed.signed_at is None:
        return {}
    changes = _changes(signed, drafted)
    if words != signed.words:
        changes.append(OTHER_WORDS)
    return {
        "replaces": {
            "number": signed.number,
            "signed": show_date(day_of(signed.signed_at)),
            "version": signed.version,
            "changes": changes,
        }
    }


def _note(session: Session, found: Round, summary: Summary, by: str, as_of: datetime) -> None:
    told = {**summary_history.drawn_up(summary), **summary.figures["tally"]}
    activities.note(
        session, Deed.SUMMARISED, by, as_of, directive=found.directive_id, about=found.code,
        after=told,
    )  # fmt: skip


def newest_of_all(session: Session, as_of: datetime, *, waiting: bool = False) -> list[Newest]:
    """The newest version of every round's summary, the latest first; only those not signed."""
    latest = _latest()
    found = sa.select(Summary.round_id, Summary.version, Summary.frozen_at, Summary.number,
                      Summary.signed_at).join(latest, _is(latest))  # type: ignore[call-overload]  # fmt: skip
    if waiting:
        found = found.where(col(Summary.signed_at).is_(None))
    rows = found.subquery()
    answers = _answers_after(session, rows, as_of)
    stored = session.exec(
        select(Directive, Round, rows.c.version, rows.c.frozen_at, rows.c.number, rows.c.signed_at)  # type: ignore[call-overload]
        .join(Round, col(Round.directive_id) == col(Directive.id))
        .join(rows, rows.c.round_id == col(Round.id))
        .order_by(rows.c.frozen_at.desc(), col(Round.id))
    )
    return [
        Newest(owner, found_, version, frozen_at, number, signed_at, answers.get(found_.id or 0, 0))
        for owner, found_, version, frozen_at, number, signed_at in stored
    ]


def _latest() -> sa.Subquery:
    return (
        sa.select(col(Summary.round_id), func.max(col(Summary.version)).label("version"))
        .group_by(col(Summary.round_id))
        .subquery()
    )


def _is(latest: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.and_(
        latest.c.round_id == col(Summary.round_id), latest.c.version == col(Summary.version)
    )


def _answers_after(session: Session, rows: sa.Subquery, as_of: datetime) -> dict[int, int]:
    """How many tasks of each round changed after its newest version, by round."""
    touched = _touched(rows.c.frozen_at, as_of).join(
        rows, rows.c.round_id == col(Obligation.round_id)
    )
    each = touched.distinct().subquery()
    counted = sa.select(each.c.round_id, func.count()).group_by(each.c.round_id)
    return dict(session.connection().execute(counted).tuples().all())


def waiting(session: Session) -> int:
    """How many rounds have a summary whose newest version nobody has signed."""
    latest = _latest()
    counted = sa.select(func.count()).select_from(Summary).join(latest, _is(latest))
    return session.connection().scalar(counted.where(col(Summary.signed_at).is_(None))) or 0


@event.listens_for(Summary, "before_update")
def _stays(mapper: object, connection: object, summary: Summary) -> None:
    """Raises NotAllowed where a version that is signed would change."""
    past = get_history(summary, "signed_at")
    session = object_session(summary)
    if any((*past.deleted, *past.unchanged)) and session and session.is_modified(summary):
        raise NotAllowed(_("A signed summary stays as it is: draw up a new version."))


@event.listens_for(Summary, "before_delete")
def _is_kept(mapper: object, connection: object, summary: Summary) -> None:
    raise NotAllowed(_("A version of a summary is never deleted: draw up a new one."))
