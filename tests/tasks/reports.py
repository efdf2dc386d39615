"""A directive whose report has everything a report can have, and an answer to it, for tests."""

from typing import Any

from models.directive_file import DirectiveFile
from tests.tasks.office import a_file, a_round

FORM: dict[str, Any] = {
    "code": "mau-bao-cao",
    "title": "Báo cáo kết quả",
    "source": "Đặt ra để thử",
    "outline": [
        {"code": "tinh-hinh", "title": "Tình hình triển khai", "part": "situation",
         "hint": "Chỉ đạo, phân công, quán triệt"},
        {"code": "ket-qua", "title": "Kết quả đạt được", "part": "results"},
        {"code": "nguyen-nhan", "title": "Nguyên nhân", "part": "causes", "required": False},
    ],
    "indicators": [
        {"code": "so-vu", "label": "Số vụ việc phát hiện từ đầu năm", "kind": "count",
         "unit": "vụ", "basis": "cumulative",
         "parts": [{"code": "thanh-tra", "label": "qua thanh tra"},
                   {"code": "to-cao", "label": "qua giải quyết tố cáo"}]},
        {"code": "da-xu-ly", "label": "Số vụ việc đã xử lý", "kind": "count", "unit": "vụ"},
        {"code": "thu-hoi", "label": "Tài sản thu hồi", "kind": "money", "unit": "đồng",
         "required": False},
        {"code": "ke-khai", "label": "Số người đã kê khai", "kind": "ratio", "unit": "người"},
        {"code": "ngay", "label": "Ngày tự đánh giá", "kind": "date"},
        {"code": "muc-do", "label": "Mức độ hoàn thành", "kind": "choice",
         "choices": ["Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành, lý do khách quan"]},
        {"code": "tu-cham", "label": "Điểm tự chấm", "kind": "score", "points": 20},
        {"code": "kho-khan", "label": "Khó khăn", "kind": "text", "required": False},
    ],
    "tables": [
        {"code": "b1", "title": "Biểu 1. Phát hiện, xử lý",
         "indicators": ["so-vu", "da-xu-ly", "thu-hoi"]},
        {"code": "b2", "title": "Biểu 2. Phòng ngừa, tự đánh giá",
         "indicators": ["ke-khai", "ngay", "muc-do", "tu-cham"]},
    ],
    "checks": [
        {"code": "xu-ly-it-hon", "equation": "da-xu-ly <= so-vu", "soft": True},
        {"code": "co-ke-khai", "equation": "ke-khai.denominator >= 1"},
        {"code": "tang-giam", "jump": {"of": "da-xu-ly", "percent": 50}},
    ],
}  # fmt: skip
RIGHT: dict[str, Any] = {
    "sections": {"tinh-hinh": "Đã quán triệt.\nĐã phân công.", "ket-qua": "Đã phát hiện 5 vụ."},
    "values": {
        "so-vu": 5,
        "so-vu-thanh-tra": 2,
        "so-vu-to-cao": 3,
        "da-xu-ly": 4,
        "ke-khai": {"numerator": 9, "denominator": 10},
        "ngay": "2024-05-02",
        "muc-do": "Chưa hoàn thành, lý do khách quan",
        "tu-cham": 17.5,
    },
}


def whole_report_file() -> DirectiveFile:
    """A directive whose round "bao-cao" asks for all of it, due on 3 June 2024."""
    return a_file(report_forms=[FORM], rounds=[a_round(form=FORM["code"])])


def changed(**values: Any) -> dict[str, Any]:
    """The right report with other figures: "da_xu_ly" stands for "da-xu-ly"."""
    given = {name.replace("_", "-"): value for name, value in values.items()}
    return RIGHT | {"values": RIGHT["values"] | given}
