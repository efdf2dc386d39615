"""What a new version of an answer changes, in words."""

from typing import Any

import pytest

from models.asked import Asked, Asks
from models.i18n import speaking
from models.words import IndicatorKind
from tasks.answer_changes import Change, changes
from tests.tasks.office import A_REPORT, INDICATORS, figures

ASKED = Asks([
    Asked(n, i["code"], i["label"], IndicatorKind(i["kind"]), i.get("required", True))
    for n, i in enumerate(INDICATORS)
])  # fmt: skip


def row(measure: str, **parts: str) -> dict[str, str]:
    return {"measure": measure, "product": "Kế hoạch", "who": "Ông A", "by": "2024-12-01"} | parts


def found(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    with speaking("en"):
        return [(c.field, c.before, c.after) for c in changes(before, after, ASKED)]


def test_of_the_same_answer_are_none() -> None:
    assert changes(A_REPORT, A_REPORT, ASKED) == []


def test_from_nothing_are_all_that_is_said_in_the_order_of_the_form() -> None:
    assert found({}, A_REPORT) == [
        ("results", "", "Đơn vị đã hoàn thành."),
        ("Đã có kế hoạch", "", "yes"),
        ("Số cuộc kiểm tra", "", "3"),
        ("Việc đã xong", "", "9/10"),
        ("Kinh phí", "", "1.500.000"),
        ("Khó khăn", "", "Thiếu người."),
    ]


def test_of_figures_are_shown_as_people_write_them() -> None:
    after = figures(so_cuoc=1234, kinh_phi=None, ty_le={"numerator": 10, "denominator": 10})
    assert found(A_REPORT, after) == [
        ("Số cuộc kiểm tra", "3", "1.234"),
        ("Việc đã xong", "9/10", "10/10"),
        ("Kinh phí", "1.500.000", ""),
    ]


def test_of_a_date_and_of_a_document() -> None:
    before = {"received_on": "2024-05-06"}
    after = {"received_on": "2024-05-07", "issued_as": {"document": "1/KH", "issued": "2024-05-05"}}
    assert found(before, after) == [
        ("date of receipt", "06/05/2024", "07/05/2024"),
        ("document issued", "", "1/KH; 05/05/2024"),
    ]


def test_of_a_row_put_in_between_is_one() -> None:
    before = {"rows": [row("Một"), row("Hai")]}
    after = {"rows": [row("Một"), row("Ba"), row("Hai")]}
    assert found(before, after) == [
        ("rows of the plan 2", "", "Ba; Kế hoạch; Ông A; 01/12/2024")
    ]  # fmt: skip
    assert found(after, before) == [
        ("rows of the plan 2", "Ba; Kế hoạch; Ông A; 01/12/2024", "")
    ]  # fmt: skip


def test_of_a_cell_of_a_row_name_the_cell() -> None:
    before = {"rows": [row("Một"), row("Hai")]}
    after = {"rows": [row("Một"), row("Hai", by="2025-01-31")]}
    assert found(before, after) == [
        ("rows of the plan 2, date of completion", "01/12/2024", "31/01/2025")
    ]


@pytest.mark.parametrize(
    "odd", [{"rows": "x"}, {"rows": [1, None]}, {"values": []}, {"issued_as": "x"}, {"x": {"y": 1}}]
)
def test_of_answers_that_were_refused_are_told_too(odd: dict[str, Any]) -> None:
    assert all(isinstance(change, Change) for change in changes(odd, A_REPORT, ASKED))
    assert changes(A_REPORT, odd, ASKED)
