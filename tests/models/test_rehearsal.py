"""The dry run of a draft: Tết and long breaks, answers that meet, load by week, lồng ghép."""

from datetime import date, timedelta

import pytest

from models.calendar import Calendar, vietnam
from models.carriers import Carrier, Carrying, carriers, in_series
from models.register import Register
from models.rehearsal import Call, Collision, Season, calls_of, collisions, near_tet, recurring
from models.tet import tet_of
from models.workload import HeatMap, heat_maps, load
from tests.models.builders import a_question, a_round, asked_by, directive, units

ALL = "[Các sở]"


def departments(count: int) -> Register:
    """Sở 1, Sở 2 …; together they are "Các sở", and the first half of them "Một nửa"."""
    rows = [{"code": f"so-{n}", "name": f"Sở {n}"} for n in range(1, count + 1)]
    half = ";".join(row["code"] for row in rows[: count // 2])
    return units(*rows, groups={"Các sở": "so", "Một nửa": half or "so"})


ONE = departments(1)


def on(day: str, code: str = "dot", **fields: str) -> str:
    """A round that asks "Các sở" on that very day, be it worked or not."""
    when = f"{{on: {day}, fixed: true}}"
    return a_round(**{"code": code, "when": when, "units": ALL, "units_of": None} | fields)


def series(when: str, code: str = "ky", **fields: str) -> str:
    return a_round(**{"code": code, "when": when, "units": ALL, "units_of": None} | fields)


def draft(*rounds: str, register: Register = ONE) -> list[Call]:
    return calls_of(directive(rounds="".join(rounds)), register, vietnam(), is_draft=True)


def in_force(*rounds: str, register: Register = ONE, symbol: str = "2-KL/TU") -> list[Call]:
    file = directive(rounds="".join(rounds), symbol=symbol)
    return calls_of(file, register, vietnam(), is_draft=False)


def codes(calls: tuple[Call, ...]) -> set[str]:
    return {call.round.code for call in calls}


class TestCalls:
    def test_ask_the_units_that_live_when_the_round_opens(self) -> None:
        register = units(
            {"code": "cu", "name": "Sở Cũ", "ends": "2024-05-31"},
            {"code": "moi", "name": "Sở Mới", "begins": "2024-06-01"},
            groups={"Các sở": "so"},
        )
        found = draft(on("2024-06-10", "a", notice="20"), on("2024-06-12", "b", notice="5"),
                      register=register)  # fmt: skip
        assert [call.units for call in found] == [("cu",), ("moi",)]

    def test_ask_a_unit_once_however_often_it_is_named(self) -> None:
        (found,) = draft(a_round(units_of="[A1]", units="[Sở A, Các sở]"),
                         register=units({}, groups={"Các sở": "so"}))  # fmt: skip
        assert found.units == ("so-a",)

    def test_are_proposed_until_their_question_is_confirmed(self) -> None:
        file = directive(rounds=asked_by(), questions=a_question())
        (found,) = calls_of(file, ONE, vietnam(), is_draft=True)
        assert not found.round.binding


def spoiled(day: str) -> Season | None:
    bad = near_tet(draft(on(day)), vietnam())
    return bad[0].season if bad else None


class TestTet:
    @pytest.mark.parametrize(
        ("year", "first", "last"),
        [
            (2025, date(2025, 1, 25), date(2025, 2, 2)),
            (2026, date(2026, 2, 14), date(2026, 2, 22)),
            (2028, date(2028, 1, 22), date(2028, 1, 30)),
        ],
    )
    def test_is_found_with_the_weekends_that_touch_it(
        self, year: int, first: date, last: date
    ) -> None:
        found = tet_of(year, vietnam())
        assert found and (found.first, found.last) == (first, last)

    def test_is_longer_by_a_day_off_decided_beside_it(self) -> None:
        found = tet_of(2026, Calendar(off={date(2026, 2, 13): "Nghỉ hoán đổi"}))
        assert found and found.first == date(2026, 2, 13)

    def test_is_cut_short_by_a_day_worked_by_decision(self) -> None:
        found = tet_of(2026, Calendar(worked={date(2026, 2, 21): "Làm bù"}))
        assert found and found.last == date(2026, 2, 20)

    def test_is_not_the_new_year_of_january(self) -> None:
        assert spoiled("2026-01-05") is Season.AFTER_BREAK

    @pytest.mark.parametrize(
        ("day", "season"),
        [
            ("2025-01-14", None),
            ("2025-01-15", Season.BEFORE_TET),
            ("2025-01-24", Season.BEFORE_TET),
            ("2025-01-25", Season.IN_TET),
            ("2025-02-02", Season.IN_TET),
            ("2025-02-03", Season.AFTER_TET),
            ("2025-02-05", Season.AFTER_TET),
            ("2025-02-06", None),
            ("2026-02-03", None),
            ("2026-02-04", Season.BEFORE_TET),
            ("2026-02-17", Season.IN_TET),
            ("2026-02-25", Season.AFTER_TET),
            ("2026-02-26", None),
            ("2028-01-11", None),
            ("2028-01-12", Season.BEFORE_TET),
            ("2028-02-02", Season.AFTER_TET),
            ("2028-02-03", None),
        ],
    )
    def test_spoils_ten_days_before_it_and_three_worked_days_after(
        self, day: str, season: Season | None
    ) -> None:
        assert spoiled(day) is season

    def test_names_the_first_day_that_is_clear_of_it(self) -> None:
        calls = draft(on("2025-01-20", "a"), on("2025-02-05", "b"))
        assert {bad.clear for bad in near_tet(calls, vietnam())} == {date(2025, 2, 6)}

    def test_says_which_holiday_it_means(self) -> None:
        (bad,) = near_tet(draft(on("2025-01-20")), vietnam())
        for day in ("20/01/2025", "25/01/2025", "02/02/2025"):
            assert day in str(bad)


class TestLongBreaks:
    def test_spoil_the_first_day_after_them(self) -> None:
        (bad,) = near_tet(draft(on("2024-05-02")), vietnam())
        assert (bad.season, bad.off.days, bad.clear) == (
            Season.AFTER_BREAK, 5, date(2024, 5, 3),
        )  # fmt: skip

    def test_are_three_days_long_at_least(self) -> None:
        assert spoiled("2025-04-08") is Season.AFTER_BREAK  # Monday the 7th: Giỗ Tổ
        assert spoiled("2024-06-03") is None  # after a mere weekend
        assert spoiled("2024-05-03") is None  # the second day

    def test_do_not_spoil_a_fixed_day_within_them(self) -> None:
        assert spoiled("2024-04-30") is None


class TestCollisions:
    def test_two_answers_on_one_day_meet(self) -> None:
        (met,) = collisions(draft(on("2024-06-03")) + in_force(on("2024-06-03", "cu")))
        assert (met.day, met.whole_week, met.units) == (date(2024, 6, 3), False, ("so-1",))
        assert codes(met.calls) == {"dot", "cu"}

    def test_two_of_the_draft_meet_too(self) -> None:
        assert collisions(draft(on("2024-06-03", "a"), on("2024-06-03", "b")))

    def test_what_is_in_force_already_is_no_fault_of_the_draft(self) -> None:
        same_day = in_force(*(on("2024-06-03", f"cu-{n}") for n in range(4)))
        same_week = in_force(*(on(f"2024-06-{n}", f"cu-{n}") for n in range(17, 20)))
        assert collisions(draft(on("2024-06-10")) + same_day + same_week) == []

    def test_one_answer_each_of_two_units_is_none(self) -> None:
        register = departments(2)
        other = in_force(on("2024-06-03", "cu", units="[Sở 2]"), register=register)
        assert collisions(draft(on("2024-06-03", units="[Sở 1]"), register=register) + other) == []

    def test_a_hundred_units_with_the_same_are_one(self) -> None:
        register = departments(100)
        calls = draft(on("2024-06-03"), register=register)
        calls += in_force(on("2024-06-03", "cu"), register=register)
        (met,) = collisions(calls)
        assert len(met.units) == 100 and "100" in str(met)

    def test_units_with_something_else_stand_apart(self) -> None:
        register = departments(10)
        calls = draft(on("2024-06-03"), on("2024-06-03", "nua", units="[Một nửa]"),
                      register=register)  # fmt: skip
        calls += in_force(on("2024-06-03", "cu"), register=register)
        assert [(len(met.calls), len(met.units)) for met in collisions(calls)] == [(3, 5), (2, 5)]

    @pytest.mark.parametrize(("days", "count"), [(("03", "05", "07"), 1), (("03", "07"), 0)])
    def test_three_in_a_week_meet(self, days: tuple[str, ...], count: int) -> None:
        found = collisions(draft(*(on(f"2024-06-{day}", f"d-{day}") for day in days)))
        assert len(found) == count
        for met in found:
            assert met.whole_week and met.day == date(2024, 6, 3)

    def test_three_on_one_day_are_said_once(self) -> None:
        (met,) = collisions(draft(*(on("2024-06-05", f"d-{n}") for n in range(3))))
        assert not met.whole_week

    def test_a_week_runs_from_monday_to_sunday(self) -> None:
        around = ("2024-06-07", "2024-06-09", "2024-06-10")  # Friday, Sunday, Monday
        assert collisions(draft(*(on(day, f"d-{day}") for day in around))) == []

    def test_a_week_goes_on_over_the_new_year(self) -> None:
        days = ("2024-12-30", "2024-12-31", "2025-01-03")
        (met,) = collisions(draft(*(on(day, f"d-{day}") for day in days)))
        assert met.day == date(2024, 12, 30)

    def test_that_come_back_every_year_are_one_line(self) -> None:
        when = "{month_day: 06-05, first: 2024, last: 2026}"
        calls = draft(series(when)) + in_force(series(when, "cu"), on("2024-06-05", "rieng"))
        calls += in_force(on("2025-09-10", "mot"), symbol="3-KL/TU") + draft(
            on("2025-09-10", "hai")
        )
        lines: list[list[Collision]] = recurring(collisions(calls))
        assert sorted(len(line) for line in lines) == [1, 1, 2]

    def test_of_other_units_next_year_are_a_line_of_their_own(self) -> None:
        register = units(
            {"code": "cu", "name": "Sở Cũ", "ends": "2024-12-31"},
            {"code": "moi", "name": "Sở Mới", "begins": "2025-01-01"},
            groups={"Các sở": "so"},
        )
        when = "{month_day: 06-05, first: 2024, last: 2025}"
        calls = draft(series(when), register=register)
        calls += in_force(series(when, "cu"), register=register)
        assert [line[0].units for line in recurring(collisions(calls))] == [("cu",), ("moi",)]


class TestLoad:
    def test_counts_the_draft_apart_from_what_is_in_force(self) -> None:
        calls = draft(on("2024-06-03", "a"), on("2024-06-07", "b"))
        calls += in_force(on("2024-06-09", "cu"), on("2024-06-10", "sau"))
        found = load(calls)["so-1"]
        assert {week: (n.draft, n.others) for week, n in found.items()} == {
            date(2024, 6, 3): (2, 1),
            date(2024, 6, 10): (0, 1),
        }

    def test_of_the_last_days_of_a_year_is_that_of_their_monday(self) -> None:
        found = load(draft(on("2024-12-31", "a"), on("2025-01-03", "b"), on("2025-01-06", "c")))
        assert {week: n.total for week, n in found["so-1"].items()} == {
            date(2024, 12, 30): 2,
            date(2025, 1, 6): 1,
        }


def shape(found: HeatMap) -> list[tuple[int, int]]:
    """How many units each row has, and its greatest load."""
    return [(len(row.units), row.peak) for row in found.rows]


class TestHeatMaps:
    def test_show_four_weeks_around_the_draft(self) -> None:
        (found,) = heat_maps(draft(on("2024-06-05", "a"), on("2024-06-26", "b")))
        assert (found.weeks[0], found.weeks[-1]) == (date(2024, 5, 6), date(2024, 7, 22))
        assert len(found.weeks) == 4 + 4 + 4

    def test_join_units_of_the_same_load(self) -> None:
        register = departments(40)
        calls = draft(on("2024-06-05"), register=register)
        calls += in_force(on("2024-06-05", "cu", units="[Một nửa]"), register=register)
        (found,) = heat_maps(calls)
        assert shape(found) == [(20, 2), (20, 1)]
        assert [len(row.calls[date(2024, 6, 3)]) for row in found.rows] == [2, 1]

    def test_name_what_is_due_to_any_unit_of_a_row(self) -> None:
        register = departments(2)
        calls = draft(on("2024-06-05"), register=register)
        for n in (1, 2):
            calls += in_force(on("2024-06-05", f"cu-{n}", units=f"[Sở {n}]"), register=register)
        (row,) = heat_maps(calls)[0].rows
        week = date(2024, 6, 3)
        assert row.load[week].total == 2
        assert codes(row.calls[week]) == {"dot", "cu-1", "cu-2"}

    def test_leave_out_units_that_the_draft_does_not_ask(self) -> None:
        register = departments(2)
        calls = draft(on("2024-06-05", units="[Sở 1]"), register=register)
        calls += in_force(on("2024-06-05", "cu"), register=register)
        (found,) = heat_maps(calls)
        assert [row.units for row in found.rows] == [("so-1",)]

    def test_of_a_long_draft_are_one_a_year_of_the_weeks_that_have_something(self) -> None:
        yearly = series("{month_day: 06-05, first: 2024, last: 2026}")
        found = heat_maps(draft(yearly) + in_force(on("2025-09-10", "cu")))
        assert [(map_.year, len(map_.weeks)) for map_ in found] == [(2024, 1), (2025, 2), (2026, 1)]

    def test_of_sixty_weeks_are_still_one(self) -> None:
        first = date(2024, 6, 5)
        for weeks, maps in ((51, 1), (52, 2)):
            last = first + timedelta(weeks=weeks)
            calls = draft(on(first.isoformat(), "a"), on(last.isoformat(), "b"))
            assert len(heat_maps(calls)) == maps

    def test_give_the_week_of_new_year_to_the_year_of_its_thursday(self) -> None:
        calls = draft(on("2024-12-31", "a"), on("2026-06-03", "b"))
        assert [map_.year for map_ in heat_maps(calls)] == [2025, 2026]

    def test_are_none_where_nobody_is_asked(self) -> None:
        assert heat_maps(draft(on("2024-06-05"), register=Register({}))) == []


YEAR = "{every: year, first: 2024, last: 2024, send_within: 5}"
LATE_YEAR = "{every: year, first: 2024, last: 2024, send_within: 40}"


def carrying(calls: list[Call]) -> list[Carrier]:
    return carriers(calls, vietnam())


class TestCarriers:
    def test_a_report_due_the_same_day_that_all_owe_carries(self) -> None:
        register = departments(20)
        calls = draft(on("2024-12-20"), register=register)
        calls += in_force(on("2024-12-20", "cu"), register=register, symbol="53/KH-UBND")
        (found,) = carrying(calls)
        assert (found.call.round.code, found.by.directive) == ("dot", "53/KH-UBND")
        assert (found.shared, found.share, found.apart) == (20, 1, 0)
        assert "20 of 20 units" in str(found) and "same day" in str(found)

    @pytest.mark.parametrize(
        ("day", "apart"),
        [
            ("2024-05-28", None), ("2024-05-29", -10), ("2024-06-13", 1), ("2024-06-26", 10),
            ("2024-06-27", None),
        ],
    )  # fmt: skip
    def test_lies_within_ten_working_days(self, day: str, apart: int | None) -> None:
        found = carrying(draft(on("2024-06-12")) + in_force(on(day, "cu")))
        assert [carrier.apart for carrier in found] == ([] if apart is None else [apart])

    def test_of_the_same_period_may_lie_further(self) -> None:
        (found,) = carrying(draft(series(YEAR)) + in_force(series(LATE_YEAR, "cu")))
        assert found.same_period and found.apart > 10
        assert "same period" in str(found)

    def test_of_another_period_may_not(self) -> None:
        other = series("{every: quarter, first: 2024, last: 2024, send_within: 5}", "cu")
        found = carrying(draft(series(YEAR)) + in_force(other))
        assert [carrier.by.round.code for carrier in found] == ["cu-2024-q4"]
        assert not found[0].same_period

    @pytest.mark.parametrize(("count", "carried"), [(10, True), (11, False)])
    def test_is_owed_by_half_the_units(self, count: int, carried: bool) -> None:
        register = units(
            *({"code": f"so-{n}", "name": f"Sở {n}"} for n in range(count)),
            groups={"Các sở": "so", "Năm sở": ";".join(f"so-{n}" for n in range(5))},
        )
        calls = draft(on("2024-06-12"), register=register)
        calls += in_force(on("2024-06-12", "cu", units="[Năm sở]"), register=register)
        assert bool(carrying(calls)) is carried

    def test_is_a_report_and_carries_a_report(self) -> None:
        plan = {"stage": "planning"}
        assert not carrying(draft(on("2024-06-12")) + in_force(on("2024-06-12", "cu", **plan)))
        assert not carrying(draft(on("2024-06-12", **plan)) + in_force(on("2024-06-12", "cu")))

    def test_is_not_due_before_the_draft_asks(self) -> None:
        asked = on("2024-06-12", notice="3")  # opens on the 7th
        assert not carrying(draft(asked) + in_force(on("2024-06-06", "cu")))
        assert carrying(draft(asked) + in_force(on("2024-06-07", "cu")))

    def test_may_be_a_later_report_of_the_draft_itself(self) -> None:
        (found,) = carrying(draft(on("2024-12-20", "nam"), on("2024-12-27", "so-ket")))
        assert (found.call.round.code, found.by.round.code) == ("nam", "so-ket")

    def test_counts_the_figures_that_both_ask(self) -> None:
        asks = {"indicators": "[a, b]"}
        mine = directive(
            rounds=on("2024-06-12", **asks),
            indicators="\n  - {code: a, label: Số vụ, kind: count}"
            "\n  - {code: b, label: Số người, kind: count}",
        )
        other = directive(
            symbol="2-KL/TU",
            rounds=on("2024-06-12", **asks),
            indicators="\n  - {code: a, label: Số Vụ, kind: count}"
            "\n  - {code: b, label: Kinh phí, kind: money}",
        )
        (found,) = carrying(
            calls_of(mine, ONE, vietnam(), is_draft=True)
            + calls_of(other, ONE, vietnam(), is_draft=False)
        )
        assert found.figures == 1 and "1 of the 2" in str(found)

    def test_come_best_first(self) -> None:
        calls = draft(series(YEAR), on("2024-12-27", "so-ket"))  # the year's is due on the 20th
        calls += in_force(on("2024-12-25", "sau"), on("2024-12-19", "gan"), series(LATE_YEAR, "ky"))
        found = [c.by.round.code for c in carrying(calls) if c.call.round.series == "ky"]
        assert found == ["ky-2024", "gan", "sau", "so-ket"]

    def test_of_two_series_are_one_line_with_its_rounds(self) -> None:
        mine = series("{month_day: 09-10, first: 2024, last: 2026}")
        theirs = series("{month_day: 09-12, first: 2024, last: 2026}", "cu")
        once = in_force(on("2024-06-12", "dau"))
        lines: list[Carrying] = in_series(
            carrying(draft(mine, on("2024-06-12", "giua")) + in_force(theirs) + once)
        )
        assert [(line.best.by.round.series, len(line.rounds)) for line in lines] == [
            ("cu", 3),
            ("dau", 1),
        ]

    def test_in_force_come_before_those_of_the_draft(self) -> None:
        calls = draft(on("2024-06-12", "nam"), on("2024-06-12", "so-ket"))
        calls += in_force(on("2024-06-17", "cu"))
        found = [c.by.round.code for c in carrying(calls) if c.call.round.code == "nam"]
        assert found == ["cu", "so-ket"]
