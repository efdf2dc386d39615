"""What a report is compared with: earlier figures, over succession, and those of units below."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import select

from models.asked import Figure
from models.calendar import vietnam
from models.database import Database
from models.directive import Indicator
from models.register import build
from models.round import Round
from models.words import Basis
from tasks import lookup
from tasks.figures_below import Below, below
from tasks.figures_known import known
from tasks.succession import pass_on
from tasks.units import import_register
from tests.conftest import Databases
from tests.tasks.office import (
    OFFICE,
    SMALL,
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
    owed,
)
from tests.tasks.trees import ASKED, SENT, a_report, given
from tests.tasks.trees import fill as fill_tree

JUMPS = [{"code": "nam", "jump": {"of": "so-vu", "since": "last_year"}}]
QUARTERS = {"every": "quarter", "first": 2024, "last": 2026, "send_within": 5}
SO_D, SO_E = (a_unit(code, begins="2024-08-01") for code in ("so-d", "so-e"))
DAY = date(2024, 8, 1)  # between the second quarter's report and the third's


def moment(quarter: str) -> datetime:
    """When the reports of a quarter are sent: in its last month, after the cut-off."""
    year, number = quarter.split("-q")
    return at(int(year), 3 * int(number), 17)


def quarter_of(db: Database, quarter: str, **given: Any) -> None:
    """Opens a quarter's round; units given answer with so many cases, or with a whole payload."""
    with db.write() as session:
        open_(session, "kl-1", f"bao-cao-{quarter}", moment(quarter))
    for name, said in given.items():
        unit = name.replace("_", "-")
        payload = said if isinstance(said, dict) else a_report(so_vu=said)
        done = answer(db, f"kl-1/bao-cao-{quarter}/{unit}", payload, moment(quarter))
        assert done.faults == ()


def ends(code: str, *successors: str) -> list[dict[str, str]]:
    return [
        {"code": code, "successor": one, "successor_province": "", "day": DAY.isoformat(),
         "kind": "merge", "rule": "Nghị quyết 1/NQ-HĐND"}
        for one in successors
    ]  # fmt: skip


def reorganise(db: Database, *links: list[dict[str, str]]) -> None:
    groups = [{"phrase": "Các sở", "members": "so"}]
    rows = [OFFICE, SO_A, SO_B, SO_C, SO_D, SO_E]
    with db.write() as session:
        register = build(rows, groups, [row for found in links for row in found])
        import_register(session, SMALL, register, DAY)
    with db.write() as session:
        pass_on(session, vietnam(), at(2024, 8, 1))


def before(db: Database, quarter: str, unit: str) -> dict[str, Any]:
    """The unit's figures of the last period, by code, only of numbers."""
    with db.read() as session:
        task = owed(session, f"kl-1/bao-cao-{quarter}/{unit}")
        found = known(session, int(task.id or 0), moment(quarter))
    return plain(found.last_period)


def plain(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        code: f.number if f.denominator is None else (f.numerator, f.denominator)
        for code, f in figures.items()
    }


@pytest.fixture
def quarterly(databases: Databases) -> Iterator[Database]:
    """Three departments that report a running total every quarter."""

    def fill(found: Database) -> None:
        asked = a_round(indicators=[i["code"] for i in ASKED], when=QUARTERS, checks=JUMPS)
        with found.write() as session:
            know(session, OFFICE, SO_A, SO_B, SO_C)
            issue(session, a_file(indicators=ASKED, rounds=[asked]))

    template = databases.template("quarterly", fill, like=databases.migrated())
    yield from databases.like(template)


class TestTheLastPeriod:
    def test_is_the_round_before_of_the_series(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=5, so_b=7)
        share = {"numerator": 1, "denominator": 2}
        quarter_of(quarterly, "2024-q3", so_a=a_report(so_vu=6, ty_le=share))
        quarter_of(quarterly, "2024-q4")
        assert before(quarterly, "2024-q3", "so-b") == {"so-vu": 7}
        assert before(quarterly, "2024-q4", "so-a") == {"so-vu": 6, "ty-le": (1, 2)}
        assert before(quarterly, "2024-q2", "so-a") == {}

    def test_without_an_answer_compares_with_nothing(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=5)
        quarter_of(quarterly, "2024-q3")
        quarter_of(quarterly, "2024-q4")
        assert before(quarterly, "2024-q4", "so-a") == {}

    def test_is_of_the_answer_that_stands(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=5)
        answer(quarterly, "kl-1/bao-cao-2024-q2/so-a", a_report(so_vu=8), at(2024, 6, 18))
        answer(quarterly, "kl-1/bao-cao-2024-q2/so-a", a_report(so_vu="x"), at(2024, 6, 19))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-a") == {"so-vu": 8}

    def test_is_not_the_last_year(self, quarterly: Database) -> None:
        cases = {"2024-q2": 14, "2024-q3": 15, "2025-q1": 16, "2025-q2": 17}
        for quarter, so_many in cases.items():
            quarter_of(quarterly, quarter, so_a=so_many)
        with quarterly.read() as session:
            task = owed(session, "kl-1/bao-cao-2025-q2/so-a")
            found = known(session, int(task.id or 0), moment("2025-q2"))
            assert plain(found.last_period) == {"so-vu": 16}
            assert plain(found.last_year) == {"so-vu": 14}
            first = owed(session, "kl-1/bao-cao-2025-q1/so-a")
            found = known(session, int(first.id or 0), moment("2025-q1"))
            assert (plain(found.last_period), found.last_year) == ({"so-vu": 15}, {})

    def test_of_a_total_that_begins_anew_each_year_is_of_the_same_year(
        self, quarterly: Database
    ) -> None:
        with quarterly.write() as session:
            session.exec(
                select(Indicator).where(Indicator.code == "so-vu")
            ).one().basis = Basis.YEAR
        for quarter, so_many in {"2024-q3": 5, "2024-q4": 9, "2025-q1": 2}.items():
            quarter_of(quarterly, quarter, so_a=so_many)
        quarter_of(quarterly, "2025-q2")
        assert before(quarterly, "2024-q4", "so-a") == {"so-vu": 5}
        assert before(quarterly, "2025-q1", "so-a") == {}
        assert before(quarterly, "2025-q2", "so-a") == {"so-vu": 2}
        less = answer(quarterly, "kl-1/bao-cao-2025-q2/so-a", a_report(so_vu=1), moment("2025-q2"))
        assert [fault.field for fault in less.faults] == ["explanations.last:so-vu"]

    def test_is_not_asked_for_where_no_rule_needs_it(self, db: Database) -> None:
        figures = [ASKED[0] | {"basis": "period"}]
        with db.write() as session:
            know(session, OFFICE, SO_A)
            asked = a_round(indicators=["so-vu"], when=QUARTERS)
            issue(session, a_file(indicators=figures, rounds=[asked]))
        quarter_of(db, "2024-q2", so_a=5)
        quarter_of(db, "2024-q3")
        assert before(db, "2024-q3", "so-a") == {}


class TestOverSuccession:
    def test_many_to_one_compares_with_the_sum(self, quarterly: Database) -> None:
        share = {"numerator": 1, "denominator": 2}
        quarter_of(
            quarterly, "2024-q2",
            so_a=a_report(so_vu=5, ty_le=share, kinh_phi=0.1, kho_khan="Có"),
            so_b=a_report(so_vu=7, ty_le=share, kinh_phi=0.2, kho_khan="Không"), so_c=9,
        )  # fmt: skip
        reorganise(quarterly, ends("so-a", "so-d"), ends("so-b", "so-d"))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-d") == {
            "so-vu": 12, "ty-le": (2, 4), "kinh-phi": 0.3,
        }  # fmt: skip
        assert before(quarterly, "2024-q3", "so-c") == {"so-vu": 9}

    def test_into_one_that_was_there_counts_its_own(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=5, so_b=7)
        reorganise(quarterly, ends("so-a", "so-b"))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-b") == {"so-vu": 12}

    def test_where_one_of_them_is_missing_there_is_nothing(self, quarterly: Database) -> None:
        with quarterly.write() as session:
            open_(session, "kl-1", "bao-cao-2024-q2", moment("2024-q2"))
        answer(quarterly, "kl-1/bao-cao-2024-q2/so-a", a_report(so_vu=5), moment("2024-q2"))
        reason = {"reason": "Không thuộc chức năng."}
        answer(quarterly, "kl-1/bao-cao-2024-q2/so-b", reason, moment("2024-q2"), decline=True)
        reorganise(quarterly, ends("so-a", "so-d"), ends("so-b", "so-d"))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-d") == {}

    def test_a_figure_that_one_did_not_give_has_no_sum(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=a_report(so_vu=5, kinh_phi=3), so_b=7)
        reorganise(quarterly, ends("so-a", "so-d"), ends("so-b", "so-d"))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-d") == {"so-vu": 12}

    def test_nothing_to_report_adds_nothing(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=5, so_b={"nothing_to_report": "Không phát sinh."})
        reorganise(quarterly, ends("so-a", "so-d"), ends("so-b", "so-d"))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-d") == {"so-vu": 5}

    def test_one_to_many_leaves_nothing_to_compare_with(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q2", so_a=5, so_b=7)
        reorganise(quarterly, ends("so-a", "so-d", "so-e"), ends("so-b", "so-d"))
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-d") == {}
        assert before(quarterly, "2024-q3", "so-e") == {}

    def test_a_task_taken_over_after_a_split_is_compared_with_ones_own(
        self, quarterly: Database
    ) -> None:
        quarter_of(quarterly, "2024-q2", so_b=7)  # so-a had not answered: it passes on
        reorganise(quarterly, ends("so-a", "so-d", "so-e"))
        late = at(2024, 8, 2)
        answer(quarterly, "kl-1/bao-cao-2024-q2/so-d", a_report(so_vu=2), late)
        quarter_of(quarterly, "2024-q3")
        assert before(quarterly, "2024-q3", "so-d") == {"so-vu": 2}

    def test_one_that_reported_this_period_itself_is_left_out(self, quarterly: Database) -> None:
        quarter_of(quarterly, "2024-q1", so_a=1, so_b=2)
        quarter_of(quarterly, "2024-q2", so_a=5, so_b=7)
        reorganise(quarterly, ends("so-a", "so-b"))
        with quarterly.read() as session:  # so-b mends its report of the second quarter in August
            task = owed(session, "kl-1/bao-cao-2024-q2/so-b")
            found = known(session, int(task.id or 0), at(2024, 8, 5))
        assert plain(found.last_period) == {"so-vu": 2}


@pytest.fixture
def tree(databases: Databases) -> Iterator[Database]:
    """An office over a district with two communes, and a department with a school below it."""
    yield from databases.like(databases.template("tree", fill_tree, like=databases.migrated()))


def under(db: Database, unit: str) -> Below:
    with db.read() as session:
        task = owed(session, f"kl-1/bao-cao/{unit}")
        return below(session, task.unit_id, task.round_id, SENT)


def sums(db: Database, unit: str) -> Any:
    return plain(under(db, unit).figures).get("so-vu")


class TestTheUnitsBelow:
    def test_count_together_as_far_as_they_answered(self, tree: Database) -> None:
        assert sums(tree, "huyen") is None
        given(tree, "xa-1", 3)
        found = under(tree, "huyen")
        assert (plain(found.figures), found.all) == ({"so-vu": 3}, 2)
        assert (list(found.answered), list(found.missing)) == (["Đơn vị xa-1"], ["Đơn vị xa-2"])
        given(tree, "xa-2", 4)
        assert sums(tree, "huyen") == 7

    def test_are_not_counted_twice(self, tree: Database) -> None:
        given(tree, "xa-1", 3)
        given(tree, "xa-2", 4)
        assert sums(tree, "van-phong") == 7  # the district has not answered
        with tree.read() as session:
            found = known(session, int(owed(session, "kl-1/bao-cao/huyen").id or 0), SENT)
        assert plain(found.below) == {"so-vu": 7}
        given(tree, "huyen", 7)
        assert sums(tree, "van-phong") == 7
        found_ = under(tree, "van-phong")
        assert list(found_.answered) == ["Đơn vị huyen"]
        assert list(found_.missing) == ["Đơn vị so-a"]

    def test_are_found_below_one_that_was_not_asked(self, tree: Database) -> None:
        given(tree, "truong", 2)
        assert sums(tree, "so-a") == 2

    def test_are_none_below_the_last(self, tree: Database) -> None:
        assert under(tree, "xa-1") == Below()

    def test_that_declined_are_not_missing(self, tree: Database) -> None:
        reason = {"reason": "Không thuộc chức năng."}
        answer(tree, "kl-1/bao-cao/xa-2", reason, SENT, decline=True)
        given(tree, "xa-1", 3)
        assert under(tree, "huyen").all == 1

    def test_are_not_asked_for_where_figures_are_a_units_own(self, tree: Database) -> None:
        given(tree, "xa-1", 3)
        with tree.write() as session:
            found: Round = lookup.round_(session, "kl-1", "bao-cao")
            found.with_subordinates = False
            session.add(found)
        with tree.read() as session:
            task = owed(session, "kl-1/bao-cao/huyen")
            assert known(session, int(task.id or 0), SENT).below == {}

    def test_add_up_as_people_do(self, tree: Database) -> None:
        given(tree, "xa-1", 3, values={"so-vu": 3, "kinh-phi": 0.1})
        given(tree, "xa-2", 3, values={"so-vu": 3, "kinh-phi": 0.2})
        assert plain(under(tree, "huyen").figures)["kinh-phi"] == 0.3
