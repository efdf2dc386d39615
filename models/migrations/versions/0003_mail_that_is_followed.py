"""Mail that is followed: Message-IDs to find it by, what came back, what holds the sending up"""

import hashlib

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite cannot change a constraint: the table is made anew as it is from here on
_MESSAGE = """
CREATE TABLE new_message (
    id INTEGER NOT NULL,
    "key" VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    unit_id INTEGER NOT NULL,
    directive_id INTEGER,
    obligation_id INTEGER,
    to_name VARCHAR NOT NULL,
    to_email VARCHAR NOT NULL,
    template VARCHAR NOT NULL,
    context JSON NOT NULL,
    state VARCHAR(32) NOT NULL,
    queued_at DATETIME NOT NULL,
    next_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    attempts INTEGER NOT NULL,
    sent_at DATETIME,
    outcome VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT message_attempts CHECK (attempts >= 0),
    CONSTRAINT message_sent CHECK ((state IN ('sent', 'bounced')) = (sent_at IS NOT NULL)),
    UNIQUE ("key"),
    UNIQUE (reference),
    CONSTRAINT purpose CHECK (purpose IN ('open', 'reminder', 'escalation', 'receipt', 'refusal', 'decision')),
    FOREIGN KEY(unit_id) REFERENCES unit (id),
    FOREIGN KEY(directive_id) REFERENCES directive (id),
    FOREIGN KEY(obligation_id) REFERENCES obligation (id),
    CONSTRAINT messagestate CHECK (state IN ('queued', 'leased', 'sent', 'bounced', 'retry', 'failed', 'unknown', 'dropped'))
)
"""
_OLD = (
    'id, "key", purpose, unit_id, directive_id, obligation_id, to_name, to_email, template, context,'
    " state, queued_at, next_at, attempts, sent_at, outcome"
)
_INDEXES = (
    "CREATE INDEX ix_message_directive_id ON message (directive_id)",
    "CREATE INDEX ix_message_obligation_id ON message (obligation_id)",
    "CREATE INDEX ix_message_unit_id ON message (unit_id)",
    "CREATE INDEX message_waiting ON message (next_at)"
    " WHERE state IN ('queued', 'retry', 'unknown', 'leased')",
)


def upgrade() -> None:
    instant = models.columns.UtcInstant(timezone=True)
    text = sqlmodel.sql.sqltypes.AutoString()
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_on_sqlite()
    else:
        _alter_on_postgres()
    op.add_column("contact", sa.Column("bounced_at", instant, nullable=True))
    op.add_column("contact", sa.Column("bounce", text, nullable=True))
    _new_tables()


def _reference(key: str) -> str:
    """The left side of the Message-ID, as the program of before made it."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _rebuild_on_sqlite() -> None:
    bind = op.get_bind()
    bind.connection.create_function("dondoc_reference", 1, _reference)
    op.execute(_MESSAGE)
    op.execute(
        f"INSERT INTO new_message ({_OLD}, reference, expires_at) SELECT {_OLD},"  # noqa: S608
        " dondoc_reference(\"key\"), strftime('%Y-%m-%d %H:%M:%f000', queued_at, '+5 days')"
        " FROM message"
    )
    op.execute("DROP TABLE message")
    op.execute("ALTER TABLE new_message RENAME TO message")
    for index in _INDEXES:
        op.execute(index)


def _alter_on_postgres() -> None:
    op.add_column("message", sa.Column("reference", sa.String()))
    op.add_column("message", sa.Column("expires_at", models.columns.UtcInstant(timezone=True)))
    op.execute(
        "UPDATE message SET expires_at = queued_at + interval '5 days',"
        " reference = left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 32)"
    )
    op.alter_column("message", "reference", nullable=False)
    op.alter_column("message", "expires_at", nullable=False)
    op.create_unique_constraint(None, "message", ["reference"])
    states = "'queued', 'leased', 'sent', 'bounced', 'retry', 'failed', 'unknown', 'dropped'"
    for name, condition in (
        ("messagestate", f"state IN ({states})"),
        ("message_sent", "(state IN ('sent', 'bounced')) = (sent_at IS NOT NULL)"),
    ):
        op.drop_constraint(name, "message")
        op.create_check_constraint(name, "message", condition)


def _new_tables() -> None:
    instant = models.columns.UtcInstant(timezone=True)
    text = sqlmodel.sql.sqltypes.AutoString()
    op.create_table(
        "received",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "bounce", "delay", "automatic", "reply",
                name="receivedkind", native_enum=False, create_constraint=True, length=32,
            ),
            nullable=False,
        ),
        sa.Column("received_at", instant, nullable=False),
        sa.Column("sender", text, nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("text", text, nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("obligation_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("status", text, nullable=True),
        sa.Column("settled_at", instant, nullable=True),
        sa.Column("settled_by", text, nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", name="received_settled"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )  # fmt: skip
    for column in ("message_id", "obligation_id", "unit_id"):
        op.create_index(f"ix_received_{column}", "received", [column])
    waiting = sa.text("settled_at IS NULL")
    op.create_index(
        "received_waiting", "received", ["received_at"],
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip
    op.create_table(
        "stoppage",
        sa.Column("relay", text, nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.Column("until", instant, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("words", text, nullable=False),
        sa.PrimaryKeyConstraint("relay"),
    )
    op.create_table(
        "allowance",
        sa.Column("name", text, nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("as_of", instant, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
