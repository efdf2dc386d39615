"""What the API says and takes, as other systems read it in `/api/v1/openapi.json`.

Words of enumerations are those of `models.words`; instants are ISO 8601 with their zone, days are
2024-02-26. Nobody's name, address or telephone number is given out.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.words import (
    Appraised,
    Ending,
    IndicatorKind,
    Kind,
    Level,
    Quality,
    Regime,
    Relation,
    Review,
    Scope,
    Stage,
    Status,
    SubmissionKind,
    UnitKind,
)

Item = TypeVar("Item")
# always in UTC, whatever zone it was read in
Instant = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class Said(BaseModel):
    """What is given out; read from an object that has the same names."""

    model_config = ConfigDict(from_attributes=True)


class Taken(BaseModel):
    """What is taken; a name that is not known is refused, and never passed over."""

    model_config = ConfigDict(extra="forbid")


class Page(Said, Generic[Item]):
    """A part of a list, in a fixed order. `next` is the `cursor` that goes on after it, where there
    may be more.
    """

    items: list[Item]
    next: str | None = None


class FaultSaid(Said):
    """One thing wrong: in which field, what was found, what is allowed."""

    field: str
    found: str = ""
    message: str


class Problem(Said):
    """What went wrong (RFC 9457). `code` is the stable word for it, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FaultSaid] = []


class TokenSaid(Said):
    """The token that asks: what it may do, and for which unit alone."""

    name: str
    scopes: list[Scope]
    unit: str | None


class UnitSaid(Said):
    """A unit; `code` is its name here: its province and the code of the register."""

    code: str = Field(examples=["thanh-hoa:so-noi-vu"])
    province: str
    name: str
    kind: UnitKind
    level: Level
    parent: str | None
    begins: date | None
    ends: date | None


class OwedSaid(Said):
    """Something a unit owes or owed."""

    obligation: str
    directive: str
    issuer: str
    stage: Stage
    title: str
    asks: str
    due: date
    status: Status
    days_overdue: int
    over_at: Instant | None
    reason: list[str]


class ComingSaid(Said):
    """A round that will ask the unit."""

    directive: str
    title: str
    asks: str
    opens: date
    due: date


class AllOwedSaid(Said):
    """Everything a unit owes: open, over in the last 400 days, to come in the next 60."""

    unit: str
    as_of: Instant
    open: list[OwedSaid]
    over: list[OwedSaid]
    coming: list[ComingSaid]


class DirectiveSaid(Said):
    """A directive by what its heading says."""

    code: str
    symbol: str
    kind: Kind
    regime: Regime
    issuer: str
    province: str
    issued: date
    subject: str
    registered_at: Instant


class CitationSaid(Said):
    """A document that a directive cites, as far as the text names it."""

    symbol: str | None
    title: str
    issued: date | None
    relation: Relation


class DirectiveWhole(DirectiveSaid):
    """A directive whole. `file` is the directive file as registered: `dondoc schema` prints its
    schema.
    """

    citations: list[CitationSaid]
    open_questions: list[str]
    rounds: list[str]
    file: dict[str, Any]


class DraftGiven(Taken):
    """A directive file for the secretariat to look at and issue; nothing of it binds before."""

    name: str = Field(min_length=1, max_length=200, examples=["53-kh-ubnd.yaml"])
    text: str = Field(max_length=2_000_000, description="The directive file, as YAML.")


class DraftSaid(Said):
    """A draft: what is wrong with it, and what people still have to confirm."""

    number: int
    name: str
    uploaded_at: Instant
    issued_as: str | None
    faults: list[FaultSaid]
    remarks: list[FaultSaid]
    open_questions: list[str]


class RoundSaid(Said):
    """A round of a directive. One that is not `binding` rests on a question nobody has confirmed;
    `opened_at` and `closed_at` are empty until then.
    """

    directive: str
    code: str
    series: str
    stage: Stage
    review: Review | None
    title: str
    asks: str
    period_start: date | None
    cutoff: date | None
    opens: date
    due: date
    closes: date
    binding: bool
    opened_at: Instant | None
    closed_at: Instant | None


class IndicatorSaid(Said):
    """An indicator that a round asks for."""

    code: str
    label: str
    kind: IndicatorKind
    required: bool
    unit: str
    choices: list[str]


class RoundWhole(RoundSaid):
    """A round with what it asks for, and how many units stand where as of an instant."""

    reason: list[str]
    indicators: list[IndicatorSaid]
    as_of: Instant
    counts: dict[str, int]


class LineSaid(Said):
    """Where one obligation of a round stood at an instant."""

    obligation: str
    unit: str
    due: date
    status: Status
    days_overdue: int
    answered_at: Instant | None
    appraised: Appraised | None
    quality: Quality | None
    asks_time: bool


class ObligationSaid(Said):
    """What one unit owes in one round; `status` follows from the facts at this moment."""

    code: str
    directive: str
    round: str
    unit: str
    due: date
    status: Status
    days_overdue: int
    opened_at: Instant
    answered_at: Instant | None
    ended_at: Instant | None
    ending: Ending | None


class ObligationWhole(ObligationSaid):
    """An obligation with what is asked and why then. `version` is that of the newest answer: the
    next one is built on it.
    """

    title: str
    asks: str
    kind: SubmissionKind
    needs_head: bool
    reason: list[str]
    indicators: list[IndicatorSaid]
    version: int
