"""Alembic's entry: migrates the engine, or within the transaction, that `config` hands over.

All of it is one transaction: whoever is killed leaves the old tables or the new ones. Several
processes that start at once take turns, and those that come later find nothing to do.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.migration import MigrationContext

from models.audit_upgrade import sealed_anew
from models.clock import now
from models.tables import METADATA

LOCK = 7_213_640  # of Postgres: any number that nothing else takes


def migrate() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    engine = context.config.attributes["engine"]
    if _is_done(engine):
        return
    with engine.execution_options(dondoc_writes=True).connect() as connection, _turn(connection):
        _run(connection)
        connection.commit()


@contextmanager
def _turn(connection: sa.Connection) -> Iterator[None]:
    """The only one who migrates, while references to a table that is made anew are not looked at."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        yield
        return
    # a table that is made anew is dropped first, and what refers to it has to bear that; outside a
    # transaction, since within one SQLite does not heed it
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _is_done(engine: sa.Engine) -> bool:
    """Whether the tables are what is asked for, so that readers need not wait for a writer."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        return found is not None and found == context.get_revision_argument()


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True,
        transactional_ddl=True,  # SQLite's is, since the driver opens no transactions of its own
    )  # fmt: skip
    with context.begin_transaction(), _audited(connection):
        context.run_migrations()


def _audited(connection: sa.Connection) -> AbstractContextManager[None]:
    """Seals what migrations change; nothing where the tables are up to date or stay old, or where
    the rows that come into them bring their own seals.
    """
    newest = str(context.get_head_revision())
    here = context.get_context().get_current_revision()
    unaudited = context.config.attributes.get("unaudited", False)
    if unaudited or here == newest or context.get_revision_argument() != newest:
        return nullcontext()
    return sealed_anew(connection, now(), newest)


migrate()
