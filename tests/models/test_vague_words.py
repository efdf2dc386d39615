"""Vague words of time: each gives its proposed reading, which binds nobody until confirmed."""

import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.calendar import vietnam
from models.directive_asks import OnDate, Periodic, YearlyOn
from models.directive_check import check_file
from models.timetable import PlannedRound, timetable
from models.vague_words import Span, propose
from tests.models.builders import (
    FaultsOf,
    a_question,
    asked_by,
    directive,
    file_text,
    line_of,
    places,
    values_of,
)

SPAN = Span(2024, 2031)


def every(period: str, **more: Any) -> dict[str, Any]:
    return {"every": period, "first": 2024, "last": 2031, **more}


def yearly(month_day: str) -> dict[str, Any]:
    return {"month_day": month_day, "first": 2024, "last": 2031}


BY_FLAG = every("month", regime="calendar", send_within=3)
READINGS: list[tuple[str, dict[str, Any]]] = [
    ("đầu năm", yearly("01-31")),
    ("đầu năm 2026", {"on": "2026-01-31"}),
    ("giữa năm", yearly("06-30")),
    ("giữa năm 2027", {"on": "2027-06-30"}),
    ("cuối năm", yearly("12-20")),
    ("cuối năm 2030", {"on": "2030-12-20"}),
    ("quý I", yearly("03-31")),
    ("quý II", yearly("06-30")),
    ("quý III", yearly("09-30")),
    ("quý IV", yearly("12-31")),
    ("quý II năm 2026", {"on": "2026-06-30"}),
    ("quý II/2026", {"on": "2026-06-30"}),
    ("quý 4/2025", {"on": "2025-12-31"}),
    ("định kỳ", every("half")),
    ("định kỳ hằng tháng", every("month")),
    ("hằng tháng", every("month")),
    ("mỗi quý", every("quarter")),
    ("định kỳ 6 tháng", every("half")),
    ("hằng năm", every("year")),
    ("hằng tháng gắn với chào cờ", BY_FLAG),
    ("Định kỳ hằng tháng gắn với Lễ chào cờ, sinh hoạt chi bộ", BY_FLAG),
    ("khi có yêu cầu", {"on_request": "yes"}),
    ("đột xuất khi được yêu cầu", {"on_request": "yes"}),
]
NONE = [
    "quý trọng",
    "Kính gửi quý cơ quan",
    "quy chế",
    "quý V",
    "kịp thời",
    "khẩn trương",
    "sớm nhất có thể",
    "yêu cầu",
    "năm 2026",
    "",
]


def read(words: str) -> dict[str, Any] | None:
    found = propose(words, SPAN)
    return dict(found.proposed) if found else None


class TestReadings:
    @pytest.mark.parametrize(("words", "reading"), READINGS, ids=[words for words, _ in READINGS])
    def test_follow_the_words(self, words: str, reading: dict[str, Any]) -> None:
        assert read(words) == reading

    @pytest.mark.parametrize(("words", "reading"), READINGS, ids=[words for words, _ in READINGS])
    def test_are_found_inside_a_longer_phrase_however_it_is_typed(
        self, words: str, reading: dict[str, Any]
    ) -> None:
        phrase = f"Các đơn vị thực hiện, báo cáo  {words}, bảo đảm chất lượng."
        assert read(phrase) == read(phrase.upper()) == reading
        assert read(unicodedata.normalize("NFD", phrase)) == reading

    @pytest.mark.parametrize(
        ("one", "other"),
        [("quý II", "qúy II"), ("hằng tháng", "hàng tháng"), ("quý II/2026", "Qúy II – 2026")],
    )
    def test_are_the_same_in_both_tone_mark_styles(self, one: str, other: str) -> None:
        assert read(one) == read(other) is not None

    @pytest.mark.parametrize(("words", "_reading"), READINGS, ids=[words for words, _ in READINGS])
    def test_say_why(self, words: str, _reading: dict[str, Any]) -> None:
        found = propose(words, SPAN)
        assert found is not None and found.why.endswith(".")

    @pytest.mark.parametrize("words", NONE)
    def test_are_not_made_up_for_other_words(self, words: str) -> None:
        assert read(words) is None

    @pytest.mark.parametrize(
        ("words", "not_this"),
        [
            ("thời hạn tháng 6/2026", every("month")),  # hạn, not hằng
            ("thời hạn năm 2026", every("year")),
            ("trước ngày 03 tháng 02 hằng năm", every("quarter")),  # the third of February
            ("ngày 6 tháng 5 năm 2026", every("half")),
            ("đầu năm học 2025-2026", yearly("01-31")),  # September
            ("Quỹ 1", yearly("03-31")),  # a fund
        ],
    )
    def test_do_not_come_from_words_that_only_look_like_theirs(
        self, words: str, not_this: dict[str, Any]
    ) -> None:
        assert read(words) != not_this

    @pytest.mark.parametrize(("words", "same"), [("định kì", "định kỳ"), ("quí II", "quý II")])
    def test_are_the_same_written_with_i(self, words: str, same: str) -> None:
        assert read(words) == read(same)


def question(**fields: str | None) -> str:
    """A question that leaves reading and why to the words."""
    return a_question(**{"proposed": None, "why": None, "confirmed": None} | fields)


def planned(question: str, **parts: str | None) -> list[PlannedRound]:
    horizon = {"horizon": "{from: 2024, to: 2026}"} | parts
    file = directive(rounds=asked_by(), questions=question, **horizon)
    return list(timetable(file, vietnam()).rounds)


class TestAQuestionOfWords:
    def test_is_completed_with_reading_and_why(self) -> None:
        file = directive(rounds=asked_by(), questions=question(words="cuối năm 2026"))
        (found,) = file.questions
        assert found.proposed == OnDate(on=date(2026, 12, 20))
        assert "20/12" in found.why

    @pytest.mark.parametrize(
        ("parts", "first", "last"),
        [
            ({"horizon": "{from: 2024, to: 2026}"}, 2024, 2026),
            ({"horizon": "{from: 2021, to: 2030}"}, 2024, 2030),  # not before the issue
            ({"horizon": "{from: 2024-03-01, to: 2025-12-31}"}, 2024, 2025),
            ({"horizon": "{from: 2025, to: 2027}", "issued": None}, 2025, 2027),
        ],
    )
    def test_without_a_year_runs_from_the_issue_to_the_end_of_the_horizon(
        self, parts: dict[str, str | None], first: int, last: int
    ) -> None:
        (found,) = directive(questions=question(words="cuối năm"), **parts).questions
        assert found.proposed == YearlyOn(month_day="12-20", first=first, last=last)

    @pytest.mark.parametrize("horizon", ["{from: 2024, to: 2024}", None])
    def test_is_asked_at_least_once(self, horizon: str | None) -> None:
        assert planned(question(words="đầu năm"), horizon=horizon)

    def test_is_asked_where_the_date_of_issue_is_only_proposed(self) -> None:
        issue = a_question(id="ngay", about="[issued]", proposed="{on: 2024-01-15}")
        assert planned(question(words="cuối năm") + issue, issued=None, horizon=None)

    def test_may_be_registered_and_shows_its_reading(self, tmp_path: Path) -> None:
        path = tmp_path / "directive.yaml"
        path.write_text(file_text(rounds=asked_by(), questions=question(words="hằng quý")))
        (found,) = check_file(path).directive.questions
        assert isinstance(found.proposed, Periodic)
        assert (found.proposed.every, found.proposed.regime) == ("quarter", "nd09")

    def test_keeps_a_reading_and_a_why_of_its_own(self) -> None:
        own = question(words="cuối năm", proposed="{on: 2025-11-30}", why="Theo Công văn 5.")
        assert directive(questions=own).questions[0].proposed == OnDate(on=date(2025, 11, 30))
        assert directive(questions=own).questions[0].why == "Theo Công văn 5."
        only_why = question(words="cuối năm 2026", why="Theo lệ.")
        assert directive(questions=only_why).questions[0].why == "Theo lệ."
        assert directive(questions=only_why).questions[0].proposed == OnDate(on=date(2026, 12, 20))

    def test_of_words_unknown_is_a_fault_at_its_line(self, faults_of: FaultsOf) -> None:
        text = file_text(rounds=asked_by(), questions=question(words="kịp thời"))
        assert places(faults_of(text)) == [(line_of(text, "words:"), "questions[1].words")]

    def test_that_are_no_text_is_a_fault_at_its_line(self, faults_of: FaultsOf) -> None:
        text = file_text(rounds=asked_by(), questions=question(words="2026"))
        assert (line_of(text, "words:"), "questions[1].words") in places(faults_of(text))

    def test_binds_nobody_until_confirmed(self) -> None:
        found = planned(question(words="cuối năm"))
        assert [r.code for r in found] == ["dot-2024", "dot-2025", "dot-2026"]
        assert not any(r.binding for r in found)
        assert all(values_of(r, "unconfirmed") == [{}] for r in found)
        assert all("20/12" in values_of(r, "question")[0]["why"] for r in found)

    def test_binds_once_confirmed(self) -> None:
        found = planned(question(words="cuối năm", confirmed="{by: Bà Hoa, on: 2024-03-01}"))
        assert [r.due for r in found] == [
            date(2024, 12, 20),
            date(2025, 12, 22),  # the 20th is a Saturday
            date(2026, 12, 21),  # the 20th is a Sunday
        ]
        assert all(r.binding for r in found)

    def test_on_request_waits_to_be_opened(self) -> None:
        file = directive(rounds=asked_by(), questions=question(words="khi có yêu cầu"))
        found = timetable(file, vietnam())
        assert found.rounds == ()
        assert [item.code for item in found.on_request] == ["dot"]
