"""The chain of the history for others: its head, its anchors outside, and whether all of it holds.

What verification finds: an entry changed, missing or out of order; a fact that is not what was
sealed of it; a change that others than the program made; an entry that the program would not have
written; a chain that does not go through a head noted elsewhere; a trigger that is gone, or that is
none of ours.
"""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlmodel import Session, select

from models import audit_chain, audit_check, audit_triggers
from models.audit import Cause, Entry, covered, needs_a_deed
from models.audit_chain import GENESIS, Head, Sealed, hash_of
from models.audit_check import Differing, Said
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.vietnamese import printable
from models.words import Deed
from tasks import activities
from tasks.audit_forged import Judge

HEADS = "audit-heads"
TAIL = 400  # bytes at the end of the file: the last line is in it
_HEAD = re.compile(r"(\d{1,18})[: ]([0-9a-f]{64})(?: .*)?")


class Change(StrEnum):
    """How a fact differs from what was sealed of it."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Wrong(StrEnum):
    """What can be wrong with a history."""

    ENTRY = "entry"
    GAP = "gap"
    FACT = "fact"
    OUTSIDE = "outside"
    HEAD = "head"
    FORGED = "forged"
    TRIGGER = "trigger"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Found:
    """One thing that is wrong: with which entry, or with which fact of which table and by which
    entry, the last about it.
    """

    wrong: Wrong
    entry: int | None = None
    table: str = ""
    key: int | None = None
    change: str = ""


@dataclass(frozen=True)
class Verified:
    """What was looked at, and everything that is wrong with it. `unnoted` counts the entries whose
    changes nobody put his name to: a fault of the program.
    """

    head: Head
    facts: int
    heads: int
    unnoted: int
    found: tuple[Found, ...]


def head(session: Session) -> Head:
    """The newest entry, number and hash: noted elsewhere it vouches for everything before it."""
    return audit_chain.head(session.connection())


def anchor(session: Session, data: Path, as_of: datetime) -> Head:
    """Notes the head in the data folder, outside the database, unless it stands there last. Where
    the history does not go through the last one nothing is noted: that would hide it.
    """
    newest, last = head(session), last_noted(data)
    if newest.number and newest != last and (last is None or goes_through(session, last)):
        line = f"{newest.number} {newest.hash} {as_of.astimezone(UTC).isoformat()}\n"
        descriptor = os.open(data / HEADS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii") as out:
            out.write(line)
            out.flush()
            os.fsync(out.fileno())
    return newest


def last_noted(data: Path) -> Head | None:
    """The head that was last noted in the data folder."""
    try:
        with (data / HEADS).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            last = file.read().decode("ascii", "replace").splitlines()[-1:]
        return head_from(last[0]) if last else None
    except (OSError, NotAllowed):  # none was noted, or a line is being written
        return None


def goes_through(session: Session, noted: Head) -> bool:
    """Whether the history has a head that was noted."""
    found = select(Entry.hash).where(Entry.number == noted.number)
    return session.exec(found).first() == noted.hash


def cut_anchors(data: Path, newest: int) -> None:
    """Takes the heads off that were noted after a copy's rows were read: they speak of entries that
    the copy does not have.
    """
    file = data / HEADS
    if file.exists():
        lines = file.read_text("ascii", "replace").splitlines(keepends=True)
        kept = [
            one for one in lines if not ((m := _HEAD.fullmatch(one.strip())) and int(m[1]) > newest)
        ]
        file.write_text("".join(kept), "ascii", "replace")


def anchors(data: Path) -> list[Head]:
    """The heads noted in the data folder; a line that is none cannot vouch for anything."""
    file = data / HEADS
    lines = file.read_text("ascii", "replace").splitlines() if file.exists() else []
    return [Head(int(m[1]), m[2]) for line in lines if (m := _HEAD.fullmatch(line))]


def head_from(text: str) -> Head:
    """A head as `audit head` prints it and a person keeps it: NUMBER:HASH."""
    found = _HEAD.fullmatch(text.strip().lower())
    if not found:
        message = _(
            "“{text}” is no head of the history: NUMBER:HASH, as “dondoc audit head” has it."
        )
        raise NotAllowed(message.format(text=text))
    return Head(int(found[1]), found[2])


def verify(session: Session, heads: Collection[Head] = ()) -> Verified:
    """Goes through the whole chain and every fact; the session should be a `snapshot()`.

    `heads` are those noted elsewhere, which the chain must go through.
    """
    connection = session.connection()
    walk = _Walk(heads)
    wanted = audit_check.expected(walk.over(audit_chain.entries(connection)))
    walk.end()
    facts = [
        _found(one)
        for table in covered().values()
        for one in audit_check.differing(connection, table, wanted)
    ]
    forged = [Found(Wrong.FORGED, number) for number in walk.judge.forged(connection)]
    gone = [Found(Wrong.TRIGGER, change=name) for name in audit_triggers.missing(connection)]
    gone += [Found(Wrong.FOREIGN, change=name) for name in audit_triggers.foreign(connection)]
    found = (*walk.found, *forged, *walk.changes_outside(), *facts, *gone)
    count = sum(map(len, wanted.values()))
    return Verified(walk.newest, count, len(set(heads)), len(walk.unnoted), found)


def _found(one: Differing) -> Found:
    change = Change.CHANGED if one.sealed and one.now else Change.ADDED
    change = change if one.now else Change.REMOVED
    return Found(Wrong.FACT, one.entry, one.table, one.key, change)


class _Walk:
    """Goes along the chain once: what is wrong with it, and what others did."""

    def __init__(self, heads: Iterable[Head]) -> None:
        self.heads: dict[int, set[str]] = defaultdict(set)
        for wanted in heads:
            self.heads[wanted.number].add(wanted.hash)
        self.newest = Head(0, GENESIS)
        self.found: list[Found] = []
        self.outside: dict[int, Mapping[str, Mapping[str, str | None]]] = {}
        self.unnoted: list[int] = []
        self.judge = Judge()

    def over(self, entries: Iterable[Sealed]) -> Iterator[Said]:
        for entry in entries:
            self._link(entry)
            yield (said := audit_check.read(entry))
            self._note(said)

    def _link(self, entry: Sealed) -> None:
        after = self.newest.number + 1
        if entry.number != after:
            self.found.append(Found(Wrong.GAP, after))
        elif hash_of(self.newest.hash, entry.body) != entry.hash:
            self.found.append(Found(Wrong.ENTRY, entry.number))
        if self.heads.pop(entry.number, set()) - {entry.hash}:
            self.found.append(Found(Wrong.HEAD, entry.number))
        self.newest = Head(entry.number, entry.hash)

    def _note(self, said: Said) -> None:
        cause = said.rest.get("cause")
        self.judge.note(said)
        if cause == Cause.OUTSIDE:
            self.outside[said.number] = said.facts
        elif cause == Cause.ACCEPTED:
            for number in said.rest.get("accepts", ()):
                self.outside.pop(number, None)
        elif cause == Cause.PROGRAM and needs_a_deed(said.facts):
            self.unnoted.append(said.number)

    def end(self) -> None:
        """The heads that the chain does not reach."""
        self.found += [Found(Wrong.HEAD, number) for number in sorted(self.heads) if number]

    def changes_outside(self) -> list[Found]:
        return [
            Found(Wrong.OUTSIDE, number, name, int(key), "" if digest else Change.REMOVED)
            for number, facts in self.outside.items()
            for name, keys in facts.items()
            for key, digest in keys.items()
        ]


def accept(session: Session, by: str, reason: str, as_of: datetime) -> int:
    """Takes the facts as they stand, in somebody's name: how many were not as they were sealed, or
    had been changed outside the program. Triggers that are gone come back; what is wrong with the
    chain itself stays wrong.
    """
    if not (reason := printable(reason)):
        raise NotAllowed(_("Say why, with --reason: it stands in the history for good."))
    connection = session.connection()
    audit_chain.seal_outside(connection, as_of)
    if audit_triggers.missing(connection):
        audit_triggers.make(connection)
    walk = _Walk(())
    wanted = audit_check.expected(walk.over(audit_chain.entries(connection)))
    anew = {
        table.name: {one.key: one.now for one in audit_check.differing(connection, table, wanted)}
        for table in covered().values()
    }
    count = sum(map(len, anew.values())) + len(walk.changes_outside())
    if count:
        numbers = sorted(walk.outside)
        said = {"by": printable(by), "reason": reason, "accepts": numbers}
        audit_chain.append(connection, Cause.ACCEPTED, as_of, anew, **said)
        named = {name: sorted(keys) for name, keys in anew.items() if keys}
        after = {"entries": numbers, "facts": named}
        activities.note(session, Deed.ACCEPTED, by, as_of, about=reason, after=after)
    return count
