"""Other systems: their tokens, what they asked once, webhooks; answers that came from one"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = models.columns.UtcInstant(timezone=True)
_TEXT = sqlmodel.sql.sqltypes.AutoString()
_OLD = "'page', 'workbook', 'reply', 'command'"
_NEW = f"{_OLD}, 'api'"
_WAITS = sa.text("sent_at IS NULL AND failed_at IS NULL")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _channels_on_sqlite()
    else:
        op.drop_constraint("channel", "submission")
        op.create_check_constraint("channel", "submission", f"channel IN ({_NEW})")
    _tokens()
    _webhooks()


def _channels_on_sqlite() -> None:
    """SQLite cannot change a constraint: the table is made anew with the words as they are now."""
    bind = op.get_bind()
    kinds = "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'submission' AND sql IS NOT NULL"
    made = bind.execute(sa.text(kinds)).all()
    (create,) = (sql for kind, sql in made if kind == "table")
    head, brace, body = create.partition("(")
    anew = f"CREATE TABLE new_submission {brace}{body}".replace(_OLD, _NEW)
    if anew.count(_NEW) != 1:
        raise RuntimeError(f"the ways in are not where they were: {head}")
    bind.exec_driver_sql(anew)
    op.execute("INSERT INTO new_submission SELECT * FROM submission")
    op.execute("DROP TABLE submission")
    op.execute("ALTER TABLE new_submission RENAME TO submission")
    for kind, sql in made:
        if kind == "index":
            bind.exec_driver_sql(sql)


def _tokens() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("digest", _TEXT, nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("made_by", _TEXT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=True),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.CheckConstraint("length(digest) = 64", name="token_digest"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_access_token_unit_id", "access_token", ["unit_id"])
    op.create_table(
        "asked_once",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("digest", _TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["access_token.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_id", "key"),
    )
    op.create_index("ix_asked_once_token_id", "asked_once", ["token_id"])
    op.create_index("ix_asked_once_at", "asked_once", ["at"])


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("url", _TEXT, nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", _TEXT, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("made_by", _TEXT, nullable=False),
        sa.Column("next_at", _INSTANT, nullable=False),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("problem", _TEXT, nullable=False),
        sa.Column("disabled_at", _INSTANT, nullable=True),
        sa.Column("removed_at", _INSTANT, nullable=True),
        sa.CheckConstraint("disabled_at IS NULL OR problem <> ''", name="webhook_disabled"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("event", _TEXT, nullable=False),
        sa.Column("queued_at", _INSTANT, nullable=False),
        sa.Column("next_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", _INSTANT, nullable=True),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("failed_at", _INSTANT, nullable=True),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name="webhook_message_end"),
        sa.CheckConstraint("attempts >= 0", name="webhook_message_attempts"),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"]),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("webhook_id", "activity_id"),
    )
    op.create_index("ix_webhook_message_activity_id", "webhook_message", ["activity_id"])
    op.create_index("ix_webhook_message_queued_at", "webhook_message", ["queued_at"])
    op.create_index(
        "webhook_message_waiting",
        "webhook_message",
        ["webhook_id", "id"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
