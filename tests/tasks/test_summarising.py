"""The provincial summary: its figures worked out by hand, its freezing, its fingerprint."""

import copy
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.round import Round, Summary
from tasks import lookup
from tasks.summarising import draft, fingerprint, summarise
from tasks.summary_figures import summary_figures
from tests.conftest import Databases
from tests.tasks.office import (
    A_REPORT,
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
    report_file,
)

pytestmark = pytest.mark.xdist_group("summarising")  # its database is made once

CLOSES = at(2024, 6, 10, 16)
UNITS = [a_unit(f"so-{letter}", telephone=f"0 {letter}") for letter in "abcdefg"]
TARGETS: list[dict[str, Any]] = [
    {"num": "1", "indicator": "đạt đúng", "operator": ">=", "value": 80, "unit": "%"},
    {"num": "2", "indicator": "chưa đạt", "operator": ">=", "value": 90, "unit": "%"},
    {"num": "3", "indicator": "không quá", "operator": "<=", "value": 80, "unit": "%"},
    {"num": "4", "indicator": "vượt mức", "operator": "<=", "value": 79.9, "unit": "%"},
    {"num": "5", "indicator": "bằng", "operator": "=", "value": 100, "unit": "%"},
    {"num": "6", "indicator": "định tính"},
    {"num": "7", "indicator": "mỗi quý", "operator": ">=", "value": 1, "unit": "lần/quý"},
    {"num": "8", "indicator": "không ai đo", "operator": ">=", "value": 1, "unit": "%"},
]


def said(session: Session, as_of: datetime = CLOSES, code: str = "bao-cao") -> dict[str, Any]:
    return summary_figures(session, lookup.round_(session, "kl-1", code), as_of)


def by_code(found: dict[str, Any]) -> dict[str, Any]:
    return {item["code"]: item for item in found["indicators"]}


def live(db: Database) -> None:
    """Seven units: a and b answer, c corrects twice, d is late, e declines, f errs, g is silent."""
    with db.write() as session:
        know(session, OFFICE, *UNITS)
        issue(session, report_file(rounds=[ASKED | {"overseer": "Đơn vị van-phong"}]))
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))

    def give(unit: str, payload: Any, *moment: int, decline: bool = False) -> None:
        answer(db, f"kl-1/bao-cao/so-{unit}", payload, at(2024, *moment), decline=decline)

    half = {"numerator": 1, "denominator": 2}
    give("a", A_REPORT, 5, 20)
    give(
        "b", figures(co_ke_hoach=False, so_cuoc=5, ty_le=half, kinh_phi=None, kho_khan=None), 5, 21
    )
    give("c", figures(so_cuoc=100, kho_khan="Cũ."), 5, 22)
    give("c", figures(so_cuoc=7, ty_le={"numerator": 0, "denominator": 0}, kho_khan=None), 5, 23)
    give("c", figures(so_cuoc=-1), 5, 24)
    give("d", figures(so_cuoc=0, kho_khan="Biên chế kiêm nhiệm, kinh phí ít."), 6, 6, 0, 30)
    give("e", {"reason": "Chưa rõ."}, 5, 20, decline=True)
    give("e", {"reason": "Không thuộc chức năng."}, 5, 21, decline=True)
    give("f", figures(so_cuoc="ba"), 5, 20)


ASKED = a_round(indicators=[item["code"] for item in INDICATORS])


@pytest.fixture
def lived(databases: Databases) -> Database:
    """A round as `live` leaves it, for tests that change nothing."""
    return databases.shared(databases.template("summarised", live, like=databases.migrated()))


@pytest.fixture
def life(databases: Databases) -> Iterator[Database]:
    """A round as `live` leaves it, of the test's own."""
    template = databases.template("summarised", live, like=databases.migrated())
    yield from databases.like(template)


class TestFigures:
    def test_sum_counts_and_money(self, lived: Database) -> None:
        with lived.read() as session:
            found = by_code(said(session))
        assert (found["so-cuoc"]["total"], found["so-cuoc"]["given"]) == (3 + 5 + 7 + 0, 4)
        assert (found["kinh-phi"]["total"], found["kinh-phi"]["given"]) == (3 * 1_500_000, 3)

    def test_divide_sums_and_take_no_mean_of_shares(self, lived: Database) -> None:
        with lived.read() as session:
            found = by_code(said(session))["ty-le"]
        assert (found["numerator"], found["denominator"]) == (9 + 1 + 0 + 9, 10 + 2 + 0 + 10)

    def test_count_the_yes_among_those_expected(self, lived: Database) -> None:
        with lived.read() as session:
            found = by_code(said(session))["co-ke-hoach"]
        assert (found["numerator"], found["denominator"], found["given"]) == (3, 7, 4)

    def test_take_the_last_accepted_version_up_to_then(self, lived: Database) -> None:
        with lived.read() as session:
            early = by_code(said(session, at(2024, 5, 22, 9)))["so-cuoc"]
            later = by_code(said(session, at(2024, 5, 23, 9)))["so-cuoc"]
        assert (early["total"], later["total"]) == (3 + 5 + 100, 3 + 5 + 7)

    def test_are_nothing_before_anybody_answered(self, lived: Database) -> None:
        with lived.read() as session:
            found = said(session, at(2024, 5, 7))
        assert by_code(found)["so-cuoc"]["total"] == 0
        assert by_code(found)["ty-le"]["denominator"] == 0
        assert found["tally"]["missing"] == 7

    def test_tally_every_unit_once(self, lived: Database) -> None:
        with lived.read() as session:
            assert said(session)["tally"] == {
                "asked": 7, "expected": 7, "received": 4, "on_time": 3, "late": 1, "declined": 1,
                "missing": 2, "waived": 0, "passed_on": 0, "lapsed": 0,
            }  # fmt: skip


class TestLists:
    def test_name_the_late_with_their_days_in_vietnam(self, lived: Database) -> None:
        with lived.read() as session:
            assert said(session)["late"] == [{"unit": "Đơn vị so-d", "days": 3}]

    def test_name_the_missing_with_the_number_to_call(self, lived: Database) -> None:
        with lived.read() as session:
            assert said(session)["missing"] == [
                {"unit": "Đơn vị so-f", "days": 7, "telephone": "0 f"},
                {"unit": "Đơn vị so-g", "days": 7, "telephone": "0 g"},
            ]

    def test_name_each_decliner_once_with_the_last_reason(self, lived: Database) -> None:
        with lived.read() as session:
            reason = "Không thuộc chức năng."
            assert said(session)["declined"] == [{"unit": "Đơn vị so-e", "reason": reason}]
            before = said(session, at(2024, 5, 20, 9))["declined"]
            assert before == [{"unit": "Đơn vị so-e", "reason": "Chưa rõ."}]

    def test_quote_each_unit_once_longest_first(self, lived: Database) -> None:
        with lived.read() as session:
            quoted = said(session)["passages"]["limitations"]
            assert [(p["unit"], p["text"]) for p in quoted] == [
                ("Đơn vị so-d", "Biên chế kiêm nhiệm, kinh phí ít."),
                ("Đơn vị so-a", "Thiếu người."),
            ]

    def test_quote_once_what_several_say(self, lived: Database) -> None:
        with lived.read() as session:
            (quoted,) = said(session)["passages"]["results"]
        assert (quoted["unit"], quoted["obligation"]) == ("Đơn vị so-a", "kl-1/bao-cao/so-a")
        assert quoted["also"] == [f"Đơn vị so-{letter}" for letter in "bcd"]

    def test_are_in_the_text_and_in_the_page(self, lived: Database) -> None:
        with lived.read() as session:
            found = draft(session, lookup.round_(session, "kl-1", "bao-cao"), CLOSES)
        for text in (found.markdown, found.html):
            for words in (
                "4/7", "Đơn vị so-d (3 ngày)", "Đơn vị so-g", "Không thuộc chức năng.",
                "19/22 (86,4%)", "4.500.000", "3/7 đơn vị",
                "Đơn vị van-phong sẽ làm việc trực tiếp",
            ):  # fmt: skip
                assert words in text

    def test_call_nobody_overdue_before_the_due_date(self, lived: Database) -> None:
        with lived.read() as session:
            found = draft(session, lookup.round_(session, "kl-1", "bao-cao"), at(2024, 5, 7))
        assert "Đơn vị so-g" in found.markdown
        assert "quá hạn" not in found.markdown + found.html


class TestTargets:
    @pytest.fixture
    def measured(self, db: Database) -> dict[str, Any]:
        """Eight in ten, told by one unit, against every kind of threshold."""
        asked: list[dict[str, Any]] = [
            {"code": f"ty-le-{t['num']}", "label": "x", "kind": "ratio", "target": t["num"]}
            for t in TARGETS[:7]
        ] + [
            {"code": "so-cuoc", "label": "Số cuộc", "kind": "count", "target": "6"},
        ]
        values = {
            i["code"]: {"numerator": 8, "denominator": 10} if i["kind"] == "ratio" else 12
            for i in asked
        }
        with db.write() as session:
            know(session, OFFICE, UNITS[0])
            issued = a_round(indicators=[i["code"] for i in asked])
            issue(session, report_file(targets=TARGETS, indicators=asked, rounds=[issued]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        answer(db, "kl-1/bao-cao/so-a", {"narrative": "x", "values": values}, at(2024, 5, 20))
        with db.read() as session:
            return said(session)

    def test_are_met_or_not_only_where_a_threshold_compares(self, measured: dict[str, Any]) -> None:
        assert [(t["number"], t["met"]) for t in measured["targets"]] == [
            ("1", True), ("2", False), ("3", True), ("4", False), ("5", False), ("6", None),
            ("6", None), ("7", None),
        ]  # fmt: skip

    def test_have_a_line_for_each_indicator_that_measures_them(
        self, measured: dict[str, Any]
    ) -> None:
        lines = [(t["measured_by"], t["total"]) for t in measured["targets"] if t["number"] == "6"]
        assert lines == [("x", None), ("Số cuộc", 12.0)]


class TestFreezing:
    def test_keeps_the_first_summary_whatever_comes_after(self, life: Database) -> None:
        first = close(life, CLOSES)
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 11))
        again = close(life, at(2024, 6, 12))
        assert again == first
        with life.read() as session:
            assert lookup.round_(session, "kl-1", "bao-cao").closed_at == CLOSES
            (stored,) = session.exec(select(Summary)).all()
            assert stored.frozen_at == CLOSES
            assert stored.figures["tally"]["missing"] == 2

    def test_gives_a_fingerprint_that_verifies_what_was_stored(self, life: Database) -> None:
        close(life, CLOSES)
        with life.read() as session:
            stored = session.exec(select(Summary)).one()
            kept = stored.markdown, stored.annex
            assert fingerprint(stored.figures, *kept) == stored.sha256
            reordered = dict(reversed(stored.figures.items()))
            assert fingerprint(reordered, *kept) == stored.sha256

    def test_covers_the_annex_where_there_is_one(self, life: Database) -> None:
        close(life, CLOSES)
        with life.read() as session:
            stored = session.exec(select(Summary)).one()
            forged = copy.deepcopy(stored.annex)
            forged["units"][0]["values"][1] = 4
            assert fingerprint(stored.figures, stored.markdown, forged) != stored.sha256

    def test_of_a_summary_without_annex_is_as_it_was(self) -> None:
        """Summaries frozen by earlier versions verify for ever."""
        known = "bdedf69b245a2bb47d3c49c9008e5f281ff1e60c4afeb5c1368f54753481c99b"
        assert fingerprint({"a": "ấ", "b": [1.0]}, "# x") == known
        assert fingerprint({"a": "ấ", "b": [1.0]}, "# x", {}) == known

    @pytest.mark.parametrize(
        "forge",
        [
            lambda f: f["tally"].update(missing=0),
            lambda f: f["indicators"][1].update(total=1_000),
            lambda f: f["late"].clear(),
            lambda f: f["declined"][0].update(reason="Khác"),
            lambda f: f.update(is_final=True),
        ],
    )
    def test_gives_another_fingerprint_for_another_figure(
        self, lived: Database, forge: Callable[[dict[str, Any]], object]
    ) -> None:
        with lived.read() as session:
            found = draft(session, lookup.round_(session, "kl-1", "bao-cao"), CLOSES)
        forged = copy.deepcopy(found.figures)
        forge(forged)
        assert fingerprint(forged, found.markdown, found.annex) != found.sha256
        assert fingerprint(found.figures, found.markdown + " ", found.annex) != found.sha256
        assert fingerprint(found.figures, found.markdown, found.annex) == found.sha256

    def test_is_not_done_by_a_draft(self, life: Database) -> None:
        with life.write() as session:
            draft(session, lookup.round_(session, "kl-1", "bao-cao"), CLOSES)
        with life.read() as session:
            assert session.exec(select(Summary)).all() == []
            assert session.exec(select(Round.closed_at)).all() == [None]


def close(db: Database, as_of: datetime) -> tuple[int | None, str]:
    with db.write() as session:
        found = summarise(session, lookup.round_(session, "kl-1", "bao-cao"), as_of)
        return found.id, found.sha256


class TestReviews:
    def test_look_back_on_the_rounds_before_them(self, db: Database) -> None:
        years = {2024: "2024-06-03", 2025: "2025-06-02", 2026: "2026-06-01"}
        rounds = [a_round(f"nam-{y}", when={"on": d}, title=f"Năm {y}") for y, d in years.items()]
        review = a_round("so-ket", when={"on": "2025-12-26"}, review="preliminary")
        with db.write() as session:
            know(session, OFFICE, *UNITS[:2])
            issue(session, report_file(indicators=[], rounds=[*rounds, review]))
            for code in ("nam-2024", "nam-2025", "so-ket", "nam-2026"):
                open_(session, "kl-1", code, at(2024, 3, 4))
        answer(db, "kl-1/nam-2024/so-a", {"narrative": "x"}, at(2024, 5, 1))
        answer(db, "kl-1/nam-2025/so-a", {"narrative": "x"}, at(2025, 6, 9))
        with db.read() as session:
            found = said(session, at(2026, 1, 5), "so-ket")
            assert said(session, at(2026, 1, 5), "nam-2025")["history"] == []
        counted = ("title", "due", "expected", "received", "on_time", "late", "missing")
        assert [tuple(item[name] for name in counted) for item in found["history"]] == [
            ("Năm 2024", "03/06/2024", 2, 1, 1, 0, 1),
            ("Năm 2025", "02/06/2025", 2, 1, 0, 1, 1),
        ]
        assert found["round"]["review"]
