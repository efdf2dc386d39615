"""Vague words of time, each with a proposed reading that a person confirms or replaces.

"Đầu năm 2026" is no date, and yet somebody has to be asked by one. What is proposed here is an
office's habit, said as such in the `why`; it binds nobody until it is confirmed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.vietnamese import fold

Reading = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """The years a reading without a year of its own runs over."""

    first: int
    last: int


@dataclass(frozen=True)
class Proposal:
    """A reading as the directive file writes it (`proposed`), and why."""

    proposed: Reading
    why: str


@dataclass(frozen=True)
class _Words:
    """Words (a pattern over text without diacritics) and the reading they give."""

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], Span], Reading]
    why: str


_YEAR = r"(?:(?:,? nam |/| )(?P<year>\d{4}))?"
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_QUARTER_ENDS = {1: "03-31", 2: "06-30", 3: "09-30", 4: "12-31"}


def _on(month_day: str) -> Callable[[re.Match[str], Span], Reading]:
    def read(found: re.Match[str], span: Span) -> Reading:
        return _day(found["year"], month_day, span)

    return read


def _day(year: str | None, month_day: str, span: Span) -> Reading:
    """That day of the year named, or of every year of the span."""
    if year:
        return {"on": f"{year}-{month_day}"}
    return {"month_day": month_day, "first": span.first, "last": span.last}


def _quarter(found: re.Match[str], span: Span) -> Reading:
    return _day(found["year"], _QUARTER_ENDS[_QUARTERS[found["quarter"]]], span)


def _every(period: str, **more: Any) -> Callable[[re.Match[str], Span], Reading]:
    def read(_found: re.Match[str], span: Span) -> Reading:
        return {"every": period, "first": span.first, "last": span.last, **more}

    return read


def _on_request(_found: re.Match[str], _span: Span) -> Reading:
    return {"on_request": "yes"}


def _words(pattern: str, read: Callable[[re.Match[str], Span], Reading], why: str) -> _Words:
    return _Words(re.compile(rf"\b(?:{pattern})"), read, why)


# in this order: "định kỳ hằng tháng" is monthly before it is only periodic
_TABLE = (
    _words(
        r"(?:khi (?:co|duoc) yeu cau|theo yeu cau|dot xuat)", _on_request,
        "Không có thời hạn: đợt được mở khi có yêu cầu, hạn gửi ghi tại văn bản yêu cầu.",
    ),
    _words(
        r"hang thang.*chao co|chao co.*hang thang",
        _every("month", regime="calendar", send_within=3),
        "Lễ chào cờ thường tổ chức vào thứ Hai đầu tháng: việc của tháng được đánh giá khi hết "
        "tháng và gửi trong 03 ngày làm việc của tháng sau.",
    ),
    _words(
        r"(?<!khong )(?:hang|moi) thang", _every("month"),
        "Định kỳ tháng theo kỳ báo cáo của Nghị định 09/2019/NĐ-CP.",
    ),
    _words(
        r"(?:hang|moi) quy|(?:dinh ky|moi|bao cao) 0?3 thang", _every("quarter"),
        "Định kỳ quý theo kỳ báo cáo của Nghị định 09/2019/NĐ-CP.",
    ),
    _words(
        r"(?:dinh ky|moi|bao cao|hang) (?:0?6|sau) thang|^0?6 thang(?=,| mot lan|$)",
        _every("half"),
        "Định kỳ 6 tháng theo kỳ báo cáo của Nghị định 09/2019/NĐ-CP.",
    ),
    _words(
        r"(?:hang|moi) nam", _every("year"),
        "Định kỳ năm theo kỳ báo cáo của Nghị định 09/2019/NĐ-CP.",
    ),
    _words(
        r"(?<!khong )dinh ky", _every("half"),
        "Văn bản ghi “định kỳ” mà không nêu kỳ: đề xuất 6 tháng một lần như báo cáo định kỳ của "
        "cơ quan hành chính.",
    ),
    _words(
        r"dau nam(?! hoc)(?:,? \(?(?P<year>\d{4}))?", _on("01-31"),
        "“Đầu năm” được hiểu là chậm nhất hết tháng 01.",
    ),
    _words(
        r"giua nam(?! hoc)(?:,? \(?(?P<year>\d{4}))?", _on("06-30"),
        "“Giữa năm” được hiểu là chậm nhất hết tháng 6.",
    ),
    _words(
        r"cuoi nam(?! hoc)(?:,? \(?(?P<year>\d{4}))?", _on("12-20"),
        "“Cuối năm” được hiểu là chậm nhất ngày 20/12, kịp để tỉnh tổng hợp trước ngày 25/12.",
    ),
    _words(
        r"quy (?P<quarter>iv|iii|ii|i|[1-4])\b" + _YEAR, _quarter,
        "Chỉ nêu quý: được hiểu là chậm nhất ngày cuối quý.",
    ),
)  # fmt: skip


# "quỹ" (a fund) is no quarter, though without its tone it looks like one; "quí" is another spelling
_QUY = re.compile(r"\bquỹ", re.IGNORECASE)
_SPELLING = re.compile(r"\bqui\b")


def propose(words: str, span: Span) -> Proposal | None:
    """The proposed reading of vague words, or None where they are none of those known."""
    text = _SPELLING.sub("quy", re.sub(r"[–—-]", " ", fold(_QUY.sub("quỹ_", words))))
    text = text.replace("dinh ki", "dinh ky").strip(" .,;")
    for entry in _TABLE:
        found = entry.pattern.search(re.sub(r"\s+", " ", text))
        if found:
            return Proposal(entry.read(found, span), entry.why)
    return None
