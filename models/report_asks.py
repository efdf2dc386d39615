"""What a report asks: its outline, its tables of figures, and the rules that figures obey."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.directive_text import Part, Slug, Text
from models.words import Basis, IndicatorKind, ReportPart, Since

Percent = Annotated[float, Field(gt=0, le=10_000)]
Points = Annotated[float, Field(gt=0, le=1_000)]
FIGURES = frozenset({IndicatorKind.COUNT, IndicatorKind.MONEY})  # what can be added up


class OfWhich(Part):
    """A line "trong đó" below an indicator."""

    code: Slug
    label: Text


class IndicatorItem(Part):
    """A field of a report. A ratio asks for numerator and denominator, never for a percentage.

    `basis` says whether the figure is of the period alone or runs on from its beginning. `parts`
    are asked below it; with `adds_up` they make up the whole, else each is some of it. `standard`
    names the same figure across directives; `points` is the most a score can be.
    """

    code: Slug
    label: Text
    kind: IndicatorKind
    unit: Text | None = None
    target: Text | None = None
    required: bool = True
    question: Slug | None = None
    basis: Basis = Basis.PERIOD
    choices: list[Text] = []
    parts: list[OfWhich] = []
    adds_up: bool = True
    standard: Text | None = None
    points: Points | None = None

    @model_validator(mode="after")
    def is_complete(self) -> Self:
        if (self.kind is IndicatorKind.CHOICE) != bool(self.choices):
            raise ValueError("choice_has_choices")
        if (self.kind is IndicatorKind.SCORE) != (self.points is not None):
            raise ValueError("score_has_points")
        if self.parts and self.kind not in FIGURES:
            raise ValueError("parts_of_a_number")
        return self


class OutlineItem(Part):
    """A section of a report (mục của đề cương); `part` is where the summary quotes from it."""

    code: Slug
    title: Text
    part: ReportPart
    hint: Text | None = None
    required: bool = True


class TableItem(Part):
    """A table of figures (biểu), by the codes of its indicators in their order."""

    code: Slug
    title: Text
    indicators: Annotated[list[Slug], Field(min_length=1)]


class Jump(Part):
    """A figure that differs by more than so many per cent from the one before."""

    of: Slug
    percent: Percent = 50
    since: Since = Since.LAST_PERIOD


class CheckItem(Part):
    """A rule of a report's figures: one of an equation, a jump, or evidence that must be there.

    `equation` compares sums, with blanks around each sign: "khoi-to + hanh-chinh <= so-vu-viec".
    A `soft` rule may be broken with an explanation; a jump is always soft. `evidence` names the
    indicator that, where it is not zero, wants a document issued or a file.
    """

    code: Slug
    equation: Text | None = None
    jump: Jump | None = None
    evidence: Slug | None = None
    message: Text | None = None
    soft: bool = False

    @model_validator(mode="after")
    def is_one(self) -> Self:
        if sum(rule is not None for rule in (self.equation, self.jump, self.evidence)) != 1:
            raise ValueError("one_check")
        return self
