from datetime import date, timedelta
from itertools import pairwise

import pytest

from models.periods import Period, periods_of
from models.report_regimes import shipped
from models.words import Every

# Nghị định 09/2019/NĐ-CP, Điều 12; the nine months follow Thanh tra Chính phủ
CUTOFFS = [
    (Every.MONTH, 1, date(2023, 12, 15), date(2024, 1, 14)),
    (Every.MONTH, 2, date(2024, 1, 15), date(2024, 2, 14)),
    (Every.MONTH, 3, date(2024, 2, 15), date(2024, 3, 14)),
    (Every.MONTH, 12, date(2024, 11, 15), date(2024, 12, 14)),
    (Every.QUARTER, 1, date(2023, 12, 15), date(2024, 3, 14)),
    (Every.QUARTER, 2, date(2024, 3, 15), date(2024, 6, 14)),
    (Every.QUARTER, 3, date(2024, 6, 15), date(2024, 9, 14)),
    (Every.QUARTER, 4, date(2024, 9, 15), date(2024, 12, 14)),
    (Every.HALF, 1, date(2023, 12, 15), date(2024, 6, 14)),
    (Every.HALF, 2, date(2024, 6, 15), date(2024, 12, 14)),
    (Every.NINE_MONTHS, 1, date(2023, 12, 15), date(2024, 9, 14)),
    (Every.YEAR, 1, date(2023, 12, 15), date(2024, 12, 14)),
]
REPEATED = [Every.MONTH, Every.QUARTER, Every.HALF, Every.YEAR]


def period(every: Every, number: int) -> Period:
    return periods_of(every, 2024, shipped()["nd09"])[number - 1]


class TestCutoffs:
    @pytest.mark.parametrize(("every", "number", "start", "cutoff"), CUTOFFS)
    def test_follow_the_decree(self, every: Every, number: int, start: date, cutoff: date) -> None:
        found = period(every, number)
        assert (found.start, found.cutoff) == (start, cutoff)

    @pytest.mark.parametrize("every", REPEATED)
    def test_leave_no_day_out_and_count_none_twice(self, every: Every) -> None:
        found = [
            p for year in (2023, 2024, 2025) for p in periods_of(every, year, shipped()["nd09"])
        ]
        for earlier, later in pairwise(found):
            assert later.start == earlier.cutoff + timedelta(days=1)

    @pytest.mark.parametrize(
        ("every", "count"), [*zip(REPEATED, (12, 4, 2, 1), strict=True), (Every.NINE_MONTHS, 1)]
    )
    def test_a_year_has_its_periods_in_order(self, every: Every, count: int) -> None:
        assert [p.number for p in periods_of(every, 2024, shipped()["nd09"])] == list(
            range(1, count + 1)
        )

    def test_calendar_periods_end_with_their_month(self) -> None:
        february = periods_of(Every.MONTH, 2024, shipped()["calendar"])[1]
        year = periods_of(Every.YEAR, 2024, shipped()["calendar"])[0]
        assert (february.start, february.cutoff) == (date(2024, 2, 1), date(2024, 2, 29))
        assert (year.start, year.cutoff) == (date(2024, 1, 1), date(2024, 12, 31))


class TestNames:
    @pytest.mark.parametrize(
        ("every", "number", "code", "title"),
        [
            (Every.MONTH, 5, "2024-05", "tháng 5 năm 2024"),
            (Every.MONTH, 12, "2024-12", "tháng 12 năm 2024"),
            (Every.QUARTER, 1, "2024-q1", "quý I năm 2024"),
            (Every.QUARTER, 4, "2024-q4", "quý IV năm 2024"),
            (Every.HALF, 1, "2024-h1", "6 tháng đầu năm 2024"),
            (Every.HALF, 2, "2024-h2", "6 tháng cuối năm 2024"),
            (Every.NINE_MONTHS, 1, "2024-9t", "9 tháng năm 2024"),
            (Every.YEAR, 1, "2024", "năm 2024"),
        ],
    )
    def test_code_and_title(self, every: Every, number: int, code: str, title: str) -> None:
        assert (period(every, number).code, period(every, number).title) == (code, title)

    def test_no_two_periods_of_a_year_share_a_code(self) -> None:
        codes = [p.code for every in Every for p in periods_of(every, 2024, shipped()["nd09"])]
        assert len(codes) == len(set(codes)) == 20


class TestProvinceSends:
    @pytest.mark.parametrize(
        ("every", "number", "day"),
        [
            (Every.MONTH, 1, date(2024, 1, 25)),
            (Every.QUARTER, 3, date(2024, 9, 25)),
            (Every.HALF, 1, date(2024, 6, 25)),
            (Every.NINE_MONTHS, 1, date(2024, 9, 25)),
            (Every.YEAR, 1, date(2024, 12, 25)),
        ],
    )
    def test_on_the_25th_of_the_last_month(self, every: Every, number: int, day: date) -> None:
        assert period(every, number).last_month(25) == day
