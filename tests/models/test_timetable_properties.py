from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import vietnam
from models.directive_asks import OnDate, Periodic, RoundItem, When, WorkingDaysAfter, YearlyOn
from models.directive_file import DirectiveFile
from models.timetable import PlannedRound, timetable
from models.words import Every
from tests.models.builders import directive, values_of

YEARS = st.integers(2023, 2033)
DAYS = st.dates(date(2023, 1, 1), date(2033, 12, 31))
MONTH_DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31)).map(lambda day: f"{day:%m-%d}")
SPANS = st.tuples(YEARS, st.integers(0, 3)).map(lambda s: {"first": s[0], "last": s[0] + s[1]})

on_date = st.builds(OnDate, on=DAYS, fixed=st.booleans())
after = st.builds(WorkingDaysAfter, working_days=st.integers(0, 90), after=st.just("issued") | DAYS)
yearly = st.builds(lambda day, span: YearlyOn(month_day=day, **span), MONTH_DAYS, SPANS)
periodic = st.builds(
    lambda every, span, within, regime, only: Periodic(
        every=every, send_within=within, regime=regime, only=only, **span
    ),
    st.sampled_from(Every),
    SPANS,
    st.integers(1, 20),
    st.sampled_from(["nd09", "calendar"]),
    st.lists(st.integers(1, 12), max_size=3),
)
WHENS = on_date | after | yearly | periodic


@st.composite
def directives(draw: st.DrawFn, whens: st.SearchStrategy[When] = WHENS) -> DirectiveFile:
    """A directive issued on any day of a year, with one series of rounds."""
    item = RoundItem.model_validate(
        {
            "code": "dot", "stage": "reporting", "title": "Báo cáo", "asks": "Đề nghị báo cáo.",
            "basis": ["assignments/A1"], "units_of": ["A1"],
            "when": draw(whens), "notice": draw(st.integers(1, 40)),
        }
    )  # fmt: skip
    issued = draw(st.dates(date(2023, 6, 1), date(2025, 6, 30)))
    return directive().model_copy(update={"issued": issued, "rounds": [item]})


def rounds_of(file: DirectiveFile) -> tuple[PlannedRound, ...]:
    return timetable(file, vietnam()).rounds


class TestEveryTimetable:
    @given(directives())
    def test_is_due_on_a_worked_day_unless_the_text_fixes_it(self, file: DirectiveFile) -> None:
        fixed = getattr(file.rounds[0].when, "fixed", False)
        for found in rounds_of(file):
            assert fixed or vietnam().is_working(found.due)

    @given(directives())
    def test_opens_falls_due_and_closes_in_that_order(self, file: DirectiveFile) -> None:
        for found in rounds_of(file):
            assert found.opens <= found.due < found.closes
            assert vietnam().is_working(found.closes)

    @given(directives())
    def test_asks_for_nothing_before_the_date_of_issue(self, file: DirectiveFile) -> None:
        for found in rounds_of(file):
            assert file.issued is not None and file.issued <= found.opens

    @given(directives(periodic))
    def test_asks_for_figures_only_after_they_are_cut_off(self, file: DirectiveFile) -> None:
        when = file.rounds[0].when
        assert isinstance(when, Periodic)
        for found in rounds_of(file):
            assert found.period is not None and found.period.cutoff < found.due
            allowed = vietnam().working_days_between(found.period.cutoff, found.due)
            assert allowed == when.send_within
            assert not when.only or found.period.number in when.only

    @given(directives())
    def test_gives_each_round_a_code_of_its_own(self, file: DirectiveFile) -> None:
        codes = [found.code for found in rounds_of(file)]
        assert len(codes) == len(set(codes))

    @given(directives(on_date | yearly))
    def test_moves_a_date_only_off_days_off_and_says_so(self, file: DirectiveFile) -> None:
        for found in rounds_of(file):
            for move in values_of(found, "shifted"):
                day = date(*map(int, reversed(move["day"].split("/"))))
                assert move["why"] == vietnam().day_off(day)
                assert vietnam().next_working(day) == found.due

    @given(directives())
    def test_says_which_years_are_computed(self, file: DirectiveFile) -> None:
        for found in rounds_of(file):
            assert bool(values_of(found, "computed")) == vietnam().is_computed(found.due)

    @given(directives())
    def test_is_the_same_when_asked_twice(self, file: DirectiveFile) -> None:
        assert rounds_of(file) == rounds_of(file.model_copy(deep=True))
