"""Samples of every mail in all its variants, to check templates with and to preview them.

The values are those that the composer gives; a test compares them with real mails.
"""

from collections.abc import Mapping
from typing import Any

Values = dict[str, Any]

PLAN: Values = {
    "code": "53-kh-ubnd",
    "symbol": "53/KH-UBND",
    "kind": "Kế hoạch",
    "issuer": "UBND tỉnh Thanh Hóa",
    "issued": "26/02/2024",
    "subject": "triển khai thực hiện Chiến lược quốc gia về phòng, chống tham nhũng, tiêu cực đến "
    "năm 2030 trên địa bàn tỉnh",
}
_SIGNED = "WzE3LDAsNzM5NTY2XQ.q7WcY0JmZ3v4xT1nRkLs8HfUaEoBd2pGi5KyXwVtM6A"
_LINKS: Values = {
    "task_link": f"https://don-doc.tinh.example/t/{_SIGNED}",
    "unit_link": f"https://don-doc.tinh.example/u/{_SIGNED}",
}
_MEASURES = [
    "(1) Tuyên truyền, phổ biến, quán triệt các nội dung của Chiến lược",
    "(2) Thực hiện các nhiệm vụ và giải pháp của Chiến lược",
    "(3) Tăng cường, nâng cao hiệu quả công tác thanh tra, kiểm tra, điều tra, truy tố, xét xử, "
    "thi hành án",
]
_INDICATORS = [
    "Số hội nghị tuyên truyền, phổ biến, quán triệt các nội dung của Chiến lược đã tổ chức "
    "(hội nghị)",
    "Số cuộc thanh tra, kiểm tra đã tiến hành (cuộc)",
    "Khó khăn, vướng mắc và kiến nghị, đề xuất – nếu có",
]
_RECEIVED: Values = {
    "title": "Xác nhận tiếp nhận và quán triệt Kế hoạch",
    "asks": "Đề nghị xác nhận đã nhận Kế hoạch số 53/KH-UBND và cho biết bộ phận đầu mối, thời "
    "gian tổ chức quán triệt tại cơ quan, đơn vị.",
    "due": "29/02/2024",
    "weekday": "Thứ Năm",
    "reason": [
        "Cách hiểu điểm văn bản chưa nêu rõ: Văn bản giao quán triệt nhưng không nêu việc xác "
        "nhận tiếp nhận và thời hạn.",
        "Đã được Chánh Văn phòng xác nhận ngày 26/02/2024.",
        "3 ngày làm việc kể từ ngày ban hành 26/02/2024.",
    ],
    "overseer": "Thanh tra tỉnh",
    "period": "",
}
_PLANNED = _RECEIVED | {
    "title": "Xây dựng kế hoạch cụ thể tổ chức thực hiện",
    "asks": "Đề nghị xây dựng, ban hành kế hoạch cụ thể thực hiện Kế hoạch số 53/KH-UBND theo "
    "chức năng, nhiệm vụ của đơn vị và gửi bản kế hoạch đã ban hành.",
    "due": "25/03/2024",
    "weekday": "Thứ Hai",
    "reason": ["20 ngày làm việc kể từ ngày ban hành 26/02/2024."],
}
_CARRIED_OUT = _RECEIVED | {
    "title": "Kết quả thực hiện nhiệm vụ giai đoạn 2023 - 2026",
    "asks": "Đề nghị cập nhật kết quả rà soát, sửa đổi, bổ sung hoặc ban hành văn bản và các "
    "nhiệm vụ khác của giai đoạn 2023 - 2026, kèm tài liệu minh chứng.",
    "due": "30/11/2026",
    "weekday": "Thứ Hai",
    "reason": ["Ngày ấn định: 30/11/2026."],
}
_REPORTED = _RECEIVED | {
    "title": "Báo cáo năm tình hình thực hiện Kế hoạch năm 2024",
    "asks": "Đề nghị gửi báo cáo tình hình, kết quả thực hiện Kế hoạch số 53/KH-UBND trong năm, "
    "kèm số liệu theo biểu.",
    "due": "20/12/2024",
    "weekday": "Thứ Sáu",
    "reason": [
        "Văn bản nêu: “chủ động theo dõi, đánh giá, báo cáo tình hình thực hiện Kế hoạch hàng "
        "năm” (dòng 11).",
        "Số liệu từ 15/12/2023 đến ngày chốt 14/12/2024 (Nghị định 09/2019/NĐ-CP, Điều 12).",
        "Gửi chậm nhất 5 ngày làm việc sau ngày chốt số liệu.",
    ],
    "period": "15/12/2023 đến 14/12/2024",
}


def _task(
    part: str, round_: Values, indicators: list[str], measures: list[str], **changed: Any
) -> Values:
    """The mail that announces a task, with the round's values that are changed."""
    return {
        "to_name": "Sở Nội vụ",
        "unit": "Sở Nội vụ",
        "directive": PLAN,
        "round": round_ | changed,
        "code": f"53-kh-ubnd/{part}/so-noi-vu",
        "indicators": indicators,
        "measures": measures,
        **_LINKS,
        "calendar_link": f"https://don-doc.tinh.example/c/{_SIGNED}.ics",
    }


def _answered(version: int, received_at: str, late_days: int, **changed: Any) -> Values:
    """The mail that answers what a unit sent."""
    return {
        "to_name": "Sở Y tế",
        "directive": PLAN,
        "code": "53-kh-ubnd/tiep-nhan/so-y-te",
        "title": _RECEIVED["title"],
        "due": "29/02/2024",
        "received_at": received_at,
        "version": version,
        "late_days": late_days,
        "declined": False,
        "waits": False,
        "faults": [],
        **_LINKS,
        "accepted": [],
        "taken_from": "",
    } | changed


_SOURCE = "“Báo cáo năm 2024” (53/KH-UBND), số biên nhận 53-kh-ubnd/bao-cao-nam-2024/so-y-te#1"
_FAULTS = [
    {
        "cell": "",
        "field": "ngày tiếp nhận",
        "found": "31/02/2024",
        "message": "phải là ngày có thật, ghi theo dạng 2024-02-26",
    },
    {
        "cell": "",
        "field": "hình thức quán triệt, phổ biến",
        "found": "",
        "message": "không được để trống",
    },
]
_FAULTS_OF_FILE = [
    {
        "cell": "C16",
        "field": "ngày tiếp nhận",
        "found": "31/02/2024",
        "message": "phải là ngày có thật, ghi theo dạng 26/02/2024",
    },
    _FAULTS[1] | {"cell": "C17"},
]
_ACCEPTED = [
    {"field": "ngày tiếp nhận", "value": "27/02/2024"},
    {"field": "hình thức quán triệt, phổ biến", "value": "Hội nghị quán triệt"},
]


def _decided(extension: bool, granted: bool, due: str, words: str) -> Values:
    return {
        "to_name": "Sở Y tế",
        "directive": PLAN,
        "code": "53-kh-ubnd/ke-hoach/so-y-te",
        "title": _PLANNED["title"],
        "extension": extension,
        "granted": granted,
        "asked_at": "08:00 07/03/2024",
        "asked_until": "05/04/2024" if extension else "",
        "due": due,
        "words": words,
        **_LINKS,
    }


def _given_back(due: str, moved: bool, overdue_days: int) -> Values:
    return {
        "to_name": "Sở Y tế",
        "directive": PLAN,
        "code": "53-kh-ubnd/ke-hoach/so-y-te",
        "title": _PLANNED["title"],
        "version": 1,
        "received_at": "08:00 21/03/2024",
        "by": "Chánh Văn phòng",
        "words": "Kế hoạch chưa nêu sản phẩm và thời hạn của nhiệm vụ số 3; đề nghị bổ sung.",
        "due": due,
        "moved": moved,
        "overdue_days": overdue_days,
        **_LINKS,
    }


def _owed(part: str, title: str, due_on: str, overdue_days: int, step: str) -> Values:
    year, month, day = due_on.split("-")
    return {
        "code": f"53-kh-ubnd/{part}/thanh-tra-tinh",
        "directive": PLAN["symbol"],
        "title": title,
        "due": f"{day}/{month}/{year}",
        "due_on": due_on,
        "overdue_days": overdue_days,
        "step": step,
        "unit": "Thanh tra tỉnh",
        "task_link": _LINKS["task_link"],
    }


_OVERDUE = _owed("tiep-nhan", _RECEIVED["title"], "2024-02-29", 6, "quá hạn 4 ngày làm việc")
_TODAY = _owed("theo-yeu-cau", "Báo cáo theo yêu cầu", "2024-03-06", 0, "đến hạn hôm nay")
_COMING = _owed("ke-hoach", _PLANNED["title"], "2024-03-11", -5, "còn 3 ngày làm việc")
_OF_ANOTHER = _COMING | {
    "code": "2664-kl-tu/bao-cao/thanh-tra-tinh",
    "directive": "2664-KL/TU",
    "title": "Báo cáo kết quả thực hiện Kết luận",
}


def _late(code: str, unit: str, telephone: str) -> Values:
    name = f"53-kh-ubnd/tiep-nhan/{code}"
    item = {"code": name, "unit": unit, "telephone": telephone}
    # another unit's page is not for who watches over it
    return {part: value for part, value in _OVERDUE.items() if part != "task_link"} | item


_LATE = [
    _late("ban-dan-toc", "Ban Dân tộc", "0000 000 072"),
    _late(
        "bql-kkt-nghi-son",
        "Ban Quản lý Khu kinh tế Nghi Sơn và các Khu công nghiệp tỉnh",
        "0000 000 073",
    ),
    _late("so-y-te", "Sở Y tế", ""),
    _late("so-tai-chinh", "Sở Tài chính", "0000 000 074; 0000 000 075")
    | {
        "code": "53-kh-ubnd/ke-hoach/so-tai-chinh",
        "title": _PLANNED["title"],
        "due": "01/03/2024",
        "due_on": "2024-03-01",
        "overdue_days": 5,
    },
]


def _urged(
    to_name: str, items: list[Values], late: list[Values], *, to_head: bool = False
) -> Values:
    found = {
        "to_name": to_name,
        "day": "06/03/2024",
        "to_head": to_head,
        "unit_link": _LINKS["unit_link"],
        "items": items,
        "late": late,
    }
    of_one = all(item["directive"] == PLAN["symbol"] for item in [*items, *late])
    return found | ({"directive": PLAN} if of_one else {})


_APPROVED: Values = {
    "to_name": "Giám đốc Sở Y tế",
    "to_head": True,
    "directive": PLAN,
    "code": "53-kh-ubnd/ke-hoach/so-y-te",
    "title": _PLANNED["title"],
    "due": "25/03/2024",
    "received_at": "08:00 07/03/2024",
    "version": 2,
    "sender": "Văn thư Sở Y tế",
    "digits": "482 913",
    "expires_at": "08:00 10/03/2024",
    **_LINKS,
}

SAMPLES: Mapping[str, Mapping[str, Values]] = {
    "approval": {"usual": _APPROVED},
    "decision": {
        "extension-granted": _decided(True, True, "05/04/2024", ""),
        "extension-refused": _decided(
            True, False, "25/03/2024", "Đề nghị gửi trước phần đã hoàn thành."
        ),
        "waiver-granted": _decided(False, True, "25/03/2024", ""),
        "waiver-refused": _decided(False, False, "25/03/2024", "Đề nghị gửi theo đề cương này."),
    },
    "dissemination": {
        "usual": _task("tiep-nhan", _RECEIVED, [], _MEASURES),
        "no-overseer": _task("tiep-nhan", _RECEIVED, [], [], overseer=""),
    },
    "execution": {
        "usual": _task("ket-qua-giai-doan-1", _CARRIED_OUT, _INDICATORS, _MEASURES),
        "no-indicators": _task("ket-qua-giai-doan-1", _CARRIED_OUT, [], _MEASURES),
    },
    "planning": {
        "usual": _task("ke-hoach", _PLANNED, [], _MEASURES),
        "no-measures": _task("ke-hoach", _PLANNED, [], []),
    },
    "receipt": {
        "on-time": _answered(1, "08:00 27/02/2024", 0),
        "late": _answered(2, "08:00 01/03/2024", 1),
        "declined": _answered(1, "08:00 01/03/2024", 1, declined=True),
        "waits": _answered(1, "08:00 27/02/2024", 0, waits=True),
        "of-file": _answered(1, "08:00 27/02/2024", 0, accepted=_ACCEPTED),
        "taken": _answered(1, "08:00 27/02/2024", 0, taken_from=_SOURCE),
    },
    "refusal": {
        "before-due": _answered(1, "08:00 27/02/2024", 0, faults=_FAULTS),
        "overdue": _answered(2, "08:00 01/03/2024", 1, faults=_FAULTS),
        "of-file": _answered(1, "08:00 27/02/2024", 0, faults=_FAULTS_OF_FILE),
    },
    "reminder": {
        "coming": _urged("Thanh tra tỉnh", [_COMING], []),
        "several": _urged("Thanh tra tỉnh", [_OVERDUE, _TODAY, _COMING, _OF_ANOTHER], []),
        "to-head": _urged("Chánh Thanh tra tỉnh", [_OVERDUE], _LATE, to_head=True),
        "late-units": _urged("Thanh tra tỉnh", [], _LATE),
    },
    "return": {
        "moved": _given_back("05/04/2024", True, 0),
        "due-stays": _given_back("25/03/2024", False, 0),
        "overdue": _given_back("25/03/2024", False, 2),
    },
    "reporting": {
        "usual": _task("bao-cao-nam-2024", _REPORTED, _INDICATORS, _MEASURES),
        "no-indicators": _task("bao-cao-nam-2024", _REPORTED, [], [], period=""),
    },
    "unread": {
        "usual": {
            "to_name": "Sở Y tế",
            "unit_link": _LINKS["unit_link"],
            "received_at": "08:00 27/02/2024",
            "problem": "Tệp có mật khẩu hoặc thuộc kiểu Excel cũ (xls). Đề nghị lưu lại theo kiểu "
            "mới (xlsx) và bỏ mật khẩu.",
        },
    },
}
