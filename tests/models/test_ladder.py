from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import vietnam
from models.ladder import LADDER, Addressee, LadderStep, day_of_step, ladder_of, reached
from models.timers import Timer, timers
from models.words import Stage

FRIDAY = date(2024, 6, 14)
OPENED = date(2024, 5, 20)
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def rung(due: date, today: date, opened: date = OPENED) -> str | None:
    found = reached(due, opened, today, vietnam())
    return found.code if found else None


def planned(due: date = FRIDAY, opens: date = OPENED) -> list[Timer]:
    closes = due + timedelta(days=7)
    return timers("53-kh-ubnd", "bao-cao", Stage.REPORTING, opens, [due], closes, vietnam())


class TestReached:
    @pytest.mark.parametrize(
        ("today", "expected"),
        [
            (date(2024, 6, 4), None),
            (date(2024, 6, 5), "before-7"),
            (date(2024, 6, 10), "before-7"),
            (date(2024, 6, 11), "before-3"),
            (date(2024, 6, 12), "before-3"),
            (date(2024, 6, 13), "before-1"),
            (date(2024, 6, 14), "due"),
            (date(2024, 6, 16), "due"),
            (date(2024, 6, 17), "overdue-1"),
            (date(2024, 6, 18), "overdue-1"),
            (date(2024, 6, 19), "overdue-3"),
            (date(2024, 12, 31), "overdue-3"),
        ],
    )
    def test_climbs_by_working_days(self, today: date, expected: str | None) -> None:
        assert rung(FRIDAY, today) == expected

    @pytest.mark.parametrize(
        ("today", "expected"),
        [
            (date(2024, 6, 11), None),
            (date(2024, 6, 12), None),
            (date(2024, 6, 13), "before-1"),
            (date(2024, 6, 19), "overdue-3"),
        ],
    )
    def test_steps_up_to_the_day_of_opening_do_not_count(
        self, today: date, expected: str | None
    ) -> None:
        assert rung(FRIDAY, today, opened=date(2024, 6, 11)) == expected

    def test_a_round_opened_when_it_is_due_goes_straight_to_overdue(self) -> None:
        assert rung(FRIDAY, FRIDAY, opened=FRIDAY) is None
        assert rung(FRIDAY, date(2024, 6, 17), opened=FRIDAY) == "overdue-1"

    def test_a_step_on_a_day_off_moves_to_a_worked_day(self) -> None:
        tet = date(2024, 2, 7)
        assert day_of_step(LADDER[4], tet, vietnam()) == date(2024, 2, 15)
        assert rung(tet, date(2024, 2, 14), opened=date(2024, 1, 10)) == "due"
        assert rung(tet, date(2024, 2, 15), opened=date(2024, 1, 10)) == "overdue-1"

    def test_a_date_fixed_on_a_sunday_is_overdue_on_monday(self) -> None:
        sunday, monday = date(2024, 6, 16), date(2024, 6, 17)
        assert rung(sunday, sunday) == "before-1"
        assert rung(sunday, monday) == "overdue-1"

    @given(DAYS, DAYS, DAYS, DAYS)
    def test_never_goes_down(self, due: date, opened: date, one: date, other: date) -> None:
        order = [None, *(step.code for step in LADDER)]
        earlier, later = sorted((one, other))
        assert order.index(rung(due, earlier, opened)) <= order.index(rung(due, later, opened))


class TestLadder:
    def test_has_every_rung_in_order(self) -> None:
        codes = ["before-7", "before-3", "before-1", "due", "overdue-1", "overdue-3"]
        assert [step.code for step in LADDER] == codes
        assert list(LADDER) == sorted(LADDER)

    def test_speaks_to_the_head_when_overdue_and_to_the_overseer_last(self) -> None:
        assert [s.code for s in LADDER if s.to_head] == ["overdue-1", "overdue-3"]
        assert [s.code for s in LADDER if s.to_overseer] == ["overdue-3"]

    @given(DAYS)
    def test_every_step_is_given_on_a_worked_day(self, due: date) -> None:
        found = [day_of_step(step, due, vietnam()) for step in LADDER]
        assert all(map(vietnam().is_working, found))
        assert found == sorted(found)


ROWS = [{"days": 5, "to": "overseer"}, {"days": -10, "to": "unit"}]


class TestOwnLadder:
    def test_is_in_order_whatever_order_the_file_has(self) -> None:
        assert ladder_of(ROWS) == (LadderStep(-10), LadderStep(5, Addressee.OVERSEER))
        assert ladder_of(None) == LADDER
        assert ladder_of([]) == ()

    def test_is_climbed_in_the_place_of_the_usual_one(self) -> None:
        own = ladder_of(ROWS)
        due, opened = FRIDAY, date(2024, 5, 2)
        days = [date(2024, 5, 30), date(2024, 5, 31), date(2024, 6, 20), date(2024, 6, 21)]
        found = [reached(due, opened, day, vietnam(), own) for day in days]
        assert found == [None, own[0], own[0], own[1]]


class TestTimers:
    def test_open_remind_and_close_at_their_hours_in_vietnam(self) -> None:
        found = planned()
        assert [timer.flow for timer in found] == ["reporting", *["reminders"] * 6, "summary"]
        assert found[0].at.astimezone(UTC) == datetime(2024, 5, 20, 1, 0, tzinfo=UTC)
        assert found[1].at.astimezone(UTC) == datetime(2024, 6, 5, 1, 30, tzinfo=UTC)
        assert found[-1].at.astimezone(UTC) == datetime(2024, 6, 21, 9, 0, tzinfo=UTC)

    def test_a_key_holds_directive_round_flow_and_date(self) -> None:
        assert planned()[0].key == "53-kh-ubnd/bao-cao/reporting@2024-05-20T08:00"
        assert planned()[-1].key == "53-kh-ubnd/bao-cao/summary@2024-06-21T16:00"

    def test_keys_are_unique_and_stay_the_same(self) -> None:
        keys = [timer.key for timer in planned()]
        assert len(set(keys)) == len(keys)
        assert keys == [timer.key for timer in planned()]

    def test_a_moved_deadline_gets_new_keys_and_keeps_its_opening(self) -> None:
        before = [timer.key for timer in planned()]
        after = [timer.key for timer in planned(due=date(2024, 6, 28))]
        assert before[0] == after[0]
        assert not set(before[-1:]) & set(after)

    def test_reminders_come_once_a_day_and_after_the_opening(self) -> None:
        sunday = planned(due=date(2024, 6, 16), opens=date(2024, 6, 11))
        days = [timer.at.date() for timer in sunday if timer.flow == "reminders"]
        assert days == [date(2024, 6, 12), date(2024, 6, 14), date(2024, 6, 17), date(2024, 6, 19)]

    def test_the_opening_is_no_reminder_too(self) -> None:
        found = planned(opens=date(2024, 6, 11))
        days = [timer.at.day for timer in found if timer.flow == "reminders"]
        assert days == [13, 14, 17, 19]

    @given(DAYS, st.integers(0, 40))
    def test_a_reminder_is_timed_for_every_step_that_will_be_reached(
        self, due: date, before: int
    ) -> None:
        opens = vietnam().next_working(due - timedelta(days=before))
        timed = {t.at.date() for t in planned(due, opens) if t.flow == "reminders"}
        days = {opens + timedelta(days=n) for n in range(1, 80)}
        climbs = {d for d in days if rung(due, d, opens) != rung(due, d - timedelta(1), opens)}
        assert climbs <= timed
