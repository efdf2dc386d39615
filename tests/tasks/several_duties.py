"""A small office whose units owe several reports that ask for much the same, for tests."""

from typing import Any

from models.database import Database
from models.directive_file import DirectiveFile
from tests.tasks.office import (
    OFFICE,
    SO_A,
    SO_B,
    a_file,
    a_round,
    at,
    issue,
    know,
    open_,
)

CASES: dict[str, Any] = {
    "code": "so-vu", "label": "Số vụ việc", "kind": "count", "standard": "pctn/so-vu",
}  # fmt: skip
DONE: dict[str, Any] = {"code": "ty-le", "label": "Đã xong", "kind": "ratio"}
MONEY: dict[str, Any] = {
    "code": "kinh-phi", "label": "Kinh phí", "kind": "money", "unit": "đồng",
    "standard": "pctn/kinh-phi", "required": False,
}  # fmt: skip
OUTLINE = [
    {"code": "ket-qua", "title": "Kết quả", "part": "results"},
    {"code": "han-che", "title": "Hạn chế", "part": "limitations", "required": False},
]
OTHER_CASES = CASES | {"code": "vu-viec"}
OTHER_MONEY = MONEY | {"unit": "triệu đồng"}
FULL, SHORT, OTHER, WIDER = (
    "kl-1/bao-cao/so-a", "kl-1/nhanh/so-a", "kl-2/bao-cao/so-a", "kl-2/rong/so-a",
)  # fmt: skip
SENT = at(2024, 5, 20)
LIMIT = {"code": "tran", "equation": "vu-viec <= 100", "message": "Không quá 100 vụ."}


def first() -> DirectiveFile:
    """A full report with an outline, and a short one that asks for one of its figures."""
    rounds = [
        a_round(indicators=["so-vu", "ty-le", "kinh-phi"], outline=OUTLINE),
        a_round("nhanh", title="Báo cáo nhanh", indicators=["so-vu"]),
    ]
    return a_file(indicators=[CASES, DONE, MONEY], rounds=rounds)


def second(**fields: Any) -> DirectiveFile:
    """Another directive: the same figure by its standard, with a rule; a report that asks more."""
    more = {"code": "rieng", "label": "Số riêng", "kind": "count"}
    rounds = [
        a_round(
            title="Báo cáo phòng, chống tham nhũng", indicators=["vu-viec", "kinh-phi"],
            outline=OUTLINE[:1], checks=[LIMIT], **fields,
        ),
        a_round("rong", title="Báo cáo rộng", indicators=["vu-viec", "rieng"]),
    ]  # fmt: skip
    return a_file("kl-2", indicators=[OTHER_CASES, OTHER_MONEY, more], rounds=rounds)


def fill(db: Database, **fields: Any) -> None:
    """Two units that owe all four reports."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, first())
        issue(session, second(**fields))
        for directive, code in (
            ("kl-1", "bao-cao"), ("kl-1", "nhanh"), ("kl-2", "bao-cao"), ("kl-2", "rong"),
        ):  # fmt: skip
            open_(session, directive, code, at(2024, 5, 6))


def a_full_report(**values: Any) -> dict[str, Any]:
    given = {"so-vu": 12, "ty-le": {"numerator": 3, "denominator": 4}, "kinh-phi": 5_000_000}
    changed = {name.replace("_", "-"): value for name, value in values.items()}
    return {
        "values": given | changed,
        "sections": {"ket-qua": "Đã xử lý 12 vụ.", "han-che": "Thiếu người."},
        "issued_as": {"document": "12/BC-SA", "issued": "2024-05-20"},
    }
