"""Entries that fit into the chain and are none that the program writes.

Whoever can write the database can also reckon the hash of an entry, and so seal what he changed.
The program seals a deed once; it notes a deed with what somebody accepts; it seals anew only when
it brings the tables to a newer version, each version once, the last of them the one of now.
"""

import sqlalchemy as sa

from models.audit import HISTORY, Cause
from models.audit_check import Said

_OF_TABLES = (Cause.BEGINNING, Cause.UPGRADE)


class Judge:
    """Is told of every entry in order, and says at the end which were forged."""

    def __init__(self) -> None:
        self._found: set[int] = set()
        self._deeds: set[str] = set()  # keys of those that were sealed
        self._revisions: list[str] = []  # of the tables, as they were reached
        self._last: tuple[int, object, str] = (0, Cause.BEGINNING, "")
        self._brought: int | None = None  # the entry that brought the last of them
        self._accepts: int | None = None  # the entry whose deed has yet to come

    def note(self, said: Said) -> None:
        """Looks at an entry."""
        cause, deeds = said.rest.get("cause"), said.facts.get(HISTORY, {}).keys()
        if cause not in set(Cause) or (cause == Cause.PROGRAM and deeds & self._deeds):
            self._found.add(said.number)
        if cause in _OF_TABLES:
            self._of_tables(said, str(said.rest.get("revision")))
        self._of_acceptance(said.number, cause, bool(deeds))
        self._deeds |= deeds
        self._last = (said.number, cause, str(said.rest.get("revision")))

    def _of_tables(self, said: Said, revision: str) -> None:
        cause = said.rest["cause"]
        goes_on = self._last == (said.number - 1, cause, revision)  # many facts, several entries
        late = cause == Cause.BEGINNING and said.number != 1
        if not goes_on and (late or revision in self._revisions):
            self._found.add(said.number)
        self._revisions.append(revision)
        self._brought = said.number

    def _of_acceptance(self, number: int, cause: object, has_deed: bool) -> None:
        """Its deed comes with the next entry, but for what others did meanwhile; many facts are
        several entries.
        """
        if cause == Cause.ACCEPTED:
            self._accepts = number
        elif self._accepts is not None and cause != Cause.OUTSIDE:
            if not has_deed or cause != Cause.PROGRAM:
                self._found.add(self._accepts)
            self._accepts = None

    def forged(self, connection: sa.Connection) -> list[int]:
        """The entries that the program did not write, in order."""
        now = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        wrong = {self._accepts} if self._accepts is not None else set()
        if self._brought is not None and self._revisions[-1] != now:
            wrong.add(self._brought)
        return sorted(self._found | wrong)
