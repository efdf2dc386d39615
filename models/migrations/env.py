"""Alembic's entry: migrates the engine that `models.database` hands over."""

import sqlalchemy as sa
from alembic import context

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
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                # of several that start at once, one makes the tables and the others find them made
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('dondoc'))"))
            context.run_migrations()
        connection.commit()
        if engine.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


migrate()
