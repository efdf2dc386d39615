"""The directive file: what a directive says, and what the office will ask because of it.

The first part transcribes the text (`models.directive_text`); the second is the office's own
(`models.directive_asks`).
"""

import re
from datetime import date
from typing import Any, Literal

from pydantic import PositiveInt, model_validator

from models.calendar import FIRST_DAY
from models.directive_asks import OnDate, QuestionItem, RoundItem
from models.directive_text import (
    AnomalyItem,
    AssignmentItem,
    Circulation,
    CitedDocument,
    Day,
    DerivedDocument,
    Horizon,
    Line,
    MeasureItem,
    NormItem,
    Participants,
    PhaseItem,
    Published,
    Quoted,
    RecipientItem,
    ReportItem,
    Signature,
    Slug,
    Source,
    TargetItem,
    Text,
)
from models.report_asks import CheckItem, IndicatorItem, OutlineItem
from models.report_forms import ReportForm, known
from models.report_regimes import ReportRegime
from models.vague_words import Span, propose
from models.words import Kind, Regime


class DirectiveFile(Quoted):
    """A whole directive file."""

    format: Literal["dondoc/directive/1"]
    code: Slug
    number: PositiveInt | None = None
    symbol: Line | None = None
    symbol_as_written: Line | None = None
    symbol_pattern: Line | None = None
    kind: Kind
    regime: Regime
    issuer: Line
    issuer_as_written: Text | None = None
    issuer_basis: Text | None = None
    province: Line
    province_basis: Text | None = None
    place: Text | None = None
    issued: Day | None = None
    issued_bounds: Text | None = None
    published: Published | None = None
    subject: Line
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
    report_regimes: list[ReportRegime] = []
    report_forms: list[ReportForm] = []
    indicators: list[IndicatorItem] = []
    questions: list[QuestionItem] = []
    rounds: list[RoundItem] = []

    @model_validator(mode="before")
    @classmethod
    def reads_vague_words(cls, data: Any) -> Any:
        """Gives a question that has only the text's vague words their proposed reading."""
        if not (isinstance(data, dict) and isinstance(data.get("questions"), list)):
            return data
        span = _span(data)
        return data | {"questions": [_read(question, span) for question in data["questions"]]}

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

    def phrases_of(self, item: RoundItem) -> list[str]:
        """The names and phrases a round asks, those of its assignments included."""
        given = [a for code in item.units_of if (a := self.assignment(code))]
        return [*(phrase for a in given for phrase in self.bodies_of(a)), *item.units]

    def form_of(self, item: RoundItem) -> ReportForm | None:
        """The form of the report a round asks for, where it has one that is known."""
        return known(self.report_forms).get(item.form or "")

    def all_indicators(self) -> list[IndicatorItem]:
        """The file's own indicators, then those of the forms its rounds ask for; each code once."""
        found = {item.code: item for item in self.indicators}
        for form in filter(None, map(self.form_of, self.rounds)):
            for item in form.indicators:
                standard = item.standard or f"{form.code}/{item.code}"
                found.setdefault(item.code, item.model_copy(update={"standard": standard}))
        return list(found.values())

    def figures_of(self, item: RoundItem) -> list[tuple[str, IndicatorItem]]:
        """What a round asks for, in the order of its form, each with the title of its table. What a
        table names is asked, whether the form defines it or the file does.
        """
        form, known_ = self.form_of(item), {i.code: i for i in self.all_indicators()}
        titles = {code: table.title for table in (form.tables if form else [])
                  for code in table.indicators}  # fmt: skip
        of_form = [i.code for i in (form.indicators if form else [])]
        codes = dict.fromkeys([*titles, *of_form, *item.indicators])
        return [(titles.get(code, ""), known_[code]) for code in codes if code in known_]

    def outline_of(self, item: RoundItem) -> list[OutlineItem]:
        """The sections of the report a round asks for; the round's own win."""
        form = self.form_of(item)
        found = {o.code: o for o in [*(form.outline if form else []), *item.outline]}
        return list(found.values())

    def checks_of(self, item: RoundItem) -> list[CheckItem]:
        """The rules of the figures a round asks for; the round's own win."""
        form = self.form_of(item)
        found = {c.code: c for c in [*(form.checks if form else []), *item.checks]}
        return list(found.values())

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


def _span(data: dict[str, Any]) -> Span:
    """The years of the horizon, from the year of issue on."""
    horizon = data.get("horizon")
    ends = [_year(data.get("issued") or _proposed_issue(data["questions"]))]
    if isinstance(horizon, dict):
        ends += [_year(horizon.get(end)) for end in ("from", "to")]
    years = [year for year in ends if year]
    issued = ends[0] or min(years, default=FIRST_DAY.year)
    return Span(issued, max([issued + 1, *years]))  # so that a day already over is asked once


def _proposed_issue(questions: list[Any]) -> Any:
    """The date of issue that a question proposes."""
    for question in questions:
        if isinstance(question, dict) and "issued" in (question.get("about") or []):
            proposed = question.get("proposed")
            return proposed.get("on") if isinstance(proposed, dict) else None
    return None


def _year(value: object) -> int | None:
    """The year that a year or a date begins with."""
    found = re.match(r"\d{4}", str(value))
    return int(found[0]) if found else None


def _read(question: Any, span: Span) -> Any:
    words = question.get("words") if isinstance(question, dict) else None
    if not isinstance(words, str) or "proposed" in question:
        return question
    found = propose(words, span)
    return {"why": found.why, **question, "proposed": dict(found.proposed)} if found else question


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
