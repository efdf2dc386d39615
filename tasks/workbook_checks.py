"""What a spreadsheet itself checks and offers while a form is filled in.

It helps who fills it in and is relied on for nothing: what is pasted passes it.
"""

from datetime import date
from typing import Any

from models.vietnamese import show_number
from tasks.workbook_layout import How, Input

_MEANS = ["Hội nghị quán triệt", "Lồng ghép trong họp cơ quan", "Văn bản sao gửi, triển khai",
          "Đăng trên trang thông tin nội bộ"]  # fmt: skip


def check_of(cell: Input, source: str = "") -> dict[str, Any]:
    """What the spreadsheet itself checks while the cell is filled in; `source` is the range of what
    it offers, where it offers any.
    """
    title = cell.label[:32]
    match cell.how:
        case How.DATE:
            own = {"validate": "date", "criteria": "between", "minimum": date(1990, 1, 1),
                   "maximum": date(2100, 12, 31)}  # fmt: skip
            wrong = "Ghi ngày có thật, theo dạng ngày/tháng/năm, ví dụ 26/02/2024."
        case How.WHOLE:
            own = {"validate": "integer", "criteria": "between", "minimum": 0,
                   "maximum": 10**15}  # fmt: skip
            wrong = "Ghi số nguyên, không âm."
        case How.NUMBER:
            own = {"validate": "decimal", "criteria": "between", "minimum": 0,
                   "maximum": cell.most or 10**15}  # fmt: skip
            wrong = "Ghi một số, không âm."
            if cell.most:
                wrong = f"Ghi số điểm từ 0 đến {show_number(cell.most)}."
        case How.PERCENT:
            own = {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": 100}
            wrong = "Ghi số nguyên từ 0 đến 100, không ghi dấu %."
        case How.YES_NO:
            own, wrong = {"validate": "list", "source": ["Có", "Không"]}, "Chọn Có hoặc Không."
        case How.MEANS:
            return _list({"source": _MEANS}, "Chọn trong danh sách hoặc tự ghi.")
        case How.CHOICE if source:
            own, wrong = {"validate": "list", "source": source}, "Chọn một mục trong danh sách."
        case How.MEASURE if source:
            return _list({"source": source}, "Chọn trong danh sách hoặc tự ghi.")
        case _:
            longest = 255 if cell.how is How.LINE else 20_000
            own = {"validate": "length", "criteria": "<=", "value": longest}
            wrong = f"Ghi nhiều nhất {longest} ký tự."
    return own | {"error_title": title, "error_message": wrong}


def _list(source: dict[str, Any], hint: str) -> dict[str, Any]:
    """A drop-down beside which other words may be written."""
    return {"validate": "list", **source, "show_error": False, "input_message": hint}
