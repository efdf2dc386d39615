"""Report regimes (chế độ báo cáo) as data: how periods are cut off, and who sends by when.

The regimes shipped stand in `report_regimes.yaml`; a directive file may add a province's own.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from ruamel.yaml import YAML

from models.directive_text import Line, Part, Slug, Text
from models.words import Every, Level

SHIPPED = Path(__file__).parent / "report_regimes.yaml"

DayOfMonth = Annotated[int, Field(ge=1, le=28)]
WorkingDays = Annotated[int, Field(ge=1, le=60)]


class Limit(Part):
    """When the bodies of a level send: one of so many working days after the cut-off, so many
    before the province's own report leaves, or a day of the period's last month.
    """

    after_cutoff: WorkingDays | None = None
    before_province: WorkingDays | None = None
    on_day: DayOfMonth | None = None

    @model_validator(mode="after")
    def is_one(self) -> Self:
        if sum(value is not None for value in vars(self).values()) != 1:
            raise ValueError("one_limit")
        return self


class ReportRegime(Part):
    """One regime. `every` maps the periods it knows to the source that cuts them so."""

    code: Slug
    name: Line
    every: dict[Every, Text]
    cutoff_day: DayOfMonth | None = None
    province_sends_on: DayOfMonth | None = None
    on_day_off: Literal["next", "previous"]
    limits: dict[Level, Limit] = {}

    @model_validator(mode="after")
    def can_count_back(self) -> Self:
        back = any(limit.before_province for limit in self.limits.values())
        if back and self.province_sends_on is None:
            raise ValueError("before_province_needs_a_date")
        return self


def known(own: Sequence[ReportRegime]) -> Mapping[str, ReportRegime]:
    """The regimes by code: those shipped, and a directive file's own, which win."""
    return shipped() | {regime.code: regime for regime in own}


@cache
def shipped() -> dict[str, ReportRegime]:
    """The regimes the project ships."""
    rows = YAML(typ="safe").load(SHIPPED.read_text(encoding="utf-8"))
    return {row["code"]: ReportRegime.model_validate(row) for row in rows}
