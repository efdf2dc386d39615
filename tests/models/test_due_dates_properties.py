"""What holds of every due date, whatever the rule, the report regime and the operator's table."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import DayKind, Decision, vietnam
from models.directive_asks import OnDate, Periodic, When, WorkingDaysAfter, YearlyOn
from models.directive_file import DirectiveFile
from models.due_dates import Due, closing, due_dates
from models.i18n import speaking
from models.reasons import Step, from_dicts
from models.report_regimes import Limit, ReportRegime, shipped
from models.timetable import timetable
from models.words import Every, Level
from tests.models.test_timetable_properties import directives

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
YEARS = st.integers(2024, 2031)
DAYS_OF_MONTH = st.integers(1, 28)
WORKING_DAYS = st.integers(1, 60)

dated = st.builds(OnDate, on=DAYS, fixed=st.booleans())
counted = st.builds(
    WorkingDaysAfter, working_days=st.integers(0, 60), after=st.just("issued") | DAYS
)
yearly = st.builds(
    lambda day, year: YearlyOn(month_day=f"{day:%m-%d}", first=year, last=year + 1),
    st.dates(date(2023, 1, 1), date(2023, 12, 31)),
    YEARS,
)
limits = (
    st.builds(Limit, after_cutoff=WORKING_DAYS)
    | st.builds(Limit, before_province=WORKING_DAYS)
    | st.builds(Limit, on_day=DAYS_OF_MONTH)
)
own_regimes = st.builds(
    ReportRegime,
    code=st.just("tinh"),
    name=st.just("Quy chế của tỉnh"),
    every=st.just(dict.fromkeys(Every, "Quy chế của tỉnh")),
    cutoff_day=st.none() | DAYS_OF_MONTH,
    province_sends_on=DAYS_OF_MONTH,
    on_day_off=st.sampled_from(["next", "previous"]),
    limits=st.dictionaries(st.sampled_from(Level), limits, min_size=1),
)
regimes = st.sampled_from(list(shipped().values())) | own_regimes
decisions = st.lists(
    st.builds(
        Decision,
        day=st.dates(date(2024, 1, 1), date(2024, 3, 31)),
        kind=st.sampled_from([DayKind.OFF, DayKind.WORK]),
        reason=st.just("Quyết định của tỉnh"),
        source=st.just("QĐ 1/QĐ-UBND"),
    ),
    max_size=40,
    unique_by=lambda decision: decision.day,
)


@st.composite
def periodics(draw: st.DrawFn, regime: ReportRegime, by_level: bool = False) -> Periodic:
    """A rule of a regime; one whose levels send one after the other, where that is wanted."""
    year = draw(YEARS)
    return Periodic(
        every=draw(st.sampled_from(sorted(regime.every))),
        first=year,
        last=year,
        send_within=None if by_level else draw(st.none() | WORKING_DAYS),
        regime=regime.code,
    )


def dues(when: When, issued: date, regime: ReportRegime | None = None) -> list[Due]:
    known = {regime.code: regime} if regime else {}
    return list(due_dates(when, issued, vietnam(), known))


def days_of(due: Due) -> list[date]:
    return [due.day, *due.by_level.values()]


class TestEveryDueDate:
    @given(dated | counted | yearly, DAYS)
    def test_is_worked_unless_the_text_fixes_it(self, when: When, issued: date) -> None:
        for due in dues(when, issued):
            assert getattr(when, "fixed", False) or vietnam().is_working(due.day)

    @given(dated, DAYS)
    def test_says_so_where_a_fixed_day_is_off(self, when: OnDate, issued: date) -> None:
        (due,) = dues(when, issued)
        assert not when.fixed or due.day == when.on
        told = "fixed" in [step.rule for step in due.steps]
        assert told == (not vietnam().is_working(due.day))

    @given(st.data(), regimes)
    def test_of_a_period_is_worked_and_after_its_cutoff(
        self, data: st.DataObject, regime: ReportRegime
    ) -> None:
        for due in dues(data.draw(periodics(regime)), date(2023, 1, 1), regime):
            assert due.period is not None
            for day in days_of(due):
                assert vietnam().is_working(day)
                assert day > due.period.cutoff

    @given(st.data(), regimes)
    def test_is_the_last_of_the_levels_and_before_the_province_closes(
        self, data: st.DataObject, regime: ReportRegime
    ) -> None:
        for due in dues(data.draw(periodics(regime, by_level=True)), date(2023, 1, 1), regime):
            assert set(due.by_level) == set(regime.limits)
            assert due.day == max(due.by_level.values())
            closes, _step = closing(due, regime, vietnam())
            assert due.day < closes
            assert vietnam().is_working(closes)

    @given(st.data(), st.sampled_from(["nd09", "qd01-2023-khanh-hoa", "calendar"]))
    def test_of_communes_is_never_after_that_of_departments(
        self, data: st.DataObject, code: str
    ) -> None:
        regime = shipped()[code]
        for due in dues(data.draw(periodics(regime, by_level=True)), date(2023, 1, 1), regime):
            assert due.by_level[Level.COMMUNE] <= due.by_level[Level.DISTRICT]
            assert due.by_level[Level.COMMUNE] <= due.by_level[Level.PROVINCE]

    @given(st.data(), own_regimes)
    def test_of_every_level_is_said(self, data: st.DataObject, regime: ReportRegime) -> None:
        for due in dues(data.draw(periodics(regime, by_level=True)), date(2023, 1, 1), regime):
            said = " ".join(value for step in due.steps for _name, value in step.values)
            assert all(f"{day:%d/%m/%Y}" in said for day in due.by_level.values())


class TestTheOperatorsTable:
    @given(decisions)
    def test_wins_over_weekends_holidays_and_what_is_shipped(self, rows: list[Decision]) -> None:
        calendar = vietnam().overruled_by(rows)
        for row in rows:
            assert calendar.is_working(row.day) == (row.kind is DayKind.WORK)
            assert "QĐ 1/QĐ-UBND" in (calendar.special(row.day) or "")

    @given(decisions, st.dates(date(2024, 1, 1), date(2024, 3, 31)), st.integers(1, 30))
    def test_is_counted_by_day_after_day(
        self, rows: list[Decision], issued: date, count: int
    ) -> None:
        calendar = vietnam().overruled_by(rows)
        (due,) = due_dates(WorkingDaysAfter(working_days=count), issued, calendar, {})
        assert due.day == counted_by_hand(issued, count, {row.day: row.kind for row in rows})

    @given(decisions, dated | yearly)
    def test_moves_a_date_off_its_days_off(self, rows: list[Decision], when: When) -> None:
        calendar = vietnam().overruled_by(rows)
        off = {row.day for row in rows if row.kind is DayKind.OFF}
        for due in due_dates(when, date(2024, 1, 1), calendar, {}):
            assert getattr(when, "fixed", False) or due.day not in off

    @given(decisions)
    def test_leaves_a_date_on_a_day_it_makes_worked(self, rows: list[Decision]) -> None:
        calendar = vietnam().overruled_by(rows)
        for row in rows:
            (due,) = due_dates(OnDate(on=row.day), row.day, calendar, {})
            assert (due.day == row.day) == (row.kind is DayKind.WORK)


def counted_by_hand(start: date, count: int, table: Mapping[date, DayKind]) -> date:
    """The count-th worked day after another: by the table, else as the calendar shipped has it."""
    for day in days_after(start):
        worked = table[day] is DayKind.WORK if day in table else vietnam().is_working(day)
        count -= worked
        if count == 0:
            return day
    raise AssertionError


def days_after(start: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range(1, 400))


class TestEveryReason:
    @given(st.data(), dated | counted | yearly | st.none(), regimes)
    def test_is_a_sentence_in_both_languages(
        self, data: st.DataObject, when: When | None, regime: ReportRegime
    ) -> None:
        rule = when or data.draw(periodics(regime))
        for due in dues(rule, date(2024, 1, 1), regime):
            _day, close = closing(due, regime, vietnam())
            read(*due.steps, close)

    @given(directives())
    def test_of_a_whole_timetable_is_so_too(self, file: DirectiveFile) -> None:
        for found in timetable(file, vietnam()).rounds:
            read(*found.reason)


def read(*steps: Step) -> None:
    """Reads every step in both languages, and once more as it is stored."""
    for step in steps:
        with speaking("en"):
            english = str(step)
        with speaking("vi"):
            assert str(step) == step.in_vietnamese()
        for sentence in (english, step.in_vietnamese()):
            assert sentence.endswith(".")
            assert "{" not in sentence
    assert tuple(from_dicts([step.as_dict() for step in steps])) == steps
