"""Files that prove what a unit answers: taken by their content, kept once under their SHA-256.

A file lies in the data folder before any row speaks of it. What was added and not yet sent belongs
to the draft; a corrected answer keeps the files of the one before, but for those left out.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlmodel import Session, col, select

from models.errors import UnknownName
from models.i18n import gettext as _
from models.round import Evidence, Obligation, Submission
from models.secrecy import refuse_if_secret
from models.unit import Unit
from models.vietnamese import printable
from models.words import Deed, SubmissionKind, Verdict
from tasks import activities, kept_files, lookup
from tasks.evidence_guard import SUFFIXES, FileRefused, media_of

MB = 1024 * 1024
MOST_OF_FILE = 10 * MB
MOST_OF_ALL = 50 * MB  # of an obligation
MOST_FILES = 20
LONGEST_NAME = 120
FOLDER = "evidence"

_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')


@dataclass(frozen=True)
class Stored:
    """A content that lies in the data folder."""

    sha256: str
    size: int
    media: str


def store(data: Path, stream: BinaryIO) -> Stored:
    """Keeps a content under its hash, whole and on disk; raises FileRefused."""
    raw = stream.read(MOST_OF_FILE + 1)
    if len(raw) > MOST_OF_FILE:
        raise FileRefused(_("The file is larger than {n} MB.").format(n=MOST_OF_FILE // MB))
    if not raw:
        raise FileRefused(_("The file is empty."))
    media = media_of(raw)
    return Stored(kept_files.keep(data / FOLDER, raw), len(raw), media)


def path_of(data: Path, digest: str) -> Path:
    """Where the content of a hash lies."""
    return kept_files.path_of(data / FOLDER, digest)


def add(
    session: Session, obligation_id: int, name: str, stored: Stored, as_of: datetime
) -> Evidence:
    """Adds a stored file to an obligation's draft; one that is there already is not added again."""
    refuse_if_secret([Path(name).stem])
    session.get_one(Obligation, obligation_id, with_for_update=True)
    here = [*of_draft(session, obligation_id), *of_standing(session, obligation_id)]
    known = next((found for found in here if found.sha256 == stored.sha256), None)
    if known is not None:
        return known
    _refuse_if_full(session, obligation_id, stored)
    found = Evidence(
        obligation_id=obligation_id, name=clean_name(name, stored.media), media=stored.media,
        size=stored.size, sha256=stored.sha256, added_at=as_of,
    )  # fmt: skip
    session.add(found)
    session.flush()
    _note(session, Deed.ATTACHED, obligation_id, [found], as_of)
    return found


def _note(
    session: Session, deed: Deed, obligation_id: int, files: Sequence[Evidence], as_of: datetime
) -> None:
    """The link speaks for the unit: its name stands at what is done with the files."""
    owed = session.get_one(Obligation, obligation_id)
    by, names = session.get_one(Unit, owed.unit_id).name, ", ".join(one.name for one in files)
    activities.note(
        session, deed, by, as_of, unit=owed.unit_id, obligation=obligation_id, about=names
    )


def _refuse_if_full(session: Session, obligation_id: int, stored: Stored) -> None:
    rows = session.exec(
        select(Evidence.sha256, Evidence.size).where(Evidence.obligation_id == obligation_id)
    )
    sizes = {**dict(rows.all()), stored.sha256: stored.size}
    if len(sizes) > MOST_FILES:
        raise FileRefused(_("A task takes at most {n} files.").format(n=MOST_FILES))
    if sum(sizes.values()) > MOST_OF_ALL:
        message = _("The files of a task are at most {n} MB together.")
        raise FileRefused(message.format(n=MOST_OF_ALL // MB))


def clean_name(name: str, media: str) -> str:
    """The name of a file as it may stand anywhere: no path, no odd characters, its true ending."""
    plain = _NOT_IN_NAMES.sub("_", printable(re.split(r"[/\\]", name)[-1])).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot or f".{ending.lower()}" not in SUFFIXES[media]:
        stem, ending = plain, SUFFIXES[media][0][1:]
    return f"{stem[:LONGEST_NAME].strip('. ') or 'tep'}.{ending}"


def of_draft(session: Session, obligation_id: int) -> list[Evidence]:
    """The files added and not yet sent, in their order."""
    return _rows(session, obligation_id, None)


def of_submission(session: Session, submission: Submission) -> list[Evidence]:
    """The files sent with a version, in their order."""
    return _rows(session, submission.obligation_id, lookup.id_of(submission))


def _rows(session: Session, obligation_id: int, submission_id: int | None) -> list[Evidence]:
    statement = select(Evidence).where(
        Evidence.obligation_id == obligation_id, Evidence.submission_id == submission_id
    )
    return list(session.exec(statement.order_by(col(Evidence.id))))


def of_standing(session: Session, obligation_id: int) -> list[Evidence]:
    """The files of the newest answer that was recorded without fault."""
    newest = session.exec(
        select(Submission)
        .where(
            Submission.obligation_id == obligation_id,
            Submission.verdict == Verdict.ACCEPTED,
            Submission.kind != SubmissionKind.DECLINE,
        )
        .order_by(col(Submission.version).desc())
    ).first()
    return of_submission(session, newest) if newest else []


def together(
    session: Session, obligation_id: int, left_out: Collection[int] = ()
) -> list[Evidence]:
    """The files that the next version has: those that stand and those added, but for some."""
    found = [*of_standing(session, obligation_id), *of_draft(session, obligation_id)]
    return [one for one in found if one.id not in left_out]


def attach(session: Session, submission_id: int, files: Iterable[Evidence]) -> None:
    """Makes files those of a version; the version before keeps its own."""
    for found in files:
        if found.submission_id is None:
            found.submission_id = submission_id
        else:
            same = found.model_dump(exclude={"id", "submission_id"})
            session.add(Evidence(**same, submission_id=submission_id))
    session.flush()


def leave_out(session: Session, obligation_id: int, ids: Collection[int], as_of: datetime) -> int:
    """Takes files out of the draft, how many; their content stays where it lies."""
    found = [one for one in of_draft(session, obligation_id) if one.id in ids]
    for one in found:
        session.delete(one)
    session.flush()
    if found:
        _note(session, Deed.LEFT_OUT, obligation_id, found, as_of)
    return len(found)


def one_of(session: Session, obligation_id: int, evidence_id: int) -> Evidence:
    """A file of this obligation by its number; raises UnknownName."""
    found = session.get(Evidence, evidence_id) if 0 < evidence_id < 2**31 else None
    if found is None or found.obligation_id != obligation_id:
        raise UnknownName(_("There is no such file here."))
    return found


def names_of(files: Sequence[Evidence]) -> list[str]:
    return [found.name for found in files]
