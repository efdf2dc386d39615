"""Reports: forms, rules, further kinds of figures; summaries that are signed, points of a panel"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = models.columns.UtcInstant(timezone=True)
_TEXT = sqlmodel.sql.sqltypes.AutoString()
_OLD = "'count', 'ratio', 'yes_no', 'money', 'text'"
_NEW = f"{_OLD}, 'date', 'choice', 'score'"


def upgrade() -> None:
    _kinds()
    _indicators()
    _rounds()
    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("taken_from_id", sa.Integer(), nullable=True))
        table.create_foreign_key("submission_taken_from", "submission", ["taken_from_id"], ["id"])
        table.create_index("ix_submission_taken_from_id", ["taken_from_id"])
    _summaries()
    op.create_table(
        "panel_score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("words", _TEXT, nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.CheckConstraint("points >= 0", name="score_not_negative"),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("obligation_id", "indicator_id"):
        op.create_index(f"ix_panel_score_{column}", "panel_score", [column])


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _kinds() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _kinds_on_sqlite()
    else:
        op.drop_constraint("indicatorkind", "indicator")
        op.create_check_constraint("indicatorkind", "indicator", f"kind IN ({_NEW})")


def _kinds_on_sqlite() -> None:
    """SQLite cannot change a constraint: the table is made anew with the words as they are now."""
    bind = op.get_bind()
    kinds = "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'indicator' AND sql IS NOT NULL"
    made = bind.execute(sa.text(kinds)).all()
    (create,) = (sql for kind, sql in made if kind == "table")
    head, brace, body = create.partition("(")
    anew = f"CREATE TABLE new_indicator {brace}{body}".replace(_OLD, _NEW)
    if anew.count(_NEW) != 1:
        raise RuntimeError(f"the words of indicator are not where they were: {head}")
    bind.exec_driver_sql(anew)
    op.execute("INSERT INTO new_indicator SELECT * FROM indicator")
    op.execute("DROP TABLE indicator")
    op.execute("ALTER TABLE new_indicator RENAME TO indicator")
    for kind, sql in made:
        if kind == "index":
            bind.exec_driver_sql(sql)


def _indicators() -> None:
    basis = _word("basis", "period", "cumulative", "year")
    with op.batch_alter_table("indicator") as table:
        table.add_column(sa.Column("basis", basis, server_default="period", nullable=False))
        table.add_column(sa.Column("choices", sa.JSON(), nullable=True))
        table.add_column(sa.Column("part_of_id", sa.Integer(), nullable=True))
        table.add_column(
            sa.Column("adds_up", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.add_column(sa.Column("standard", _TEXT, nullable=True))
        table.add_column(sa.Column("points", sa.Float(), nullable=True))
        table.create_foreign_key("indicator_part_of", "indicator", ["part_of_id"], ["id"])
        table.create_check_constraint(
            "indicator_choices", "(kind = 'choice') = (choices IS NOT NULL)"
        )
        table.create_check_constraint("indicator_points", "(kind = 'score') = (points IS NOT NULL)")
        table.create_check_constraint(
            "indicator_not_its_own", "part_of_id IS NULL OR part_of_id <> id"
        )
        table.create_index("ix_indicator_part_of_id", ["part_of_id"])
    with op.batch_alter_table("indicator") as table:
        table.alter_column("basis", server_default=None)
    op.add_column("indicator_value", sa.Column("day", sa.Date(), nullable=True))
    op.add_column("indicator_value", sa.Column("choice", _TEXT, nullable=True))


def _rounds() -> None:
    with op.batch_alter_table("round") as table:
        for name in ("outline", "checks"):
            table.add_column(sa.Column(name, sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("round") as table:
        for name in ("outline", "checks"):
            table.alter_column(name, server_default=None)
    op.add_column(
        "round",
        sa.Column("with_subordinates", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    with op.batch_alter_table("round_indicator") as table:
        table.add_column(sa.Column("title", _TEXT, server_default="", nullable=False))
    with op.batch_alter_table("round_indicator") as table:
        table.alter_column("title", server_default=None)


def _summaries() -> None:
    with op.batch_alter_table("summary") as table:
        for name in ("annex", "words"):
            table.add_column(sa.Column(name, sa.JSON(), server_default="{}", nullable=False))
        table.add_column(sa.Column("number", _TEXT, nullable=True))
        table.add_column(sa.Column("signed_at", _INSTANT, nullable=True))
        table.add_column(sa.Column("signed_by", _TEXT, nullable=True))
        table.create_check_constraint("summary_signed", "(signed_at IS NULL) = (signed_by IS NULL)")
    with op.batch_alter_table("summary") as table:
        for name in ("annex", "words"):
            table.alter_column(name, server_default=None)
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("kind", _word("paperkind", "docx", "pdf", "html", "xlsx"), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="paper_hash"),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("summary_id", "kind"),
    )
    op.create_index("ix_paper_summary_id", "paper", ["summary_id"])
    op.create_table(
        "word_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("sha256", _TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("added_by", _TEXT, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="template_hash"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_word_template_name", "word_template", ["name"])
