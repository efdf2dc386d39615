"""A round in which everything happens that a summary tells of, and a review of its phase."""

from typing import Any

from sqlmodel import Session

from models.calendar import vietnam
from models.database import Database
from models.directive_file import DirectiveFile
from models.register import build
from models.words import ReliefKind
from tasks import lookup, reliefs
from tasks.succession import pass_on
from tasks.summarising import summarise
from tasks.units import import_register
from tests.tasks.office import (
    OFFICE,
    SMALL,
    a_file,
    a_round,
    a_unit,
    answer,
    at,
    issue,
    know,
    open_,
)

STATE: dict[str, Any] = {
    "symbol": "12/KH-UBND",
    "kind": "KH",
    "regime": "state",
    "issuer": "Ủy ban nhân dân tỉnh",
    "subject": "phòng, chống tham nhũng, tiêu cực",
}
PARTY: dict[str, Any] = {
    "symbol": "34-KL/TU",
    "kind": "KL",
    "regime": "party",
    "issuer": "Ban Thường vụ Tỉnh ủy",
    "subject": "tăng cường kỷ luật, kỷ cương",
}
NAMES = {
    "so-a": "Sở Nội vụ", "so-b": "Sở Tài chính", "so-c": "Sở Y tế", "so-d": "Sở Tư pháp",
    "so-e": "Sở Công Thương", "so-f": "Sở Ngoại vụ", "so-g": "Sở Giao thông vận tải",
    "so-h": "Sở Xây dựng",
}  # fmt: skip
UNITS = [a_unit(code, name=name) for code, name in NAMES.items()]
TARGETS: list[dict[str, Any]] = [
    {"num": "1", "indicator": "hồ sơ giải quyết đúng hạn", "operator": ">=", "value": 90,
     "unit": "%"},
    {"num": "2", "indicator": "đơn vị có kế hoạch", "operator": "=", "value": 100, "unit": "%"},
    {"num": "3", "indicator": "cuộc kiểm tra"},
]  # fmt: skip
INDICATORS: list[dict[str, Any]] = [
    {"code": "so-vu", "label": "Số vụ việc phát hiện", "kind": "count", "unit": "vụ việc",
     "parts": [{"code": "hanh-chinh", "label": "Xử lý hành chính"},
               {"code": "hinh-su", "label": "Chuyển cơ quan điều tra"}]},
    {"code": "ho-so", "label": "Hồ sơ giải quyết đúng hạn", "kind": "ratio", "target": "1"},
    {"code": "co-ke-hoach", "label": "Đã ban hành kế hoạch", "kind": "yes_no", "target": "2"},
    {"code": "so-cuoc", "label": "Số cuộc kiểm tra", "kind": "count", "unit": "cuộc",
     "target": "3"},
    {"code": "thu-hoi", "label": "Số tiền thu hồi", "kind": "money", "unit": "đồng",
     "basis": "cumulative", "required": False},
    {"code": "ngay", "label": "Ngày ban hành kế hoạch", "kind": "date", "required": False},
    {"code": "muc-do", "label": "Mức độ hoàn thành", "kind": "choice",
     "choices": ["Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành"], "required": False},
    {"code": "y-kien", "label": "Khó khăn, vướng mắc và kiến nghị, đề xuất", "kind": "text",
     "required": False},
]  # fmt: skip
OUTLINE: list[dict[str, Any]] = [
    {"code": "ket-qua", "title": "Kết quả đạt được", "part": "results"},
    {"code": "han-che", "title": "Hạn chế", "part": "limitations", "required": False},
    {"code": "nguyen-nhan", "title": "Nguyên nhân", "part": "causes", "required": False},
    {"code": "bai-hoc", "title": "Bài học kinh nghiệm", "part": "lessons", "required": False},
]
FORM = {
    "code": "bieu",
    "title": "Báo cáo",
    "source": "Thử nghiệm.",
    "outline": OUTLINE,
    "indicators": INDICATORS,
    "tables": [{"code": "bieu-1", "title": "Biểu 01: Phát hiện, xử lý",
                "indicators": ["so-vu", "so-cuoc", "thu-hoi"]}],
}  # fmt: skip
COMMON = "Đơn vị đã quán triệt đầy đủ nội dung đến toàn thể cán bộ, công chức, viên chức và \
người lao động trong cơ quan."


def the_file(**parts: Any) -> DirectiveFile:
    """A directive with a report in two years, and a review at the end of the second."""
    every_year = {"month_day": "12-15", "first": 2024, "last": 2025}
    rounds = [
        a_round("nam", form="bieu", when=every_year, overseer="Đơn vị van-phong"),
        a_round("so-ket", form="bieu", review="preliminary", title="Sơ kết giai đoạn 2024 - 2025",
                when={"on": "2025-12-30"}, basis=["phases/1"]),
    ]  # fmt: skip
    return a_file(**{
        "targets": TARGETS,
        "report_forms": [FORM],
        "phases": [{"num": 1, "from": 2024, "to": 2025}],
        "rounds": rounds,
        "assignments": [
            {"id": "A1", "bodies": ["Các sở"], "role": "implement"},
            {"id": "A2", "bodies": ["Đơn vị van-phong"], "role": "lead"},
        ],
    } | parts)  # fmt: skip


def said(**fields: Any) -> dict[str, Any]:
    """A report; fields are figures by code ("so_vu"), or the text of a section ("ket_qua")."""
    names = {name.replace("_", "-"): value for name, value in fields.items()}
    sections = {item["code"]: names.pop(item["code"]) for item in OUTLINE if item["code"] in names}
    values = {
        "so-vu": 0, "so-vu-hanh-chinh": 0, "so-vu-hinh-su": 0, "so-cuoc": 0, "co-ke-hoach": True,
        "ho-so": {"numerator": 0, "denominator": 0},
    } | names  # fmt: skip
    return {"values": values, "sections": {"ket-qua": COMMON} | sections}


def live(db: Database, file: DirectiveFile) -> None:
    """Two years of it: in the second one answers late, one not, one declines, two merge, one asks
    for more time, one is let off.
    """
    with db.write() as session:
        know(session, OFFICE, *UNITS)
        issue(session, file)
        open_(session, "kl-1", "nam-2024", at(2024, 11, 18))
    for code in NAMES:
        report = said(so_cuoc=2, ho_so={"numerator": 8, "denominator": 10}, co_ke_hoach=False)
        day = at(2024, 12, 19) if code in ("so-d", "so-f") else at(2024, 12, 10)
        answer(db, f"kl-1/nam-2024/{code}", report, day)
    with db.write() as session:
        summarise(session, lookup.round_(session, "kl-1", "nam-2024"), at(2024, 12, 23))
        open_(session, "kl-1", "nam-2025", at(2025, 11, 17))
    _second_year(db)
    with db.write() as session:
        summarise(session, lookup.round_(session, "kl-1", "nam-2025"), at(2025, 12, 20, 16))
        open_(session, "kl-1", "so-ket", at(2025, 12, 22))
    lesson = "Người đứng đầu trực tiếp chỉ đạo thì việc chạy, khoán cho cấp dưới thì việc chậm."
    answer(db, "kl-1/so-ket/so-a", said(so_cuoc=9, bai_hoc=lesson), at(2025, 12, 26))


def _second_year(db: Database) -> None:
    with db.write() as session:
        _merge(session)
    a = said(
        so_vu=5, so_vu_hanh_chinh=3, so_vu_hinh_su=2, so_cuoc=4, thu_hoi=1_250_000_000,
        ho_so={"numerator": 96, "denominator": 100}, ngay="2025-01-15", muc_do="Hoàn thành tốt",
        han_che="Việc tự kiểm tra ở một số phòng còn hình thức, chưa phát hiện được vi phạm.",
        nguyen_nhan="Một số trưởng phòng ngại va chạm.",
        y_kien="Thiếu công chức thanh tra. Đề nghị bổ sung 02 biên chế cho Thanh tra Sở.",
    )  # fmt: skip
    b = said(
        so_vu=1,
        so_vu_hanh_chinh=1,
        so_cuoc=5,
        ho_so={"numerator": 50, "denominator": 80},
        ngay="2025-03-20",
        muc_do="Hoàn thành",
        co_ke_hoach=False,
        ket_qua=f"{COMMON} Đã ban hành Kế hoạch số 15/KH-STC ngày 20/3/2025.",
    )
    answer(db, "kl-1/nam-2025/so-a", a, at(2025, 12, 10))
    answer(db, "kl-1/nam-2025/so-b", b, at(2025, 12, 11))
    answer(db, "kl-1/nam-2025/so-d", said(so_cuoc=1), at(2025, 12, 18))
    declined = {"reason": "Không thuộc chức năng, nhiệm vụ của Sở."}
    answer(db, "kl-1/nam-2025/so-e", declined, at(2025, 12, 10), decline=True)
    with db.write() as session:
        code, moment = "kl-1/nam-2025/so-c", at(2025, 12, 8)
        asked = reliefs.ask(session, code, ReliefKind.WAIVER, "Đang sáp nhập.", "văn thư", moment)
        reliefs.decide(
            session,
            lookup.id_of(asked),
            True,
            "Chánh Văn phòng",
            "Đồng ý.",
            vietnam(),
            at(2025, 12, 9),
        )


def _merge(session: Session) -> None:
    """So-g goes over into so-h while the round is open; neither answers."""
    link = {
        "code": "so-g", "successor": "so-h", "successor_province": "", "day": "2025-12-01",
        "kind": "merge", "rule": "Nghị quyết số 18-NQ/TW",
    }  # fmt: skip
    register = build([OFFICE, *UNITS], [{"phrase": "Các sở", "members": "so"}], [link])
    import_register(session, SMALL, register, at(2025, 12, 1).date())
    pass_on(session, vietnam(), at(2025, 12, 2))
