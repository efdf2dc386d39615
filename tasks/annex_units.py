"""The annex that has a row for each unit and its figures in columns."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.words import IndicatorKind, Level, label_vi
from tasks.annex_page import Column, How, Page, Value
from tasks.paper_tables import DASH
from tasks.paper_tables import in_tables as together

Data = Mapping[str, Any]
FIXED = (
    Column("TT", 5, How.CENTRE), Column("Đơn vị", 40), Column("Cấp", 14),
    Column("Tình trạng", 16), Column("Hạn gửi", 12, How.CENTRE),
    Column("Ngày gửi", 12, How.CENTRE), Column("Số ngày chậm", 9, How.WHOLE),
)  # fmt: skip
SOURCE = Column("Nguồn", 30)  # only where a report served several duties
NAMES = 2  # columns that stay in sight
MANY = 16  # columns beyond which a page is not narrowed to one sheet of paper
WIDTHS = {IndicatorKind.TEXT: 40, IndicatorKind.CHOICE: 20, IndicatorKind.MONEY: 17}
HOW = {
    IndicatorKind.COUNT: How.NUMBER, IndicatorKind.MONEY: How.NUMBER,
    IndicatorKind.SCORE: How.NUMBER, IndicatorKind.RATIO: How.NUMBER,
    IndicatorKind.YES_NO: How.CENTRE, IndicatorKind.DATE: How.CENTRE,
    IndicatorKind.CHOICE: How.CENTRE, IndicatorKind.TEXT: How.TEXT,
}  # fmt: skip


def in_tables(annex: Data) -> Data:
    """The annex with the columns of a table beside each other."""
    if not annex.get("columns"):
        return annex
    numbered = [{"at": at, **column} for at, column in enumerate(annex["columns"])]
    order = [one["at"] for one in together(numbered)]
    units = [unit | {"values": [unit["values"][at] for at in order]} for unit in annex["units"]]
    return {**annex, "columns": [annex["columns"][at] for at in order], "units": units}


def columns(annex: Data) -> list[Column]:
    """Those of every unit, then one for each indicator; a ratio has one for each of its parts."""
    found = _fixed(annex)
    for item in annex["columns"]:
        kind, label = IndicatorKind(item["kind"]), item["label"]
        if item.get("unit"):
            label = f"{label} ({item['unit']})"
        names = [label]
        if kind is IndicatorKind.RATIO:
            names = [f"{label}: số đạt", f"{label}: tổng số"]
        width, group = WIDTHS.get(kind, 14), item.get("table", "")
        found += [Column(name, width, HOW[kind], group) for name in names]
    return found


def _fixed(annex: Data) -> list[Column]:
    taken = any(unit.get("taken_from") for unit in annex["units"])
    return [*FIXED, SOURCE] if taken else list(FIXED)


def write(page: Page, figures: Data, annex: Data) -> None:
    """A row for each unit, and the province's own figures below."""
    kinds = [IndicatorKind(item["kind"]) for item in annex["columns"]]
    page.head(frozen=NAMES)
    if len(page.columns) > MANY:
        page.sheet.fit_to_pages(0, 0)
        page.sheet.set_print_scale(60)
        page.sheet.repeat_columns(0, NAMES - 1)
    first, fixed = page.at, len(_fixed(annex))
    for at, unit in enumerate(annex["units"], start=1):
        facts = [at, *_facts(unit), unit.get("taken_from") or None][:fixed]
        page.row([*facts, *_values(kinds, unit["values"])])
    page.sheet.autofilter(first - 1, 0, page.at - 1, len(page.columns) - 1)
    totals = {item["code"]: item for item in figures["indicators"]}
    every = [
        part
        for kind, item in zip(kinds, annex["columns"], strict=True)
        for part in _total(kind, totals.get(item["code"], {}))
    ]
    page.row(["", "Toàn tỉnh", *[""] * (fixed - 2), *every], look="total")


def _facts(unit: Data) -> list[Value]:
    level = unit["level"]
    return [
        unit["unit"],
        label_vi(Level(level)) if level in list(Level) else level,
        unit["status"],
        _moment(unit["due"]),
        _moment(unit.get("received")),
        unit.get("days_late") or None,
    ]


def _values(kinds: list[IndicatorKind], values: list[Any]) -> list[Value]:
    found: list[Value] = []
    for kind, value in zip(kinds, values, strict=True):
        if kind is IndicatorKind.RATIO:
            found += [value["numerator"], value["denominator"]] if value else [None, None]
        else:
            found.append(_moment(value) if kind is IndicatorKind.DATE else value)
    return found


def _moment(text: str | None) -> Value:
    """A day as Excel knows days, where the text is one; else the text."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return text


def _total(kind: IndicatorKind, figure: Data) -> list[Value]:
    """What a column comes to for the whole province, as the summary has it."""
    if figure.get("given") == 0:
        return [DASH, None] if kind is IndicatorKind.RATIO else [DASH]
    if kind is IndicatorKind.RATIO:
        return [figure.get("numerator"), figure.get("denominator")]
    if kind is IndicatorKind.YES_NO and figure.get("denominator") is not None:
        return [f"{figure['numerator']}/{figure['denominator']}"]
    return [figure.get("total")]
