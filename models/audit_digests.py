"""The digest of a fact: SHA-256 of its row as canonical JSON, the same in every database.

Canonical: keys in order, no spaces, UTF-8; an instant in UTC with six digits, a day as 2024-02-26.
What a database holds against its own types is taken as the text it is, so that nobody can make a
row that cannot be looked at.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from models.audit import Covered
from models.columns import UtcInstant

Touched = Mapping[str, Iterable[int]]  # keys of facts, by table
Digests = dict[str, dict[int, str | None]]  # by table and key; None where nothing is there

AT_ONCE = 10_000  # rows
_WHICH = {
    "sqlite": " WHERE t.{key} IN (SELECT value FROM json_each(?))",
    "postgresql": " WHERE t.{key} = ANY(%s::bigint[])",
}
_dump = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=repr
).encode


def canonical(value: Any) -> bytes:
    """JSON in its one form."""
    return _dump(value).encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON, in URL-safe base64 without its padding."""
    return urlsafe_b64encode(sha256(canonical(value)).digest()).rstrip(b"=").decode()


def digests(connection: sa.Connection, tables: Mapping[str, Covered], touched: Touched) -> Digests:
    """The digests of facts as they stand."""
    found: Digests = {}
    for name, keys in touched.items():
        wanted = sorted(set(keys))
        there = dict(_of(connection, tables[name], wanted))
        found[name] = {key: there.get(key) for key in wanted}
    return found


def all_of(connection: sa.Connection, table: Covered) -> Iterator[tuple[int, str]]:
    """The digest of every fact of a table, by key in order."""
    return _of(connection, table, None)


def _of(
    connection: sa.Connection, table: Covered, keys: list[int] | None
) -> Iterator[tuple[int, str]]:
    rows = _rows(connection, table, keys)
    if not table.of_parts:
        return ((key, digest(row)) for key, row in rows)
    return (
        (key, digest(sorted((row for _key, row in parts), key=_dump)))
        for key, parts in groupby(rows, key=itemgetter(0))
    )


def _rows(
    connection: sa.Connection, table: Covered, keys: list[int] | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    dialect = connection.dialect.name
    statement = _select(table, dialect)
    given: tuple[Any, ...] = ()
    if keys is not None:
        statement += _WHICH[dialect].format(key=f'"{table.key}"')
        given = (json.dumps(keys) if dialect == "sqlite" else keys,)
    statement += f' ORDER BY t."{table.key}"'
    # all rows of a table by and by; a few at once, for Postgres opens a cursor to give rows so
    options = {"yield_per": AT_ONCE} if keys is None else {}
    result = connection.exec_driver_sql(statement, given, execution_options=options)
    names = [column.name for column in table.columns]
    readers = [(n, reader) for n, c in enumerate(table.columns, 1) if (reader := _reader(c.type))]
    for row in result:
        values = list(row)
        for n, reader in readers:
            if values[n] is not None:
                values[n] = reader(values[n])
        yield values[0], dict(zip(names, values[1:], strict=True))


def _select(table: Covered, dialect: str) -> str:
    """Every column as the driver gives it; JSON as text."""
    columns = [
        f"CAST({expression} AS text)"
        if dialect == "postgresql" and isinstance(column.type, sa.JSON)
        else expression
        for column in table.columns
        for expression in [table.expression(column, "t")]
    ]
    return f'SELECT t."{table.key}", {", ".join(columns)} FROM "{table.name}" t'  # noqa: S608


def _reader(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes one form of a driver's value; None where it has one already."""
    if isinstance(kind, UtcInstant | sa.DateTime):
        return _instant
    if isinstance(kind, sa.Date):
        return str
    if isinstance(kind, sa.Boolean):
        return _truth
    return _data if isinstance(kind, sa.JSON) else None


def _instant(value: Any) -> str:
    """SQLite keeps UTC as text, without saying so."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{str(value).replace(' ', 'T', 1)}+00:00"


def _truth(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _data(value: Any) -> Any:
    try:
        return json.loads(value)
    except (ValueError, TypeError):
        return {"unreadable": str(value)}
