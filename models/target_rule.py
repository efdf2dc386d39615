"""Whether a result meets a target: only what can be compared with its threshold is."""

from models.words import Operator


def met(
    operator: Operator | None,
    threshold: float | None,
    unit: str,
    share: float | None,
    total: float | None,
) -> bool | None:
    """Whether it is met; None where there is no threshold, or it speaks of something else.

    A threshold in per cent is compared with a share; one in another unit ("20 cuộc", "5 tỷ đồng")
    with a sum. A share tells nothing of a threshold in times or pieces.
    """
    result = share if unit == "%" else total
    if operator is None or threshold is None or result is None:
        return None
    match operator:
        case Operator.AT_LEAST:
            return result >= threshold
        case Operator.AT_MOST:
            return result <= threshold
        case Operator.EQUAL:
            return result == threshold
