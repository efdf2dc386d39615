"""What the history noted of a summary's version, against what its row says now.

The history is written in the transaction of the deed: a row that says otherwise was changed in the
database. What was not noted, by a version of the program before this one, is left alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session, col, select

from models.activity import Activity
from models.i18n import gettext as _
from models.round import Paper, Round, Summary
from models.status import day_of
from models.words import Deed

_DRAWN_UP = (Deed.CLOSED.value, Deed.SUMMARISED.value)
Noted = Mapping[str, Any]


def drawn_up(summary: Summary) -> dict[str, Any]:
    """What the history notes of a version that is drawn up."""
    return {"version": summary.version, "summary": summary.sha256, "html": _hash(summary.html)}


def signed(summary: Summary, papers: Sequence[Paper]) -> dict[str, Any]:
    """What the history notes of a version that is signed, with the files that were."""
    assert summary.signed_at is not None
    return drawn_up(summary) | {
        "number": summary.number,
        "signed_by": summary.signed_by,
        "signed_on": day_of(summary.signed_at).isoformat(),
        "signed_at": summary.signed_at.astimezone(UTC).isoformat(),
        "papers": {one.kind.value: one.sha256 for one in papers},
    }


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def differences(session: Session, summary: Summary, papers: Sequence[Paper]) -> list[str]:
    """How a version and its files differ from what the history noted of them, in words."""
    drawn, on_paper = _noted(session, summary)
    found = list(_of_content(summary, {**drawn, **on_paper}))
    if summary.signed_at is None:
        return [*found, *_unsigned(summary, on_paper, papers)]
    return [*found, *_of_signature(summary, on_paper), *_of_papers(summary, on_paper, papers)]


def _noted(session: Session, summary: Summary) -> tuple[Noted, Noted]:
    """What was noted of a version when it was last drawn up, and when it was signed."""
    rows = session.exec(
        select(Activity.deed, Activity.after)
        .join(Round, col(Round.directive_id) == col(Activity.directive_id))
        .where(
            Round.id == summary.round_id,
            Activity.about == Round.code,
            col(Activity.deed).in_((*_DRAWN_UP, Deed.SIGNED.value)),
        )
        .order_by(col(Activity.id))
    )
    drawn: Noted = {}
    on_paper: Noted = {}
    for deed, after in rows:
        noted = after or {}
        if noted.get("version", 1) != summary.version:  # closing did not note its version once
            continue
        drawn, on_paper = (drawn, noted) if deed == Deed.SIGNED else (noted, on_paper)
    return drawn, on_paper


def _of_content(summary: Summary, noted: Noted) -> Iterator[str]:
    if noted.get("summary", summary.sha256) != summary.sha256:
        message = _("The fingerprint of version {n} is not the one that the history noted.")
        yield message.format(n=summary.version)
    if "html" in noted and noted["html"] != _hash(summary.html):
        message = _("The page of version {n} is not the one that the history noted.")
        yield message.format(n=summary.version)


def _unsigned(summary: Summary, noted: Noted, papers: Sequence[Paper]) -> Iterator[str]:
    """What tells that a version was signed whose row says it is not."""
    if noted:
        message = _("The history says that version {n} was signed as number {number}; the database "
                    "says it is not signed.")  # fmt: skip
        yield message.format(n=summary.version, number=noted.get("number") or "—")
    elif papers:
        message = _("Version {n} has signed files; the database says it is not signed.")
        yield message.format(n=summary.version)


def _of_signature(summary: Summary, noted: Noted) -> Iterator[str]:
    names = {"number": _("number"), "signed_by": _("signed by"), "signed_on": _("signed on")}
    stored = _signature(summary)
    for name, label in names.items():
        if name in noted and noted[name] != stored[name]:
            message = _("Version {n}, {what}: the history says {noted}, the database {stored}.")
            yield message.format(
                n=summary.version, what=label, noted=noted[name] or "—", stored=stored[name] or "—"
            )
    if _other_instant(summary, noted) and noted.get("signed_on") == stored["signed_on"]:
        message = _("The hour at which version {n} was signed is not the one the history noted.")
        yield message.format(n=summary.version)


def _signature(summary: Summary) -> dict[str, str | None]:
    assert summary.signed_at is not None
    day = day_of(summary.signed_at).isoformat()
    return {"number": summary.number, "signed_by": summary.signed_by, "signed_on": day}


def _other_instant(summary: Summary, noted: Noted) -> bool:
    told = noted.get("signed_at")
    return told is not None and datetime.fromisoformat(told) != summary.signed_at


def _of_papers(summary: Summary, noted: Noted, papers: Sequence[Paper]) -> Iterator[str]:
    stored = {one.kind.value: one.sha256 for one in papers}
    for kind, digest in noted.get("papers", {}).items():
        if kind in stored and stored[kind] != digest:
            message = _("The signed file {kind} of version {n} is not the one the history noted.")
            yield message.format(kind=kind.upper(), n=summary.version)
