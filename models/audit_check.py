"""What the chain says of each fact, and where the rows say something else."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.audit import Covered
from models.audit_chain import Sealed
from models.audit_digests import all_of


class Last(NamedTuple):
    """What an entry, the last about a fact, says of it: its digest, None where it was deleted."""

    digest: str | None
    entry: int


Expected = Mapping[str, Mapping[int, Last]]  # by table and key


class Differing(NamedTuple):
    """A fact that is not what the chain says; `entry` is the last about it, None where there is
    none, and `now` the digest of what stands there.
    """

    table: str
    key: int
    entry: int | None
    sealed: str | None
    now: str | None


class Said(NamedTuple):
    """What an entry says: digests by table and key, and the rest of its body."""

    number: int
    facts: Mapping[str, Mapping[str, str | None]]
    rest: Mapping[str, Any]


def read(entry: Sealed) -> Said:
    """An entry as it was read; nothing of one that somebody made unreadable."""
    try:
        rest = json.loads(entry.body)
        facts = rest.pop("facts")
        right = all(int(key) >= 0 for keys in facts.values() for key in keys)
        return Said(entry.number, facts if right else {}, rest)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Said(entry.number, {}, {})


def expected(found: Iterable[Said]) -> Expected:
    """The last word of the chain on every fact."""
    last: dict[str, dict[int, Last]] = defaultdict(dict)
    for said in found:
        for name, facts in said.facts.items():
            known = last[name]
            for key, digest in facts.items():
                known[int(key)] = Last(digest, said.number)
    return last


def differing(connection: sa.Connection, table: Covered, wanted: Expected) -> Iterator[Differing]:
    """The facts of a table that are not as they were sealed."""
    left = dict(wanted.get(table.name, {}))
    for key, now in all_of(connection, table):
        last = left.pop(key, None)
        if last is None or last.digest != now:
            yield Differing(table.name, key, last and last.entry, last and last.digest, now)
    for key, last in left.items():
        if last.digest is not None:
            yield Differing(table.name, key, last.entry, last.digest, None)
