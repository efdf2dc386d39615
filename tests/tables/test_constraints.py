"""What the tables refuse: every UNIQUE, CHECK, foreign key and empty field, on either database.

Each case is a row that is taken as it stands, with one thing made wrong.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.tables import METADATA
from tests.conftest import Databases
from tests.tables.rows import CHAIN, DAY, FIRST, NOW, SECOND, fill, table

BEFORE = DAY - timedelta(days=1)

# table, name of the CHECK, what breaks it
CHECKS: list[tuple[str, str, dict[str, Any]]] = [
    ("unit", "unit_dates", {"begins": DAY, "ends": BEFORE}),
    ("unit", "unit_not_its_own_parent", {"id": 7, "parent_id": 7}),
    ("succession", "succession_of_another", {"unit_id": 1, "successor_id": 1}),
    ("succession", "succession_kind", {"kind": "end"}),
    ("succession", "succession_kind", {"successor_id": None}),
    ("obligation", "obligation_ending", {"ended_at": NOW}),
    ("obligation", "obligation_ending", {"ending": "waived"}),
    ("relief", "relief_until", {"until": None}),
    ("relief", "relief_until", {"kind": "waiver"}),
    ("relief", "relief_decision", {"granted": None}),
    ("relief", "relief_decision", {"decided_by": None}),
    ("contact", "contact_email", {"email": "a.example"}),
    ("contact", "contact_email", {"email": "@a.example"}),
    ("contact", "contact_email", {"email": "van-thu@"}),
    ("group_member", "member_dates", {"begins": DAY, "ends": BEFORE}),
    ("target", "target_threshold", {"operator": None, "value": 95.0}),
    ("target", "target_threshold", {"value": None}),
    ("phase", "phase_years", {"first_year": 2027, "last_year": 2026}),
    ("question", "question_who", {"confirmed_by": "Chánh Văn phòng"}),
    ("question", "question_who", {"confirmed_at": NOW}),
    ("round", "round_order", {"opens": date(2024, 3, 2)}),
    ("round", "round_order", {"closes": BEFORE}),
    ("round", "round_period", {"period_start": DAY, "cutoff": BEFORE}),
    ("round", "round_binds_before_opening", {"binding": False}),
    ("round", "round_opens_first", {"opened_at": None}),
    ("submission", "submission_version", {"version": 0}),
    ("indicator_value", "value_not_negative", {"number": -0.5}),
    ("indicator_value", "value_ratio_has_both_parts", {"denominator": None}),
    ("indicator_value", "value_ratio_has_both_parts", {"numerator": None}),
    ("indicator_value", "value_ratio_is_a_share", {"numerator": 5.0}),
    ("indicator_value", "value_ratio_is_a_share", {"numerator": -1.0}),
    ("account", "account_unit", {"unit_id": None}),
    ("account", "account_unit", {"role": "reader"}),
    ("evidence", "evidence_hash", {"sha256": "0" * 63}),
    ("evidence", "evidence_size", {"size": 0}),
    ("appraisal", "appraisal_quality", {"quality": "good"}),
    ("appraisal", "appraisal_quality", {"found": "accepted", "before": None}),
    ("appraisal", "appraisal_before", {"before": None}),
    ("appraisal", "appraisal_words", {"words": None}),
    ("approval", "approval_tries", {"submission_id": 2, "tries": -1}),
    ("approval", "approval_who", {"submission_id": 2, "approved_at": NOW}),
    ("summary", "summary_hash", {"sha256": "0" * 63}),
    ("summary", "summary_hash", {"sha256": "0" * 65}),
    ("summary", "summary_signed", {"signed_at": None}),
    ("summary", "summary_signed", {"signed_by": None}),
    ("paper", "paper_hash", {"sha256": "0" * 63}),
    ("paper", "paper_hash", {"sha256": "0" * 65}),
    ("word_template", "template_hash", {"sha256": "0" * 63}),
    ("word_template", "template_hash", {"sha256": "0" * 65}),
    ("panel_score", "score_not_negative", {"points": -1}),
    ("indicator", "indicator_choices", {"choices": ["có"]}),
    ("indicator", "indicator_choices", {"kind": "choice"}),
    ("indicator", "indicator_points", {"points": 10}),
    ("indicator", "indicator_points", {"kind": "score"}),
    ("indicator", "indicator_not_its_own", {"part_of_id": 2}),
    ("message", "message_attempts", {"attempts": -1}),
    ("message", "message_sent", {"state": "sent"}),
    ("message", "message_sent", {"sent_at": NOW}),
    ("message", "message_sent", {"state": "bounced"}),
    ("received", "received_settled", {"settled_at": NOW}),
    ("received", "received_settled", {"settled_by": "Chánh Văn phòng"}),
]

TABLES = [found for found in METADATA.sorted_tables if found.name not in CHAIN]
COLUMNS = [column for found in TABLES for column in found.columns]
WORDS = {column: column.type.name for column in COLUMNS if isinstance(column.type, sa.Enum)}
FOREIGN = [column for column in COLUMNS if column.foreign_keys]
NEEDED = [column for column in COLUMNS if not column.nullable and column.name != "id"]
UNIQUE = sorted(
    (found.name, tuple(constraint.columns.keys()))
    for found in METADATA.sorted_tables
    for constraint in found.constraints
    if isinstance(constraint, sa.UniqueConstraint)
    or (isinstance(constraint, sa.PrimaryKeyConstraint) and len(constraint.columns) > 1)
)
# the row to add first, where the second row of a table refers to it
NEEDS_SECOND = {
    "round_indicator": "indicator",
    "indicator_value": "submission",
    "handover": "obligation",
    "draft": "obligation",
    "approval": "submission",
}
# words that another CHECK speaks of too: the database may name either
SHARED = {
    "reliefkind": "reliefkind|relief_until",
    "successionkind": "successionkind|succession_kind",
    "appraised": "appraised|appraisal_",
    "accountrole": "accountrole|account_unit",
}


def column_name(column: sa.Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"


@pytest.fixture
def rows(databases: Databases) -> Iterator[sa.Connection]:
    """A connection to a database with a row in every table; what it does is rolled back."""

    def filled(found: Database) -> None:
        with found.engine.begin() as connection:
            fill(connection)

    template = databases.template("rows", filled, like=databases.migrated())
    with databases.shared(template).engine.connect() as connection:
        yield connection


def add(rows: sa.Connection, name: str, **changed: Any) -> None:
    rows.execute(sa.insert(table(name)), {**SECOND[name], **changed})


def put(rows: sa.Connection, column: sa.Column[Any], value: object) -> None:
    """Into a row that stands there, or into a new one of the history, which nobody can change."""
    if column.table.name == "activity":
        rows.execute(sa.insert(column.table).values({**SECOND["activity"], column.name: value}))
    else:
        rows.execute(sa.update(column.table).values({column.name: value}))


class TestRows:
    @pytest.mark.parametrize("name", sorted(FIRST))
    def test_that_are_right_are_taken(self, rows: sa.Connection, name: str) -> None:
        if name in NEEDS_SECOND:
            add(rows, NEEDS_SECOND[name])
        if name != "unit":  # its second row stands there already
            add(rows, name)
        assert rows.execute(sa.select(sa.func.count()).select_from(table(name))).scalar() == 2

    def test_there_is_one_of_every_table(self) -> None:
        assert set(FIRST) == set(SECOND) == set(METADATA.tables) - CHAIN


class TestChecks:
    @pytest.mark.parametrize(("name", "check", "changed"), CHECKS, ids=lambda v: str(v)[:60])
    def test_refuse(
        self, rows: sa.Connection, name: str, check: str, changed: dict[str, Any]
    ) -> None:
        fresh = {"id": 3, "code": "so-c"} if name == "unit" else {}
        if name in NEEDS_SECOND:
            add(rows, NEEDS_SECOND[name])
        with pytest.raises(IntegrityError, match=check):
            add(rows, name, **fresh | changed)

    @pytest.mark.parametrize("column", WORDS, ids=column_name)
    def test_refuse_a_word_that_is_none(self, rows: sa.Connection, column: sa.Column[Any]) -> None:
        statement = sa.update(column.table).values({column.name: sa.literal_column("'nonsense'")})
        with pytest.raises(IntegrityError, match=SHARED.get(WORDS[column], WORDS[column])):
            rows.execute(statement)

    def test_are_all_tried_here(self) -> None:
        declared = {
            (found.name, str(constraint.name))
            for found in METADATA.sorted_tables
            for constraint in found.constraints
            if isinstance(constraint, sa.CheckConstraint)
        }
        words = {(column.table.name, check) for column, check in WORDS.items()}
        assert declared == {(name, check) for name, check, _ in CHECKS} | words


class TestUniqueness:
    @pytest.mark.parametrize(("name", "columns"), UNIQUE, ids=str)
    def test_is_kept(self, rows: sa.Connection, name: str, columns: tuple[str, ...]) -> None:
        same = {column: FIRST[name][column] for column in columns}
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            add(rows, name, **same)

    def test_holds_for_assignments_of_the_whole_directive(self, rows: sa.Connection) -> None:
        """Two empty measures are the same measure, which UNIQUE alone would not see."""
        assert FIRST["assignment"]["measure_id"] is None
        with pytest.raises(IntegrityError, match=r"(?i)assignment_once"):
            add(rows, "assignment", unit_id=1)

    def test_lets_one_body_have_two_measures_or_roles(self, rows: sa.Connection) -> None:
        add(rows, "assignment", unit_id=1, measure_id=1)
        add(rows, "assignment", id=3, unit_id=1, role="coordinate")


class TestForeignKeys:
    @pytest.mark.parametrize("column", FOREIGN, ids=column_name)
    def test_refuse_orphans(self, rows: sa.Connection, column: sa.Column[Any]) -> None:
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            put(rows, column, 999)

    def test_keep_what_is_referred_to(self, rows: sa.Connection) -> None:
        for name in ("unit", "directive", "round", "obligation", "submission"):
            with pytest.raises(IntegrityError, match=r"(?i)foreign key"), rows.begin_nested():
                rows.execute(sa.delete(table(name)).where(table(name).c.id == 1))


class TestEmptyFields:
    @pytest.mark.parametrize("column", NEEDED, ids=column_name)
    def test_are_refused(self, rows: sa.Connection, column: sa.Column[Any]) -> None:
        with pytest.raises(IntegrityError, match=r"(?i)not[ -]null"):
            put(rows, column, sa.null())
