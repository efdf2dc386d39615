from datetime import date

import pytest

from models.calendar import vietnam
from models.directive_file import DirectiveFile
from models.errors import NotAllowed
from models.reasons import from_dicts, in_vietnamese, in_words
from models.timetable import PlannedRound, resolve, timetable
from tests.models.builders import a_question, a_round, asked_by, directive, values_of


def planned(rounds: str, **parts: str | None) -> list[PlannedRound]:
    return list(timetable(directive(rounds=rounds, **parts), vietnam()).rounds)


def only(when: str, **parts: str | None) -> PlannedRound:
    (found,) = planned(a_round(when=when), **parts)
    return found


class TestDueDates:
    @pytest.mark.parametrize(
        ("when", "due"),
        [
            ("{on: 2024-06-03}", date(2024, 6, 3)),
            ("{on: 2024-06-01}", date(2024, 6, 3)),
            ("{on: 2024-06-01, fixed: true}", date(2024, 6, 1)),
            ("{working_days: 0}", date(2024, 2, 26)),
            ("{working_days: 5}", date(2024, 3, 4)),
            ("{working_days: 1, after: 2024-06-07}", date(2024, 6, 10)),
            ("{month_day: 04-30, first: 2024, last: 2024}", date(2024, 5, 2)),
            ("{every: quarter, first: 2024, last: 2024, send_within: 1, only: [2]}",
             date(2024, 6, 17)),
            ("{every: nine_months, first: 2024, last: 2024, send_within: 2}", date(2024, 9, 17)),
        ],
    )  # fmt: skip
    def test_follow_their_rule(self, when: str, due: date) -> None:
        assert only(when).due == due

    def test_a_fixed_day_off_stays_and_says_why(self) -> None:
        found = only("{on: 2024-06-01, fixed: true}")
        assert values_of(found, "fixed") == [{"day": "01/06/2024", "why": "Thứ Bảy"}]
        assert not values_of(found, "shifted")

    @pytest.mark.parametrize("day", ["2024-03-02", "2024-03-03"])
    def test_issued_on_a_weekend_a_fixed_day_of_it_opens_no_later_than_due(self, day: str) -> None:
        found = only(f"{{on: {day}, fixed: true}}", issued="2024-03-02")
        assert found.opens <= found.due == date.fromisoformat(day)

    def test_nothing_is_due_before_the_date_of_issue(self) -> None:
        assert planned(a_round(when="{on: 2024-02-23}")) == []
        yearly = planned(a_round(when="{month_day: 01-31, first: 2023, last: 2025}"))
        assert [found.code for found in yearly] == ["dot-2025"]

    def test_a_period_cut_off_before_the_issue_is_not_asked_for(self) -> None:
        monthly = planned(a_round(when="{every: month, first: 2024, last: 2024, send_within: 2}"))
        assert monthly[0].code == "dot-2024-03"
        assert len(monthly) == 10

    def test_the_cutoff_may_fall_on_the_day_of_issue(self) -> None:
        when = "{every: month, first: 2024, last: 2024, send_within: 2, only: [3]}"
        assert only(when, issued="2024-03-14").code == "dot-2024-03"

    def test_only_keeps_the_periods_named(self) -> None:
        when = "{every: half, first: 2024, last: 2026, send_within: 5, only: [1]}"
        found = planned(a_round(when=when))
        assert [r.code for r in found] == ["dot-2024-h1", "dot-2025-h1", "dot-2026-h1"]

    def test_rounds_come_in_order_of_due_date(self) -> None:
        rounds = a_round(code="sau", when="{on: 2024-07-01}") + a_round(code="truoc")
        assert [found.code for found in planned(rounds)] == ["truoc", "sau"]


class TestOpeningAndClosing:
    def test_opens_its_notice_before_it_is_due(self) -> None:
        (found,) = planned(a_round(when="{on: 2024-06-14}", notice="5"))
        assert found.opens == date(2024, 6, 7)

    def test_does_not_open_before_the_date_of_issue(self) -> None:
        assert only("{working_days: 3}").opens == date(2024, 2, 26)

    def test_issued_on_a_day_off_opens_on_the_next_worked_day(self) -> None:
        found = only("{working_days: 3}", issued="2024-03-02")
        assert (found.opens, found.due) == (date(2024, 3, 4), date(2024, 3, 6))

    @pytest.mark.parametrize(("within", "due"), [(5, date(2024, 6, 21)), (6, date(2024, 6, 24))])
    def test_the_province_has_the_25th_where_it_lies_ahead(self, within: int, due: date) -> None:
        when = f"{{every: half, first: 2024, last: 2024, send_within: {within}, only: [1]}}"
        found = only(when)
        assert (found.due, found.closes) == (due, date(2024, 6, 25))
        assert values_of(found, "province-sends") == [
            {"day": "25/06/2024", "date": "25", "source": "Nghị định 09/2019/NĐ-CP"}
        ]

    def test_a_period_sent_after_the_25th_closes_five_days_later(self) -> None:
        found = only("{every: half, first: 2024, last: 2024, send_within: 7, only: [1]}")
        assert (found.due, found.closes) == (date(2024, 6, 25), date(2024, 7, 2))
        assert values_of(found, "summary-after") == [{"day": "02/07/2024", "days": "5"}]

    def test_a_calendar_period_is_named_as_one(self) -> None:
        when = (
            "{every: month, first: 2024, last: 2024, send_within: 3, only: [5], regime: calendar}"
        )
        found = only(when)
        assert (found.due, found.closes) == (date(2024, 6, 5), date(2024, 6, 12))
        assert values_of(found, "cutoff") == [
            {"start": "01/05/2024", "cutoff": "31/05/2024", "source": "kỳ theo năm dương lịch"}
        ]

    def test_nine_months_name_their_own_source(self) -> None:
        found = only("{every: nine_months, first: 2024, last: 2024, send_within: 2}")
        (cutoff,) = values_of(found, "cutoff")
        assert "Thanh tra Chính phủ" in cutoff["source"]


class TestQuestions:
    def test_a_round_of_the_text_binds_at_once(self) -> None:
        found = only("{on: 2024-06-03}")
        assert found.binding and found.questions == ()

    def test_a_proposed_reading_gives_the_date_and_binds_nobody(self) -> None:
        (found,) = planned(asked_by(), questions=a_question())
        assert (found.due, found.binding, found.questions) == (date(2024, 6, 3), False, ("han",))
        assert values_of(found, "question") == [
            {"question": "han", "why": "Văn bản không nêu ngày."}
        ]

    def test_a_confirmed_reading_binds_and_says_who_confirmed_it(self) -> None:
        question = a_question(confirmed="{by: Bà Hoa, on: 2024-03-01}")
        (found,) = planned(asked_by(), questions=question)
        assert found.binding
        assert values_of(found, "confirmed") == [{"by": "Bà Hoa", "on": "01/03/2024"}]

    def test_a_question_without_a_date_is_refused(self) -> None:
        with pytest.raises(NotAllowed, match="dot"):
            planned(asked_by(), questions=a_question(proposed="{text: tùy}"))

    def test_on_request_is_listed_apart(self) -> None:
        rounds = a_round() + a_round(code="yeu-cau", when='{on_request: "yes"}')
        table = timetable(directive(rounds=rounds), vietnam())
        assert [r.code for r in table.rounds] == ["dot"]
        assert [r.code for r in table.on_request] == ["yeu-cau"]


class TestDateOfIssue:
    ISSUE = a_question(id="ngay", about="[issued]", proposed="{on: 2024-01-15}")

    def test_unknown_without_a_question_is_refused(self) -> None:
        with pytest.raises(NotAllowed):
            planned(a_round(), issued=None)

    def test_a_question_that_proposes_no_day_is_refused(self) -> None:
        vague = a_question(about="[issued]", proposed="{text: tùy}")
        with pytest.raises(NotAllowed):
            planned(a_round(), issued=None, questions=vague)

    def test_a_proposed_date_of_issue_dates_every_round_and_binds_none(self) -> None:
        found = only("{working_days: 3}", issued=None, questions=self.ISSUE)
        assert (found.due, found.binding) == (date(2024, 1, 18), False)
        assert found.questions == ("ngay",)

    def test_a_question_named_by_the_round_too_counts_once(self) -> None:
        (found,) = planned(a_round(also_questions="[ngay]"), issued=None, questions=self.ISSUE)
        assert found.questions == ("ngay",)
        assert len(values_of(found, "question")) == 1

    def test_a_known_date_of_issue_needs_no_question(self) -> None:
        assert only("{working_days: 3}", questions=self.ISSUE).binding


class TestReasons:
    def test_quote_the_words_with_their_lines(self) -> None:
        quoted = "\n  - {id: A1, bodies: [Sở A], role: implement, quote: giao Sở A, lines: [3, 5]}"
        found = only("{on: 2024-06-03}", assignments=quoted)
        (values,) = values_of(found, "quote")
        assert values["quote"] == "giao Sở A"
        assert "3–5" in values["lines"]

    def test_say_so_where_the_text_has_no_words(self) -> None:
        silent = "\n  - {id: A1, bodies: [Sở A], role: implement}"
        assert only("{on: 2024-06-03}", assignments=silent).reason[0].rule == "no-words"

    def test_read_the_same_after_being_stored(self) -> None:
        found = only("{on: 2024-06-01}")
        stored = [step.as_dict() for step in found.reason]
        assert tuple(from_dicts(stored)) == found.reason
        assert in_words(stored) == " ".join(map(str, found.reason))
        assert "03/06/2024" in in_words(stored) and "03/06/2024" in in_vietnamese(stored)

    def test_an_unknown_rule_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            from_dicts([{"rule": "guess"}])


class TestReferences:
    FILE: DirectiveFile = directive(
        measures='\n  - {num: Một là, ordinal: 1, measures: [{num: "1.1", quote: trong}]}',
        phases="\n  - {num: 1, final_review: {when_text: cuối năm, quote: tổng kết}}",
    )

    @pytest.mark.parametrize(
        "ref",
        ["assignments/A1", "measures/1", "measures/1.1", "phases/1", "phases/1/final_review"],
    )
    def test_name_a_part_of_the_text(self, ref: str) -> None:
        assert resolve(self.FILE, ref) is not None

    @pytest.mark.parametrize(
        "ref",
        ["assignments/A9", "phases/1/preliminary_review", "phases/1/num", "tasks/1", "subject"],
    )
    def test_name_nothing(self, ref: str) -> None:
        assert resolve(self.FILE, ref) is None
