"""Sealing: what a transaction changed becomes an entry of the chain, just before it commits.

Writers of Postgres wait for each other only from here to the commit; SQLite has one writer anyway.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.audit import Cause, Entry, covered
from models.audit_digests import Digests, canonical, digests

GENESIS = "0" * 64  # what stands before the first hash
MOST = 20_000  # facts in an entry
_LOCK = 0x6175646974  # of Postgres: "audit"
_TX = "pg_current_xact_id_if_assigned()::text::bigint"  # none before it has written anything
_MINE = f"DELETE FROM audit_touched WHERE tx = {_TX} RETURNING name, key"  # noqa: S608
_ALL = "DELETE FROM audit_touched RETURNING name, key"

Facts = dict[str, set[int]]


class Head(NamedTuple):
    """The newest entry: what stands for everything before it."""

    number: int
    hash: str


class Sealed(NamedTuple):
    """An entry as it is read: `hash` rests on the one before, and on `body`."""

    number: int
    hash: str
    body: str


def hash_of(before: str, body: str) -> str:
    """The hash of an entry with this body after an entry with that hash."""
    return sha256(f"{before}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


def head(connection: sa.Connection) -> Head:
    """The newest entry; number 0 where there is none."""
    newest = "SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1"
    row = connection.exec_driver_sql(newest).first()
    return Head(*row) if row else Head(0, GENESIS)


def entries(connection: sa.Connection) -> Iterator[Sealed]:
    """Every entry in order."""
    statement = sa.text("SELECT number, hash, body FROM audit_entry ORDER BY number")
    options = {"yield_per": 100}
    for row in connection.execute(statement, execution_options=options):
        yield Sealed(*row)


def begin(connection: sa.Connection, at: datetime) -> None:
    """Before a transaction of SQLite writes: seals what others than the program wrote before it."""
    if connection.dialect.name == "sqlite":
        seal_outside(connection, at)


def seal_outside(connection: sa.Connection, at: datetime) -> None:
    """Seals what is noted and was sealed by no program."""
    lock(connection)
    if left := _take(connection, _ALL):
        _append(connection, head(connection), Cause.OUTSIDE, at, _digests(connection, left))


def seal(connection: sa.Connection, at: datetime) -> set[str]:
    """Seals what this transaction changed; the tables it changed, none where it changed nothing."""
    if connection.dialect.name == "sqlite":
        if mine := _take(connection, _ALL):
            found = _digests(connection, mine)
            _append(connection, head(connection), Cause.PROGRAM, at, found)
    elif mine := _take(connection, _MINE):
        _seal_in_postgres(connection, mine, at)
    return set(mine)


def _seal_in_postgres(connection: sa.Connection, mine: Facts, at: datetime) -> None:
    """Rows are locked by who changed them, so most is done before the others have to wait; parts of
    one fact may have come from two transactions, the later of which sees both.
    """
    whole = {name: keys for name, keys in mine.items() if not covered()[name].of_parts}
    found = _digests(connection, whole)
    lock(connection)
    found |= _digests(connection, {name: mine[name] for name in mine.keys() - whole.keys()})
    newest = head(connection)
    if left := _take(connection, _ALL):
        newest = _append(connection, newest, Cause.OUTSIDE, at, _digests(connection, left))
    _append(connection, newest, Cause.PROGRAM, at, found)


def lock(connection: sa.Connection) -> None:
    """From here to its end no other transaction of Postgres can seal anything."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def append(
    connection: sa.Connection, cause: Cause, at: datetime, found: Digests, **said: Any
) -> Head:
    """Adds what was found to the chain; `said` goes into the body as it is."""
    lock(connection)
    return _append(connection, head(connection), cause, at, found, **said)


def _append(
    connection: sa.Connection, newest: Head, cause: Cause, at: datetime, found: Digests, **said: Any
) -> Head:
    facts = [(name, key, digest) for name, keys in found.items() for key, digest in keys.items()]
    for start in range(0, max(len(facts), 1), MOST):
        part = facts[start : start + MOST]
        body = _body(newest.number + 1, cause, at, part, said)
        newest = Head(newest.number + 1, hash_of(newest.hash, body))
        row = {"number": newest.number, "hash": newest.hash, "body": body}
        connection.execute(sa.insert(Entry), row)
    return newest


def _body(
    number: int,
    cause: Cause,
    at: datetime,
    facts: list[tuple[str, int, str | None]],
    said: dict[str, Any],
) -> str:
    changed: dict[str, dict[str, str | None]] = defaultdict(dict)
    for name, key, digest in facts:
        changed[name][str(key)] = digest
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    said = {"number": number, "cause": cause, "at": moment, "facts": changed, **said}
    return canonical(said).decode("utf-8", "surrogatepass")


def _take(connection: sa.Connection, statement: str) -> Facts:
    found: Facts = defaultdict(set)
    for name, key in connection.exec_driver_sql(statement):
        found[name].add(key)
    return found


def _digests(connection: sa.Connection, facts: Facts) -> Digests:
    return digests(connection, covered(), facts)
