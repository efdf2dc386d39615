from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.answer_figures import figures
from models.answer_values import MAX_NUMBER, MAX_TEXT
from models.answers import MAX_ROWS, check_answer
from models.asked import Asked, Asks, Figure
from models.words import IndicatorKind, SubmissionKind

TODAY = date(2024, 6, 14)
# without a zone, as cells of a spreadsheet are
LATE_TODAY, TOMORROW = map(datetime.fromisoformat, ("2024-06-14T23:00", "2024-06-15T00:00"))
ASKED = Asks(
    [
        Asked(1, "so-hoi-nghi", "Số hội nghị", IndicatorKind.COUNT, True),
        Asked(2, "ty-le", "Số người trên tổng số", IndicatorKind.RATIO, False),
        Asked(3, "kinh-phi", "Kinh phí", IndicatorKind.MONEY, False),
        Asked(4, "da-ban-hanh", "Đã ban hành", IndicatorKind.YES_NO, False),
        Asked(5, "kho-khan", "Khó khăn", IndicatorKind.TEXT, False),
    ]
)
RIGHT: dict[SubmissionKind, dict[str, Any]] = {
    SubmissionKind.ACKNOWLEDGEMENT: {"received_on": "2024-06-13", "brought_to_staff": "họp"},
    SubmissionKind.ACTION_PLAN: {
        "rows": [{"measure": "rà soát", "product": "báo cáo", "who": "Phòng A", "by": "2024-09-01"}]
    },
    SubmissionKind.PROGRESS: {
        "percent": 60,
        "narrative": "đang làm",
        "values": {"so-hoi-nghi": 3},
    },
    SubmissionKind.REPORT: {"values": {"so-hoi-nghi": 3}, "narrative": "đã tổ chức"},
    SubmissionKind.DECLINE: {"reason": "không thuộc chức năng"},
}
EVIDENCE = {"document": "12/KH-SYT", "issued": "2024-06-01"}
ACKNOWLEDGEMENT, PLAN, PROGRESS, REPORT, DECLINE = RIGHT


def wrong(kind: SubmissionKind, **changes: Any) -> list[str]:
    """The fields at fault in a right answer with some parts changed."""
    return [f.field for f in check_answer(kind, RIGHT[kind] | changes, ASKED, TODAY)]


def reporting(**values: Any) -> list[str]:
    given = {name.replace("_", "-"): value for name, value in values.items()}
    return wrong(REPORT, values={"so-hoi-nghi": 3} | given)


class TestEveryKind:
    @pytest.mark.parametrize("kind", RIGHT)
    def test_a_right_answer_has_no_fault(self, kind: SubmissionKind) -> None:
        assert set(RIGHT) == set(SubmissionKind)
        assert wrong(kind) == []

    @pytest.mark.parametrize("kind", RIGHT)
    def test_an_empty_answer_is_refused(self, kind: SubmissionKind) -> None:
        assert check_answer(kind, {}, ASKED, TODAY)

    @pytest.mark.parametrize("kind", RIGHT)
    def test_an_unknown_field_is_refused(self, kind: SubmissionKind) -> None:
        assert wrong(kind, extra=1) == ["extra"]

    @pytest.mark.parametrize(
        ("kind", "field"),
        [(ACKNOWLEDGEMENT, "brought_to_staff"), (PROGRESS, "narrative"), (REPORT, "narrative"),
         (DECLINE, "reason")],
    )  # fmt: skip
    @pytest.mark.parametrize("value", [None, "", " \n", 5, ["a"], "a" * (MAX_TEXT + 1)])
    def test_words_must_be_given_as_text(
        self, kind: SubmissionKind, field: str, value: object
    ) -> None:
        assert wrong(kind, **{field: value}) == [field]


class TestAcknowledgement:
    @pytest.mark.parametrize("day", [TODAY, "2024-06-14", LATE_TODAY])
    def test_may_be_received_today(self, day: object) -> None:
        assert wrong(ACKNOWLEDGEMENT, received_on=day) == []

    @pytest.mark.parametrize(
        "day",
        [
            "2024-06-15",
            date(2025, 1, 1),
            TOMORROW,
            "14/06/2024",
            "2024-02-31",
            "0001-01-01",
            "1975-12-31",
            "",
            5,
            None,
            [],
        ],
    )
    def test_no_future_and_no_false_date(self, day: object) -> None:
        assert wrong(ACKNOWLEDGEMENT, received_on=day) == ["received_on"]


class TestActionPlan:
    @pytest.mark.parametrize("rows", [[], None, "rà soát", {"measure": "a"}, [{}] * (MAX_ROWS + 1)])
    def test_needs_rows(self, rows: object) -> None:
        assert wrong(PLAN, rows=rows) == ["rows"]

    def test_a_row_must_be_whole(self) -> None:
        right = RIGHT[PLAN]["rows"][0]
        rows = [right, right | {"who": " ", "by": "quý III"}, {}, "rà soát"]
        assert wrong(PLAN, rows=rows) == [
            "rows[2].who",
            "rows[2].by",
            "rows[3].measure",
            "rows[3].product",
            "rows[3].who",
            "rows[3].by",
            "rows[4]",
        ]


class TestProgress:
    def test_gives_the_figures_that_are_asked(self) -> None:
        assert wrong(PROGRESS, values={}) == ["values.so-hoi-nghi"]

    @pytest.mark.parametrize("percent", [0, 33.3, 99])
    def test_under_way_needs_no_evidence(self, percent: float) -> None:
        assert wrong(PROGRESS, percent=percent) == []

    @pytest.mark.parametrize(
        "percent", [-1, 100.5, float("nan"), float("inf"), "60", "60%", None, True, [60]]
    )
    def test_must_be_a_number_from_0_to_100(self, percent: object) -> None:
        assert wrong(PROGRESS, percent=percent) == ["percent"]

    @pytest.mark.parametrize("evidence", [None, [], ""])
    def test_all_done_needs_evidence(self, evidence: object) -> None:
        assert wrong(PROGRESS, percent=100, evidence=evidence) == ["evidence"]
        assert wrong(PROGRESS, percent=100, evidence=[EVIDENCE]) == []

    @pytest.mark.parametrize(
        "item",
        [
            {},
            {"document": "12/KH"},
            EVIDENCE | {"document": " "},
            EVIDENCE | {"document": True},
            EVIDENCE | {"issued": "hôm qua"},
            "12/KH",
            5,
        ],
    )
    def test_evidence_is_a_document_and_its_date(self, item: object) -> None:
        assert wrong(PROGRESS, percent=100, evidence=[EVIDENCE, item]) == ["evidence[2]"]

    def test_evidence_comes_as_a_list(self) -> None:
        assert wrong(PROGRESS, evidence=EVIDENCE) == ["evidence"]


class TestFigures:
    @pytest.mark.parametrize("count", [0, 3, 3.0, int(MAX_NUMBER)])
    def test_a_count_is_a_whole_number(self, count: float) -> None:
        assert reporting(so_hoi_nghi=count) == []

    @pytest.mark.parametrize(
        "count", [-1, 2.5, "3", "ba", True, float("nan"), float("inf"), 1e300, 10**400, {}, [3]]
    )
    def test_nothing_else_is_a_count(self, count: object) -> None:
        assert reporting(so_hoi_nghi=count) == ["values.so-hoi-nghi"]

    @pytest.mark.parametrize(
        ("money", "right"), [(1.5, True), (0, True), (-1, False), ("1", False)]
    )
    def test_money_may_have_decimals(self, money: object, right: bool) -> None:
        assert (reporting(kinh_phi=money) == []) is right

    @pytest.mark.parametrize("value", ["có", 1, 0, "true", []])
    def test_yes_or_no_is_nothing_else(self, value: object) -> None:
        assert reporting(da_ban_hanh=value) == ["values.da-ban-hanh"]

    @pytest.mark.parametrize("parts", [(0, 0), (0, 5), (5, 5), (3.0, 4)])
    def test_a_ratio_is_a_share(self, parts: tuple[float, float]) -> None:
        assert reporting(ty_le=dict(zip(("numerator", "denominator"), parts, strict=True))) == []

    @pytest.mark.parametrize(
        ("ratio", "at"),
        [
            ({"numerator": 6, "denominator": 5}, ""),
            ({"numerator": 6}, ""),
            ({"numerator": 1, "denominator": 2, "percent": 50}, ""),
            (97.5, ""),
            ("97,5%", ""),
            ({"numerator": -1, "denominator": 5}, ".numerator"),
            ({"numerator": 1, "denominator": "5"}, ".denominator"),
            ({"numerator": True, "denominator": 5}, ".numerator"),
            ({"numerator": 1, "denominator": float("nan")}, ".denominator"),
            ({"numerator": 0.5, "denominator": 1}, ".numerator"),
            ({"numerator": None, "denominator": 5}, ".numerator"),
        ],
    )
    def test_what_is_no_share_is_refused(self, ratio: object, at: str) -> None:
        assert reporting(ty_le=ratio) == [f"values.ty-le{at}"]

    @pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}])
    def test_text_is_text(self, value: object) -> None:
        assert reporting(kho_khan=value) == ["values.kho-khan"]

    def test_an_unknown_figure_is_refused_and_those_asked_are_listed(self) -> None:
        values = {"so-hoi-nghi": 3, "so-khac": 1}
        (fault,) = check_answer(REPORT, RIGHT[REPORT] | {"values": values}, ASKED, TODAY)
        assert fault.field == "values.so-khac" and "so-hoi-nghi" in fault.message

    @pytest.mark.parametrize("value", [None, "", "  "])
    def test_a_required_figure_must_be_given(self, value: object) -> None:
        assert reporting(so_hoi_nghi=value) == ["values.so-hoi-nghi"]
        assert wrong(REPORT, values={}) == ["values.so-hoi-nghi"]

    def test_blanks_are_no_answer_to_a_required_text(self) -> None:
        required = Asks([Asked(5, "kho-khan", "Khó khăn", IndicatorKind.TEXT, True)])
        payload = {"values": {"kho-khan": " \t"}, "narrative": "đã làm"}
        (fault,) = check_answer(REPORT, payload, required, TODAY)
        assert fault.field == "values.kho-khan"

    @pytest.mark.parametrize("values", [5, "3", [1], True])
    def test_figures_come_by_name(self, values: object) -> None:
        assert wrong(REPORT, values=values) == ["values"]

    def test_are_read_by_kind_and_blank_ones_left_out(self) -> None:
        values = {
            "so-hoi-nghi": 3, "ty-le": {"numerator": 4, "denominator": 5}, "kinh-phi": 1.5,
            "da-ban-hanh": False, "kho-khan": "",
        }  # fmt: skip
        assert figures({"values": values}, ASKED) == [
            Figure(1, number=3),
            Figure(2, numerator=4, denominator=5),
            Figure(3, number=1.5),
            Figure(4, yes=False),
        ]


class TestNothingToReport:
    def test_needs_its_reason_and_nothing_more(self) -> None:
        payload = {"nothing_to_report": "không phát sinh"}
        assert check_answer(REPORT, payload, ASKED, TODAY) == []
        assert figures(payload, ASKED) == []

    @pytest.mark.parametrize("reason", [True, 1, "  ", ["không"]])
    def test_the_reason_is_text(self, reason: object) -> None:
        found = check_answer(REPORT, {"nothing_to_report": reason}, ASKED, TODAY)
        assert [f.field for f in found] == ["nothing_to_report"]

    def test_contradicts_figures(self) -> None:
        assert wrong(REPORT, nothing_to_report="không phát sinh") == ["values"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
RATIOS = st.fixed_dictionaries({"numerator": SCALARS, "denominator": SCALARS})
VALUES = st.dictionaries(st.sampled_from([a.code for a in ASKED.figures]), JSON | RATIOS) | JSON
FIELDS = [
    "received_on", "brought_to_staff", "rows", "percent", "narrative", "evidence", "values",
    "nothing_to_report", "reason", "document",
]  # fmt: skip
PAYLOADS = st.dictionaries(st.sampled_from(FIELDS), JSON) | st.fixed_dictionaries(
    {"narrative": st.text(min_size=1), "values": VALUES}
)


class TestAnything:
    @given(st.sampled_from(SubmissionKind), PAYLOADS)
    def test_is_refused_or_recorded_and_never_an_error(
        self, kind: SubmissionKind, payload: dict[str, Any]
    ) -> None:
        found = check_answer(kind, payload, ASKED, TODAY)
        assert all(fault.field and fault.message for fault in found)
        if not found:
            for figure in figures(payload, ASKED):
                assert figure.number is None or 0 <= figure.number <= MAX_NUMBER
                if figure.numerator is not None:
                    assert figure.denominator is not None
                    assert 0 <= figure.numerator <= figure.denominator


@pytest.mark.parametrize("odd", ["a\0b", "a\ud800b"])
def test_text_that_no_database_takes_is_refused_where_it_stands(odd: str) -> None:
    assert wrong(REPORT, narrative=odd) == ["narrative"]
    assert reporting(kho_khan=odd) == ["values.kho-khan"]
    assert wrong(PROGRESS, evidence=[EVIDENCE | {"document": odd}]) == ["evidence[1].document"]


@pytest.mark.parametrize(
    ("day", "told"), [("1975-12-31", "1976"), ("2101-01-01", "2100"), ("2024-02-30", "exists")]
)
def test_a_day_of_another_time_is_told_from_one_that_does_not_exist(day: str, told: str) -> None:
    payload = RIGHT[ACKNOWLEDGEMENT] | {"received_on": day}
    (fault,) = check_answer(ACKNOWLEDGEMENT, payload, ASKED, TODAY)
    assert told in fault.message
