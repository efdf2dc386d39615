"""The second part of a directive file: whom the office will ask for what, and when.

What the text leaves open is a question with a proposed reading; `confirmed: no` binds nobody.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from models.directive_text import Day, Line, Part, Ref, Slug, Text, Year
from models.emulation_asks import EmulationItem
from models.report_asks import CheckItem, OutlineItem
from models.words import Every, Review, Stage


class OnDate(Part):
    """On that day. `fixed` days stay even on a day off; others move to the next working day."""

    on: Day
    fixed: bool = False


class WorkingDaysAfter(Part):
    """So many working days after the directive's date (`issued`) or another date."""

    working_days: Annotated[int, Field(ge=0, le=260)]
    after: Literal["issued"] | Day = "issued"


class Periodic(Part):
    """Every period from one year to another, cut off as a report regime says.

    Sent `send_within` working days after the cut-off; without it, when the regime says. `only`
    keeps some periods of each year: "định kỳ 6 tháng" beside a yearly report is `[1]`.
    """

    every: Every
    first: Year
    last: Year
    send_within: Annotated[int, Field(ge=1, le=60)] | None = None
    only: list[Annotated[int, Field(ge=1, le=12)]] = []
    regime: Slug = "nd09"


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
    on: Day


class QuestionItem(Part):
    """What the text leaves open, with a proposed reading that a person confirms.

    With the vague `words` of the text, reading and why may be left to `models.vague_words`.
    """

    model_config = ConfigDict(json_schema_extra={"required": ["id", "about", "asks"]})

    id: Slug
    about: list[Ref]
    asks: Text
    words: Text | None = None
    proposed: _ReadingField
    why: Text
    confirmed: Literal["no"] | Confirmation = "no"

    @property
    def is_confirmed(self) -> bool:
        return isinstance(self.confirmed, Confirmation)


class LadderItem(Part):
    """A reminder `days` working days after the due date (before it, where negative): to the unit
    itself, to its head as well, or to the body above and the overseer too.
    """

    days: Annotated[int, Field(ge=-60, le=60)]
    to: Literal["unit", "head", "overseer"] = "unit"


class RoundItem(Part):
    """One call on many units, once or every period: who answers what, by when, on what ground.

    With `needs_head` an answer counts once the head of the unit has approved it. A report may have
    a `form`, to which the round's own indicators, outline and checks are added. With
    `with_subordinates` a unit's figures include those of the units below it. With `emulation` its
    answers are ranked.
    """

    code: Slug
    stage: Stage
    review: Review | None = None
    title: Line
    asks: Text
    basis: list[Ref]
    units_of: list[Text] = []
    units: list[Text] = []
    overseer: Text | None = None
    when: _WhenField | None = None
    question: Slug | None = None
    also_questions: list[Slug] = []
    notice: Annotated[int, Field(ge=1, le=120)] = 20
    ladder: list[LadderItem] | None = None
    form: Slug | None = None
    indicators: list[Slug] = []
    outline: list[OutlineItem] = []
    checks: list[CheckItem] = []
    with_subordinates: bool = False
    emulation: EmulationItem | None = None
    needs_head: bool = False

    @model_validator(mode="after")
    def is_complete(self) -> Self:
        if not (self.units or self.units_of):
            raise ValueError("units_or_units_of")
        if (self.when is None) == (self.question is None):
            raise ValueError("when_or_question")
        days = [step.days for step in self.ladder or []]
        if len(set(days)) < len(days):
            raise ValueError("ladder_day_twice")
        if self.review and self.stage is not Stage.REPORTING:
            raise ValueError("review_is_reporting")
        if (self.form or self.outline) and self.stage is not Stage.REPORTING:
            raise ValueError("form_is_reporting")
        if self.emulation and self.stage is not Stage.REPORTING:
            raise ValueError("emulation_is_reporting")
        return self

    @property
    def questions(self) -> list[str]:
        return [*([self.question] if self.question else []), *self.also_questions]
