"""A small emulation for tests: four departments in two blocks give themselves points."""

from typing import Any

from models.database import Database
from models.directive_file import DirectiveFile
from models.round import Round
from tasks import lookup
from tasks.emulating import Contender, Ranking, ranking
from tasks.panel_scores import Points, give
from tests.tasks.office import (
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    a_file,
    a_round,
    a_unit,
    answer,
    at,
    issue,
    know,
    open_,
)

CRITERIA: list[dict[str, Any]] = [
    {"code": "tc-1", "label": "Công khai, minh bạch", "kind": "score", "points": 60},
    {"code": "tc-2", "label": "Chế độ báo cáo", "kind": "score", "points": 40},
    {"code": "tru", "label": "Điểm trừ", "kind": "score", "points": 10, "required": False},
]
RULES: dict[str, Any] = {
    "panel": "Đơn vị so-c",
    "deducts": ["tru"],
    "blocks": [{"name": "Khối A, B", "units": ["Đơn vị so-a", "Đơn vị so-b"]}, {"name": "Khác"}],
    "commendations": [
        {"form": "Bằng khen", "points": 90, "first": 1},
        {"form": "Giấy khen", "points": 70},
    ],
    "excludes": {"late": 0, "without_evidence": True},
}
SO_D = a_unit("so-d")
OPENED, SENT, JUDGED = at(2024, 5, 6), at(2024, 5, 20), at(2024, 6, 20)
MARKED = {"tc-1": 60.0, "tc-2": 40.0, "tru": 0.0}


def the_file(code: str = "kl-1", **rules: Any) -> DirectiveFile:
    """A directive whose round "thi-dua" is ranked; rules given replace those of `RULES`."""
    asked = a_round(
        "thi-dua", indicators=[i["code"] for i in CRITERIA], emulation=RULES | rules,
        overseer="Đơn vị so-c",
    )  # fmt: skip
    return a_file(code, indicators=CRITERIA, rounds=[asked, a_round()])


def begin(db: Database, **rules: Any) -> None:
    """The round is opened for four departments."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B, SO_C, SO_D)
        issue(session, the_file(**rules))
        open_(session, "kl-1", "thi-dua", OPENED)


def sends(
    db: Database, unit: str, one: float, two: float, off: float | None = None, *,
    proves: bool = True, when: Any = SENT, directive: str = "kl-1",
) -> None:  # fmt: skip
    """A unit gives itself points."""
    values = {"tc-1": one, "tc-2": two} | ({} if off is None else {"tru": off})
    payload: dict[str, Any] = {"narrative": "Đã làm tốt.", "values": values}
    if proves:
        payload["issued_as"] = {"document": f"12/BC-{unit}", "issued": "2024-05-17"}
    assert not answer(db, f"{directive}/thi-dua/{unit}", payload, when).faults


def found(db: Database, as_of: Any = JUDGED) -> Ranking:
    with db.read() as session:
        return ranking(session, the_round(session), as_of)


def the_round(session: Any) -> Round:
    return lookup.round_(session, "kl-1", "thi-dua")


def unit(db: Database, key: str, as_of: Any = JUDGED) -> Contender:
    return found(db, as_of).of(key)


def judges(
    db: Database, key: str, *points: float, words: str = "Hội đồng thống nhất.", when: Any = JUDGED
) -> int:
    """The panel gives a unit points for the criteria in their order."""
    given = {
        item["code"]: Points(p, words) for item, p in zip(CRITERIA, points, strict=False)
    }  # fmt: skip
    with db.write() as session:
        owed = ranking(session, the_round(session), when).of(key).obligation_id
        return give(session, owed, given, "Hội đồng thi đua", when)
