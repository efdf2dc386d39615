"""Alerts: what the operator was told of; indexes for what is watched"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = models.columns.UtcInstant(timezone=True)
_TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("words", _TEXT, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.Column("well_since", _INSTANT, nullable=True),
        sa.Column("claimed_until", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    for name, column, where in (
        ("round_to_open", "opens", "opened_at IS NULL"),
        ("round_to_close", "closes", "opened_at IS NOT NULL AND closed_at IS NULL"),
    ):
        owed = sa.text(where)
        op.create_index(name, "round", [column], sqlite_where=owed, postgresql_where=owed)
    ended = sa.text("state IN ('failed', 'bounced', 'dropped')")
    op.create_index(
        "message_not_arrived", "message", ["state"], sqlite_where=ended, postgresql_where=ended
    )
