"""The pages: accounts, history, drafts, evidence, appraisals, approvals, links that are taken back"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = models.columns.UtcInstant(timezone=True)
_TEXT = sqlmodel.sql.sqltypes.AutoString()
_OLD = "'open', 'reminder', 'escalation', 'receipt', 'refusal', 'decision'"
_NEW = f"{_OLD}, 'return', 'approval'"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _purposes_on_sqlite()
    else:
        op.drop_constraint("purpose", "message")
        op.create_check_constraint("purpose", "message", f"purpose IN ({_NEW})")
        op.drop_constraint("purpose", "reminder")
        op.create_check_constraint("purpose", "reminder", f"purpose IN ({_NEW})")
    for table in ("unit", "obligation"):
        op.add_column(
            table, sa.Column("links_revoked", sa.Integer(), server_default="0", nullable=False)
        )
    op.add_column(
        "round", sa.Column("needs_head", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("submission", sa.Column("reason", _TEXT, nullable=True))
    _channel()
    _accounts()
    _answers()


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _purposes_on_sqlite() -> None:
    """SQLite cannot change a constraint: the tables are made anew with the words as they are now."""
    bind = op.get_bind()
    for table in ("message", "reminder"):
        kinds = "SELECT type, sql FROM sqlite_master WHERE tbl_name = :t AND sql IS NOT NULL"
        made = bind.execute(sa.text(kinds), {"t": table}).all()
        (create,) = (sql for kind, sql in made if kind == "table")
        head, brace, body = create.partition("(")
        anew = f"CREATE TABLE new_{table} {brace}{body}".replace(_OLD, _NEW)
        if anew.count(_NEW) != 1:
            raise RuntimeError(f"the words of {table} are not where they were: {head}")
        bind.exec_driver_sql(anew)
        op.execute(f"INSERT INTO new_{table} SELECT * FROM {table}")  # noqa: S608
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
        for kind, sql in made:
            if kind == "index":
                bind.exec_driver_sql(sql)


def _channel() -> None:
    """What came in before the pages was recorded by the secretariat."""
    channel = _word("channel", "page", "workbook", "reply", "command")
    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("channel", channel, server_default="command", nullable=False))
    with op.batch_alter_table("submission") as table:
        table.alter_column("channel", server_default=None)


def _accounts() -> None:
    role = _word("accountrole", "secretariat", "overseer", "unit_head", "reader", "operator")
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("role", role, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("password", _TEXT, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("disabled_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(role IN ('overseer', 'unit_head')) = (unit_id IS NOT NULL)", name="account_unit"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_index("ix_account_unit_id", "account", ["unit_id"])
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", _TEXT, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_sign_in_account_id", "sign_in", ["account_id"])
    op.create_table(
        "attempts",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("deed", _TEXT, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("directive_id", sa.Integer(), nullable=True),
        sa.Column("obligation_id", sa.Integer(), nullable=True),
        sa.Column("about", _TEXT, nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.ForeignKeyConstraint(["directive_id"], ["directive.id"]),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("at", "account_id", "unit_id", "directive_id", "obligation_id"):
        op.create_index(f"ix_activity_{column}", "activity", [column])
    op.create_table(
        "directive_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("confirmed", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", _INSTANT, nullable=False),
        sa.Column("uploaded_by", _TEXT, nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=True),
        sa.Column("directive_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["directive_id"], ["directive.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_directive_draft_directive_id", "directive_draft", ["directive_id"])


def _answers() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("obligation_id"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("media", _TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="evidence_hash"),
        sa.CheckConstraint("size > 0", name="evidence_size"),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("obligation_id", "submission_id"):
        op.create_index(f"ix_evidence_{column}", "evidence", [column])
    op.create_table(
        "appraisal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("found", _word("appraised", "accepted", "returned"), nullable=False),
        sa.Column("quality", _word("quality", "good", "fair", "poor"), nullable=True),
        sa.Column("words", _TEXT, nullable=True),
        sa.Column("before", sa.Date(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.CheckConstraint(
            "(found = 'accepted') = (quality IS NOT NULL)", name="appraisal_quality"
        ),
        sa.CheckConstraint("(found = 'returned') = (before IS NOT NULL)", name="appraisal_before"),
        sa.CheckConstraint("found = 'accepted' OR words IS NOT NULL", name="appraisal_words"),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("submission_id", "at"):
        op.create_index(f"ix_appraisal_{column}", "appraisal", [column])
    op.create_index("ix_relief_decided_at", "relief", ["decided_at"])
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("digest", _TEXT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("approved_at", _INSTANT, nullable=True),
        sa.Column("approved_by", _TEXT, nullable=True),
        sa.CheckConstraint("tries >= 0", name="approval_tries"),
        sa.CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approval_who"),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submission_id"),
    )
