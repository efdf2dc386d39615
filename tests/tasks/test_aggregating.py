"""Figures of a round: each counts once, as of any instant, up the tree, with its sources."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import i18n
from models.calendar import vietnam
from models.database import Database
from models.directive import Indicator
from models.round import Handover, IndicatorValue, Round, Submission
from models.words import Basis
from tasks import lookup
from tasks.aggregate_trees import by_unit, tree
from tasks.aggregating import aggregates, asked
from tasks.appraising import give_back
from tasks.contradictions import Between, contradictions
from tasks.figure_sources import Sources, sources
from tasks.narrative_results import results
from tasks.narrative_words import Words
from tasks.running_totals import over_rounds
from tasks.summary_indicators import indicators
from tests.conftest import Databases
from tests.tasks.office import (
    INDICATORS,
    OFFICE,
    a_round,
    a_unit,
    answer,
    at,
    figures,
    issue,
    know,
    open_,
    owed,
    report_file,
)

pytestmark = pytest.mark.xdist_group("aggregating")

NOW = at(2024, 6, 10, 9)
COUNTED = INDICATORS[1] | {"parts": [{"code": "trong-do", "label": "trong đó"}], "adds_up": False}
RUNNING = [
    i | {"basis": "cumulative"}
    for i in (COUNTED if i["code"] == "so-cuoc" else i for i in INDICATORS)
]
WHY = "Đã loại số trùng của cấp dưới."
BELOW = tuple(f"below:{code}" for code in ("so-cuoc", "so-cuoc-trong-do", "ty-le", "kinh-phi"))
GIVEN = at(2024, 5, 20)
UNITS = (
    OFFICE,
    a_unit("so-a"),
    a_unit("so-a1", parent="so-a", level="commune"),
    a_unit("so-a2", parent="so-a", level="commune"),
    a_unit("so-a3", parent="so-a2", level="commune"),
    a_unit("so-b"),
    a_unit("so-b1", parent="so-b", level="commune"),
)


def live(db: Database) -> None:
    """Two rounds of running totals, the second of which asks each department for all below it: A
    answers with its commune A1 and, below the silent A2, A3; of B only the commune does.
    """
    codes = [item["code"] for item in INDICATORS]
    first = a_round("quy-1", indicators=codes, when={"on": "2024-04-03"})
    second = a_round(indicators=codes, with_subordinates=True)
    with db.write() as session:
        know(session, *UNITS)
        issue(session, report_file(indicators=RUNNING, rounds=[first, second]))
        for code in ("quy-1", "bao-cao"):
            open_(session, "kl-1", code, at(2024, 3, 4))
    give(db, "so-a1", 4, "quy-1")
    give(db, "so-b1", 9, "quy-1")
    give(db, "so-a1", 5)
    give(db, "so-a3", 2)
    give(db, "so-b1", 8)
    with db.write() as session:  # the same report twice, the second time with an explanation
        its_round(session, "quy-1").series = "bao-cao"
        for one in session.exec(select(Submission).where(Submission.version == 1)):
            one.payload = one.payload | {"explanations": {"last:so-cuoc": "Kỳ trước nhầm."}}
    give(db, "so-a", 10, at_=at(2024, 6, 5), differs=BELOW)


def give(
    db: Database,
    unit: str,
    count: int,
    round_: str = "bao-cao",
    at_: datetime = GIVEN,
    differs: tuple[str, ...] = (),
) -> None:
    report = figures(so_cuoc=count)
    report["values"]["so-cuoc-trong-do"] = 1
    report["explanations"] = dict.fromkeys(differs, WHY)
    given = answer(db, f"kl-1/{round_}/{unit}", report, at_)
    assert not given.faults, given.faults


@pytest.fixture
def lived(databases: Databases) -> Database:
    return databases.shared(databases.template("aggregating", live, like=databases.migrated()))


@pytest.fixture
def life(databases: Databases) -> Iterator[Database]:
    yield from databases.like(databases.template("aggregating", live, like=databases.migrated()))


def its_round(session: Session, code: str = "bao-cao") -> Round:
    return lookup.round_(session, "kl-1", code)


def item(session: Session, code: str = "so-cuoc") -> Indicator:
    return next(i for i in asked(session, its_round(session)) if i.code == code)


def total(session: Session, as_of: datetime = NOW, code: str = "so-cuoc") -> Any:
    found = aggregates(session, its_round(session), as_of)
    return found[lookup.id_of(item(session, code))]


def its_sources(session: Session, as_of: datetime = NOW) -> Sources:
    return sources(session, its_round(session), item(session), as_of)


class TestAFigure:
    def test_leaves_out_what_one_above_includes(self, lived: Database) -> None:
        with lived.read() as session:
            one = total(session)
        assert (one.total, one.given, one.included) == (18, 4, 2)
        assert (one.expected, one.missing, one.late) == (6, 2, 1)

    def test_is_what_it_was_before_the_one_above_answered(self, lived: Database) -> None:
        with lived.read() as session:
            one = total(session, at(2024, 6, 4))
        assert (one.total, one.given, one.late) == (15, 3, 0)

    def test_is_nobodys_before_the_round(self, lived: Database) -> None:
        with lived.read() as session:
            one = total(session, at(2024, 3, 1))
        assert (one.total, one.given, one.expected) == (0, 0, 0)

    def test_goes_when_its_answer_is_given_back(self, life: Database) -> None:
        with life.write() as session:
            task = owed(session, "kl-1/bao-cao/so-a")
            given = session.exec(
                select(Submission).where(Submission.obligation_id == task.id)
            ).one()
            give_back(session, given.id or 0, "Sai.", "A", vietnam(), at(2024, 6, 6))
        with life.read() as session:
            assert total(session, at(2024, 6, 5, 12)).total == 18
            assert total(session).total == 15

    def test_of_yes_is_of_all_units_expected(self, lived: Database) -> None:
        with lived.read() as session:
            one = total(session, code="co-ke-hoach")
        assert one.as_dict() == {
            "given": 4, "included": 0, "expected": 6, "missing": 2, "late": 1, "numerator": 4,
            "denominator": 6,
        }  # fmt: skip

    def test_of_yes_rises_with_every_yes_above_or_below(self, lived: Database) -> None:
        with lived.read() as session:
            before, after = (total(session, at(2024, 6, d), "co-ke-hoach") for d in (4, 10))
            assert (before.numerator, after.numerator) == (3, 4)
            said = sources(session, its_round(session), item(session, "co-ke-hoach"), NOW)
        assert [len(said.counted), len(said.left_out)] == [4, 0]

    def test_that_one_above_leaves_empty_is_that_of_those_below(self, life: Database) -> None:
        with life.write() as session:
            mine = its_sources(session).counted[0]
            for code in ("so-cuoc", "ty-le"):
                key = (mine.submission_id, lookup.id_of(item(session, code)))
                session.delete(session.get_one(IndicatorValue, key))
        with life.read() as session:
            one, part = total(session), total(session, code="so-cuoc-trong-do")
            assert (one.total, one.given, one.included) == (5 + 2 + 8, 3, 0)
            assert (part.total, part.given, part.included) == (1 + 1, 4, 2)
            found = contradictions(session, its_round(session), NOW)
            assert its_sources(session).left_out == []
        rows = {r.indicator: r for r in found if r.between is Between.BELOW}
        lacking = rows["Số cuộc kiểm tra"]
        assert (lacking.unit, lacking.other, lacking.words) == ("Đơn vị so-a", "7", WHY)
        assert lacking.figure == i18n.gettext("none given")
        assert "Đã có kế hoạch" not in rows

    def test_goes_up_past_one_that_leaves_it_empty(self, life: Database) -> None:
        """A3 is in the figure of A, although A2 between them answers without one."""
        give(life, "so-a2", 6, at_=at(2024, 6, 6), differs=BELOW)
        with life.write() as session:
            between = owed(session, "kl-1/bao-cao/so-a2").id
            given = session.exec(select(Submission).where(Submission.obligation_id == between))
            key = (lookup.id_of(given.one()), lookup.id_of(item(session)))
            session.delete(session.get_one(IndicatorValue, key))
        with life.read() as session:
            assert (total(session).total, total(session).included) == (18, 2)
            assert {s.within for s in its_sources(session).left_out} == {"Đơn vị so-a"}
            found = contradictions(session, its_round(session), NOW)
        below = (row for row in found if row.between is Between.BELOW)
        rows = [row for row in below if row.indicator == "Số cuộc kiểm tra"]
        assert {(r.unit, r.other) for r in rows} == {("Đơn vị so-a", "7"), ("Đơn vị so-a2", "2")}

    def test_says_how_many_are_in_that_of_one_above(self, lived: Database) -> None:
        with lived.read() as session:
            found = indicators(session, its_round(session), NOW)
        (count,) = (line for line in found if line["code"] == "so-cuoc")
        said = results({"indicators": [count], "targets": []}, Words("đơn vị", "báo cáo"))
        whole = "4/6 đơn vị có số liệu, trong đó 2 đơn vị đã tính trong số liệu của cấp trên"
        assert any(whole in paragraph.text for paragraph in said)

    def test_counts_once_where_its_task_passed_to_one_that_answers(self, life: Database) -> None:
        with life.write() as session:
            before, after = (owed(session, f"kl-1/quy-1/so-{u}") for u in ("b1", "b"))
            session.add(Handover(from_id=before.id or 0, to_id=after.id or 0,
                                 day=at(2024, 6, 1).date(), rule="QĐ"))  # fmt: skip
        give(life, "so-b", 30, "quy-1", at(2024, 6, 7))
        with life.read() as session:
            count, first = lookup.id_of(item(session)), its_round(session, "quy-1")
            assert aggregates(session, first, at(2024, 6, 8))[count].total == 4 + 30
            assert aggregates(session, first, at(2024, 6, 6))[count].total == 4 + 9


class TestSources:
    def test_name_every_answer_with_version_and_task(self, lived: Database) -> None:
        with lived.read() as session:
            counted = its_sources(session).counted
        assert [(s.obligation, s.version, s.figure.number) for s in counted] == [
            ("kl-1/bao-cao/so-a", 1, 10), ("kl-1/bao-cao/so-b1", 1, 8),
        ]  # fmt: skip

    def test_say_in_which_answer_one_left_out_is_included(self, lived: Database) -> None:
        with lived.read() as session:
            out = its_sources(session).left_out
        assert [(s.unit, s.within) for s in out] == [
            ("Đơn vị so-a1", "Đơn vị so-a"), ("Đơn vị so-a3", "Đơn vị so-a"),
        ]  # fmt: skip

    def test_name_the_missing_and_the_late(self, lived: Database) -> None:
        with lived.read() as session:
            found = its_sources(session)
        assert [line.unit_code for line in found.missing] == ["so-a2", "so-b"]
        assert [line.unit_code for line in found.late] == ["so-a"]

    def test_name_the_report_that_a_figure_was_taken_from(self, life: Database) -> None:
        with life.write() as session:
            one, other = session.exec(select(Submission).order_by(col(Submission.id))).all()[:2]
            taken = session.exec(select(Submission).order_by(col(Submission.id))).all()[-1]
            taken.taken_from_id = other.id
            assert one.id != other.id
        with life.read() as session:
            assert its_sources(session).counted[0].taken_from == "kl-1/quy-1/so-b1"


class TestTheTree:
    def test_has_own_those_below_and_both(self, lived: Database) -> None:
        with lived.read() as session:
            grown = tree(session, its_round(session), NOW)
            count = lookup.id_of(item(session))
            found = {
                node.place.code: tuple(
                    figure(id_)[count].total for figure in (grown.own, grown.below, grown.total)
                )
                for id_, node in grown.nodes.items()
            }
            assert found["so-a"] == (10, 0, 10)
            assert found["so-b"] == (0, 8, 8)
            assert found["van-phong"] == (0, 18, 18)
            assert by_unit(session, its_round(session), NOW)[grown.roots[0]][count].total == 18


class TestOverRounds:
    def test_running_totals_are_the_latest_of_each_unit(self, lived: Database) -> None:
        with lived.read() as session:
            rounds = [its_round(session, code) for code in ("quy-1", "bao-cao")]
            one = over_rounds(session, rounds, at(2024, 6, 4))[lookup.id_of(item(session))]
        assert (one.total, one.given) == (5 + 2 + 8, 3)  # a1 and b1 had given 4 and 9 before

    def test_totals_of_a_year_are_the_latest_of_each_year_together(self, life: Database) -> None:
        with life.write() as session:
            for one in session.exec(select(Indicator)):
                one.basis = Basis.YEAR
        with life.write() as session:
            rounds = [its_round(session, code) for code in ("quy-1", "bao-cao")]
            key = lookup.id_of(item(session))
            assert over_rounds(session, rounds, at(2024, 6, 4))[key].total == 5 + 2 + 8
            rounds[0].cutoff = date(2023, 12, 14)  # the first speaks of the year before
            assert over_rounds(session, rounds, at(2024, 6, 4))[key].total == 4 + 9 + 5 + 2 + 8
            found = contradictions(session, rounds[1], NOW)
            assert not any(row.between is Between.LAST for row in found)
            (count,) = (i for i in indicators(session, rounds[1], NOW) if i["code"] == "so-cuoc")
            assert (count["before"], count["before_title"]) == (None, "")

    def test_figures_of_a_period_are_added_up(self, life: Database) -> None:
        with life.write() as session:
            for one in session.exec(select(Indicator)):
                one.basis = one.basis.PERIOD
        with life.read() as session:
            rounds = [its_round(session, code) for code in ("bao-cao", "quy-1")]
            one = over_rounds(session, rounds, NOW)[lookup.id_of(item(session))]
        assert (one.total, one.expected, one.missing) == (4 + 9 + 10 + 8, 6, 2)


class TestContradictions:
    def test_are_listed_with_both_figures_and_the_explanation(self, lived: Database) -> None:
        with lived.read() as session:
            found = contradictions(session, its_round(session), NOW)
        rows = {(r.unit, r.between, r.indicator): (r.figure, r.other, r.words) for r in found}
        count = "Số cuộc kiểm tra"
        assert rows["Đơn vị so-a", Between.BELOW, count] == ("10", "7", WHY)
        assert rows["Đơn vị so-b1", Between.LAST, count] == ("8", "9", "Kỳ trước nhầm.")
        assert not any(r.unit == "Đơn vị so-a1" and r.between is Between.LAST for r in found)

    def test_of_an_equation_show_what_both_sides_come_to(self, life: Database) -> None:
        rule = {"code": "cong", "equation": "so-cuoc-trong-do + 2 >= so-cuoc + ty-le.numerator",
                "soft": True}  # fmt: skip
        report = figures(so_cuoc=3, ty_le={"numerator": 4, "denominator": 5})
        report["values"]["so-cuoc-trong-do"] = 1
        report["explanations"] = dict.fromkeys((*BELOW, "cong"), WHY)
        with life.write() as session:
            its_round(session).checks = [rule]
        assert answer(life, "kl-1/bao-cao/so-b", report, at(2024, 6, 7)).faults == ()
        with life.read() as session:
            found = contradictions(session, its_round(session), NOW)
        (row,) = (row for row in found if row.between is Between.CHECK)
        assert (row.figure, row.other) == ("1 + 2 = 3", ">= 3 + 4 = 7")

    def test_of_parts_larger_than_the_whole(self, life: Database) -> None:
        report = figures(so_cuoc=3)
        report["values"]["so-cuoc-trong-do"] = 3
        report["explanations"] = dict.fromkeys(BELOW, WHY)
        answer(life, "kl-1/bao-cao/so-b", report, at(2024, 6, 7))
        with life.write() as session:
            given = session.exec(select(Submission).order_by(col(Submission.id))).all()[-1].id
            part = item(session, "so-cuoc-trong-do").id
            session.get_one(IndicatorValue, (given, part)).number = 4
        with life.read() as session:
            found = contradictions(session, its_round(session), NOW)
        assert [(r.unit, r.figure, r.other) for r in found if r.between is Between.PARTS] == [
            ("Đơn vị so-b", "4", "Số cuộc kiểm tra: 3")
        ]
