"""A directive and what it says: citations, targets, measures, norms, assignments, phases."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import false as sa_false
from sqlalchemy import text as sql_text
from sqlmodel import Field, SQLModel

from models.columns import (
    instant,
    json_field,
    optional_instant,
    optional_json,
    optional_word,
    owned_by,
    word,
    word_or,
)
from models.words import Basis, IndicatorKind, Kind, NormRule, Operator, Regime, Relation, Role


class Directive(SQLModel, table=True):
    """The issued document. `file` is the directive file as registered, the source of the rest."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    symbol: str
    kind: Kind = word(Kind)
    regime: Regime = word(Regime)
    issuer: str
    province: str
    issued: date
    subject: str
    search: str
    registered_at: datetime = instant()
    file: dict[str, Any] = json_field()


class Citation(SQLModel, table=True):
    """A document the directive cites, in the order of the text, with the relation."""

    __table_args__ = (UniqueConstraint("directive_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    number: int
    symbol: str | None = None
    title: str
    issued: date | None = None
    relation: Relation = word(Relation)


class Target(SQLModel, table=True):
    """A measurable goal (chỉ tiêu); operator and value stay empty where the text has none."""

    __table_args__ = (
        UniqueConstraint("directive_id", "number"),
        CheckConstraint("(operator IS NULL) = (value IS NULL)", name="target_threshold"),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    number: str
    indicator: str
    operator: Operator | None = optional_word(Operator)
    value: float | None = None
    unit: str | None = None
    frequency: str | None = None
    deadline: date | None = None


class Measure(SQLModel, table=True):
    """A numbered thing to do (nhiệm vụ, giải pháp); measures nest."""

    __table_args__ = (UniqueConstraint("directive_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    number: str
    parent_id: int | None = owned_by("measure.id", nullable=True)
    text: str


class Norm(SQLModel, table=True):
    """A rule of conduct. Nothing refers to a norm: it cannot become an obligation."""

    __table_args__ = (UniqueConstraint("directive_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    number: str
    rule: NormRule = word(NormRule)
    text: str


class Assignment(SQLModel, table=True):
    """Measure × unit × role (giao). Where the text names no measure, it is the whole directive.

    `code` is the assignment's in the file; a phrase gives one row a unit it expands to.
    """

    # coalesce, since a UNIQUE constraint takes two empty measures for different
    __table_args__ = (
        Index(
            "assignment_once",
            "directive_id",
            "code",
            "unit_id",
            "role",
            sql_text("coalesce(measure_id, 0)"),
            unique=True,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    code: str
    unit_id: int = owned_by("unit.id")
    measure_id: int | None = owned_by("measure.id", nullable=True)
    role: Role = word(Role)
    binding: bool
    text: str


class Phase(SQLModel, table=True):
    """Part of the horizon (giai đoạn), years included, ending in a review where one is set."""

    __table_args__ = (
        UniqueConstraint("directive_id", "number"),
        CheckConstraint(
            "first_year IS NULL OR last_year IS NULL OR first_year <= last_year", name="phase_years"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    number: int
    first_year: int | None = None
    last_year: int | None = None
    preliminary_review: str | None = None
    final_review: str | None = None


class Recipient(SQLModel, table=True):
    """A line of "Nơi nhận"."""

    __table_args__ = (UniqueConstraint("directive_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    number: int
    name: str
    purpose: str | None = None


class Question(SQLModel, table=True):
    """What the text leaves open; binding once a person has confirmed the reading."""

    __table_args__ = (
        UniqueConstraint("directive_id", "code"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="question_who"),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    code: str
    asks: str
    proposed: dict[str, Any] = json_field()
    confirmed_by: str | None = None
    confirmed_at: datetime | None = optional_instant()


class Indicator(SQLModel, table=True):
    """A field of a directive's reports (chỉ số). One that is `part_of` another is some of it; of a
    whole that `adds_up` the parts make it up. `standard` names the same figure across directives.
    """

    __table_args__ = (
        UniqueConstraint("directive_id", "code"),
        CheckConstraint("(kind = 'choice') = (choices IS NOT NULL)", name="indicator_choices"),
        CheckConstraint("(kind = 'score') = (points IS NOT NULL)", name="indicator_points"),
        CheckConstraint("part_of_id IS NULL OR part_of_id <> id", name="indicator_not_its_own"),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    code: str
    label: str
    kind: IndicatorKind = word(IndicatorKind)
    unit: str | None = None
    target_id: int | None = owned_by("target.id", nullable=True)
    required: bool
    basis: Basis = word_or(Basis.PERIOD)
    choices: list[str] | None = optional_json()
    part_of_id: int | None = owned_by("indicator.id", nullable=True)
    adds_up: bool = Field(default=False, sa_column_kwargs={"server_default": sa_false()})
    standard: str | None = None
    points: float | None = None


class DirectiveDraft(SQLModel, table=True):
    """A directive file uploaded to be issued: nothing of it binds before `issued_at`.

    `text` is the file as uploaded, `confirmed` the questions confirmed so far and by whom.
    """

    __tablename__ = "directive_draft"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    text: str
    confirmed: dict[str, str] = json_field()
    uploaded_at: datetime = instant()
    uploaded_by: str
    issued_at: datetime | None = optional_instant()
    directive_id: int | None = owned_by("directive.id", nullable=True)
