"""Whether a result meets a target, for every kind of target."""

import pytest

from models.target_rule import met
from models.words import Operator

AT_LEAST, EQUAL, AT_MOST = Operator.AT_LEAST, Operator.EQUAL, Operator.AT_MOST


@pytest.mark.parametrize(
    ("operator", "threshold", "unit", "share", "total", "expected"),
    [
        (EQUAL, 100, "%", 100.0, None, True),
        (EQUAL, 100, "%", 99.9, None, False),
        (AT_LEAST, 80, "%", 80.0, None, True),
        (AT_MOST, 5, "%", 5.1, None, False),
        (AT_LEAST, 20, "cuộc", None, 20, True),
        (AT_LEAST, 20, "cuộc", None, 19, False),
        (AT_MOST, 5_000_000, "đồng", None, 4_999_999.5, True),
        (AT_LEAST, 1, "lần/quý", 50.0, None, None),  # a share says nothing of times
        (EQUAL, 100, "%", None, 100, None),  # nor a sum of a share
        (None, None, "", 97.0, None, None),  # no threshold
        (EQUAL, 100, "%", None, None, None),  # nobody to divide by
    ],
)
def test_a_result_meets_a_threshold_it_can_be_compared_with(
    operator: Operator | None,
    threshold: float | None,
    unit: str,
    share: float | None,
    total: float | None,
    expected: bool | None,
) -> None:
    assert met(operator, threshold, unit, share, total) is expected
