"""Forms of reports (mẫu báo cáo) as data: outline, tables of figures and the rules they obey.

The forms shipped stand in `report_forms.yaml`; a directive file may add an office's own.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from models.directive_text import Line, Part, Slug, Text
from models.report_asks import CheckItem, IndicatorItem, OutlineItem, TableItem

SHIPPED = Path(__file__).parent / "report_forms.yaml"


class ReportForm(Part):
    """One form; `source` says where its fields come from, and how sure that is."""

    code: Slug
    title: Line
    source: Text
    outline: list[OutlineItem] = []
    indicators: list[IndicatorItem] = []
    tables: list[TableItem] = []
    checks: list[CheckItem] = []


def known(own: Sequence[ReportForm]) -> Mapping[str, ReportForm]:
    """The forms by code: those shipped, and a directive file's own, which win."""
    return shipped() | {form.code: form for form in own}


@cache
def shipped() -> dict[str, ReportForm]:
    """The forms the project ships."""
    rows = YAML(typ="safe").load(SHIPPED.read_text(encoding="utf-8"))
    return {row["code"]: ReportForm.model_validate(row) for row in rows}
