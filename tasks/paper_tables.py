"""The tables of a summary on paper: figures, targets, earlier rounds, and the appendices.

Every cell is a text as it is shown, so that a template only prints.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from models.vietnamese import show_date, show_number, show_percent
from models.words import IndicatorKind
from tasks.period_names import names_of, short

Figures = Mapping[str, Any]
Row = dict[str, str]

DASH = "—"
_RESULTS = ("total", "numerator", "denominator", "choices", "first", "last")
MOST_CHANGES = 30  # that a paper lists; the workbook has all
BREAKABLE = 15  # digits and marks of a share beyond which it may go on in the next line
UNITS_OF = {IndicatorKind.MONEY: "đồng", IndicatorKind.SCORE: "điểm", IndicatorKind.RATIO: "%"}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


@dataclass
class Table:
    """A table in the text: its title, and rows of named cells."""

    title: str
    rows: list[Row]
    columns: Sequence[str] = field(default=())


def figure_tables(figures: Figures) -> list[Table]:
    """The figures that units reported, a table for each title; texts are quoted instead."""
    shown = [one for one in figures["indicators"] if one["kind"] != IndicatorKind.TEXT]
    tables = groupby(in_tables(shown), key=_table)
    return [Table(title, _figure_rows(figures, list(found))) for title, found in tables]


def in_tables(items: Sequence[Figures]) -> list[Figures]:
    """Those of a table together, the tables in the order in which they first appear."""
    order = {table: at for at, table in reversed([*enumerate(map(_table, items))])}
    return sorted(items, key=lambda one: order[_table(one)])


def _table(one: Figures) -> str:
    return one.get("table") or ""


def as_given(figures: Figures) -> Figures:
    """The figures with nothing where nobody gave a figure: a sum of nothing is not 0."""
    silent = {one["code"] for one in figures["indicators"] if not one["given"]}
    return {
        **figures,
        "indicators": [_bare(one) if one["code"] in silent else one
                       for one in in_tables(figures["indicators"])],
        "targets": [_bare(one) | {"met": None} if one.get("code") in silent else one
                    for one in figures["targets"]],
    }  # fmt: skip


def _bare(one: Figures) -> dict[str, Any]:
    return dict(one) | {name: None for name in _RESULTS if name in one}


def _figure_rows(figures: Figures, found: Sequence[Figures]) -> list[Row]:
    rows, number = [], 0
    for one in found:
        part = bool(one.get("part_of"))
        number += not part
        rows.append(
            {
                "n": "" if part else str(number),
                "code": one["code"],
                "label": f"– {one['label']}" if part else one["label"],
                "unit": unit_of(one),
                "result": result_of(one),
                "before": result_of(one["before"] | _kind(one)) if one.get("before") else DASH,
                "given": f"{one['given']}/{expected_of(figures, one)}",
            }
        )
    return rows


def _kind(one: Figures) -> dict[str, Any]:
    return {"kind": one["kind"], "unit": one.get("unit", "")}


def expected_of(figures: Figures, one: Figures) -> int:
    """How many units a figure is expected of."""
    return int(one.get("expected", figures["tally"]["expected"]))


def unit_of(one: Figures) -> str:
    """The unit of measurement, as a table has it."""
    kind = one["kind"]
    return one.get("unit") or UNITS_OF.get(kind) or ("đơn vị" if kind == "yes_no" else "")


def result_of(one: Figures) -> str:
    """A figure as a cell shows it: "1.234", "57/60 (95%)", "Đạt: 40; Chưa đạt: 3"."""
    if one.get("total") is not None:
        return show_number(one["total"])
    if one.get("denominator") is not None or one["kind"] == IndicatorKind.YES_NO:
        return _share(one.get("numerator") or 0, one.get("denominator") or one.get("given") or 0)
    if one.get("choices"):
        return "; ".join(f"{name}: {show_number(n)}" for name, n in one["choices"].items())
    if one.get("first") or one.get("last"):
        return _between(str(one.get("first") or ""), str(one.get("last") or ""))
    return DASH


def _share(numerator: float, denominator: float) -> str:
    if not denominator:
        return DASH
    top, bottom = show_number(numerator), show_number(denominator)
    slash = "/\u200b" if len(top) + len(bottom) > BREAKABLE else "/"
    return f"{top}{slash}{bottom} ({show_percent(numerator, denominator)})"


def _between(first: str, last: str) -> str:
    days = [_day(one) for one in (first, last) if one]
    return days[0] if len(set(days)) == 1 else f"từ {days[0]} đến {days[-1]}"


def _day(text: str) -> str:
    try:
        return show_date(date.fromisoformat(text[:10]))
    except ValueError:
        return text


def target_rows(figures: Figures) -> list[Row]:
    """Each target with its result, its threshold and what is to be said of both."""
    measures = Counter(one["number"] for one in figures["targets"])
    return [
        {
            "n": str(at),
            "number": str(one["number"]),
            "indicator": _measured(one)
            if measures[one["number"]] > 1
            else _without_number(one["indicator"], str(one["number"])),
            "measured": _measured(one),
            "threshold": threshold_of(one),
            "result": result_of(one | {"kind": ""}),
            "trend": _trend(one.get("trend") or ()),
            "verdict": _verdict(one),
        }
        for at, one in enumerate(figures["targets"], 1)
    ]


def _without_number(text: str, number: str) -> str:
    return text.removeprefix(f"{number}. ").strip()


def _measured(one: Figures) -> str:
    name, measure = _without_number(one["indicator"], str(one["number"])), one["measured_by"]
    return name if measure == name else f"{name} (đo bằng: {measure})"


def threshold_of(one: Figures) -> str:
    """ "≥ 90%": what a target demands."""
    if one.get("threshold") is None:
        return DASH
    sign = {">=": "≥\u00a0", "<=": "≤\u00a0"}.get(one["operator"], "")
    unit = one["unit"] if one["unit"] in ("", "%") else f" {one['unit']}"
    return f"{sign}{show_number(one['threshold'])}{unit}"


def _verdict(one: Figures) -> str:
    if one["met"] is not None:
        return "Đạt" if one["met"] else "Chưa đạt"
    return "Không đặt ngưỡng" if one.get("threshold") is None else "Chưa so được"


def _trend(points: Iterable[Figures]) -> str:
    """The results of earlier summaries, oldest first: "2024: 81%; quý I/2025: 88,5%"."""
    told = [p for p in points if p.get("share") is not None or p.get("total") is not None]
    return "; ".join(map(_told, short(names_of(told)), told)) or DASH


def _told(name: str, point: Figures) -> str:
    if point.get("share") is not None:
        return f"{name}: {show_number(round(point['share'], 1))}%"
    return f"{name}: {show_number(point['total'])}"


def round_rows(figures: Figures) -> list[Row]:
    """The earlier rounds of a review and how they were answered."""
    review = figures.get("review") or {}
    rounds = review.get("rounds") or figures.get("history") or []
    names = ("expected", "received", "on_time", "late", "missing")
    return [
        {"n": str(at), "title": one["title"], "due": one["due"]}
        | {name: show_number(one[name]) for name in names}
        for at, one in enumerate(rounds, 1)
    ]


def late_rows(figures: Figures) -> list[Row]:
    """Who sent late, longest first."""
    found = sorted(figures["late"], key=lambda one: -one["days"])
    return [
        {"n": str(at), "unit": one["unit"], "days": str(one["days"])}
        for at, one in enumerate(found, 1)
    ]


def missing_rows(figures: Figures) -> list[Row]:
    """Who has not sent, longest overdue first; then who answered that they will not."""
    found = sorted(figures["missing"], key=lambda one: -one["days"])
    rows = [(one["unit"], str(one["days"]) if one["days"] > 0 else DASH, "") for one in found]
    rows += [(one["unit"], DASH, f"Phúc đáp: “{one['reason']}”") for one in figures["declined"]]
    return [
        {"n": str(at), "unit": unit, "days": days, "note": note}
        for at, (unit, days, note) in enumerate(rows, 1)
    ]


def lateness_rows(figures: Figures) -> list[Row]:
    """For a review: who was late, how often and by how many days in all."""
    found = (figures.get("review") or {}).get("lateness") or []
    ordered = sorted(found, key=lambda one: (-one["times"], -one["days"]))
    return [
        {
            "n": str(at),
            "unit": one["unit"],
            "times": str(one["times"]),
            "days": str(one["days"]),
            "missing": str(one.get("missing", 0)),
        }
        for at, one in enumerate(ordered, 1)
    ]


def leader_rows(figures: Figures) -> list[Row]:
    """For a review: who led what."""
    found = (figures.get("review") or {}).get("leaders") or []
    return [
        {
            "n": str(at),
            "unit": one["unit"],
            "role": str(one.get("role", "")).capitalize(),
            "measures": _joined(one.get("measures")) or "Toàn văn bản",
        }
        for at, one in enumerate(found, 1)
    ]


def _joined(measures: Any) -> str:
    if isinstance(measures, list | tuple):
        return "; ".join(map(str, measures))
    return str(measures or "")


def change_rows(figures: Figures) -> list[Row]:
    """What differs from the signed report that this one takes the place of; of many, the first."""
    changes = (figures.get("replaces") or {}).get("changes") or []
    rows = [{"n": str(at), "text": text} for at, text in enumerate(changes[:MOST_CHANGES], 1)]
    if (more := len(changes) - MOST_CHANGES) > 0:
        rows.append({"n": "", "text": f"Và {show_number(more)} thay đổi khác, ghi tại tệp Excel."})
    return rows
