"""The migrations give exactly the tables that the code declares, on either database."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models.database import Database
from models.tables import METADATA
from tests.conftest import Databases

# SQLAlchemy cannot read an index on an expression back from SQLite, and says so
UNREADABLE = ".*expression-based index"
INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
    "ORDER BY name",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "AND tablename <> 'alembic_version' ORDER BY indexname",
}


@pytest.fixture
def declared(databases: Databases) -> Iterator[Database]:
    """A database with the tables as the code declares them, without migrations."""
    template = databases.template("declared", lambda found: METADATA.create_all(found.engine))
    yield from databases.like(template)


def shape(engine: sa.Engine) -> dict[str, Any]:
    """Everything the database itself knows of its tables."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", UNREADABLE)
        inspector = sa.inspect(engine)
        tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
        return {name: _table(inspector, name) for name in sorted(tables)}


def _table(inspector: sa.Inspector, name: str) -> dict[str, Any]:
    columns = inspector.get_columns(name)
    return {
        "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in columns},
        "key": inspector.get_pk_constraint(name)["constrained_columns"],
        "unique": _sorted(tuple(u["column_names"]) for u in inspector.get_unique_constraints(name)),
        "checks": _sorted((c["name"], c["sqltext"]) for c in inspector.get_check_constraints(name)),
        "foreign": _sorted(
            (tuple(f["constrained_columns"]), f["referred_table"])
            for f in inspector.get_foreign_keys(name)
        ),
        "indexes": _sorted(
            (i["name"], i["unique"], tuple(i.get("expressions") or i["column_names"]), where(i))
            for i in inspector.get_indexes(name)
        ),
    }


def _sorted(found: Any) -> list[Any]:
    return sorted(found, key=repr)


def where(index: Any) -> str:
    """The condition of a partial index."""
    options = index.get("dialect_options", {})
    return " ".join(str(value) for name, value in options.items() if name.endswith("_where"))


class TestMigrations:
    def test_give_the_tables_that_are_declared(self, db: Database, declared: Database) -> None:
        made, wanted = shape(db.engine), shape(declared.engine)
        assert sorted(made) == sorted(METADATA.tables)
        for name in wanted:
            assert made[name] == wanted[name], name

    def test_leave_nothing_for_alembic_to_generate(self, db: Database) -> None:
        with db.engine.connect() as connection, warnings.catch_warnings():
            warnings.filterwarnings("ignore", UNREADABLE)
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, METADATA) == []

    def test_run_again_without_effect(self, db: Database) -> None:
        before = shape(db.engine)
        db.migrate()
        assert shape(db.engine) == before

    def test_make_the_indexes_word_for_word(self, db: Database, declared: Database) -> None:
        """Indexes on an expression too, which SQLAlchemy cannot read back from SQLite."""
        statement = INDEXES[db.engine.dialect.name]
        with db.engine.connect() as made, declared.engine.connect() as wanted:
            found = made.exec_driver_sql(statement).all()
            assert found == wanted.exec_driver_sql(statement).all()
        assert "assignment_once" in [name for name, _sql in found]
