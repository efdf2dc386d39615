"""An upgrade seals anew what held before it; what did not hold keeps its old digest, and is found.

Tables are made anew by migrations, and a new column changes the digest of every row. So the chain
is compared with the rows before the first migration, and after the last one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from models import audit_chain, audit_triggers
from models.audit import Cause, Covered, covered, covered_of
from models.audit_check import Expected, differing, expected, read
from models.audit_digests import Digests


@contextmanager
def sealed_anew(connection: sa.Connection, at: datetime, revision: str) -> Iterator[None]:
    """Around the migrations to the newest revision: no trigger watches, and afterwards every fact
    is sealed that was right before. What stood there when the chain begins is sealed as it is.
    """
    begun = sa.inspect(connection).has_table("audit_entry")
    old: Expected = {}
    wrong: set[tuple[str, int]] = set()
    if begun:
        audit_chain.seal_outside(connection, at)
        old = expected(map(read, audit_chain.entries(connection)))
        wrong = _wrong(connection, old)
        audit_triggers.drop(connection)
    yield
    cause = Cause.UPGRADE if begun else Cause.BEGINNING
    anew = _anew(connection, old, wrong)
    audit_chain.append(connection, cause, at, anew, revision=revision)
    audit_triggers.make(connection)


def _wrong(connection: sa.Connection, old: Expected) -> set[tuple[str, int]]:
    return {
        (found.table, found.key)
        for table in _as_they_were(connection)
        for found in differing(connection, table, old)
    }


def _as_they_were(connection: sa.Connection) -> Iterator[Covered]:
    """The tables with the columns they have before the migrations, in the types of now."""
    inspector = sa.inspect(connection)
    for name in covered().keys() & set(inspector.get_table_names()):
        types = {column.name: column.type for column in covered()[name].columns}
        columns = [
            sa.Column(found["name"], types.get(found["name"], found["type"]))
            for found in inspector.get_columns(name)
        ]
        keys = inspector.get_pk_constraint(name)["constrained_columns"]
        primary = sa.PrimaryKeyConstraint(*keys)
        yield covered_of(sa.Table(name, sa.MetaData(), *columns, primary))


def _anew(connection: sa.Connection, old: Expected, wrong: set[tuple[str, int]]) -> Digests:
    return {
        name: {
            found.key: found.now
            for found in differing(connection, table, old)
            if (name, found.key) not in wrong
        }
        for name, table in covered().items()
    }
