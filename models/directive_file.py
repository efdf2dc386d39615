"""The directive file: what a directive says, and what the office will ask because of it.

The first part transcribes the text: every item may carry its quote and line. The second part
(`indicators`, `questions`, `rounds`) is the office's own: whom it will ask for what, and when.
What the text leaves open is a question with a proposed reading; `confirmed: no` binds nobody.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PositiveInt,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from models.words import (
    Every,
    IndicatorKind,
    Kind,
    NormRule,
    Operator,
    Regime,
    Relation,
    Review,
    Role,
    Stage,
)

FORMAT = "dondoc/directive/1"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Year = Annotated[int, Field(ge=1945, le=2100)]
Ref = Annotated[str, StringConstraints(pattern=r"^[a-z]+(/[^\s/]+)*$")]


class Part(BaseModel):
    """Base of every part of the file: unknown fields are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Quoted(Part):
    """A part that stands in the text: its words, and the lines (from 1) they stand on."""

    quote: Text | None = None
    lines: list[PositiveInt] = []
    note: Text | None = None


# --- the text ------------------------------------------------------------------------------------


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
    on: date


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
    issued: date | None = None
    relation: Relation
    carries: Text | None = None
    count: PositiveInt | None = None
    flag: Text | None = None


class DerivedDocument(Quoted):
    """A document the directive says is still to be issued."""

    kind: Kind
    status: Literal["to_be_issued", "issued"] = "to_be_issued"
    deadline: date | None = None


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
    start: date | None = None
    deadline_text: Text | None = None
    deadline: date | None = None
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
    deadline: date | None = None
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
    deadline: date | None = None
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
    due: date | None = None
    embedded_in: list[Text] = []
    gap: Text | None = None


class ReviewItem(Quoted):
    """When a phase is reviewed, in the text's words; the window is a reading of them."""

    when_text: Text
    on: date | None = None
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


# --- what the office will ask -----------------------------------------------------------------


class OnDate(Part):
    """On that day. `fixed` days stay even on a day off; others move to the next working day."""

    on: date
    fixed: bool = False


class WorkingDaysAfter(Part):
    """So many working days after the directive's date (`issued`) or another date."""

    working_days: Annotated[int, Field(ge=0, le=260)]
    after: Literal["issued"] | date = "issued"


class Periodic(Part):
    """Every period from one year to another; cut-offs by Nghị định 09/2019/NĐ-CP, Điều 12.

    `only` keeps some periods of each year: "định kỳ 6 tháng" beside a yearly report is `[1]`.
    """

    every: Every
    first: Year
    last: Year
    send_within: Annotated[int, Field(ge=1, le=60)]
    only: list[Annotated[int, Field(ge=1, le=12)]] = []
    regime: Literal["nd09", "calendar"] = "nd09"


class YearlyOn(Part):
    """Every year on the same day (month-day, e.g. 01-31)."""

    month_day: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
    first: Year
    last: Year

    @field_validator("month_day")
    @classmethod
    def exists_every_year(cls, month_day: str) -> str:
        date.fromisoformat(f"2023-{month_day}")
        return month_day


class OnRequest(Part):
    """Opened by hand, when somebody above asks."""

    on_request: Literal["yes"]


class Words(Part):
    """A reading that is not a date: whom to send to, what to count."""

    text: Text


When = OnDate | WorkingDaysAfter | Periodic | YearlyOn | OnRequest

_RULES: dict[str, type[Part]] = {
    "on": OnDate,
    "working_days": WorkingDaysAfter,
    "every": Periodic,
    "month_day": YearlyOn,
    "on_request": OnRequest,
    "text": Words,
}


def _rule_of(value: object) -> str | None:
    """Which rule a mapping is meant as, by the key that only that rule has.

    Tags are the names of the rules, not of their keys: they stand in pydantic's paths.
    """
    if isinstance(value, dict):
        return next((rule.__name__ for key, rule in _RULES.items() if key in value), None)
    return type(value).__name__ if isinstance(value, Part) else None


_WhenField = Annotated[
    Annotated[OnDate, Tag("OnDate")]
    | Annotated[WorkingDaysAfter, Tag("WorkingDaysAfter")]
    | Annotated[Periodic, Tag("Periodic")]
    | Annotated[YearlyOn, Tag("YearlyOn")]
    | Annotated[OnRequest, Tag("OnRequest")],
    Discriminator(_rule_of),
]
_ReadingField = Annotated[
    Annotated[OnDate, Tag("OnDate")]
    | Annotated[WorkingDaysAfter, Tag("WorkingDaysAfter")]
    | Annotated[Periodic, Tag("Periodic")]
    | Annotated[YearlyOn, Tag("YearlyOn")]
    | Annotated[OnRequest, Tag("OnRequest")]
    | Annotated[Words, Tag("Words")],
    Discriminator(_rule_of),
]


class Confirmation(Part):
    by: Text
    on: date


class QuestionItem(Part):
    """What the text leaves open, with a proposed reading that a person confirms."""

    id: Slug
    about: list[Ref]
    asks: Text
    proposed: _ReadingField
    why: Text
    confirmed: Literal["no"] | Confirmation = "no"

    @property
    def is_confirmed(self) -> bool:
        return isinstance(self.confirmed, Confirmation)


class IndicatorItem(Part):
    """A field of a report. A ratio asks for numerator and denominator, never for a percentage."""

    code: Slug
    label: Text
    kind: IndicatorKind
    unit: Text | None = None
    target: Text | None = None
    required: bool = True
    question: Slug | None = None


class RoundItem(Part):
    """One call on many units, once or every period: who answers what, by when, on what ground."""

    code: Slug
    stage: Stage
    review: Review | None = None
    title: Text
    asks: Text
    basis: list[Ref]
    units_of: list[Text] = []
    units: list[Text] = []
    overseer: Text | None = None
    when: _WhenField | None = None
    question: Slug | None = None
    also_questions: list[Slug] = []
    notice: Annotated[int, Field(ge=1, le=120)] = 20
    indicators: list[Slug] = []

    @model_validator(mode="after")
    def is_complete(self) -> Self:
        if not (self.units or self.units_of):
            raise ValueError("units_or_units_of")
        if (self.when is None) == (self.question is None):
            raise ValueError("when_or_question")
        if self.review and self.stage is not Stage.REPORTING:
            raise ValueError("review_is_reporting")
        return self

    @property
    def questions(self) -> list[str]:
        return [*([self.question] if self.question else []), *self.also_questions]


class DirectiveFile(Quoted):
    """A whole directive file."""

    format: Literal["dondoc/directive/1"]
    code: Slug
    number: PositiveInt | None = None
    symbol: Text | None = None
    symbol_as_written: Text | None = None
    symbol_pattern: Text | None = None
    kind: Kind
    regime: Regime
    issuer: Text
    issuer_as_written: Text | None = None
    issuer_basis: Text | None = None
    province: Text
    province_basis: Text | None = None
    place: Text | None = None
    issued: date | None = None
    issued_bounds: Text | None = None
    published: Published | None = None
    subject: Text
    signature: Signature | None = None
    source: Source | None = None
    horizon: Horizon | None = None
    citations: list[CitedDocument] = []
    derived: list[DerivedDocument] = []
    participants: Participants | None = None
    targets: list[TargetItem] = []
    targets_note: Text | None = None
    measures: list[MeasureItem] = []
    assignments: list[AssignmentItem] = []
    reports: list[ReportItem] = []
    phases: list[PhaseItem] = []
    phases_note: Text | None = None
    recipients: list[RecipientItem] = []
    circulation: Circulation | None = None
    anomalies: list[AnomalyItem] = []
    indicators: list[IndicatorItem] = []
    questions: list[QuestionItem] = []
    rounds: list[RoundItem] = []

    @property
    def display_symbol(self) -> str:
        """What stands before the reader: the symbol, or what is known of it."""
        return self.symbol or self.symbol_pattern or self.code

    def question(self, code: str) -> QuestionItem | None:
        return next((q for q in self.questions if q.id == code), None)

    def assignment(self, code: str) -> AssignmentItem | None:
        return next((a for a in self.assignments if a.id == code), None)

    def bodies_of(self, assignment: AssignmentItem) -> list[str]:
        """The names and phrases an assignment is given to, following `same_bodies_as`."""
        seen = {assignment.id}
        while assignment.same_bodies_as and assignment.same_bodies_as not in seen:
            seen.add(assignment.same_bodies_as)
            found = self.assignment(assignment.same_bodies_as)
            if found is None:
                return []
            assignment = found
        return list(assignment.bodies)

    def issue_question(self) -> QuestionItem | None:
        """The question that supplies the date of issue where the text has lost it."""
        if self.issued is not None:
            return None
        return next((q for q in self.questions if "issued" in q.about), None)

    def issue_date(self) -> date | None:
        """The date of issue: the text's, else the proposed reading of it."""
        if self.issued:
            return self.issued
        question = self.issue_question()
        if question and isinstance(question.proposed, OnDate):
            return question.proposed.on
        return None

    def all_measures(self) -> list[MeasureItem]:
        """Every measure, outer before inner."""
        return [found for measure in self.measures for found in _descend(measure)]

    def all_norms(self) -> list[NormItem]:
        return [norm for measure in self.all_measures() for norm in measure.norms]


def _descend(measure: MeasureItem) -> list[MeasureItem]:
    return [measure, *(found for inner in measure.measures for found in _descend(inner))]


def json_schema() -> dict[str, object]:
    """The JSON Schema of a directive file, so that an editor completes and checks it."""
    schema = DirectiveFile.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Directive file of Đôn Đốc",
        **{name: value for name, value in schema.items() if name != "title"},
    }
