"""The annex of a sơ kết or tổng kết: the rounds looked back on, who was late, who led."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.annex_page import Column, How, Page, Value

Data = Mapping[str, Any]
COLUMNS = [
    Column("Nội dung", 60), *(Column("", 14, How.NUMBER) for _n in range(7)),
]  # fmt: skip
PARTS = (
    ("rounds", "Các kỳ báo cáo"),
    ("targets", "Kết quả so với chỉ tiêu"),
    ("lateness", "Đơn vị gửi chậm nhiều lần"),
    ("leaders", "Cơ quan chủ trì"),
    ("lessons", "Bài học kinh nghiệm"),
    ("forms", "Biểu mẫu"),
)
TITLES = {
    "title": "Kỳ", "due": "Hạn gửi", "expected": "Phải gửi", "received": "Đã gửi",
    "on_time": "Đúng hạn", "late": "Chậm", "missing": "Chưa gửi", "declined": "Không thực hiện",
    "unit": "Đơn vị", "times": "Số lần chậm", "days": "Tổng số ngày chậm", "role": "Vai trò",
    "measures": "Nhiệm vụ", "text": "Nội dung", "number": "Số", "indicator": "Chỉ tiêu",
    "measured_by": "Đo bằng", "threshold": "Ngưỡng", "year": "Năm", "share": "Tỷ lệ (%)",
    "total": "Số liệu", "met": "Đạt", "results": "Kết quả", "name": "Tên", "code": "Mã",
    "year_from": "Từ năm", "label": "Tên", "operator": "So sánh", "section": "Mục",
}  # fmt: skip


def write(page: Page, figures: Data) -> None:
    """A table for each part of the review that has something to say."""
    review = figures.get("review") or {"rounds": figures["history"]}
    first = True
    for name, title in PARTS:
        rows = review.get(name) or []
        if rows:
            page.section(title)
            _table(page, rows, frozen=first)
            first = False


def _table(page: Page, rows: Sequence[Any], *, frozen: bool) -> None:
    """Rows of one kind: what each says, by the names that have words for a person."""
    said = [row if isinstance(row, Mapping) else {"text": row} for row in rows]
    names = [n for n in dict.fromkeys(key for row in said for key in row) if n in TITLES]
    columns = [
        Column(TITLES[name], place.width, place.how)
        for name, place in zip(names, COLUMNS, strict=False)
    ]
    page.head(columns, frozen=0 if frozen else None)
    for row in said:
        page.row([_value(row.get(name)) for name in names[: len(columns)]], columns)


def _value(value: Any) -> Value:
    if isinstance(value, list | tuple):
        return "; ".join(map(_text, value))
    if isinstance(value, Mapping):
        return _text(value)
    found: Value = value
    return found


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(str(one) for one in value.values() if one not in (None, ""))
    return str(value)
