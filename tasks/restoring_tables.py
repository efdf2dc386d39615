"""The rows of a copy into an empty database of either kind, in the transaction of the caller."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from models import audit_triggers
from models.database import MIGRATIONS
from models.errors import ArchiveRefused
from models.i18n import gettext as _
from models.manifest import NAME, TYPES, Rows, from_plain, newer
from models.tables import METADATA
from tasks.archive import Archive, damaged

AT_ONCE = 1_000  # rows inserted at once
VERSION = "alembic_version"
OURS = frozenset({*METADATA.tables, VERSION})  # another program's may lie beside them
# what the program notes by itself as soon as it runs: no reason to call a database taken
IDLE = frozenset(
    {VERSION, "pulse", "allowance", "attempts", "stoppage", "audit_entry", "audit_touched"}
)
_FOREIGN = """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"""


def is_empty(connection: sa.Connection) -> bool:
    """Whether the tables hold nothing that anybody did."""
    for name in sorted((OURS - IDLE) & _there(connection)):
        any_row = sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
        if connection.scalar(any_row) is not None:
            return False
    return True


def _there(connection: sa.Connection) -> set[str]:
    return {*sa.inspect(connection).get_table_names()}


def refuse_unknown(revision: str) -> None:
    """Raises ArchiveRefused where this program does not know tables of that revision."""
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(revision)
    except CommandError as error:
        raise ArchiveRefused(newer()) from error


def take_in(connection: sa.Connection, archive: Archive) -> None:
    """Makes the tables as they were when the copy was made, fills them, brings them up to date."""
    _drop_empty(connection)
    _upgrade(connection, archive.manifest.revision, unaudited=True)
    _refuse_other_tables(connection, archive)
    try:
        with _references_later(connection):
            for name, rows in archive.manifest.tables.items():
                _load(connection, archive, name, rows)
    except (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.StatementError, ValueError) as error:
        problem = str(error).partition("\n")[0]
        message = _("The rows of the copy cannot be taken in: {problem}")
        raise ArchiveRefused(message.format(problem=problem)) from error
    _count(connection, archive)
    _go_on_counting(connection)
    _upgrade(connection, "head")
    if audit_triggers.missing(connection):  # the copy was of the tables of now
        audit_triggers.make(connection)


def _drop_empty(connection: sa.Connection) -> None:
    """Drops our tables, of whatever revision; all are empty."""
    there = sa.MetaData()
    there.reflect(connection, only=lambda name, _metadata: name in OURS)
    there.drop_all(connection)


def _upgrade(connection: sa.Connection, revision: str, *, unaudited: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes |= {"connection": connection, "unaudited": unaudited}
    command.upgrade(config, revision)


def _refuse_other_tables(connection: sa.Connection, archive: Archive) -> None:
    inspector = sa.inspect(connection)
    there = {
        name: {column["name"] for column in inspector.get_columns(name)}
        for name in _there(connection) & OURS if name != VERSION
    }  # fmt: skip
    if there != {name: set(rows.columns) for name, rows in archive.manifest.tables.items()}:
        raise ArchiveRefused(damaged(NAME))


@contextmanager
def _references_later(connection: sa.Connection) -> Iterator[None]:
    """Rows may refer to rows that come after them; what refers to nothing is found at the end."""
    if connection.dialect.name == "sqlite":  # the caller has turned the checks off
        yield
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            raise ValueError(f"{lost[0]} → {lost[2]}")
        return
    foreign = connection.exec_driver_sql(_FOREIGN).all()
    for table, name, _definition in foreign:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in foreign:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _load(connection: sa.Connection, archive: Archive, name: str, rows: Rows) -> None:
    table = sa.table(name, *(sa.column(c, TYPES[kind]) for c, kind in rows.columns.items()))
    found = (_values(rows.columns, row) for row in archive.rows(name))
    while batch := list(islice(found, AT_ONCE)):
        connection.execute(sa.insert(table), batch)


def _values(kinds: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: from_plain(kinds[column], value) for column, value in row.items()}


def _count(connection: sa.Connection, archive: Archive) -> None:
    for name, rows in archive.manifest.tables.items():
        count = sa.select(sa.func.count()).select_from(sa.table(name))
        if connection.scalar(count) != rows.rows:
            raise ArchiveRefused(damaged(name))


def _go_on_counting(connection: sa.Connection) -> None:
    """Numbers given from here on follow those of the rows."""
    if connection.dialect.name == "sqlite":
        return
    for name in sorted(METADATA.tables.keys() & _there(connection)):
        sequence = _sequence(connection, name)
        if sequence:
            newest: sa.Select[Any] = sa.select(sa.func.max(sa.column("id"))).select_from(
                sa.table(name)
            )
            if connection.scalar(newest):
                connection.execute(sa.select(sa.func.setval(sequence, newest.scalar_subquery())))


def _sequence(connection: sa.Connection, table: str) -> str | None:
    columns = {column["name"] for column in sa.inspect(connection).get_columns(table)}
    if "id" not in columns:
        return None
    quoted = connection.dialect.identifier_preparer.quote(table)
    found = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(quoted, "id")))
    return str(found) if found else None
