"""Figures of every kind, parts of a whole, the outline, and soft rules with their explanations."""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import pytest

from models.answer_explanations import explainable
from models.answer_figures import figures
from models.answer_words import field_in_words
from models.answers import check_answer
from models.asked import Asked, Asks, Figure, Known
from models.report_asks import CheckItem, Jump, OutlineItem
from models.words import Basis, IndicatorKind, ReportPart, SubmissionKind

TODAY = date(2024, 6, 14)
VU = Asked(1, "vu", "Số vụ", IndicatorKind.COUNT, True, Basis.CUMULATIVE, adds_up=True)
ASKS = Asks(
    figures=[
        VU,
        Asked(2, "vu-hinh-su", "Hình sự", IndicatorKind.COUNT, False, part_of="vu"),
        Asked(3, "vu-hanh-chinh", "Hành chính", IndicatorKind.COUNT, False, part_of="vu"),
        Asked(4, "ngay", "Ngày ban hành", IndicatorKind.DATE, False),
        Asked(5, "muc", "Mức độ", IndicatorKind.CHOICE, False, choices=["Tốt", "Khá"]),
        Asked(6, "diem", "Điểm tự chấm", IndicatorKind.SCORE, False, points=10),
        Asked(7, "xu-ly", "Số vụ đã xử lý", IndicatorKind.COUNT, False),
    ],
    outline=[
        OutlineItem(code="ket-qua", title="Kết quả", part=ReportPart.RESULTS),
        OutlineItem(code="khac", title="Khác", part=ReportPart.CAUSES, required=False),
    ],
)
RIGHT: dict[str, Any] = {"sections": {"ket-qua": "Đã xong."}, "values": {"vu": 5}}


def wrong(asks: Asks = ASKS, **changes: Any) -> list[tuple[str, str]]:
    """The faults of a right report with some parts changed; a value of None takes one out."""
    payload = {name: said for name, said in (RIGHT | changes).items() if said is not None}
    found = check_answer(SubmissionKind.REPORT, payload, asks, TODAY)
    return [(fault.field, fault.message) for fault in found]


def fields(asks: Asks = ASKS, **changes: Any) -> list[str]:
    return [field for field, _message in wrong(asks, **changes)]


def with_values(**values: Any) -> list[tuple[str, str]]:
    return wrong(values={"vu": 5} | {name.replace("_", "-"): v for name, v in values.items()})


class TestKinds:
    @pytest.mark.parametrize(
        ("code", "value"),
        [("ngay", "2024-02-29"), ("ngay", date(2030, 1, 1)), ("muc", "Khá"), ("diem", 0),
         ("diem", 10), ("diem", 7.25)],
    )  # fmt: skip
    def test_a_right_value_is_taken(self, code: str, value: Any) -> None:
        assert with_values(**{code: value}) == []

    @pytest.mark.parametrize(
        ("code", "value", "message"),
        [
            ("ngay", "2023-02-29", "must be a date that exists"),
            ("ngay", "1024-02-29", "must be a date of the years 1976 to 2100"),
            ("ngay", 45000, "must be a date that exists"),
            ("muc", "Giỏi", "must be one of: Tốt; Khá"),
            ("muc", ["Tốt"], "must be one of"),
            ("diem", 10.5, "at most 10 points"),
            ("diem", -1, "must not be negative"),
            ("diem", True, "must be a number"),
        ],
    )
    def test_a_wrong_one_is_told(self, code: str, value: Any, message: str) -> None:
        ((field, said),) = with_values(**{code: value})
        assert field == f"values.{code}"
        assert message in said

    def test_each_is_stored_as_its_kind(self) -> None:
        given = {"vu": 5, "ngay": "2024-02-29", "muc": "Khá", "diem": 7.5}
        assert figures({"values": given}, ASKS) == [
            Figure(1, number=5), Figure(4, day=date(2024, 2, 29)), Figure(5, choice="Khá"),
            Figure(6, number=7.5),
        ]  # fmt: skip


class TestParts:
    def test_that_make_up_the_whole_are_taken(self) -> None:
        assert with_values(vu_hinh_su=2, vu_hanh_chinh=3) == []

    def test_one_alone_may_be_less(self) -> None:
        assert with_values(vu_hinh_su=2) == []

    def test_one_that_is_more_than_the_whole_is_told_with_both_numbers(self) -> None:
        ((field, said),) = with_values(vu_hinh_su=6)
        assert field == "values.vu-hinh-su"
        assert said == "6 is more than “Số vụ”, of which it is a part: 5"

    def test_that_come_to_another_number_are_told_with_both(self) -> None:
        ((field, said),) = with_values(vu_hinh_su=1, vu_hanh_chinh=3)
        assert field == "values.vu"
        assert said == "the parts of “Số vụ” come to 4, the whole says 5"

    def test_that_need_not_add_up_may_come_to_less(self) -> None:
        loose = replace(ASKS, figures=[replace(VU, adds_up=False), *ASKS.figures[1:]])
        assert fields(loose, values={"vu": 5, "vu-hinh-su": 1, "vu-hanh-chinh": 1}) == []

    def test_of_money_are_compared_to_the_last_digit_written(self) -> None:
        money = [replace(item, kind=IndicatorKind.MONEY) for item in ASKS.figures[:3]]
        asks = replace(ASKS, figures=money)
        assert fields(asks, values={"vu": 0.3, "vu-hinh-su": 0.1, "vu-hanh-chinh": 0.2}) == []
        assert fields(asks, values={"vu": 0.3, "vu-hinh-su": 0.1, "vu-hanh-chinh": 0.21})


class TestTheOutline:
    def test_wants_its_required_sections(self) -> None:
        assert fields(sections={"ket-qua": " ", "khac": "x"}) == ["sections.ket-qua"]
        assert fields(sections=None) == ["sections.ket-qua"]

    def test_takes_the_place_of_the_narrative(self) -> None:
        assert fields(narrative="x") == ["narrative"]
        plain = replace(ASKS, outline=())
        assert fields(plain, sections=None) == ["narrative"]
        assert fields(plain, narrative="x") == ["sections.ket-qua"]

    @pytest.mark.parametrize("said", ["x", ["x"], 3])
    def test_is_a_mapping(self, said: Any) -> None:
        assert "sections" in fields(sections=said)

    def test_knows_its_sections(self) -> None:
        ((field, said),) = wrong(sections={"ket-qua": "x", "la": "x"})
        assert (field, said) == (
            "sections.la", "the outline has no such section; it has: ket-qua, khac"
        )  # fmt: skip

    def test_contradicts_nothing_to_report(self) -> None:
        assert fields(nothing_to_report="Không", values=None) == ["sections"]
        assert fields(nothing_to_report="Không", values=None, sections=None) == []

    def test_goes_by_its_titles(self) -> None:
        assert field_in_words("sections.ket-qua", ASKS) == "Kết quả"
        assert field_in_words("values.vu-hinh-su", ASKS) == "Số vụ, of which: Hình sự"


class TestRules:
    HARD = CheckItem(code="xu-ly-it-hon", equation="xu-ly <= vu")
    SOFT = CheckItem(code="xu-ly-it-hon", equation="xu-ly <= vu", soft=True)
    MORE: ClassVar = {"vu": 5, "xu-ly": 6}

    def test_a_hard_one_refuses_and_no_explanation_helps(self) -> None:
        asks = replace(ASKS, checks=[self.HARD])
        assert fields(asks, values=self.MORE) == ["values.xu-ly"]
        said = {"xu-ly-it-hon": "Vụ năm trước"}
        assert "explanations.xu-ly-it-hon" in fields(asks, values=self.MORE, explanations=said)

    def test_a_soft_one_asks_for_the_reason_and_is_content_with_it(self) -> None:
        asks = replace(ASKS, checks=[self.SOFT])
        ((field, said),) = wrong(asks, values=self.MORE)
        assert field == "explanations.xu-ly-it-hon"
        assert "say why" in said
        assert fields(asks, values=self.MORE, explanations={"xu-ly-it-hon": " "}) == [field]
        assert fields(asks, values=self.MORE, explanations={"xu-ly-it-hon": "Từ năm trước"}) == []

    def test_figures_are_looked_at_once_they_are_right_in_themselves(self) -> None:
        asks = replace(ASKS, checks=[self.HARD])
        assert fields(asks, values=self.MORE | {"muc": "?"}) == ["values.muc"]

    def test_those_of_every_report_are_explained_by_their_names(self) -> None:
        before = Known(last_period={"vu": Figure(1, number=9)}, below={"vu": Figure(1, number=4)})
        asks = replace(ASKS, known=before, with_subordinates=True)
        assert fields(asks) == ["explanations.last:vu", "explanations.below:vu"]
        assert fields(asks, explanations={"last:vu": "Tách vụ", "below:vu": "Thêm cơ quan"}) == []

    def test_every_one_that_can_be_broken_has_a_place_beside_its_figure(self) -> None:
        jump = CheckItem(code="tang", jump=Jump(of="xu-ly"))
        asks = replace(ASKS, checks=[self.SOFT, jump], with_subordinates=True)
        places = {one.name: one.figure for one in explainable(asks)}
        assert places["xu-ly-it-hon"] == places["tang"] == "xu-ly"
        assert places["last:vu"] == places["below:vu"] == "vu"

    @pytest.mark.parametrize("said", ["x", ["x"], 0, {"la": "x"}, {"last:vu": 3}])
    def test_explanations_are_words_by_the_name_of_a_rule(self, said: Any) -> None:
        assert fields(explanations=said)[0].startswith("explanations")
