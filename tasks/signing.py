"""Signing a summary: what was signed on paper is recorded, with its number, and frozen as files.

First the files are written (`prepare`, which takes seconds and changes nothing), then everything is
looked at once more and recorded (`sign`). A kill in between leaves files that no row speaks of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from models.errors import Fault, InputError, NotAllowed
from models.i18n import gettext as _
from models.round import Round, Summary
from models.status import day_of
from models.timers import at
from models.typed import NO_DATE
from models.vietnamese import collapse, printable, show_date
from models.words import Deed, PaperKind
from tasks import activities, lookup, summary_history, summary_papers, summary_versions
from tasks.summary_papers import Made

LONGEST_NUMBER, LONGEST_NAME = 60, 120


class ChangedSince(NotAllowed):
    """The round has changed since the version was drawn up; `changes` says what, line by line."""

    def __init__(self, changes: list[str]) -> None:
        self.changes = changes
        words = _("The round has changed since: draw the summary up anew, or sign it knowingly.")
        super().__init__("\n".join([words, *(f"– {line}" for line in changes)]))


@dataclass(frozen=True)
class Signature:
    """What stands on the paper: its number, its date (None: what was typed is none), whose name."""

    number: str
    on: date | None
    by: str


@dataclass(frozen=True)
class Prepared:
    """A version ready to be signed: its files, and what was recorded of the round by then."""

    summary_id: int
    sha256: str
    signature: Signature
    papers: tuple[Made, ...]
    mark: tuple[Any, ...]


def prepare(
    session: Session,
    data: Path,
    found: Round,
    version: int,
    sha256: str,
    signature: Signature,
    as_of: datetime,
    *,
    knowingly: bool = False,
    kinds: Iterable[PaperKind] = PaperKind,
) -> Prepared:
    """Writes the files of a version to be signed; `sha256` is that of what the signer has read.

    Raises InputError, NotAllowed, Altered, LibraryMissing, or ChangedSince unless it is signed
    knowingly.
    """
    signature = Signature(
        printable(signature.number), signature.on, printable(collapse(signature.by))
    )
    summary = _to_sign(session, found, version, sha256)
    faults = list(_faults(session, summary, signature, as_of))
    if faults:
        raise InputError(faults)
    mark = summary_versions.mark(session, found)
    if not knowingly and (
        changes := summary_versions.since(session, found, summary, as_of).changes
    ):
        raise ChangedSince(changes)
    on_paper = signature.number, signature.on, signature.by
    made = tuple(
        summary_papers.written(session, data, found, summary, kind, *on_paper) for kind in kinds
    )
    return Prepared(lookup.id_of(summary), summary.sha256, signature, made, mark)


def _refuse_changed(session: Session, found: Round, summary: Summary, as_of: datetime) -> None:
    changes = summary_versions.since(session, found, summary, as_of).changes
    if changes:
        raise ChangedSince(changes)


def _to_sign(session: Session, found: Round, version: int, sha256: str) -> Summary:
    """The version, where it is the newest, unsigned, unchanged and the one that was read."""
    summary = summary_versions.one(session, found)
    if summary.version != version:
        message = _("Version {newest} has been drawn up since: read and sign that one.")
        raise NotAllowed(message.format(newest=summary.version))
    if summary.signed_at is not None:
        message = _("Version {n} is signed already: number {number}, {day}.")
        day = show_date(day_of(summary.signed_at))
        raise NotAllowed(message.format(n=version, number=summary.number, day=day))
    if summary.sha256 != sha256:
        raise NotAllowed(_("The summary was changed since you read it: read it once more."))
    summary_papers.refuse_altered(session, summary)
    return summary


def _faults(
    session: Session, summary: Summary, signature: Signature, as_of: datetime
) -> Iterator[Fault]:
    """What is wrong with what was typed, field by field."""

    def fault(field: str, found: object, message: str) -> Fault:
        return Fault(_("signing"), None, field, str(found), message)

    if not signature.number or len(signature.number) > LONGEST_NUMBER:
        message = _("Give the number as it stands on the paper: 123/BC-UBND.")
        yield fault("number", signature.number, message)
    elif signature.on and (other := _numbered(session, signature.number, signature.on.year)):
        message = _("This number was given to another summary in the same year: {title}.")
        yield fault("number", signature.number, message.format(title=other))
    if not signature.by or len(signature.by) > LONGEST_NAME:
        yield fault("signed_by", signature.by, _("Give the name of who signed."))
    first, last = day_of(summary.frozen_at), day_of(as_of)
    if signature.on is None:
        yield fault("signed_on", "", _(NO_DATE))
    elif not first <= signature.on <= last:
        message = _("The day lies from {first}, when this version was drawn up, to today.")
        yield fault("signed_on", signature.on, message.format(first=show_date(first)))


def _numbered(session: Session, number: str, year: int) -> str | None:
    """The round of another summary that has the number already; numbers begin anew each year."""
    rows = session.exec(
        select(Summary.signed_at, Round.title)
        .join(Round, col(Round.id) == col(Summary.round_id))
        .where(Summary.number == number)
    )
    for signed_at, title in rows:
        if signed_at and day_of(signed_at).year == year:
            return title
    return None


def sign(
    session: Session,
    data: Path,
    found: Round,
    prepared: Prepared,
    by: str,
    as_of: datetime,
) -> Summary:
    """Records that a version was signed and keeps its files; nothing of it changes from then on.

    Raises NotAllowed where another was quicker or something came in since the files were written.
    """
    session.get_one(Round, lookup.id_of(found), with_for_update=True)
    known = session.get_one(Summary, prepared.summary_id, populate_existing=True)
    summary = _to_sign(session, found, known.version, prepared.sha256)
    if summary_versions.mark(session, found) != prepared.mark:
        raise NotAllowed(_("Something came in while the files were written: look once more."))
    signature = prepared.signature
    faults = list(_faults(session, summary, signature, as_of))
    if faults:
        raise InputError(faults)
    summary_papers.keep(session, data, prepared.summary_id, prepared.papers)
    summary.number, summary.signed_by = signature.number, signature.by
    assert signature.on is not None  # else it has a fault
    today = signature.on == day_of(as_of)
    # of an earlier day the hour is not known; it was after the version was drawn up
    summary.signed_at = as_of if today else max(at(signature.on, time()), summary.frozen_at)
    session.flush()
    activities.note(
        session, Deed.SIGNED, by, as_of, directive=found.directive_id, about=found.code,
        after=summary_history.signed(summary, summary_papers.papers(session, summary)),
    )  # fmt: skip
    return summary
