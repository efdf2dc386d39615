"""The first part of a directive file: what the text says, each item with its quote and lines."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    model_validator,
)

from models.calendar import FIRST_DAY, LAST_DAY
from models.words import (
    Kind,
    NormRule,
    Operator,
    Relation,
    Role,
)

# what a person may write: neither NUL nor other control characters but tabs and line ends
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Year = Annotated[int, Field(ge=1945, le=2100)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Ref = Annotated[str, StringConstraints(pattern=r"^[a-z]+(/[^\s/]+)*$")]


class Part(BaseModel):
    """Base of every part of the file: unknown fields are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Quoted(Part):
    """A part that stands in the text: its words, and the lines (from 1) they stand on."""

    quote: Text | None = None
    lines: list[PositiveInt] = []
    note: Text | None = None


class Source(Part):
    """Where the words were read: kind of copy, remarks on it, fingerprint of the file read."""

    form: Literal["news_report", "full_text", "full_text_ocr", "full_text_without_header"]
    note: Text | None = None
    file: Text | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class Signature(Quoted):
    name: Text
    title: Text | None = None
    authority: Text | None = None
    authority_as_written: Text | None = None
    mark: Text | None = None


class Published(Quoted):
    on: Day


class Horizon(Quoted):
    """The span the directive sets for itself; a year or a day at each end."""

    start: Year | date | None = Field(default=None, alias="from")
    end: Year | date | None = Field(default=None, alias="to")
    orientation_to: Year | None = None
    final_review: Year | None = None


class CitedDocument(Quoted):
    """A document the directive cites (căn cứ, thực hiện …)."""

    symbol: Text | None = None
    kind: Text | None = None
    issuer: Text | None = None
    issued: Day | None = None
    relation: Relation
    carries: Text | None = None
    count: PositiveInt | None = None
    flag: Text | None = None


class DerivedDocument(Quoted):
    """A document the directive says is still to be issued."""

    kind: Kind
    status: Literal["to_be_issued", "issued"] = "to_be_issued"
    deadline: Day | None = None


class SecondaryTarget(Part):
    indicator: Text
    min: float | None = None
    max: float | None = None
    unit: Text | None = None


class TargetItem(Quoted):
    """A measurable goal; a qualitative one has no value and none is invented for it."""

    num: Text
    kind: Literal["quantitative", "qualitative"] = "quantitative"
    indicator: Text | None = None
    operator: Operator | None = None
    value: float | None = None
    unit: Text | None = None
    denominator: Text | None = None
    frequency: Literal["once", "month", "quarter", "half", "year"] | None = None
    start_text: Text | None = None
    start: Day | None = None
    deadline_text: Text | None = None
    deadline: Day | None = None
    deadline_reading: Text | None = None
    secondary: SecondaryTarget | None = None
    evidence: Text | None = None
    constraint: Text | None = None


class NormItem(Quoted):
    """A rule of conduct. It is kept, shown and printed; it never becomes an obligation."""

    num: Text
    rule: NormRule


class MeasureItem(Quoted):
    """A numbered thing to do (nhiệm vụ, giải pháp), with the measures and norms under it."""

    num: Text
    kind: Literal["measure", "commendation", "paragraph", "implementation"] = "measure"
    ordinal: PositiveInt | None = None
    assignees: list[Text] = []
    deliverable: Text | None = None
    deadline: Day | None = None
    urgency: Text | None = None
    frequency_text: Text | None = None
    groups: list[Text] = []
    forms: list[Text] = []
    triggers: dict[Text, Text] = {}
    measures: list["MeasureItem"] = []
    norms: list[NormItem] = []


class AssignmentItem(Quoted):
    """Who is given what in which role (giao); `bodies` are names or group phrases of the text."""

    id: Text
    bodies: list[Text] = []
    same_bodies_as: Text | None = None
    bodies_inferred: bool = False
    role: Role
    lead: bool = False
    also: list[Literal["coordinate", "advise", "report"]] = []
    binding: bool = True
    capacity: Text | None = None
    under: Text | None = None
    via: Text | None = None
    directs: list[Text] = []
    coordinating: list[Text] = []
    measures: list[Text] = []
    phase: PositiveInt | None = None
    deliverable: Text | None = None
    frequency: Literal["month", "quarter", "half", "year"] | None = None
    frequency_text: Text | None = None
    deadline: Day | None = None
    deadline_text: Text | None = None
    occasion: Text | None = None
    trigger: Text | None = None
    links_to: Text | None = None
    internal: bool = False
    parts: list[MeasureItem] = []

    @model_validator(mode="after")
    def names_its_bodies(self) -> Self:
        if bool(self.bodies) == bool(self.same_bodies_as):
            raise ValueError("bodies_or_same_bodies_as")
        return self


class ReportItem(Quoted):
    """A report the directive calls for; what it leaves open stays empty and is said in `gap`."""

    code: Text
    senders: list[Text] = Field(default=[], alias="from")
    senders_of: Text | None = None
    to: list[Text] = []
    to_inferred: list[Text] = []
    via: Text | None = None
    via_inferred: bool = False
    kinds: list[Text]
    frequency: list[Literal["month", "quarter", "half", "year", "on_request", "host_report"]] = []
    frequency_text: Text | None = None
    frequency_inferred: bool = False
    due: Day | None = None
    embedded_in: list[Text] = []
    gap: Text | None = None


class ReviewItem(Quoted):
    """When a phase is reviewed, in the text's words; the window is a reading of them."""

    when_text: Text
    on: Day | None = None
    window: tuple[date, date] | None = None
    window_inferred: bool = False


class PhaseItem(Quoted):
    num: PositiveInt
    label: Text | None = None
    start: Year | date | None = Field(default=None, alias="from")
    end: Year | date | None = Field(default=None, alias="to")
    preliminary_review: ReviewItem | None = None
    final_review: ReviewItem | None = None


class RecipientItem(Quoted):
    """One line of "Nơi nhận"; `purpose`: report (để báo cáo), act (để thực hiện) or file (lưu)."""

    num: PositiveInt
    recipient: Text
    expanded: list[Text] = []
    purpose: Literal["report", "act", "file"] | None = None
    purpose_basis: Text | None = None


class Circulation(Quoted):
    """How far the text says it is to be made known, where it has no list of recipients."""

    scope: list[Text]


class Participants(Quoted):
    section: Text | None = None


class AnomalyItem(Quoted):
    """Something odd in the text that a reader noted: a slip of the pen, a gap, a doubtful date."""

    kind: Slug
    text: Text | None = None
    as_written: Text | None = None
    likely: Text | None = None
