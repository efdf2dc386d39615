"""Report regimes as data: those shipped, a directive file's own, and what is wrong with one."""

from datetime import date

import pytest

from models.calendar import vietnam
from models.periods import periods_of
from models.report_regimes import known, shipped
from models.timetable import PlannedRound, timetable
from models.words import Every, Level
from tests.models.builders import FaultsOf, a_round, directive, file_text, item, line_of, places

REGIME: dict[str, str | None] = {
    "code": "tinh",
    "name": "Quyết định 10/2024/QĐ-UBND",
    "every": "{month: Quyết định 10/2024/QĐ-UBND}",
    "cutoff_day": "20",
    "on_day_off": "next",
    "limits": "{province: {after_cutoff: 2}}",
}
MAY = "{every: month, first: 2024, last: 2024, only: [5], regime: %s}"


def a_regime(**fields: str | None) -> str:
    return item(REGIME, **fields)


def planned(regimes: str, when: str = MAY % "tinh") -> PlannedRound:
    file = directive(rounds=a_round(when=when), report_regimes=regimes)
    (found,) = timetable(file, vietnam()).rounds
    return found


def asking(regimes: str | None, when: str = MAY % "tinh") -> str:
    """A file whose one round follows a rule."""
    return file_text(report_regimes=regimes, rounds=a_round(when=when))


class TestShipped:
    def test_are_known_by_code(self) -> None:
        assert list(shipped()) == ["nd09", "calendar", "qd01-2023-khanh-hoa"]
        assert known([]) == shipped()

    @pytest.mark.parametrize("code", ["nd09", "calendar", "qd01-2023-khanh-hoa"])
    def test_name_their_sources_and_give_every_level_a_limit(self, code: str) -> None:
        regime = shipped()[code]
        assert regime.name and all(regime.every.values())
        assert set(regime.limits) == set(Level)

    @pytest.mark.parametrize("code", ["nd09", "calendar", "qd01-2023-khanh-hoa"])
    def test_may_be_named_by_a_file_for_every_period_they_have(self, code: str) -> None:
        for every in shipped()[code].every:
            when = f"{{every: {every}, first: 2025, last: 2025, regime: {code}}}"
            file = directive(rounds=a_round(when=when))
            found = timetable(file, vietnam()).rounds
            assert len(found) == len(periods_of(every, 2025, shipped()[code]))
            assert all(set(r.by_level) == set(Level) for r in found)

    def test_khanh_hoa_has_no_report_of_nine_months(self) -> None:
        assert Every.NINE_MONTHS not in shipped()["qd01-2023-khanh-hoa"].every


class TestAFilesOwn:
    def test_is_used(self) -> None:
        found = planned(a_regime())
        assert found.period is not None
        assert (found.period.start, found.period.cutoff) == (date(2024, 4, 21), date(2024, 5, 20))
        assert found.due == date(2024, 5, 22)
        assert "Quyết định 10/2024/QĐ-UBND" in " ".join(map(str, found.reason))

    def test_wins_over_one_shipped(self) -> None:
        ours = planned(a_regime(code="nd09"), MAY % "nd09")
        assert (ours.due, ours.by_level) == (date(2024, 5, 22), {Level.PROVINCE: date(2024, 5, 22)})
        (theirs,) = timetable(directive(rounds=a_round(when=MAY % "nd09")), vietnam()).rounds
        assert theirs.due == date(2024, 5, 21)  # Sat 25, so Fri 24: back 23, 22, Tue 21

    def test_leaves_the_others_as_they_are(self) -> None:
        assert planned(a_regime(), MAY % "nd09").due == date(2024, 5, 21)

    def test_without_a_day_of_cutoff_follows_the_calendar(self) -> None:
        found = planned(a_regime(cutoff_day=None))
        assert found.period is not None
        assert (found.period.start, found.period.cutoff) == (date(2024, 5, 1), date(2024, 5, 31))

    def test_without_limits_serves_where_the_round_says_within_how_many_days(self) -> None:
        when = "{every: month, first: 2024, last: 2024, only: [5], regime: tinh, send_within: 3}"
        assert planned(a_regime(limits=None), when).due == date(2024, 5, 23)


class TestFaults:
    def test_an_unknown_one_lists_those_known(self, faults_of: FaultsOf) -> None:
        text = asking(a_regime(), MAY % "nd90")
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (line_of(text, "when:"), "rounds[1].when.regime")
        assert fault.found == "nd90"
        assert "tinh" in fault.message and "nd09" in fault.message

    @pytest.mark.parametrize("regime", ["tinh", "qd01-2023-khanh-hoa"])
    def test_a_period_it_does_not_have_lists_those_it_has(
        self, faults_of: FaultsOf, regime: str
    ) -> None:
        when = f"{{every: nine_months, first: 2024, last: 2024, regime: {regime}}}"
        text = asking(a_regime(), when)
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (line_of(text, "when:"), "rounds[1].when.every")
        assert fault.found == "nine_months" and "month" in fault.message

    def test_no_limits_and_no_days_leave_the_date_open(self, faults_of: FaultsOf) -> None:
        text = asking(a_regime(limits=None))
        assert places(faults_of(text)) == [(line_of(text, "when:"), "rounds[1].when.send_within")]

    @pytest.mark.parametrize(
        "limit", ["{after_cutoff: 2, on_day: 20}", "{after_cutoff: 2, before_province: 3}", "{}"]
    )
    def test_a_limit_is_one_of_three(self, faults_of: FaultsOf, limit: str) -> None:
        limits = f"\n      province: {limit}"
        text = asking(a_regime(limits=limits, province_sends_on="25"))
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (
            line_of(text, "province: {"),
            "report_regimes[1].limits.province",
        )
        assert "after_cutoff" in fault.message

    def test_counting_back_needs_the_day_the_provinces_report_leaves(
        self, faults_of: FaultsOf
    ) -> None:
        text = asking(a_regime(limits="{province: {before_province: 3}}"))
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (line_of(text, "code: tinh"), "report_regimes[1]")
        assert "province_sends_on" in fault.message

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"cutoff_day": "29"}, "cutoff_day"),  # no day of every month
            ({"province_sends_on": "0"}, "province_sends_on"),
            ({"on_day_off": "stay"}, "on_day_off"),
            ({"limits": "{province: {after_cutoff: 0}}"}, "limits.province.after_cutoff"),
            ({"cutoff": "14"}, "cutoff"),
        ],
    )
    def test_a_wrong_value_is_refused_where_it_stands(
        self, faults_of: FaultsOf, fields: dict[str, str], field: str
    ) -> None:
        text = asking(a_regime(**fields))
        ((line, found),) = places(faults_of(text))
        assert found == f"report_regimes[1].{field}"
        assert line == line_of(text, f"    {next(iter(fields))}:")

    @pytest.mark.parametrize(
        ("fields", "field"),
        [({"every": "{week: x}"}, "every"), ({"limits": "{village: {on_day: 20}}"}, "limits")],
    )
    def test_an_unknown_period_or_level_lists_those_allowed(
        self, faults_of: FaultsOf, fields: dict[str, str], field: str
    ) -> None:
        text = asking(a_regime(**fields))
        fault = faults_of(text)[0]
        assert fault.line == line_of(text, f"    {field}:")
        assert fault.field.startswith(f"report_regimes[1].{field}")

    def test_a_code_standing_twice_is_refused(self, faults_of: FaultsOf) -> None:
        text = asking(a_regime() + a_regime(name="Quy chế khác"))
        second = text[: text.rindex("code: tinh")].count("\n") + 1
        assert places(faults_of(text)) == [(second, "report_regimes[2]")]
