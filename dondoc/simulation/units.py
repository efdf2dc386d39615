"""Simulated units: each has a character and answers as such a unit would. Seeded: repeatable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from dondoc.simulation.reports import SEEN_BEFORE, sections, values
from models.asked import Asks
from models.timers import at
from models.words import IndicatorKind, SubmissionKind


class Character(StrEnum):
    """How a unit treats what it is asked."""

    PROMPT = "prompt"
    LATE = "late"
    WRONG = "wrong"
    SILENT = "silent"
    REFUSING = "refusing"


_SHARES = {
    Character.PROMPT: 64,
    Character.LATE: 18,
    Character.WRONG: 9,
    Character.SILENT: 6,
    Character.REFUSING: 3,
}
DEAD_MAILBOXES = 0.02  # share of units whose mailbox no longer exists
GREYLISTED = 0.05  # share of addresses that make a sender wait the first time


@dataclass(frozen=True)
class Answer:
    """What a unit will send, and when."""

    at: datetime
    obligation: str
    payload: Any = None
    decline: bool = False


def character(seed: int, unit: str) -> Character:
    """The character of a unit; the same for the same seed."""
    random = Random(f"{seed}/character/{unit}")
    return random.choices(list(_SHARES), weights=list(_SHARES.values()))[0]


def has_dead_mailbox(seed: int, address: str) -> bool:
    return Random(f"{seed}/mailbox/{address}").random() < DEAD_MAILBOXES


def is_greylisted(seed: int, address: str) -> bool:
    return Random(f"{seed}/greylist/{address}").random() < GREYLISTED


@dataclass(frozen=True)
class Call:
    """An obligation as a unit sees it."""

    obligation: str
    unit: str
    kind: SubmissionKind
    opened: date
    due: date
    closes: date
    asked: Asks
    measures: Sequence[str]


def answers(seed: int, call: Call) -> list[Answer]:
    """Everything the unit will send for an obligation, in order; empty where it stays silent."""
    random = Random(f"{seed}/{call.obligation}")
    match character(seed, call.unit):
        case Character.PROMPT:
            return [_answer(random, call, _early(random, call))]
        case Character.LATE if random.random() < 0.6:
            return [_answer(random, call, call.due + timedelta(days=random.randint(1, 9)))]
        case Character.LATE:
            return [_answer(random, call, call.due)]
        case Character.WRONG:
            first = _early(random, call)
            wrong = Answer(_moment(random, first), call.obligation, _spoiled(random, call))
            return [wrong, _answer(random, call, first + timedelta(days=random.randint(1, 2)))]
        case Character.SILENT if random.random() < 0.4:
            # some wake up once the letter to the level above has gone out
            return [_answer(random, call, call.due + timedelta(days=random.randint(6, 12)))]
        case Character.SILENT:
            return []
        case Character.REFUSING if call.kind is SubmissionKind.ACKNOWLEDGEMENT:
            return [_answer(random, call, call.due)]
        case Character.REFUSING:
            reason = "Đơn vị đề nghị không thực hiện vì nội dung không thuộc chức năng, nhiệm vụ."
            day = _early(random, call)
            return [Answer(_moment(random, day), call.obligation, {"reason": reason}, True)]


def _early(random: Random, call: Call) -> date:
    span = max(0, (call.due - call.opened).days)
    return call.opened + timedelta(days=round(span * random.betavariate(2, 3)))


def _moment(random: Random, day: date) -> datetime:
    return at(day, time(9 + random.randint(0, 7), random.randint(0, 59), random.randint(0, 59)))


def _answer(random: Random, call: Call, day: date) -> Answer:
    return Answer(_moment(random, day), call.obligation, _payload(random, call, day))


def _payload(random: Random, call: Call, day: date) -> dict[str, Any]:
    match call.kind:
        case SubmissionKind.ACKNOWLEDGEMENT:
            received = call.opened.isoformat()
            return {"received_on": received, "brought_to_staff": random.choice(_BROUGHT)}
        case SubmissionKind.ACTION_PLAN:
            return {"rows": _plan_rows(random, call)}
        case SubmissionKind.PROGRESS:
            number = f"{random.randint(12, 980)}/BC"
            return {
                "percent": 100,
                "narrative": random.choice(_RESULTS),
                "evidence": [{"document": number, "issued": day.isoformat()}],
                **_values(random, call),
            }
        case _:
            return _report(random, call, day)


def _plan_rows(random: Random, call: Call) -> list[dict[str, str]]:
    measures = call.measures or ["Triển khai văn bản"]
    return [
        {
            "measure": measure[:300],
            "product": random.choice(_PRODUCTS),
            "who": random.choice(_WHO),
            "by": (call.due + timedelta(days=random.randint(30, 270))).isoformat(),
        }
        for measure in measures
    ]


def _report(random: Random, call: Call, day: date) -> dict[str, Any]:
    if not any(item.required for item in call.asked.figures) and random.random() < 0.1:
        return {"nothing_to_report": "Trong kỳ không phát sinh nội dung phải báo cáo."}
    if call.asked.outline:
        said = {"sections": sections(random, call.unit, call.asked), **_values(random, call)}
        return said | _issued_as(random, day)
    return {"narrative": random.choice(_RESULTS), **_values(random, call)}


def _issued_as(random: Random, day: date) -> dict[str, Any]:
    """The document a report was issued as, which also proves the points a unit gives itself; a few
    have none.
    """
    if random.random() >= 0.9:
        return {}
    number = f"{random.randint(12, 980)}/BC"
    return {"issued_as": {"document": number, "issued": day.isoformat()}}


def _values(random: Random, call: Call) -> dict[str, Any]:
    return {"values": values(random, call.unit, call.due, call.asked)}


def explained(payload: Any, fields: Sequence[str]) -> dict[str, Any] | None:
    """The same answer with the reasons that were asked for, where it lacked nothing else."""
    names = [field.partition(".")[2] for field in fields if field.startswith("explanations.")]
    if not names or len(names) < len(fields) or not isinstance(payload, Mapping):
        return None
    return {**payload, "explanations": dict.fromkeys(names, SEEN_BEFORE)}


def _spoiled(random: Random, call: Call) -> dict[str, Any]:
    """An answer with a mistake such as people make."""
    payload = _payload(random, call, call.opened)
    if call.kind is SubmissionKind.ACKNOWLEDGEMENT:
        return payload | {"brought_to_staff": ""}
    if call.kind is SubmissionKind.ACTION_PLAN:
        return {"rows": [{**payload["rows"][0], "by": "31/02/2024"}, *payload["rows"][1:]]}
    if call.kind is SubmissionKind.PROGRESS:
        return payload | {"evidence": []}
    for item in call.asked.figures:
        if item.kind is IndicatorKind.RATIO:
            wrong = {"numerator": 120, "denominator": 100}
            return payload | {"values": {**payload.get("values", {}), item.code: wrong}}
    return {"values": payload.get("values", {})}


_BROUGHT = (
    "Quán triệt tại hội nghị toàn thể cán bộ, công chức của đơn vị.",
    "Phổ biến tại cuộc họp giao ban tháng và gửi văn bản đến các phòng, đơn vị trực thuộc.",
    "Lồng ghép trong sinh hoạt chi bộ và ngày pháp luật của cơ quan.",
)
_PRODUCTS = (
    "Kế hoạch của đơn vị được ban hành",
    "Hội nghị quán triệt, biên bản kèm danh sách tham dự",
    "Báo cáo kết quả rà soát văn bản",
    "Kết luận kiểm tra nội bộ",
    "Tài liệu tuyên truyền được đăng trên cổng thông tin",
)
_WHO = ("Văn phòng", "Phòng Tổ chức - Hành chính", "Thanh tra", "Phòng Nghiệp vụ")
_RESULTS = (
    "Đơn vị đã ban hành kế hoạch, phân công rõ người phụ trách từng nhiệm vụ và hoàn thành các "
    "nội dung đến hạn trong kỳ.",
    "Các nhiệm vụ cơ bản bảo đảm tiến độ; công tác tuyên truyền được thực hiện thường xuyên.",
    "Đã rà soát, sửa đổi quy chế làm việc và tổ chức kiểm tra việc thực hiện tại các đơn vị trực "
    "thuộc.",
)
