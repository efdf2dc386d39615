import csv
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import DECISIONS, Calendar, DayKind, Decision, vietnam

DAYS = st.dates(date(2023, 1, 1), date(2036, 12, 31))
COUNTS = st.integers(1, 60)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


class TestDaysOff:
    @pytest.mark.parametrize(
        ("off", "worked"),
        [
            (date(2024, 4, 29), date(2024, 5, 4)),
            (date(2025, 5, 2), date(2025, 4, 26)),
            (date(2026, 1, 2), date(2026, 1, 10)),
            (date(2026, 8, 31), date(2026, 8, 22)),
        ],
    )
    def test_swapped_day_is_off_and_its_saturday_is_worked(self, off: date, worked: date) -> None:
        assert off.weekday() < 5 and worked.weekday() == 5
        assert not vietnam().is_working(off)
        assert vietnam().is_working(worked)

    @pytest.mark.parametrize(
        ("first", "count"),
        [(date(2024, 2, 8), 7), (date(2025, 1, 25), 9), (date(2026, 2, 14), 9)],
    )
    def test_lunar_new_year_is_off_and_no_longer_than_decided(
        self, first: date, count: int
    ) -> None:
        assert not any(map(vietnam().is_working, days(first, count)))
        assert vietnam().is_working(first - timedelta(days=1))
        assert vietnam().is_working(first + timedelta(days=count))

    @pytest.mark.parametrize("day", [date(2024, 4, 18), date(2025, 4, 7), date(2026, 4, 27)])
    def test_hung_kings_day_is_off_or_made_up_for(self, day: date) -> None:
        assert "Giỗ Tổ" in (vietnam().day_off(day) or "")

    @pytest.mark.parametrize("month_day", ["01-01", "04-30", "05-01", "09-02"])
    @pytest.mark.parametrize("year", [2024, 2027, 2031])
    def test_fixed_holidays_are_off_every_year(self, year: int, month_day: str) -> None:
        assert not vietnam().is_working(date.fromisoformat(f"{year}-{month_day}"))

    @pytest.mark.parametrize(
        "day", [date(2026, 11, 24), date(2029, 11, 26), date(2030, 11, 25), date(2031, 11, 24)]
    )
    def test_24_november_is_worked_until_enacted_and_never_made_up_for(self, day: date) -> None:
        assert vietnam().is_working(day)

    def test_weekend_says_which_day_it_is(self) -> None:
        assert vietnam().day_off(date(2024, 6, 15)) == "Thứ Bảy"
        assert vietnam().day_off(date(2024, 6, 16)) == "Chủ nhật"

    def test_decisions_win_over_weekends_and_holidays(self) -> None:
        calendar = Calendar().overruled_by(
            [
                Decision(date(2024, 9, 2), DayKind.WORK, "trực", "QĐ 1"),
                Decision(date(2024, 6, 15), DayKind.WORK, "làm bù", "QĐ 2"),
                Decision(date(2024, 6, 17), DayKind.OFF, "bão", "Công điện 3"),
            ]
        )
        assert calendar.is_working(date(2024, 9, 2))
        assert calendar.is_working(date(2024, 6, 15))
        assert calendar.day_off(date(2024, 6, 17)) == "bão"
        assert calendar.special(date(2024, 6, 17)) == "bão; Công điện 3"

    def test_the_operators_table_wins_over_what_is_shipped(self) -> None:
        swap, its_saturday = date(2026, 1, 2), date(2026, 1, 10)
        calendar = vietnam().overruled_by(
            [
                Decision(swap, DayKind.WORK, "không hoán đổi", "QĐ 1"),
                Decision(its_saturday, DayKind.OFF, "không làm bù", "QĐ 1"),
            ]
        )
        assert calendar.is_working(swap) and not calendar.is_working(its_saturday)
        assert not vietnam().is_working(swap) and vietnam().is_working(its_saturday)

    def test_every_decision_shipped_has_a_source_and_every_swap_its_make_up_day(self) -> None:
        with DECISIONS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert all(row["source"] and row["reason"] for row in rows)
        kinds = Counter(row["kind"] for row in rows)
        assert kinds["off"] == kinds["work"] == 4
        assert [row["day"][:4] for row in rows if row["kind"] == "decided"] == [
            "2024", "2025", "2026",
        ]  # fmt: skip

    def test_years_without_a_decision_are_computed(self) -> None:
        assert not vietnam().is_computed(date(2026, 12, 31))
        assert vietnam().is_computed(date(2027, 1, 1))

    def test_a_year_is_decided_when_a_row_says_so_and_no_other(self) -> None:
        one_day = Decision(date(2027, 3, 10), DayKind.OFF, "lễ hội", "QĐ 1")
        year = Decision(date(2028, 1, 1), DayKind.DECIDED, "đã công bố", "Thông báo 2")
        calendar = vietnam().overruled_by([one_day, year])
        assert calendar.is_computed(date(2027, 3, 10))
        assert not calendar.is_computed(date(2028, 6, 1))


class TestCounting:
    @pytest.mark.parametrize(
        ("day", "count", "expected"),
        [
            (date(2024, 6, 14), 1, date(2024, 6, 17)),
            (date(2024, 6, 15), 1, date(2024, 6, 17)),
            (date(2024, 6, 15), 0, date(2024, 6, 17)),
            (date(2024, 6, 17), 0, date(2024, 6, 17)),
            (date(2024, 6, 17), -1, date(2024, 6, 14)),
            (date(2024, 2, 7), 1, date(2024, 2, 15)),
            (date(2025, 12, 31), 2, date(2026, 1, 6)),
            (date(2026, 1, 9), 1, date(2026, 1, 10)),
        ],
    )
    def test_adds_working_days(self, day: date, count: int, expected: date) -> None:
        assert vietnam().add_working_days(day, count) == expected

    def test_counts_the_last_day_and_not_the_first(self) -> None:
        monday, friday = date(2024, 6, 17), date(2024, 6, 21)
        assert vietnam().working_days_between(monday, friday) == 4
        assert vietnam().working_days_between(friday, monday) == -4
        assert vietnam().working_days_between(friday, friday) == 0

    @given(DAYS)
    def test_next_working_is_worked_with_none_between(self, day: date) -> None:
        found = vietnam().next_working(day)
        assert vietnam().is_working(found)
        assert not any(map(vietnam().is_working, days(day, (found - day).days)))

    @given(DAYS)
    def test_previous_working_is_worked_with_none_between(self, day: date) -> None:
        found = vietnam().previous_working(day)
        after = found + timedelta(days=1)
        assert vietnam().is_working(found)
        assert not any(map(vietnam().is_working, days(after, (day - found).days)))

    @given(DAYS, COUNTS)
    def test_counting_undoes_adding(self, day: date, count: int) -> None:
        calendar = vietnam()
        assert calendar.working_days_between(day, calendar.add_working_days(day, count)) == count

    @given(DAYS, COUNTS)
    def test_going_back_undoes_going_forward(self, day: date, count: int) -> None:
        calendar = vietnam()
        there = calendar.add_working_days(calendar.next_working(day), count)
        assert calendar.add_working_days(there, -count) == calendar.next_working(day)

    @given(DAYS, st.integers(-60, 60))
    def test_more_working_days_end_later(self, day: date, count: int) -> None:
        start = vietnam().next_working(day)
        here = vietnam().add_working_days(start, count)
        assert here < vietnam().add_working_days(start, count + 1)

    @given(DAYS, st.integers(-60, 60))
    def test_never_ends_on_a_day_off(self, day: date, count: int) -> None:
        assert vietnam().day_off(vietnam().add_working_days(day, count)) is None
