"""When reminders may leave: worked days, office hours, by the clock of Vietnam."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from models.calendar import DayKind, Decision, vietnam
from models.quiet import Hours, may_urge
from models.vietnamese import TIMEZONE

TUESDAY = date(2024, 6, 4)
HOURS = Hours()


def urges(day: date, hour: int, minute: int = 0, second: int = 0, hours: Hours = HOURS) -> bool:
    moment = datetime.combine(day, time(hour, minute, second), tzinfo=TIMEZONE)
    return may_urge(moment, vietnam(), hours)


class TestHours:
    @pytest.mark.parametrize(
        ("hour", "minute", "second", "may"),
        [
            (0, 0, 0, False),
            (7, 29, 59, False),
            (7, 30, 0, True),
            (12, 0, 0, True),
            (17, 0, 0, True),
            (17, 0, 1, False),
            (23, 59, 59, False),
        ],
    )
    def test_begin_and_end_to_the_second(
        self, hour: int, minute: int, second: int, may: bool
    ) -> None:
        assert urges(TUESDAY, hour, minute, second) is may

    def test_are_those_the_operator_sets(self) -> None:
        mornings = Hours(time(8), time(11, 30))
        assert not urges(TUESDAY, 7, 59, hours=mornings)
        assert urges(TUESDAY, 8, hours=mornings) and urges(TUESDAY, 11, 30, hours=mornings)
        assert not urges(TUESDAY, 14, hours=mornings)

    def test_are_those_of_vietnam_wherever_the_machine_is(self) -> None:
        begins = datetime(2024, 6, 4, 0, 30, tzinfo=UTC)  # 07:30 in Hà Nội
        assert may_urge(begins, vietnam(), HOURS)
        assert not may_urge(begins - timedelta(seconds=1), vietnam(), HOURS)

    def test_belong_to_the_day_it_is_in_vietnam(self) -> None:
        """Late on a Sunday at UTC it is Monday morning in Hà Nội; late on Friday, Saturday."""
        always = Hours(time(0), time(23, 59))
        assert may_urge(datetime(2024, 6, 2, 18, tzinfo=UTC), vietnam(), always)
        assert not may_urge(datetime(2024, 6, 7, 18, tzinfo=UTC), vietnam(), always)


class TestDays:
    @pytest.mark.parametrize(
        ("day", "may"),
        [
            (date(2024, 6, 1), False),  # Saturday
            (date(2024, 6, 2), False),  # Sunday
            (date(2024, 6, 3), True),
            (date(2024, 2, 12), False),  # Monday of Tết
            (date(2024, 9, 2), False),
            (date(2024, 4, 29), False),  # swapped
            (date(2024, 5, 4), True),  # Saturday worked for it
            (date(2026, 1, 10), True),
        ],
    )
    def test_off_are_quiet_and_a_worked_saturday_is_not(self, day: date, may: bool) -> None:
        assert urges(day, 8, 30) is may

    def test_a_worked_saturday_is_quiet_outside_the_hours(self) -> None:
        assert not urges(date(2024, 5, 4), 7) and not urges(date(2024, 5, 4), 18)

    def test_are_those_of_the_operators_table(self) -> None:
        storm = Decision(TUESDAY, DayKind.OFF, "bão", "Công điện 3")
        moment = datetime.combine(TUESDAY, time(9), tzinfo=TIMEZONE)
        assert not may_urge(moment, vietnam().overruled_by([storm]), HOURS)
