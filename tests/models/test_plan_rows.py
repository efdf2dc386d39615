"""What a row of an action plan is about, by its number or by its words."""

from typing import Any

import pytest

from models.plan_rows import Part, Parts

TEXTS = {
    "1": "(1) Tuyên truyền, phổ biến, quán triệt các nội dung của Chiến lược",
    "2": "Thực hiện các nhiệm vụ và giải pháp của Chiến lược",
    "2.1": "Hoàn thiện chính sách, pháp luật",
    "Ba là": "tăng cường thanh tra",
}
PARTS = Parts(TEXTS, ["1", "2a"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"number": "2.1", "measure": "1. Việc khác"}, Part(False, "2.1")),
        ({"number": "Chỉ tiêu 1", "measure": "x"}, Part(True, "1")),
        ({"number": "9", "measure": "1. Tuyên truyền"}, None),
        ({"measure": "1"}, Part(False, "1")),
        ({"measure": "1. Tuyên truyền"}, Part(False, "1")),
        ({"measure": "(1) Tuyên truyền"}, Part(False, "1")),
        ({"measure": "2.Thực hiện"}, Part(False, "2")),
        ({"measure": "2.1. Hoàn thiện"}, Part(False, "2.1")),
        ({"measure": "2.2. Hoàn thiện"}, None),
        ({"measure": "2 hội nghị tuyên truyền"}, None),
        ({"measure": "BA LÀ, tăng cường thanh tra"}, Part(False, "Ba là")),
        ({"measure": "Chỉ tiêu 2a: 100% thôn có tổ hòa giải"}, Part(True, "2a")),
        ({"measure": "Hoàn thiện chính sách,  pháp luật"}, Part(False, "2.1")),
        ({"measure": "Thực hiện các nhiệm vụ và giải"}, Part(False, "2")),
        ({"measure": "Thực hiện"}, None),
        ({"measure": "Mua sắm thiết bị cho văn phòng"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_is_found(row: dict[str, Any], expected: Part | None) -> None:
    assert PARTS.of(row) == expected


def test_every_name_names_one_part() -> None:
    assert PARTS.names == ["1", "2", "2.1", "Ba là", "Chỉ tiêu 1", "Chỉ tiêu 2a"]
    assert [PARTS.of({"number": name}).name for name in PARTS.names] == PARTS.names  # type: ignore[union-attr]


def test_a_directive_without_measures_has_nothing_to_name() -> None:
    assert Parts({}, []).of({"measure": "1. Tuyên truyền"}) is None
