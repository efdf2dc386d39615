"""Alembic's entry: migrates the engine that `models.database` hands over."""

from contextlib import AbstractContextManager, nullcontext

from alembic import context
from sqlalchemy import Connection

from models.audit_upgrade import sealed_anew
from models.clock import now
from models.tables import METADATA


def migrate() -> None:
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # a table that is made anew is dropped first, and what refers to it has to bear that;
            # outside a transaction, since within one SQLite does not heed it
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True
        )
        with context.begin_transaction(), _audited(connection):
            context.run_migrations()
        connection.commit()
        if engine.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def _audited(connection: Connection) -> AbstractContextManager[None]:
    """Seals what migrations change; nothing where the tables are up to date or stay old."""
    newest = str(context.get_head_revision())
    here = context.get_context().get_current_revision()
    if here == newest or context.get_revision_argument() != newest:
        return nullcontext()
    return sealed_anew(connection, now(), newest)


migrate()
