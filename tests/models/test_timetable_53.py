"""The whole timetable of Kế hoạch 53/KH-UBND, worked out by hand from a calendar on paper.

Issued on Monday 26/02/2024. Days off met on the way: Tết Dương lịch 2026 with its swap (02/01 off,
Saturday 10/01 worked), Tết 2027 (04–10/02), Tết 2028 (24–28/01, Monday 24/01 standing in for
Saturday), 03/01/2028, Tết 2030 (31/01–06/02), Giỗ Tổ on 01/4/2031. 24/11 is worked.
"""

from datetime import date

import pytest

from models.calendar import vietnam
from models.directive_asks import Confirmation
from models.directive_file import DirectiveFile
from models.reasons import RULES
from models.timetable import PlannedRound, Timetable, timetable
from models.words import Review, Stage
from tests.models.builders import values_of
from tests.texts import EXAMPLES, checked

EXPECTED = [
    # 3 and 20 working days from the Monday; the notice of 20 goes back to the day of issue
    ("tiep-nhan", "2024-02-26", "2024-02-29", "2024-03-07"),
    ("ke-hoach", "2024-02-26", "2024-03-25", "2024-04-01"),
    # cut-off Saturday 14/12, five working days from Monday 16/12; the province sends on the 25th
    ("bao-cao-nam-2024", "2024-11-22", "2024-12-20", "2024-12-25"),
    ("bao-cao-nam-2025", "2025-11-21", "2025-12-19", "2025-12-25"),
    # a notice of 30; five days to close: 29, 30, 31/12, then 05 and 06/01
    ("so-ket", "2025-11-14", "2025-12-26", "2026-01-06"),
    # 31/01/2026 is a Saturday; of the twenty days back one is the worked Saturday 10/01
    ("ke-hoach-hang-nam-2026", "2026-01-06", "2026-02-02", "2026-02-09"),
    ("ket-qua-giai-doan-1", "2026-11-02", "2026-11-30", "2026-12-07"),
    # cut-off Monday 14/12: 15, 16, 17, 18 and 21/12
    ("bao-cao-nam-2026", "2026-11-23", "2026-12-21", "2026-12-25"),
    # 31/01/2027 is a Sunday; to close: 02 and 03/02, then after Tết 11, 12 and 15/02
    ("ke-hoach-hang-nam-2027", "2027-01-04", "2027-02-01", "2027-02-15"),
    # 25/12/2027 is a Saturday: the province sends on the Friday before
    ("bao-cao-nam-2027", "2027-11-23", "2027-12-21", "2027-12-24"),
    # Tết 24–28/01 and the day off on 03/01 bring the opening back into 2027
    ("ke-hoach-hang-nam-2028", "2027-12-24", "2028-01-31", "2028-02-07"),
    ("bao-cao-nam-2028", "2028-11-23", "2028-12-21", "2028-12-25"),
    ("ke-hoach-hang-nam-2029", "2029-01-03", "2029-01-31", "2029-02-07"),
    ("bao-cao-nam-2029", "2029-11-23", "2029-12-21", "2029-12-25"),
    # 31/01/2030 is already Tết: the next worked day is Thursday 07/02
    ("ke-hoach-hang-nam-2030", "2030-01-03", "2030-02-07", "2030-02-14"),
    ("bao-cao-nam-2030", "2030-11-22", "2030-12-20", "2030-12-25"),
    # a notice of 30; Giỗ Tổ on Tuesday 01/4 does not count: 02, 03, 04, 07, 08/4
    ("tong-ket", "2031-02-17", "2031-03-31", "2031-04-08"),
]
DUE_RULES = {"on", "after-issue", "after", "yearly", "cutoff"}
CLOSE_RULES = {"province-sends", "summary-after"}


@pytest.fixture(scope="module")
def plan() -> DirectiveFile:
    return checked(EXAMPLES / "thanh-hoa" / "53-kh-ubnd.yaml").directive


@pytest.fixture(scope="module")
def table(plan: DirectiveFile) -> Timetable:
    return timetable(plan, vietnam())


def named(table: Timetable, code: str) -> PlannedRound:
    return next(found for found in table.rounds if found.code == code)


class TestTable:
    def test_every_round_of_seven_years_is_as_worked_out_by_hand(self, table: Timetable) -> None:
        found = [
            (r.code, r.opens.isoformat(), r.due.isoformat(), r.closes.isoformat())
            for r in table.rounds
        ]
        assert found == EXPECTED

    def test_the_report_on_request_has_no_date(self, table: Timetable) -> None:
        assert [item.code for item in table.on_request] == ["theo-yeu-cau"]

    def test_reviews_are_marked(self, table: Timetable) -> None:
        reviews = {r.code: r.review for r in table.rounds if r.review}
        assert reviews == {"so-ket": Review.PRELIMINARY, "tong-ket": Review.FINAL}

    def test_titles_name_their_period(self, table: Timetable) -> None:
        report = named(table, "bao-cao-nam-2024")
        assert report.title == "Báo cáo năm tình hình thực hiện Kế hoạch năm 2024"
        assert report.stage is Stage.REPORTING and report.series == "bao-cao-nam"
        assert report.period is not None
        assert report.period.start == date(2023, 12, 15)
        assert report.period.cutoff == date(2024, 12, 14)


class TestReasons:
    @pytest.mark.parametrize("code", [row[0] for row in EXPECTED])
    def test_name_the_words_the_rule_and_the_closing(self, table: Timetable, code: str) -> None:
        rules = [step.rule for step in named(table, code).reason]
        assert rules[0].startswith("quote")
        assert len(DUE_RULES.intersection(rules)) == 1
        assert rules[-1] in CLOSE_RULES
        assert set(rules) <= RULES

    @pytest.mark.parametrize("code", [row[0] for row in EXPECTED])
    def test_quote_no_words_twice(self, table: Timetable, code: str) -> None:
        quotes = [values["quote"] for values in values_of(named(table, code), "quote")]
        assert len(quotes) == len(set(quotes))

    @pytest.mark.parametrize(
        ("code", "day", "why", "to"),
        [
            ("ke-hoach-hang-nam-2026", "31/01/2026", "Thứ Bảy", "02/02/2026"),
            ("ke-hoach-hang-nam-2027", "31/01/2027", "Chủ nhật", "01/02/2027"),
            ("ke-hoach-hang-nam-2030", "31/01/2030", "29 Tết", "07/02/2030"),
        ],
    )
    def test_a_moved_date_says_from_where_why_and_to_where(
        self, table: Timetable, code: str, day: str, why: str, to: str
    ) -> None:
        assert values_of(named(table, code), "shifted") == [{"day": day, "why": why, "to": to}]

    def test_only_moved_dates_speak_of_a_move(self, table: Timetable) -> None:
        moved = {r.code for r in table.rounds if values_of(r, "shifted")}
        assert moved == {f"ke-hoach-hang-nam-{year}" for year in (2026, 2027, 2030)}

    def test_years_without_a_decision_say_so(self, table: Timetable) -> None:
        for found in table.rounds:
            told = values_of(found, "computed")
            expected = [{"year": str(found.due.year)}] if found.due.year > 2026 else []
            assert told == expected, found.code

    def test_a_yearly_report_names_its_figures_and_its_source(self, table: Timetable) -> None:
        report = named(table, "bao-cao-nam-2024")
        assert values_of(report, "cutoff") == [
            {
                "start": "15/12/2023",
                "cutoff": "14/12/2024",
                "source": "Nghị định 09/2019/NĐ-CP, Điều 12",
            }
        ]
        assert values_of(report, "send-within") == [{"days": "5"}]
        assert [values["day"] for values in values_of(report, "province-sends")] == ["25/12/2024"]
        assert "Nghị định 09/2019/NĐ-CP" in " ".join(map(str, report.reason))


class TestBinding:
    def test_nothing_binds_before_it_is_confirmed(self, table: Timetable) -> None:
        assert all(r.questions and not r.binding for r in table.rounds)
        assert all(values_of(r, "unconfirmed") for r in table.rounds)

    def test_all_binds_once_every_question_is_confirmed(
        self, plan: DirectiveFile, table: Timetable
    ) -> None:
        confirmed = timetable(_confirmed(plan, {q.id for q in plan.questions}), vietnam())
        assert all(r.binding for r in confirmed.rounds)
        assert not any(values_of(r, "unconfirmed") for r in confirmed.rounds)
        assert values_of(confirmed.rounds[0], "confirmed") == [
            {"by": "Chánh Văn phòng", "on": "01/03/2024"}
        ]
        assert [r.due for r in confirmed.rounds] == [r.due for r in table.rounds]

    def test_a_round_on_two_questions_waits_for_both(self, plan: DirectiveFile) -> None:
        half = timetable(_confirmed(plan, {"han-so-ket"}), vietnam())
        both = timetable(_confirmed(plan, {"han-so-ket", "don-vi-bao-cao"}), vietnam())
        assert not named(half, "so-ket").binding
        assert named(both, "so-ket").binding
        assert not named(both, "tiep-nhan").binding

    def test_the_same_file_gives_the_same_timetable(
        self, plan: DirectiveFile, table: Timetable
    ) -> None:
        assert timetable(plan, vietnam()) == table


def _confirmed(plan: DirectiveFile, codes: set[str]) -> DirectiveFile:
    stamp = Confirmation(by="Chánh Văn phòng", on=date(2024, 3, 1))
    questions = [
        q.model_copy(update={"confirmed": stamp}) if q.id in codes else q for q in plan.questions
    ]
    return plan.model_copy(update={"questions": questions})
