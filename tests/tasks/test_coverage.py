"""The coverage map: who plans which measure, and what nobody plans."""

from typing import Any

import pytest

from models.calendar import vietnam
from models.database import Database
from models.words import Quality, Role, Verdict
from tasks import lookup
from tasks.appraising import accept, give_back, of_obligation
from tasks.boards import board
from tasks.coverage import Coverage, Covered, coverage
from tests.conftest import Databases
from tests.tasks.office import (
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    a_file,
    a_round,
    answer,
    at,
    issue,
    know,
    open_,
    owed,
)

SEEN = at(2024, 6, 20)
FILE: dict[str, Any] = {
    "measures": [
        {"num": "1", "quote": "Tuyên truyền"},
        {"num": "2", "quote": "Thực hiện", "measures": [{"num": "2.1", "quote": "Thanh tra"}]},
        {"num": "3", "quote": "Rà soát"},
    ],
    "targets": [{"num": "1", "indicator": "đạt", "deadline": "2024-12-31"}],
    "assignments": [
        {"id": "A1", "bodies": ["Các sở"], "role": "implement"},
        {"id": "A2", "bodies": ["Đơn vị so-a"], "role": "lead", "measures": ["3"]},
        {"id": "A3", "bodies": ["Đơn vị so-b"], "role": "lead", "measures": ["2.1"]},
        {"id": "A4", "bodies": ["Đơn vị so-b"], "role": "oversee", "measures": ["3"]},
    ],
    "rounds": [
        a_round("ke-hoach", stage="planning"),
        a_round("ket-qua", stage="execution"),
    ],
}


def a_row(measure: str, by: str = "2024-12-01", **more: str) -> dict[str, str]:
    return {"measure": measure, "product": "Báo cáo", "who": "Phòng A", "by": by, **more}


def plan(db: Database, unit: str, *rows: dict[str, str], day: int = 20) -> None:
    answer(db, f"kl-1/ke-hoach/{unit}", {"rows": list(rows)}, at(2024, 5, day))


def number(db: Database, code: str) -> int:
    with db.read() as session:
        versions = of_obligation(session, lookup.id_of(owed(session, code)))
        return lookup.id_of(versions[-1].submission)


def seen(db: Database) -> Coverage:
    with db.read() as session:
        return coverage(session, lookup.directive(session, "kl-1"), SEEN)


def part(found: Coverage, name: str) -> Covered:
    return next(item for item in found.parts if item.part.name == name)


def planners(found: Coverage, name: str) -> list[str]:
    return [row.unit for row in part(found, name).planned]


@pytest.fixture
def planning(databases: Databases) -> Any:
    """Three units are asked for a plan and for what they have done."""

    def fill(db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B, SO_C)
            issue(session, a_file(**FILE))
            for code in ("ke-hoach", "ket-qua"):
                open_(session, "kl-1", code, at(2024, 5, 6))

    yield from databases.like(databases.template("planning", fill, like=databases.migrated()))


class TestMap:
    def test_shows_what_nobody_planned(self, planning: Database) -> None:
        assert [item.part.name for item in seen(planning).gaps] == [
            "1", "2", "2.1", "3", "Chỉ tiêu 1",
        ]  # fmt: skip
        plan(planning, "so-a", a_row("1. Tuyên truyền"), a_row("2.1"), a_row("Mua bàn ghế"))
        plan(planning, "so-b", a_row("việc", number="Chỉ tiêu 1"))
        found = seen(planning)
        assert [item.part.name for item in found.gaps] == ["3"]
        assert planners(found, "2.1") == planners(found, "1") == ["Đơn vị so-a"]
        assert planners(found, "2") == []
        assert planners(found, "Chỉ tiêu 1") == ["Đơn vị so-b"]
        assert [row.measure for row in found.others] == ["Mua bàn ghế"]

    def test_shows_who_is_assigned_in_which_role(self, planning: Database) -> None:
        found = part(seen(planning), "3")
        assert [(a.unit, a.role) for a in found.assigned if not a.whole] == [
            ("Đơn vị so-a", Role.LEAD), ("Đơn vị so-b", Role.OVERSEE),
        ]  # fmt: skip
        assert len([a for a in found.assigned if a.whole]) == 3

    def test_shows_who_did_not_plan_what_it_was_given(self, planning: Database) -> None:
        plan(planning, "so-a", a_row("1"))
        plan(planning, "so-b", a_row("2. Thực hiện"))
        found = seen(planning)
        assert [a.unit for a in part(found, "3").missing] == ["Đơn vị so-a"]
        assert part(found, "2.1").missing == ()
        assert found.without_plan == ("Đơn vị so-c",)

    def test_shows_plans_later_than_the_target(self, planning: Database) -> None:
        plan(planning, "so-a", a_row("Chỉ tiêu 1: đạt", "2024-12-31"))
        plan(planning, "so-b", a_row("Chỉ tiêu 1: đạt", "2025-01-01"))
        assert [row.unit for row in part(seen(planning), "Chỉ tiêu 1").late] == ["Đơn vị so-b"]

    def test_goes_by_the_plan_that_stands(self, planning: Database) -> None:
        plan(planning, "so-a", a_row("1"))
        plan(planning, "so-a", a_row("3"), day=21)
        assert planners(seen(planning), "1") == []
        assert planners(seen(planning), "3") == ["Đơn vị so-a"]
        with planning.write() as session:
            give_back(session, number(planning, "kl-1/ke-hoach/so-a"), "Thiếu.", "CVP", vietnam(),
                      at(2024, 5, 22))  # fmt: skip
        assert planners(seen(planning), "3") == []


class TestNumber:
    def test_of_a_row_must_be_one_of_the_directives(self, planning: Database) -> None:
        rows = [a_row("việc", number="2.2"), a_row("việc", number="2.1"), a_row("việc", number="")]
        done = answer(planning, "kl-1/ke-hoach/so-a", {"rows": rows}, at(2024, 5, 20))
        assert done.verdict is Verdict.REFUSED
        assert [fault.field for fault in done.faults] == ["rows[1].number"]


class TestCompleted:
    DONE = {  # noqa: RUF012
        "percent": 100,
        "narrative": "Xong.",
        "evidence": [{"document": "12/BC", "issued": "2024-05-02"}],
    }
    CODE = "kl-1/ket-qua/so-a"

    def completed(self, db: Database) -> list[str]:
        with db.read() as session:
            lines = board(session, lookup.directive(session, "kl-1"), SEEN)
        on_board = [line.unit for line in lines if line.completed]
        assert on_board == list(seen(db).completed)
        return on_board

    def accept(self, db: Database) -> None:
        of = number(db, self.CODE)
        with db.write() as session:
            accept(session, of, Quality.GOOD, "", "CVP", at(2024, 5, 23))

    def test_is_nothing_without_accepted_evidence(self, planning: Database) -> None:
        answer(planning, self.CODE, self.DONE, at(2024, 5, 20))
        assert self.completed(planning) == []
        self.accept(planning)
        assert self.completed(planning) == ["Đơn vị so-a"]

    def test_is_nothing_that_is_done_in_part_or_changed_since(self, planning: Database) -> None:
        answer(planning, self.CODE, self.DONE | {"percent": 99.5}, at(2024, 5, 20))
        self.accept(planning)
        assert self.completed(planning) == []
        answer(planning, self.CODE, self.DONE, at(2024, 5, 24))
        assert self.completed(planning) == []
