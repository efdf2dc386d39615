"""What the API says and takes, as other systems read it in `/api/v1/openapi.json`.

Words of enumerations are those of `models.words`; instants are ISO 8601 with their zone, days are
2024-02-26. Nobody's name, address or telephone number is given out.
"""

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from models.words import (
    Appraised,
    Channel,
    Deed,
    Ending,
    IndicatorKind,
    Kind,
    Level,
    PaperKind,
    Quality,
    Regime,
    Relation,
    Review,
    Scope,
    Stage,
    Status,
    SubmissionKind,
    UnitKind,
    Verdict,
    WebhookEvent,
)

Item = TypeVar("Item")


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
    over_at: datetime | None
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
    as_of: datetime
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
    registered_at: datetime


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
    uploaded_at: datetime
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
    opened_at: datetime | None
    closed_at: datetime | None


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
    as_of: datetime
    counts: dict[str, int]


class LineSaid(Said):
    """Where one obligation of a round stood at an instant."""

    obligation: str
    unit: str
    due: date
    status: Status
    days_overdue: int
    answered_at: datetime | None
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
    opened_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
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


class EvidenceSaid(Said):
    """A file of evidence; one of no version is not sent yet."""

    number: int
    name: str
    media: str
    size: int
    sha256: str
    added_at: datetime


class AppraisalSaid(Said):
    """What the secretariat found of a version; of several the last counts."""

    found: Appraised
    quality: Quality | None
    words: str | None
    at: datetime


class SubmissionSaid(Said):
    """A version of a unit's answer. In a round that needs the head it counts once `approved_at`."""

    number: int
    obligation: str
    version: int
    kind: SubmissionKind
    verdict: Verdict
    channel: Channel
    received_at: datetime
    reason: str | None
    payload: dict[str, Any]
    appraisals: list[AppraisalSaid]
    evidence: list[EvidenceSaid]
    approved_at: datetime | None


class AnswerGiven(Taken):
    """An answer to an obligation. What `payload` holds is said in docs/api.md by the obligation's
    `kind`; `built_on` is the obligation's `version`, 0 before the first answer. A correction of an
    answer that stands says `why`. `covers` names other reports that this one serves as well.
    """

    payload: dict[str, JsonValue]
    sender: str = Field(min_length=1, max_length=200, description="Who answers for the unit.")
    built_on: int = Field(default=0, ge=0, le=2**31 - 1)
    why: str = Field(default="", max_length=2_000)
    decline: bool = False
    covers: list[str] = Field(default=[], max_length=20)


class Receipt(Said):
    """The version under which an answer stands recorded; `again` where it had been already."""

    obligation: str
    version: int
    again: bool
    waits_for_head: bool


class SummarySaid(Said):
    """A version of the summary of a round; one that is signed never changes."""

    directive: str
    round: str
    version: int
    frozen_at: datetime
    sha256: str
    number: str | None
    signed_at: datetime | None


class SummaryWhole(SummarySaid):
    """A version with its figures, those of each unit (`annex`), its text and its files."""

    figures: dict[str, Any]
    annex: dict[str, Any]
    markdown: str
    papers: list[PaperKind]


class DeedSaid(Said):
    """Something that was done. `directive`, `round`, `obligation` and `unit` are codes; `facts` are
    the deed's own.
    """

    number: int
    at: datetime
    deed: str = Field(examples=[Deed.OPENED.value])
    directive: str | None
    round: str | None
    obligation: str | None
    unit: str | None
    facts: dict[str, JsonValue]


class ContactGiven(Taken):
    """The people of a unit to be called and written to; what is left out stays."""

    clerk_name: str | None = Field(default=None, max_length=200)
    clerk_telephone: str | None = Field(default=None, max_length=200)
    clerk_email: str | None = Field(default=None, max_length=200)
    head_name: str | None = Field(default=None, max_length=200)
    head_telephone: str | None = Field(default=None, max_length=200)


class Changed(Said):
    """That something was changed."""

    changed: bool = True


class WebhookGiven(Taken):
    """An address to be told of events."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,59}$")
    url: str = Field(max_length=2_000)
    events: list[WebhookEvent] = Field(min_length=1, max_length=20)


class WebhookSaid(Said):
    """A webhook, what waits for it, what was given up, and what ails it."""

    name: str
    url: str
    events: list[str]
    made_at: datetime
    waiting: int
    failed: int
    last_sent_at: datetime | None
    problem: str
    disabled_at: datetime | None


class WebhookMade(Said):
    """A new webhook with its secret, which is shown this once."""

    name: str
    secret: str


class Retried(Said):
    """How many messages are sent again."""

    messages: int


class Tested(Said):
    """What became of a call that says nothing but that it is one."""

    taken: bool
    outcome: str
