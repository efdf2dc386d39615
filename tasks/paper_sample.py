"""A summary with everything in it, as plain data: to check Word templates with, and for tests."""

from datetime import date
from typing import Any

from models.words import Regime, ReportPart, Status, label_vi

SIGNED = date(2026, 1, 8)
WORDS = {
    "issuer": "UBND tỉnh",
    "heading": "Ủy ban nhân dân tỉnh Thanh Hóa",
    "capacity": "TM. Ủy ban nhân dân\nChủ tịch",
    "place": "Thanh Hóa",
    "symbol": "UBND",
    "addressed": "Thanh tra Chính phủ",
    "copies": "Như trên\nThường trực Tỉnh ủy (để báo cáo)\nCác cơ quan, đơn vị\nLưu: VT, NC",
}
PARTY_WORDS = {
    "regime": "party",
    "issuer": "Ban Thường vụ Tỉnh ủy",
    "heading": "Tỉnh ủy Thanh Hóa",
    "capacity": "T/M Ban Thường vụ\nBí thư",
    "place": "Thanh Hóa",
    "symbol": "TU",
    "addressed": "Ban Nội chính Trung ương",
}
TEXTS = {
    ReportPart.SITUATION: "Đã tổ chức quán triệt đến toàn thể cán bộ, công chức, viên chức; ban "
    "hành kế hoạch cụ thể, phân công rõ người, rõ việc, rõ thời hạn.",
    ReportPart.RESULTS: "Hoàn thành việc kê khai, công khai bản kê khai tài sản, thu nhập của "
    "100% người có nghĩa vụ kê khai; chưa phát hiện trường hợp kê khai không trung thực.",
    ReportPart.LIMITATIONS: "Việc tự kiểm tra nội bộ còn hình thức, chưa phát hiện được vụ việc "
    "nào qua tự kiểm tra.",
    ReportPart.CAUSES: "Biên chế làm công tác phòng, chống tham nhũng kiêm nhiệm, thời gian dành "
    "cho nhiệm vụ còn ít; một số quy định chuyên ngành còn chồng chéo.",
    ReportPart.PROPOSALS: "Đề nghị tỉnh tổ chức tập huấn cho cán bộ làm công tác tổng hợp ở cấp xã "
    "sau sắp xếp đơn vị hành chính.",
    ReportPart.LESSONS: "Nơi nào người đứng đầu trực tiếp chỉ đạo, kiểm tra thì nơi đó gửi báo cáo "
    "đúng hạn và số liệu đầy đủ.",
}


def an_indicator(code: str, label: str, kind: str = "count", **fields: Any) -> dict[str, Any]:
    found = {
        "code": code, "label": label, "kind": kind, "unit": "", "table": "", "target_id": None,
        "part_of": "", "basis": "period", "given": 57, "expected": 60, "missing": 3, "late": 4,
        "before": None, "before_title": "",
    }  # fmt: skip
    return found | fields


INDICATORS = [
    an_indicator(
        "hoi-nghi", "Số hội nghị quán triệt, tuyên truyền đã tổ chức", unit="hội nghị",
        table="Công tác tuyên truyền, phổ biến", total=1234.0, before={"total": 1100.0},
    ),
    an_indicator(
        "luot-nguoi", "Số lượt người tham dự", unit="lượt người", total=98_765.0,
        table="Công tác tuyên truyền, phổ biến",
    ),
    an_indicator(
        "luot-nguoi-nu", "Trong đó: nữ", unit="lượt người", total=45_678.0, part_of="luot-nguoi",
        table="Công tác tuyên truyền, phổ biến",
    ),
    an_indicator(
        "ke-khai", "Người có nghĩa vụ đã kê khai tài sản, thu nhập", "ratio", numerator=5_670.0,
        denominator=5_700.0, table="Phòng ngừa",
        before={"numerator": 5_400.0, "denominator": 5_600.0},
    ),
    an_indicator(
        "co-ke-hoach", "Đơn vị đã ban hành kế hoạch", "yes_no", numerator=55, denominator=60,
        table="Phòng ngừa",
    ),
    an_indicator(
        "xep-loai", "Tự xếp loại mức độ hoàn thành", "choice", table="Phòng ngừa",
        choices={"Hoàn thành tốt": 40, "Hoàn thành": 15, "Chưa hoàn thành": 2},
    ),
    an_indicator(
        "ngay-ban-hanh", "Ngày ban hành kế hoạch", "date", first="2025-01-06", last="2025-03-28",
        table="Phòng ngừa",
    ),
    an_indicator("thu-hoi", "Tài sản đã thu hồi", "money", total=12_345_678_900.0, table="Xử lý"),
    an_indicator("diem", "Điểm tự chấm", "score", total=5_321.5, table="Xử lý"),
    an_indicator("kho-khan", "Khó khăn, vướng mắc", "text", table="Xử lý"),
]  # fmt: skip


def a_target(number: int, indicator: str, threshold: float | None, share: float) -> dict[str, Any]:
    shares = [share - 6, share - 4, share - 1]
    return {
        "number": str(number), "indicator": f"{number}. {indicator}", "measured_by": indicator,
        "operator": ">=" if threshold else "", "threshold": threshold, "unit": "%",
        "numerator": share * 10, "denominator": 1000.0, "total": None,
        "met": share >= threshold if threshold else None,
        "trend": [
            {"title": f"Báo cáo năm {year}", "year": year, "share": one, "total": None,
             "met": one >= (threshold or 0)}
            for year, one in zip((2022, 2023, 2024), shares, strict=True)
        ],
    }  # fmt: skip


TARGETS = [
    a_target(1, "Cơ quan, đơn vị tổ chức quán triệt Chiến lược", 100, 98.3),
    a_target(2, "Người có nghĩa vụ kê khai thực hiện kê khai tài sản, thu nhập", 100, 100),
    a_target(3, "Vụ việc, vụ án tham nhũng được phát hiện qua tự kiểm tra", 60, 63.5),
    a_target(4, "Thu hồi tài sản tham nhũng trong thi hành án", 60, 58.2),
    a_target(5, "Cơ quan, đơn vị thực hiện công khai, minh bạch", 95, 97.1),
    a_target(6, "Thủ tục hành chính được giải quyết đúng hạn", None, 99.2),
]


def passage(part: ReportPart, at: int) -> dict[str, Any]:
    return {
        "unit": f"Sở số {at}", "obligation": f"53-kh-ubnd/bao-cao/so-{at}", "submission": at,
        "version": 1 + at % 2, "received": "09:30 18/12/2025", "section": part.value,
        "text": TEXTS[part],
        "also": ["UBND huyện Nga Sơn", "UBND phường Sầm Sơn"] if at == 1 else [],
    }  # fmt: skip


PASSAGES = {part.value: [passage(part, 1), passage(part, 2)] for part in ReportPart}


def said(part: ReportPart, *texts: str, codes: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """A part's paragraphs: sentences of figures, then a quoted passage."""
    quote = f"“{TEXTS[part]}” (Sở số 1 và 2 cơ quan, đơn vị khác)."
    own = [{"text": text, "figures": list(codes), "sources": []} for text in texts]
    return [*own, {"text": quote, "figures": [], "sources": [0]}]


PARTS = {
    ReportPart.SITUATION.value: said(
        ReportPart.SITUATION,
        "Có 57/60 cơ quan, đơn vị đã gửi báo cáo (95%), trong đó 53 đúng hạn và 4 chậm hạn; còn 3 "
        "cơ quan, đơn vị chưa gửi.",
    ),
    ReportPart.RESULTS.value: said(
        ReportPart.RESULTS,
        "Các cơ quan, đơn vị đã tổ chức 1.234 hội nghị quán triệt, tuyên truyền với 98.765 lượt "
        "người tham dự, tăng 134 hội nghị so với kỳ trước (57/60 đơn vị có số liệu, 3 đơn vị chưa "
        "gửi).",
        "5.670/5.700 người có nghĩa vụ đã kê khai tài sản, thu nhập (99,5%).",
        codes=("hoi-nghi", "luot-nguoi"),
    ),
    ReportPart.LIMITATIONS.value: said(
        ReportPart.LIMITATIONS,
        "Còn 4 cơ quan, đơn vị gửi chậm, 3 cơ quan, đơn vị chưa gửi (danh sách tại các Phụ lục).",
    ),
    ReportPart.CAUSES.value: said(ReportPart.CAUSES),
    ReportPart.PROPOSALS.value: said(
        ReportPart.PROPOSALS, "Đề nghị kiểm điểm trách nhiệm gửi chậm của 4 cơ quan, đơn vị."
    ),
}
DIRECTIVE = {
    "code": "53-kh-ubnd", "symbol": "53/KH-UBND", "kind": "Kế hoạch",
    "issuer": "UBND tỉnh Thanh Hóa", "issued": "26/02/2024", "regime": "state",
    "subject": "triển khai thực hiện Chiến lược quốc gia về phòng, chống tham nhũng, tiêu cực đến "
    "năm 2030 trên địa bàn tỉnh", "province": "Thanh Hóa",
}  # fmt: skip
ROUND = {
    "code": "bao-cao-nam-2025", "title": "Báo cáo năm tình hình thực hiện Kế hoạch năm 2025",
    "stage": "Báo cáo", "review": "", "period": ["15/12/2024", "14/12/2025"], "due": "19/12/2025",
    "overseer": "Thanh tra tỉnh",
}  # fmt: skip
REVIEW: dict[str, Any] = {
    "rounds": [
        {"title": f"Báo cáo năm {year}", "due": f"20/12/{year}", "expected": 60, "received": 58,
         "on_time": 50, "late": 8, "missing": 2}
        for year in (2023, 2024, 2025)
    ],
    "targets": [],
    "lateness": [{"unit": f"UBND huyện số {n}", "times": 4 - n, "days": 30 - n} for n in range(4)],
    "leaders": [{"unit": "Sở Nội vụ", "role": "Chủ trì", "measures": ["(1) Tuyên truyền", "(3)"]}],
    "lessons": [],
    "forms": [],
}  # fmt: skip


REPLACES: dict[str, Any] = {
    "number": "8", "signed": "05/01/2026", "version": 1,
    "changes": ["Đã gửi: 56 → 57", "Sở số 2: Chưa gửi → Chậm hạn"],
}  # fmt: skip


def tally(expected: int, late: int, missing: int) -> dict[str, int]:
    return {
        "asked": expected, "expected": expected, "received": expected - missing,
        "on_time": expected - missing - late, "late": late, "declined": 0, "missing": missing,
        "waived": 0, "passed_on": 0, "lapsed": 0,
    }  # fmt: skip


def figures(units: int = 60, late: int = 4, missing: int = 3, **changed: Any) -> dict[str, Any]:
    """The figures of a round, as a summary of format 2 keeps them."""
    return {
        "format": 2, "directive": DIRECTIVE, "round": ROUND, "as_of": "16:00 26/12/2025",
        "tally": tally(units, late, missing),
        "late": [{"unit": f"UBND xã chậm số {n}", "days": 1 + n % 9} for n in range(late)],
        "missing": [
            {"unit": f"UBND xã thiếu số {n}", "days": 7, "telephone": "0000 000 099"}
            for n in range(missing)
        ],
        "declined": [], "bodies": [], "handovers": [], "lapsed": [],
        "reliefs": {kind: {"asked": 0, "refused": 0, "granted": []}
                    for kind in ("extension", "waiver")},
        "indicators": INDICATORS, "targets": TARGETS, "passages": PASSAGES, "parts": PARTS,
        "history": [], "is_final": False,
    } | changed  # fmt: skip


def a_review(**changed: Any) -> dict[str, Any]:
    """The figures of a final review."""
    parts = PARTS | {ReportPart.LESSONS.value: said(ReportPart.LESSONS)}
    round_ = ROUND | {"title": "Báo cáo tổng kết việc thực hiện Kế hoạch", "review": "Tổng kết",
                      "period": []}  # fmt: skip
    return figures(round=round_, review=REVIEW, parts=parts, is_final=True) | changed


def sample(regime: Regime, *, short: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures and annex of a summary that has everything, or of one that has next to nothing."""
    directive = DIRECTIVE | {"regime": regime.value}
    if short:
        bare = figures(
            0, 0, 0, directive=directive, indicators=[], targets=[], passages={}, parts={}
        )
        return bare, {"columns": [], "units": []}
    declined = [{"unit": "Công ty số 1", "reason": "Không thuộc phạm vi áp dụng."}]
    return a_review(directive=directive, declined=declined, replaces=REPLACES), annex()


def first_format() -> dict[str, Any]:
    """The figures of a summary that was frozen before there were five parts."""
    old = (
        "code",
        "label",
        "kind",
        "unit",
        "target_id",
        "given",
        "total",
        "numerator",
        "denominator",
    )
    kinds = ("count", "ratio", "yes_no", "money", "text")
    found = figures(
        indicators=[
            {name: one[name] for name in old if name in one}
            for one in INDICATORS if one["kind"] in kinds
        ],
        targets=[{k: v for k, v in one.items() if k != "trend"} for one in TARGETS],
        passages=[{"unit": "Sở Nội vụ", "text": TEXTS[ReportPart.CAUSES]}],
    )  # fmt: skip
    return {name: value for name, value in found.items() if name not in ("format", "parts")}


def annex(units: int = 60, columns: int = 10) -> dict[str, Any]:
    """The figures of each unit."""
    asked = [
        {"code": one["code"], "label": one["label"], "kind": one["kind"], "unit": one["unit"],
         "table": one["table"]}
        for one in (INDICATORS * 3)[:columns]
    ]  # fmt: skip
    words = [label_vi(one) for one in (Status.ON_TIME, Status.ON_TIME, Status.LATE, Status.OVERDUE)]
    return {
        "columns": asked,
        "units": [
            {
                "unit": f"UBND xã số {n}", "level": ("Cấp tỉnh", "Cấp huyện", "Cấp xã")[n % 3],
                "obligation": f"53-kh-ubnd/bao-cao/xa-{n}", "status": words[n % 4],
                "due": "19/12/2025", "received": "09:30 18/12/2025", "days_late": 0,
                "submission": n, "version": 1, "values": [n * 3 for _ in asked],
            }
            for n in range(units)
        ],
    }  # fmt: skip
