"""Signs of life: when each part last did its work"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = models.columns.UtcInstant(timezone=True)
_TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.create_table(
        "pulse",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("at", _INSTANT, nullable=True),
        sa.Column("failed_at", _INSTANT, nullable=True),
        sa.Column("problem", _TEXT, nullable=False),
        sa.Column("tried_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
