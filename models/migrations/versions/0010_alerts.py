"""Alerts: what the operator was told of; mails that did not arrive are counted by an index"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0010"
down_revision = "0006"
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
    ended = sa.text("state IN ('failed', 'bounced', 'dropped')")
    op.create_index(
        "message_not_arrived", "message", ["state"], sqlite_where=ended, postgresql_where=ended
    )
