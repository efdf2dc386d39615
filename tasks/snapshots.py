"""The database as it is at one moment, read in one transaction while others go on writing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from models.database import Database
from models.manifest import kind_of

AT_ONCE = 1_000  # rows fetched at once
_VERSION = sa.table("alembic_version", sa.column("version_num"))


@contextmanager
def snapshot(db: Database) -> Iterator[sa.Connection]:
    """A connection that sees the database as it is now, however long it is read."""
    with db.snapshot() as session:
        connection = session.connection()
        revision(connection)  # it is the first statement that fixes the moment
        yield connection


def revision(connection: sa.Connection) -> str:
    """The migration that the tables are at."""
    return str(connection.scalar(sa.select(_VERSION.c.version_num)))


def rows(connection: sa.Connection, table: sa.Table) -> Iterator[Mapping[str, Any]]:
    """The rows of a table in the order of their keys, words as plain text."""
    columns = (
        sa.type_coerce(column, sa.String).label(column.name)
        if kind_of(column) == "text" else column
        for column in table.c
    )  # fmt: skip
    statement = sa.select(*columns).order_by(*table.primary_key)
    yield from streamed(connection, statement)


def streamed(connection: sa.Connection, statement: sa.Select[Any]) -> Iterator[Mapping[str, Any]]:
    """What a statement gives, never more than some at once in memory."""
    options = {"yield_per": AT_ONCE}
    with connection.execute(statement, execution_options=options) as found:
        for row in found.mappings():
            yield dict(row)
