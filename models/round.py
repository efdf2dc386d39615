"""Rounds and obligations: who is asked what, by when, and why that date."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy import false as sa_false
from sqlmodel import Field, SQLModel

from models.columns import (
    instant,
    json_field,
    json_or_empty,
    optional_instant,
    optional_json,
    optional_word,
    owned_by,
    word,
)
from models.words import (
    Appraised,
    Channel,
    Ending,
    PaperKind,
    Quality,
    ReliefKind,
    Review,
    Stage,
    SubmissionKind,
    Verdict,
)

_NOT_OVER = "answered_at IS NULL AND ended_at IS NULL"
_TO_OPEN, _TO_CLOSE = "opened_at IS NULL", "opened_at IS NOT NULL AND closed_at IS NULL"


class Round(SQLModel, table=True):
    """One call on many units (kỳ, đợt). It is opened and closed once; a round that is not binding
    rests on an unconfirmed question and can be neither. `by_level` has the due date of each level
    where they differ, `ladder` the round's own reminders. With `needs_head` an answer counts once
    the head of the unit has approved it. `outline` and `checks` are those of the report it asks for
    (`models.report_asks`); `with_subordinates`: a unit's figures include those of the units below.
    """

    __table_args__ = (
        UniqueConstraint("directive_id", "code"),
        CheckConstraint("opens <= due AND due <= closes", name="round_order"),
        CheckConstraint(
            "period_start IS NULL OR cutoff IS NULL OR period_start <= cutoff", name="round_period"
        ),
        CheckConstraint("binding OR opened_at IS NULL", name="round_binds_before_opening"),
        CheckConstraint("closed_at IS NULL OR opened_at IS NOT NULL", name="round_opens_first"),
        Index(
            "round_to_open", "opens", sqlite_where=text(_TO_OPEN), postgresql_where=text(_TO_OPEN)
        ),
        Index(
            "round_to_close",
            "closes",
            sqlite_where=text(_TO_CLOSE),
            postgresql_where=text(_TO_CLOSE),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive_id: int = owned_by("directive.id")
    code: str
    series: str
    stage: Stage = word(Stage)
    review: Review | None = optional_word(Review)
    title: str
    asks: str
    overseer_id: int | None = owned_by("unit.id", nullable=True)
    period_start: date | None = None
    cutoff: date | None = None
    opens: date
    due: date
    closes: date
    by_level: dict[str, str] = json_field()
    ladder: list[dict[str, Any]] | None = optional_json()
    reason: list[dict[str, str]] = json_field()
    binding: bool
    needs_head: bool = Field(default=False, sa_column_kwargs={"server_default": sa_false()})
    outline: list[dict[str, Any]] = json_or_empty(list)
    checks: list[dict[str, Any]] = json_or_empty(list)
    with_subordinates: bool = Field(default=False, sa_column_kwargs={"server_default": sa_false()})
    opened_at: datetime | None = optional_instant()
    closed_at: datetime | None = optional_instant()


class RoundIndicator(SQLModel, table=True):
    """An indicator a round asks for, in the order of the form; `title` is that of its table."""

    __tablename__ = "round_indicator"

    round_id: int = Field(foreign_key="round.id", primary_key=True)
    indicator_id: int = Field(foreign_key="indicator.id", primary_key=True)
    position: int
    title: str = ""


class Obligation(SQLModel, table=True):
    """What one unit owes in one round. `answered_at` is when the answer that stands first came: a
    fact repeated from its submission so that "who is still urged" is one partial index; it is empty
    again once that answer was given back. Urging may also end without an answer (`ended_at`,
    `ending`). The ladder counts from `urged_from`, the day it was opened, last extended or given
    back. `reason` goes beyond the round's: taken over, extended. Links signed for it are good while
    they carry its number of `links_revoked`.
    """

    __table_args__ = (
        UniqueConstraint("round_id", "unit_id"),
        UniqueConstraint("code"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="obligation_ending"),
        Index(
            "obligation_owed",
            "due",
            sqlite_where=text(_NOT_OVER),
            postgresql_where=text(_NOT_OVER),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = owned_by("round.id")
    unit_id: int = owned_by("unit.id")
    code: str
    due: date
    opened_at: datetime = instant()
    urged_from: date
    answered_at: datetime | None = optional_instant()
    ended_at: datetime | None = optional_instant()
    ending: Ending | None = optional_word(Ending)
    reason: list[dict[str, str]] = json_field()
    links_revoked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


# as literals: a bound parameter would keep SQLite from the partial indexes
OWED: ColumnElement[bool] = literal_column(_NOT_OVER)
TO_OPEN: ColumnElement[bool] = literal_column(_TO_OPEN)
TO_CLOSE: ColumnElement[bool] = literal_column(_TO_CLOSE)


class Handover(SQLModel, table=True):
    """An obligation of a unit that ended, and one of its successors' in the same round."""

    __table_args__ = (UniqueConstraint("from_id", "to_id"),)

    id: int | None = Field(default=None, primary_key=True)
    from_id: int = owned_by("obligation.id")
    to_id: int = owned_by("obligation.id")
    day: date
    rule: str


class Relief(SQLModel, table=True):
    """A unit's request for more time or to be let off, and what the secretariat decided."""

    __table_args__ = (
        CheckConstraint("(kind = 'extension') = (until IS NOT NULL)", name="relief_until"),
        CheckConstraint(
            "(decided_at IS NULL) = (granted IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="relief_decision",
        ),
        Index(
            "relief_waiting",
            "obligation_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = owned_by("obligation.id")
    kind: ReliefKind = word(ReliefKind)
    reason: str
    before: date
    until: date | None = None
    sender: str
    asked_at: datetime = instant()
    decided_at: datetime | None = optional_instant(index=True)
    decided_by: str | None = None
    granted: bool | None = None
    words: str | None = None


class Submission(SQLModel, table=True):
    """A unit's answer, versioned. A wrong one is kept too, refused, with what was wrong. `reason`
    says why an answer that stood was corrected; `taken_from` is the report to another obligation
    that serves this one as well (lồng ghép).
    """

    __table_args__ = (
        UniqueConstraint("obligation_id", "version"),
        CheckConstraint("version >= 1", name="submission_version"),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = owned_by("obligation.id")
    version: int
    kind: SubmissionKind = word(SubmissionKind)
    verdict: Verdict = word(Verdict)
    received_at: datetime = instant()
    sender: str
    payload: dict[str, Any] = json_field()
    faults: list[dict[str, Any]] = json_field()
    channel: Channel = word(Channel)
    reason: str | None = None
    taken_from_id: int | None = owned_by("submission.id", nullable=True)


class Draft(SQLModel, table=True):
    """An answer that a unit has begun: as its form was filled in, checked by nobody."""

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", unique=True)
    fields: dict[str, Any] = json_field()
    saved_at: datetime = instant()


class Evidence(SQLModel, table=True):
    """A file that proves what a unit answers; its content lies in `data` under its SHA-256.

    One whose submission was never sent belongs to the draft.
    """

    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="evidence_hash"),
        CheckConstraint("size > 0", name="evidence_size"),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = owned_by("obligation.id")
    submission_id: int | None = owned_by("submission.id", nullable=True)
    name: str
    media: str
    size: int
    sha256: str
    added_at: datetime = instant()


class Appraisal(SQLModel, table=True):
    """What the secretariat found of a submission; of several the last counts.

    One given back has the words that say why, and the due date as it was `before`; one accepted has
    its mark.
    """

    __table_args__ = (
        CheckConstraint("(found = 'accepted') = (quality IS NOT NULL)", name="appraisal_quality"),
        CheckConstraint("(found = 'returned') = (before IS NOT NULL)", name="appraisal_before"),
        CheckConstraint("found = 'accepted' OR words IS NOT NULL", name="appraisal_words"),
    )

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = owned_by("submission.id")
    found: Appraised = word(Appraised)
    quality: Quality | None = optional_word(Quality)
    words: str | None = None
    before: date | None = None
    at: datetime = instant(index=True)
    by: str


class Approval(SQLModel, table=True):
    """The head's approval of a submission: waited for, until the code that was mailed to the head's
    address comes back or the head approves from an account. The code itself is not kept.
    """

    __table_args__ = (
        CheckConstraint("tries >= 0", name="approval_tries"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approval_who"),
    )

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", unique=True)
    asked_at: datetime = instant()
    digest: str
    expires_at: datetime = instant()
    tries: int = 0
    approved_at: datetime | None = optional_instant()
    approved_by: str | None = None


class IndicatorValue(SQLModel, table=True):
    """The figure a submission gives for an indicator; a ratio keeps both its parts."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        CheckConstraint("number IS NULL OR number >= 0", name="value_not_negative"),
        CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)", name="value_ratio_has_both_parts"
        ),
        CheckConstraint(
            "numerator IS NULL OR (numerator >= 0 AND numerator <= denominator)",
            name="value_ratio_is_a_share",
        ),
    )

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    indicator_id: int = Field(foreign_key="indicator.id", primary_key=True, index=True)
    number: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    yes: bool | None = None
    text: str | None = None
    day: date | None = None
    choice: str | None = None


class PanelScore(SQLModel, table=True):
    """Points a panel gave a unit for a criterion, an indicator of kind score; the last count."""

    __tablename__ = "panel_score"
    __table_args__ = (CheckConstraint("points >= 0", name="score_not_negative"),)

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = owned_by("obligation.id")
    indicator_id: int = owned_by("indicator.id")
    points: float
    words: str | None = None
    at: datetime = instant()
    by: str


class Summary(SQLModel, table=True):
    """The provincial result of a round, a version of it: drawn up when the round closes, again when
    later answers change it. `sha256` is over the figures and the text, `annex` has the figures of
    each unit. Once signed it has a number, and the files that were signed.
    """

    __table_args__ = (
        UniqueConstraint("round_id", "version"),
        CheckConstraint("length(sha256) = 64", name="summary_hash"),
        CheckConstraint("(signed_at IS NULL) = (signed_by IS NULL)", name="summary_signed"),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = owned_by("round.id")
    version: int
    frozen_at: datetime = instant()
    figures: dict[str, Any] = json_field()
    annex: dict[str, Any] = json_or_empty(dict)
    words: dict[str, Any] = json_or_empty(dict)
    markdown: str
    html: str
    sha256: str
    number: str | None = None
    signed_at: datetime | None = optional_instant()
    signed_by: str | None = None


class Paper(SQLModel, table=True):
    """A file of a signed summary; its content lies in `data` under its SHA-256."""

    __table_args__ = (
        UniqueConstraint("summary_id", "kind"),
        CheckConstraint("length(sha256) = 64", name="paper_hash"),
    )

    id: int | None = Field(default=None, primary_key=True)
    summary_id: int = owned_by("summary.id")
    kind: PaperKind = word(PaperKind)
    name: str
    size: int
    sha256: str


class WordTemplate(SQLModel, table=True):
    """A Word file of an office, from which documents are written; of one name the last counts."""

    __tablename__ = "word_template"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="template_hash"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    sha256: str
    size: int
    added_at: datetime = instant()
    added_by: str
