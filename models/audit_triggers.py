"""Triggers: they note which facts a statement touches, and refuse to change the history.

They are taken off while tables are made anew (a migration) or filled from a backup: `lifted`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from models.audit import HISTORY, Covered, covered

FIXED = (HISTORY, "audit_entry")
REFUSAL = "the history is append-only: a row of {name} is never changed or deleted"
_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit\\_%' "
    "ESCAPE '\\'",
    "postgresql": "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE t.tgname LIKE 'audit\\_%' AND t.tgenabled IN ('O', 'A') "
    "AND c.relnamespace = current_schema()::regnamespace",
}


def make(connection: sa.Connection) -> None:
    """Makes every trigger anew."""
    drop(connection)
    for statement in _statements(connection.dialect.name):
        connection.execute(sa.text(statement))


def drop(connection: sa.Connection) -> None:
    """Takes every trigger off; nothing is noted and nothing refused until `make`."""
    if connection.dialect.name == "sqlite":
        for name in _there(connection):
            connection.execute(sa.text(f'DROP TRIGGER "{name}"'))
        return
    for name in _functions():
        connection.execute(sa.text(f"DROP FUNCTION IF EXISTS {name}() CASCADE"))


@contextmanager
def lifted(connection: sa.Connection) -> Iterator[None]:
    """For the length of a `with` block of one transaction no trigger watches: rows with their chain
    can be put back as they were. An error leaves the transaction to be rolled back.
    """
    drop(connection)
    yield
    make(connection)


def missing(connection: sa.Connection) -> list[str]:
    """The triggers that should be there and are not, or are switched off."""
    return sorted(_names(connection.dialect.name) - set(_there(connection)))


def _there(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.text(_NAMES[connection.dialect.name])).scalars())


def _names(dialect: str) -> set[str]:
    return {
        statement.split()[2]
        for statement in _statements(dialect)
        if statement.startswith("CREATE TRIGGER")
    }


def _statements(dialect: str) -> Iterable[str]:
    if dialect == "sqlite":
        for table in covered().values():
            yield from _noting_in_sqlite(table)
        for name in FIXED:
            yield from _refusing_in_sqlite(name, "number" if name == "audit_entry" else "id")
        return
    yield from _functions().values()
    for table in covered().values():
        yield from _noting_in_postgres(table)
    for name in FIXED:
        yield (
            f"CREATE TRIGGER audit_{name}_fixed BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )


def _noting_in_sqlite(table: Covered) -> Iterator[str]:
    name, key = table.name, table.key
    into = "INSERT INTO audit_touched (name, key)"
    changed = " OR ".join(
        f"{table.expression(column, 'OLD')} IS NOT {table.expression(column, 'NEW')}"
        for column in table.columns
    )
    for deed, row in (("insert", "NEW"), ("delete", "OLD")):
        yield (
            f'CREATE TRIGGER audit_{name}_{deed} AFTER {deed.upper()} ON "{name}" '
            f"BEGIN {into} VALUES ('{name}', {row}.\"{key}\"); END"
        )
    yield (
        f'CREATE TRIGGER audit_{name}_update AFTER UPDATE ON "{name}" WHEN {changed} '
        f"BEGIN {into} SELECT '{name}', NEW.\"{key}\" UNION SELECT '{name}', OLD.\"{key}\"; END"
    )


def _refusing_in_sqlite(name: str, key: str) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL.format(name=name)}'); END"
    for deed in ("update", "delete"):
        yield f"CREATE TRIGGER audit_{name}_no_{deed} BEFORE {deed.upper()} ON {name} {refuse}"
    # REPLACE deletes what is in its way and tells no trigger
    there = f"EXISTS (SELECT 1 FROM {name} WHERE {key} = NEW.{key})"  # noqa: S608
    yield f"CREATE TRIGGER audit_{name}_no_replace BEFORE INSERT ON {name} WHEN {there} {refuse}"


def _functions() -> dict[str, str]:
    """The functions of Postgres, by name; an insert or delete is noted once a statement."""
    found = {
        "audit_refuse": _function(
            "audit_refuse",
            f"RAISE EXCEPTION '{REFUSAL.format(name='%')}', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation';",
        )
    }
    for key in sorted({table.key for table in covered().values()}):
        into, tx = "INSERT INTO audit_touched (name, key, tx)", "pg_current_xact_id()::text::bigint"
        rows = f'{into} SELECT DISTINCT TG_TABLE_NAME, r."{key}", {tx} FROM touched_rows r;'  # noqa: S608
        each = (
            f'{into} VALUES (TG_TABLE_NAME, NEW."{key}", {tx}); '
            f'IF NEW."{key}" <> OLD."{key}" THEN '
            f'{into} VALUES (TG_TABLE_NAME, OLD."{key}", {tx}); END IF;'
        )
        for name, body in ((f"audit_note_{key}", rows), (f"audit_note_each_{key}", each)):
            found[name] = _function(name, body)
    return found


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )


def _noting_in_postgres(table: Covered) -> Iterator[str]:
    name, key = table.name, table.key
    for deed, rows in (("insert", "NEW"), ("delete", "OLD")):
        yield (
            f'CREATE TRIGGER audit_{name}_{deed} AFTER {deed.upper()} ON "{name}" '
            f"REFERENCING {rows} TABLE AS touched_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION audit_note_{key}()"
        )
    yield (
        f'CREATE TRIGGER audit_{name}_update AFTER UPDATE ON "{name}" FOR EACH ROW '
        f"WHEN (ROW({_row(table, 'OLD')}) IS DISTINCT FROM ROW({_row(table, 'NEW')})) "
        f"EXECUTE FUNCTION audit_note_each_{key}()"
    )
    yield (
        f'CREATE TRIGGER audit_{name}_truncate BEFORE TRUNCATE ON "{name}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )


def _row(table: Covered, row: str) -> str:
    """The columns that are covered; JSON as text, since Postgres compares no JSON."""
    return ", ".join(
        f"({table.expression(column, row)})::text"
        if isinstance(column.type, sa.JSON)
        else table.expression(column, row)
        for column in table.columns
    )
