"""A small office over a tree of units whose figures include those of the units below, for tests."""

from datetime import date
from typing import Any

from models.database import Database
from models.register import build
from tasks.units import import_register
from tests.tasks.office import SMALL, a_file, a_round, a_unit, answer, at, issue, open_

ASKED: list[dict[str, Any]] = [
    {"code": "so-vu", "label": "Số vụ", "kind": "count", "basis": "cumulative"},
    {"code": "ty-le", "label": "Đã xong", "kind": "ratio", "required": False},
    {"code": "kinh-phi", "label": "Kinh phí", "kind": "money", "required": False},
    {"code": "kho-khan", "label": "Khó khăn", "kind": "text", "required": False},
]
SENT = at(2024, 5, 20)


def a_report(**values: Any) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return {"narrative": "Đã làm.", "values": named}


def _below(code: str, parent: str, groups: str = "bao-cao") -> dict[str, str]:
    kind = {"level": "commune", "kind": "people-committee"} if code.startswith("xa") else {}
    return a_unit(code, parent=parent, groups=groups, **kind)


TREE = [
    a_unit("van-phong", groups="bao-cao"),
    a_unit("huyen", level="district", kind="people-committee", groups="bao-cao"),
    _below("xa-1", "huyen"),
    _below("xa-2", "huyen"),
    a_unit("so-a", groups="bao-cao"),
    _below("phong", "so-a", groups=""),
    _below("truong", "phong"),
]


def fill(db: Database) -> None:
    """An office over a district with two communes, and a department with a school below it."""
    asked = a_round(indicators=[i["code"] for i in ASKED], with_subordinates=True)
    with db.write() as session:
        register = build(TREE, [{"phrase": "Các sở", "members": "bao-cao"}])
        import_register(session, SMALL, register, date(2024, 2, 26))
        issue(session, a_file(indicators=ASKED, rounds=[asked]))
        open_(session, "kl-1", "bao-cao", SENT)


def given(db: Database, unit: str, cases: int, **more: Any) -> None:
    """A unit reports so many cases, or what is said more."""
    payload = a_report(so_vu=cases) | more
    assert answer(db, f"kl-1/bao-cao/{unit}", payload, SENT).faults == ()
