"""Whether the history still goes through the head that was last noted outside the database.

Going through all of it is `dondoc audit verify`; this costs two statements and finds a history that
was cut off, written anew, or replaced by an old copy.
"""

from pathlib import Path

from sqlmodel import Session

from models import audit_triggers
from models.check import Check, ill, well
from models.i18n import gettext as _
from models.words import Watched
from tasks import audit


def check(session: Session, data: Path) -> Check:
    """Whether the history is what was noted of it, and still sealed by the database."""
    advice = _("Keep a copy of the database as it is, and run `dondoc audit verify`.")
    connection = session.connection()
    if audit_triggers.missing(connection) or audit_triggers.foreign(connection):
        words = _(
            "The database does not seal changes as it should: triggers are gone, altered or not "
            "the program's."
        )
        return ill(Watched.AUDIT, words, advice)
    noted = audit.last_noted(data)
    if noted is not None and not audit.goes_through(session, noted):
        words = _("The history does not go through entry {n}, which was noted outside of it.")
        return ill(Watched.AUDIT, words.format(n=noted.number), advice)
    words = _("The history has {n} entries and goes through what was noted of it.")
    return well(Watched.AUDIT, words.format(n=audit.head(session).number))
