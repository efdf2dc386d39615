from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.status import (
    ANSWERED,
    COLOURS,
    OWED,
    Facts,
    Thresholds,
    days_overdue,
    status,
    tally,
)
from models.words import Ending, Status

DUE = date(2024, 6, 14)
SPAN = map(datetime.fromisoformat, ("2024-01-01", "2025-12-31"))
INSTANTS = st.datetimes(*SPAN, timezones=st.just(UTC))
MAYBE = st.none() | INSTANTS


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-06-{text}").replace(tzinfo=UTC)


# midnight in Vietnam is 17:00 UTC of the day before
LAST = "14T16:59:59"
MIDNIGHT = "14T17:00:00"


class TestUnanswered:
    @pytest.mark.parametrize(
        ("as_of", "expected"),
        [
            ("01T00:00:00", Status.OPEN),
            ("10T16:59:59", Status.OPEN),
            ("10T17:00:00", Status.NEARLY_DUE),
            ("13T08:00:00", Status.NEARLY_DUE),
            (LAST, Status.NEARLY_DUE),
            (MIDNIGHT, Status.OVERDUE),
            ("16T16:59:59", Status.OVERDUE),
            ("16T17:00:00", Status.LONG_OVERDUE),
            ("30T00:00:00", Status.LONG_OVERDUE),
        ],
    )
    def test_follows_the_day_it_is_in_vietnam(self, as_of: str, expected: Status) -> None:
        assert status(Facts(DUE), utc(as_of)) is expected

    @pytest.mark.parametrize(
        ("as_of", "days"), [("11T00:00:00", -3), (LAST, 0), (MIDNIGHT, 1), ("17T17:00:00", 4)]
    )
    def test_counts_calendar_days(self, as_of: str, days: int) -> None:
        assert days_overdue(DUE, utc(as_of)) == days


class TestAnswered:
    @pytest.mark.parametrize(
        ("answered", "expected"),
        [("03T02:00:00", Status.ON_TIME), (LAST, Status.ON_TIME), (MIDNIGHT, Status.LATE)],
    )
    def test_is_in_time_until_midnight_in_vietnam(self, answered: str, expected: Status) -> None:
        assert status(Facts(DUE, answered_at=utc(answered)), utc("20T00:00:00")) is expected

    def test_stays_in_time_for_ever(self) -> None:
        facts = Facts(DUE, answered_at=utc("10T00:00:00"))
        assert status(facts, datetime(2031, 1, 1, tzinfo=UTC)) is Status.ON_TIME

    def test_counts_from_its_very_instant(self) -> None:
        facts = Facts(DUE, answered_at=utc("12T03:00:00"))
        assert status(facts, utc("12T02:59:59")) is Status.NEARLY_DUE
        assert status(facts, utc("12T03:00:00")) is Status.ON_TIME

    def test_one_that_is_still_to_come_has_not_happened(self) -> None:
        facts = Facts(
            DUE, answered_at=utc("20T00:00:00"), ended_at=utc("21T00:00:00"), ending=Ending.DECLINED
        )
        assert status(facts, utc("15T00:00:00")) is Status.OVERDUE


class TestDeclined:
    def test_is_neither_answered_nor_owed(self) -> None:
        facts = Facts(DUE, ended_at=utc("05T00:00:00"), ending=Ending.DECLINED)
        assert status(facts, utc("04T00:00:00")) is Status.OPEN
        assert status(facts, utc("30T00:00:00")) is Status.DECLINED

    @pytest.mark.parametrize("answered", ["03T00:00:00", "07T00:00:00"])
    def test_an_answer_counts_more_whichever_came_first(self, answered: str) -> None:
        facts = Facts(
            DUE, answered_at=utc(answered), ended_at=utc("05T00:00:00"), ending=Ending.DECLINED
        )
        assert status(facts, utc("30T00:00:00")) is Status.ON_TIME


class TestEnded:
    @pytest.mark.parametrize(
        ("ending", "expected"),
        [
            (Ending.WAIVED, Status.WAIVED),
            (Ending.PASSED_ON, Status.PASSED_ON),
            (Ending.LAPSED, Status.LAPSED),
        ],
    )
    def test_is_owed_no_more_from_that_instant(self, ending: Ending, expected: Status) -> None:
        facts = Facts(DUE, ended_at=utc("12T03:00:00"), ending=ending)
        assert status(facts, utc("12T02:59:59")) is Status.NEARLY_DUE
        assert status(facts, utc("30T00:00:00")) is expected

    def test_that_the_round_has_closed_leaves_it_owed(self) -> None:
        facts = Facts(DUE, ended_at=utc("20T03:00:00"), ending=Ending.CLOSED)
        assert status(facts, utc("30T00:00:00")) is Status.LONG_OVERDUE


class TestThresholds:
    @pytest.mark.parametrize(
        ("as_of", "expected"),
        [
            ("04T16:59:59", Status.OPEN),
            ("04T17:00:00", Status.NEARLY_DUE),
            (MIDNIGHT, Status.OVERDUE),
            ("23T16:59:59", Status.OVERDUE),
            ("23T17:00:00", Status.LONG_OVERDUE),
        ],
    )
    def test_are_the_offices_own(self, as_of: str, expected: Status) -> None:
        assert status(Facts(DUE), utc(as_of), Thresholds(9, 10)) is expected


class TestEveryStatus:
    @given(MAYBE, MAYBE, INSTANTS, INSTANTS)
    def test_once_answered_or_declined_it_is_owed_no_more(
        self, answered: datetime | None, declined: datetime | None, one: datetime, other: datetime
    ) -> None:
        facts = Facts(DUE, answered, declined, declined and Ending.DECLINED)
        earlier, later = sorted((one, other))
        if status(facts, earlier) not in OWED:
            assert status(facts, later) not in OWED
        if status(facts, earlier) in ANSWERED:
            assert status(facts, later) is status(facts, earlier)

    def test_has_a_colour(self) -> None:
        assert set(COLOURS) == set(Status)
        gone = {Status.DECLINED, Status.WAIVED, Status.PASSED_ON, Status.LAPSED}
        assert ANSWERED | OWED | gone == set(Status)


class TestTally:
    def test_counts_units(self) -> None:
        gone = [Status.WAIVED, Status.PASSED_ON, Status.PASSED_ON, Status.LAPSED]
        found = [Status.ON_TIME] * 3 + [Status.LATE] * 2 + [Status.DECLINED, *OWED, *gone]
        assert tally(iter(found)) == {
            "asked": 14, "expected": 10, "received": 5, "on_time": 3, "late": 2, "declined": 1,
            "missing": 4, "waived": 1, "passed_on": 2, "lapsed": 1,
        }  # fmt: skip

    def test_of_nothing_is_nothing(self) -> None:
        assert set(tally([]).values()) == {0}

    @given(st.lists(st.sampled_from(Status)))
    def test_every_unit_is_counted_once(self, found: list[Status]) -> None:
        count = tally(found)
        assert count["asked"] == len(found)
        assert count["received"] == count["on_time"] + count["late"]
        assert count["expected"] == count["received"] + count["declined"] + count["missing"]
        assert count["missing"] == sum(s in OWED for s in found)
