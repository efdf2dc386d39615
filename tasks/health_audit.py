"""Whether the history still goes through the head that was last noted outside the database.

Going through all of it is `dondoc audit verify`; this costs two statements and finds a history that
was cut off, written anew, or replaced by an old copy.
"""

import os
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col

from models import audit_triggers
from models.audit import Entry
from models.audit_chain import Head
from models.check import Check, ill, well
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.words import Watched
from tasks import audit
from tasks.audit import HEADS

TAIL = 400  # bytes at the end of the file: the last line is in it


def check(session: Session, data: Path) -> Check:
    """Whether the history is what was noted of it, and still sealed by the database."""
    advice = _("Keep a copy of the database as it is, and run `dondoc audit verify`.")
    if audit_triggers.missing(session.connection()):
        words = _("The database does not seal changes any more: triggers are gone.")
        return ill(Watched.AUDIT, words, advice)
    noted = _last_noted(data)
    if noted is not None and not _goes_through(session, noted):
        words = _("The history does not go through entry {n}, which was noted outside of it.")
        return ill(Watched.AUDIT, words.format(n=noted.number), advice)
    words = _("The history has {n} entries and goes through what was noted of it.")
    return well(Watched.AUDIT, words.format(n=audit.head(session).number))


def _last_noted(data: Path) -> Head | None:
    try:
        with (data / HEADS).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            last = file.read().decode("ascii", "replace").splitlines()[-1:]
        return audit.head_from(last[0]) if last else None
    except (OSError, NotAllowed):  # none was noted, or a line is being written
        return None


def _goes_through(session: Session, noted: Head) -> bool:
    found = sa.select(col(Entry.hash)).where(col(Entry.number) == noted.number)
    return session.scalar(found) == noted.hash
