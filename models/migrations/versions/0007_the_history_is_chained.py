"""The history is chained: entries that seal what was changed, and what is noted for the next one

Triggers, and the entries that seal what is there, are made by `models.audit_upgrade` after the last
migration.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.Column("body", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "audit_touched",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("tx", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_audit_touched_tx", "audit_touched", ["tx"])
    if op.get_bind().dialect.name == "postgresql":
        # its rows are gone before a transaction ends; and what is noted of others' changes, and
        # lost in a crash of the server, the digests still tell
        op.execute("ALTER TABLE audit_touched SET UNLOGGED")
