"""Alembic's entry: migrates the engine that `models.database` hands over."""

from alembic import context

from models.tables import METADATA


def migrate() -> None:
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


migrate()
