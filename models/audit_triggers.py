"""Triggers: they note which facts a statement touches, and refuse to change the history.

They are taken off while tables are made anew (a migration) or filled from a backup: `lifted`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from models.audit import HISTORY, Covered, covered

FIXED = (HISTORY, "audit_entry")
REFUSAL = "the history is append-only: a row of {name} is never changed or deleted"
_DOING = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT t.tgname, c.relname || ' ' || p.prosrc FROM pg_trigger t "
    "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal "
    "AND c.relnamespace = current_schema()::regnamespace",
}
_EVERY = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace",
}


def make(connection: sa.Connection) -> None:
    """Makes every trigger anew."""
    drop(connection)
    for statement in _statements(connection.dialect.name):
        connection.execute(sa.text(statement))


def drop(connection: sa.Connection) -> None:
    """Takes every trigger off; nothing is noted and nothing refused until `make`."""
    if connection.dialect.name == "sqlite":
        for name in connection.execute(sa.text(_EVERY["sqlite"])).scalars().all():
            if name.startswith("audit_"):  # of an older program, too
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
    """The triggers that should be there and are not, are switched off, or were made to do something
    else.
    """
    dialect = connection.dialect.name
    rows = connection.execute(sa.text(_DOING[dialect])).tuples().all()
    there = {name: " ".join(doing.split()) for name, doing in rows}
    return sorted(name for name, doing in _doing(dialect).items() if there.get(name) != doing)


def foreign(connection: sa.Connection) -> list[str]:
    """Triggers that are none of ours: what one does within a transaction of the program is sealed
    as if the program had done it.
    """
    dialect = connection.dialect.name
    every = connection.execute(sa.text(_EVERY[dialect])).scalars()
    return sorted(set(every) - _doing(dialect).keys())


def _doing(dialect: str) -> dict[str, str]:
    """What each trigger is to do: the statement that makes it; of Postgres, which writes that in
    words of its own, its table and the body of its function.
    """
    made = {s.split()[2]: s for s in _statements(dialect) if s.startswith("CREATE TRIGGER")}
    if dialect == "postgresql":
        bodies = {name: s.partition("$$")[2].partition("$$")[0] for name, s in _functions().items()}
        made = {name: _on(s) + bodies[s.split()[-1].partition("(")[0]] for name, s in made.items()}
    return {name: " ".join(doing.split()) for name, doing in made.items()}


def _on(statement: str) -> str:
    return statement.partition(" ON ")[2].split()[0].strip('"')


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
