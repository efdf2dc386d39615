"""The provincial summary of a round: drawn up from its figures, stored as a version, frozen."""

import hashlib
import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.round import Obligation, Round, Summary
from models.status import day_of
from models.words import Deed, Ending
from tasks import activities, lookup, summary_history
from tasks.summary_annex import annex
from tasks.summary_figures import summary_figures
from tasks.summary_text import as_html, as_markdown


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
        after={**summary_history.drawn_up(summary), **summary.figures["tally"]},
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
    figures, by_unit = summary_figures(session, found, as_of), annex(session, found, as_of)
    before = latest_summary(session, found)
    version = before.version + 1 if before else 1
    return written(found, figures, by_unit, version, as_of)


def written(
    found: Round,
    figures: dict[str, Any],
    by_unit: dict[str, Any],
    version: int,
    as_of: datetime,
    words: dict[str, str] | None = None,
) -> Summary:
    """A version of a summary from its figures, with the secretariat's own words; not stored."""
    markdown = as_markdown(figures)
    return Summary(
        round_id=lookup.id_of(found),
        version=version,
        frozen_at=as_of,
        figures=figures,
        annex=by_unit,
        words=words or {},
        markdown=markdown,
        html=as_html(figures),
        sha256=fingerprint(figures, markdown, by_unit, words),
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
