"""Days off, reliefs, handovers; what ends an obligation; ladders and levels of rounds; succession"""

import json
from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite cannot change a constraint: these tables are made anew as they are from here on
_ANEW = {
    "message": """
CREATE TABLE {name} (
    id INTEGER NOT NULL,
    "key" VARCHAR NOT NULL,
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
    attempts INTEGER NOT NULL,
    sent_at DATETIME,
    outcome VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT message_attempts CHECK (attempts >= 0),
    CONSTRAINT message_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    UNIQUE ("key"),
    CONSTRAINT purpose CHECK (purpose IN ('open', 'reminder', 'escalation', 'receipt', 'refusal', 'decision')),
    FOREIGN KEY(unit_id) REFERENCES unit (id),
    FOREIGN KEY(directive_id) REFERENCES directive (id),
    FOREIGN KEY(obligation_id) REFERENCES obligation (id),
    CONSTRAINT messagestate CHECK (state IN ('queued', 'leased', 'sent', 'retry', 'failed', 'unknown', 'dropped'))
)
""",
    "obligation": """
CREATE TABLE {name} (
    id INTEGER NOT NULL,
    round_id INTEGER NOT NULL,
    unit_id INTEGER NOT NULL,
    code VARCHAR NOT NULL,
    due DATE NOT NULL,
    opened_at DATETIME NOT NULL,
    urged_from DATE NOT NULL,
    answered_at DATETIME,
    ended_at DATETIME,
    ending VARCHAR(32),
    reason JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (round_id, unit_id),
    UNIQUE (code),
    CONSTRAINT obligation_ending CHECK ((ended_at IS NULL) = (ending IS NULL)),
    FOREIGN KEY(round_id) REFERENCES round (id),
    FOREIGN KEY(unit_id) REFERENCES unit (id),
    CONSTRAINT ending CHECK (ending IN ('declined', 'waived', 'passed_on', 'lapsed', 'closed'))
)
""",
    "reminder": """
CREATE TABLE {name} (
    id INTEGER NOT NULL,
    obligation_id INTEGER NOT NULL,
    due DATE NOT NULL,
    step VARCHAR NOT NULL,
    days INTEGER NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    addressee VARCHAR(32) NOT NULL,
    day DATE NOT NULL,
    message_id INTEGER,
    PRIMARY KEY (id),
    UNIQUE (obligation_id, due, step, purpose),
    FOREIGN KEY(obligation_id) REFERENCES obligation (id),
    CONSTRAINT purpose CHECK (purpose IN ('open', 'reminder', 'escalation', 'receipt', 'refusal', 'decision')),
    CONSTRAINT contactrole CHECK (addressee IN ('clerk', 'head')),
    FOREIGN KEY(message_id) REFERENCES message (id)
)
""",
    "round": """
CREATE TABLE {name} (
    id INTEGER NOT NULL,
    directive_id INTEGER NOT NULL,
    code VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    stage VARCHAR(32) NOT NULL,
    review VARCHAR(32),
    title VARCHAR NOT NULL,
    asks VARCHAR NOT NULL,
    overseer_id INTEGER,
    period_start DATE,
    cutoff DATE,
    opens DATE NOT NULL,
    due DATE NOT NULL,
    closes DATE NOT NULL,
    by_level JSON NOT NULL,
    ladder JSON,
    reason JSON NOT NULL,
    binding BOOLEAN NOT NULL,
    opened_at DATETIME,
    closed_at DATETIME,
    PRIMARY KEY (id),
    UNIQUE (directive_id, code),
    CONSTRAINT round_order CHECK (opens <= due AND due <= closes),
    CONSTRAINT round_period CHECK (period_start IS NULL OR cutoff IS NULL OR period_start <= cutoff),
    CONSTRAINT round_binds_before_opening CHECK (binding OR opened_at IS NULL),
    CONSTRAINT round_opens_first CHECK (closed_at IS NULL OR opened_at IS NOT NULL),
    FOREIGN KEY(directive_id) REFERENCES directive (id),
    CONSTRAINT stage CHECK (stage IN ('dissemination', 'planning', 'execution', 'reporting')),
    CONSTRAINT review CHECK (review IN ('preliminary', 'final')),
    FOREIGN KEY(overseer_id) REFERENCES unit (id)
)
""",
    "succession": """
CREATE TABLE {name} (
    id INTEGER NOT NULL,
    unit_id INTEGER NOT NULL,
    successor_id INTEGER,
    day DATE NOT NULL,
    kind VARCHAR(32) NOT NULL,
    rule VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (unit_id, successor_id),
    CONSTRAINT succession_of_another CHECK (unit_id <> successor_id),
    CONSTRAINT succession_kind CHECK ((kind = 'end') = (successor_id IS NULL)),
    FOREIGN KEY(unit_id) REFERENCES unit (id),
    FOREIGN KEY(successor_id) REFERENCES unit (id),
    CONSTRAINT successionkind CHECK (kind IN ('end', 'merge', 'split', 'rename'))
)
""",
}
_INDEXES = (
    "CREATE INDEX ix_message_directive_id ON message (directive_id)",
    "CREATE INDEX ix_message_obligation_id ON message (obligation_id)",
    "CREATE INDEX ix_message_unit_id ON message (unit_id)",
    "CREATE INDEX message_waiting ON message (next_at)"
    " WHERE state IN ('queued', 'retry', 'unknown', 'leased')",
    "CREATE INDEX ix_obligation_round_id ON obligation (round_id)",
    "CREATE INDEX ix_obligation_unit_id ON obligation (unit_id)",
    "CREATE INDEX obligation_owed ON obligation (due)"
    " WHERE answered_at IS NULL AND ended_at IS NULL",
    "CREATE INDEX ix_reminder_message_id ON reminder (message_id)",
    "CREATE INDEX ix_reminder_obligation_id ON reminder (obligation_id)",
    "CREATE INDEX ix_round_directive_id ON round (directive_id)",
    "CREATE INDEX ix_round_overseer_id ON round (overseer_id)",
    "CREATE INDEX ix_succession_successor_id ON succession (successor_id)",
    "CREATE INDEX ix_succession_unit_id ON succession (unit_id)",
)
# what the rows of before say in the new columns
_ENDED_AT = """coalesce(
    (SELECT min(s.received_at) FROM submission s WHERE s.obligation_id = obligation.id
     AND s.kind = 'decline' AND s.verdict = 'accepted'),
    (SELECT r.closed_at FROM round r WHERE r.id = obligation.round_id))"""
_ENDING = """CASE WHEN EXISTS (SELECT 1 FROM submission s WHERE s.obligation_id = obligation.id
    AND s.kind = 'decline' AND s.verdict = 'accepted') THEN 'declined' ELSE 'closed' END"""
_STEP_DAYS = """CASE step WHEN 'before-7' THEN -7 WHEN 'before-3' THEN -3 WHEN 'before-1' THEN -1
    WHEN 'due' THEN 0 WHEN 'overdue-1' THEN 1 ELSE 3 END"""
_FILLED = {
    "obligation": {"reason": "'[]'", "urged_from": "{day_opened}"},
    "reminder": {
        "due": "(SELECT o.due FROM obligation o WHERE o.id = reminder.obligation_id)",
        "days": _STEP_DAYS,
    },
    "round": {"by_level": "'{}'"},
    "succession": {"kind": "'merge'"},
}
_CUTOFFS = {
    "cutoff-nd09": "Nghị định 09/2019/NĐ-CP, Điều 12",
    "cutoff-nine-months": "kỳ 9 tháng theo quy định của Thanh tra Chính phủ và của tỉnh",
    "cutoff-calendar": "kỳ theo năm dương lịch",
}


# the day in Vietnam on which an obligation was opened
_DAY_OPENED = {
    "sqlite": "date(opened_at, '+7 hours')",
    "postgresql": "(opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_on_sqlite()
    else:
        _alter_on_postgres()
    _new_tables()
    _end_what_is_over()
    _reminders_of_two()
    _drop_waiting_reminders()
    _reword_reasons()


def _rebuild_on_sqlite() -> None:
    bind = op.get_bind()
    for name, create in _ANEW.items():
        old = [c["name"] for c in sa.inspect(bind).get_columns(name)]
        filled = _FILLED.get(name, {})
        into = ", ".join(f'"{column}"' for column in [*old, *filled])
        values = ", ".join([*(f'"{column}"' for column in old), *_filled(name).values()])
        op.execute(create.format(name=f"new_{name}"))
        op.execute(f"INSERT INTO new_{name} ({into}) SELECT {values} FROM {name}")  # noqa: S608
    for name in _ANEW:
        op.execute(f"DROP TABLE {name}")
        op.execute(f"ALTER TABLE new_{name} RENAME TO {name}")
    for index in _INDEXES:
        op.execute(index)


def _filled(table: str) -> dict[str, str]:
    day = _DAY_OPENED[op.get_bind().dialect.name]
    found = _FILLED.get(table, {})
    return {column: value.replace("{day_opened}", day) for column, value in found.items()}


def _alter_on_postgres() -> None:
    columns = {
        "obligation": (
            sa.Column("ended_at", models.columns.UtcInstant(timezone=True)),
            sa.Column(
                "ending", _words("ending", "declined", "waived", "passed_on", "lapsed", "closed")
            ),
            sa.Column("reason", sa.JSON()),
            sa.Column("urged_from", sa.Date()),
        ),
        "reminder": (sa.Column("due", sa.Date()), sa.Column("days", sa.Integer())),
        "round": (sa.Column("by_level", sa.JSON()), sa.Column("ladder", sa.JSON())),
        "succession": (
            sa.Column("kind", _words("successionkind", "end", "merge", "split", "rename")),
        ),
    }
    for table, added in columns.items():
        for column in added:
            op.add_column(table, column)
    for table in _FILLED:
        for column, value in _filled(table).items():
            op.execute(f"UPDATE {table} SET {column} = {value}")  # noqa: S608
            op.alter_column(table, column, nullable=False)
    op.alter_column("succession", "successor_id", nullable=True)
    op.drop_constraint("reminder_obligation_id_step_key", "reminder")
    op.create_unique_constraint(None, "reminder", ["obligation_id", "due", "step", "purpose"])
    _checks_on_postgres()
    op.drop_index("obligation_owed", "obligation")
    op.create_index(
        "obligation_owed",
        "obligation",
        ["due"],
        postgresql_where=sa.text("answered_at IS NULL AND ended_at IS NULL"),
    )


def _checks_on_postgres() -> None:
    purposes = "'open', 'reminder', 'escalation', 'receipt', 'refusal', 'decision'"
    states = "'queued', 'leased', 'sent', 'retry', 'failed', 'unknown', 'dropped'"
    for name, table, condition in (
        ("purpose", "message", f"purpose IN ({purposes})"),
        ("purpose", "reminder", f"purpose IN ({purposes})"),
        ("messagestate", "message", f"state IN ({states})"),
    ):
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, condition)
    op.create_check_constraint(
        "obligation_ending", "obligation", "(ended_at IS NULL) = (ending IS NULL)"
    )
    op.create_check_constraint(
        "succession_kind", "succession", "(kind = 'end') = (successor_id IS NULL)"
    )


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _new_tables() -> None:
    text = sqlmodel.sql.sqltypes.AutoString()
    instant = models.columns.UtcInstant(timezone=True)
    op.create_table(
        "day_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", _words("daykind", "off", "work", "decided"), nullable=False),
        sa.Column("reason", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("day", "kind"),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rule", text, nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["obligation.id"]),
        sa.ForeignKeyConstraint(["to_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("from_id", "to_id"),
    )
    op.create_index("ix_handover_from_id", "handover", ["from_id"])
    op.create_index("ix_handover_to_id", "handover", ["to_id"])
    op.create_table(
        "relief",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("kind", _words("reliefkind", "extension", "waiver"), nullable=False),
        sa.Column("reason", text, nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("sender", text, nullable=False),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("decided_by", text, nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("words", text, nullable=True),
        sa.CheckConstraint("(kind = 'extension') = (until IS NOT NULL)", name="relief_until"),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (granted IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="relief_decision",
        ),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    waiting = sa.text("decided_at IS NULL")
    op.create_index("ix_relief_obligation_id", "relief", ["obligation_id"])
    op.create_index(
        "relief_waiting",
        "relief",
        ["obligation_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _end_what_is_over() -> None:
    """Whoever declined, and who never answered a round that has closed, is urged no more."""
    op.execute(
        f"UPDATE obligation SET ended_at = {_ENDED_AT}, ending = {_ENDING}"  # noqa: S608
        f" WHERE answered_at IS NULL AND {_ENDED_AT} IS NOT NULL"
    )


def _reminders_of_two() -> None:
    """The last step spoke to the unit as well as to the overseer; it was one row, now it is two."""
    columns = "obligation_id, due, step, days, addressee, day, message_id"
    op.execute(
        f"INSERT INTO reminder (purpose, {columns}) SELECT 'reminder', {columns}"  # noqa: S608
        " FROM reminder WHERE purpose = 'escalation'"
    )


def _drop_waiting_reminders() -> None:
    """Reminders still to be sent say what only the old program knew to write; the next scan urges."""
    op.execute(
        "UPDATE message SET state = 'dropped' WHERE purpose IN ('reminder', 'escalation')"
        " AND state IN ('queued', 'leased', 'retry', 'unknown')"
    )


def _reword_reasons() -> None:
    """Reasons name their source since; what is stored says it too."""
    bind = op.get_bind()
    table = sa.table("round", sa.column("id", sa.Integer), sa.column("reason", sa.JSON))
    for id_, reason in bind.execute(sa.select(table.c.id, table.c.reason)).all():
        changed = [_reworded(step) for step in _loaded(reason)]
        bind.execute(sa.update(table).where(table.c.id == id_).values(reason=changed))


def _loaded(reason: Any) -> list[dict[str, str]]:
    return json.loads(reason) if isinstance(reason, str) else reason


def _reworded(step: dict[str, str]) -> dict[str, str]:
    rule = step["rule"]
    if rule in _CUTOFFS:
        return step | {"rule": "cutoff", "source": _CUTOFFS[rule]}
    if rule == "province-25":
        return step | {"rule": "province-sends", "date": "25", "source": "Nghị định 09/2019/NĐ-CP"}
    return step
