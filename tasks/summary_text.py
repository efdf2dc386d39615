"""A summary as text to read: Markdown for Prefect, and a part of a page."""

from collections.abc import Mapping
from typing import Any

from models.round import Summary
from models.words import ReportPart
from tasks.narrative import NAMED
from tasks.narrative_results import result_of, shown, threshold_of, trend
from tasks.paper_tables import as_given
from tasks.rendering import render

NUMERALS = ("I", "II", "III", "IV", "V", "VI")
HEADINGS = {
    ReportPart.SITUATION: "Tình hình triển khai, thực hiện chế độ báo cáo",
    ReportPart.RESULTS: "Kết quả đạt được",
    ReportPart.LIMITATIONS: "Tồn tại, hạn chế",
    ReportPart.CAUSES: "Nguyên nhân",
    ReportPart.LESSONS: "Bài học kinh nghiệm",
    ReportPart.PROPOSALS: "Phương hướng; kiến nghị, đề xuất",
}

Figures = Mapping[str, Any]


def as_markdown(figures: Figures) -> str:
    """The figures of a summary as Markdown."""
    return render("documents/summary.md", **_values(figures))


def as_html(figures: Figures, linked: bool = False) -> str:
    """The same as a part of a page; `linked`: figures and passages open their sources in the
    portal.
    """
    return render("documents/summary.html", linked=linked, **_values(figures))


def in_portal(summary: Summary) -> str:
    """A summary as its page shows it, each figure and passage a link to its sources; one frozen
    before there were any as it was.
    """
    return as_html(summary.figures, linked=True) if "parts" in summary.figures else summary.html


def _values(figures: Figures) -> dict[str, Any]:
    return {
        "review": None,
        **as_given(figures),
        "headings": HEADINGS,
        "numerals": NUMERALS,
        "labels": {item["code"]: item["label"] for item in figures["indicators"]},
        "lists": _lists(figures),
        "figure": _figure,
        "before": _before,
        "reached": result_of,
        "goal": threshold_of,
        "trend": trend,
        "verdict": _verdict,
    }


def _lists(figures: Figures) -> dict[str, Any]:
    """Who the sentences do not name, since they are too many."""
    lists = {
        "Danh sách chưa gửi": figures["missing"],
        "Danh sách gửi chậm": figures["late"],
    }
    return {title: units for title, units in lists.items() if len(units) > NAMED}


def _figure(item: Figures) -> str:
    return shown(item) if item["given"] else "—"


def _before(item: Figures) -> str:
    return shown({**item, **item["before"]}) if item["before"] else "—"


def _verdict(target: Figures) -> str:
    if target["met"] is None:
        return "Không đặt ngưỡng" if target["threshold"] is None else "Chưa so được"
    return "Đạt" if target["met"] else "Chưa đạt"
