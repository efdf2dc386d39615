"""What differs between two versions of a summary, in the words of an office; pure, on plain data.

Figures of the format before annexes are read as well. What moves by itself from day to day (the
moment, days overdue, telephone numbers) is no difference, nor is what is only told from the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from models.status import OWED
from models.vietnamese import show_number, show_percent
from models.words import label_vi

Data = Mapping[str, Any]

_COUNTED = {
    "expected": "Số đơn vị phải gửi",
    "received": "Số đơn vị đã gửi",
    "on_time": "Gửi đúng hạn",
    "late": "Gửi chậm",
    "declined": "Phúc đáp không thực hiện",
    "missing": "Chưa gửi",
    "waived": "Được miễn",
    "passed_on": "Đã chuyển đơn vị kế thừa",
    "lapsed": "Không còn đơn vị thực hiện",
}
# parts whose own difference is not told line by line
_OTHERS = {
    "reliefs": "gia hạn và miễn gửi",
    "declined": "lý do phúc đáp không thực hiện",
    "bodies": "thay đổi về cơ quan, đơn vị",
    "handovers": "chuyển việc cho đơn vị kế thừa",
    "history": "tình hình các kỳ trước",
    "review": "nội dung sơ kết, tổng kết",
    "directive": "thông tin về văn bản chỉ đạo",
    "round": "thông tin về kỳ báo cáo",
}
# told from other parts, or by what came before this round, or by this very version
_TOLD = ("as_of", "format", "parts", "replaces")
NAMED = 30  # units that one line names; more are counted


def is_same(before: Data, after: Data, annex_before: Data, annex_after: Data) -> bool:
    """Whether two versions say the same of the round."""
    if before.get("format") != after.get("format"):
        return not differences(before, after, annex_before, annex_after)
    same_units = _of_units(annex_before) == _of_units(annex_after)
    return same_units and _substance(before) == _substance(after)


def differences(before: Data, after: Data, annex_before: Data, annex_after: Data) -> list[str]:
    """Every difference, a line each: counts, indicators, targets, units, quotes, the rest."""
    return [
        *_counts(before["tally"], after["tally"]),
        *_indicators(before, after),
        *_targets(before, after),
        *_units(before, after, annex_before, annex_after),
        *_quotes(before, after),
        *_rest(before, after),
    ]


def _counts(before: Data, after: Data) -> Iterator[str]:
    for name, words in _COUNTED.items():
        old, new = before.get(name, 0), after.get(name, 0)
        if old != new:
            yield f"{words}: {old} → {new}"


def _indicators(before: Data, after: Data) -> Iterator[str]:
    known = {item["code"]: item for item in before["indicators"]}
    for item in after["indicators"]:
        old = known.pop(item["code"], None)
        if old is None:
            yield f"{item['label']}: chưa có → {shown(item)}"
        elif shown(old) != shown(item):
            yield f"{item['label']}: {shown(old)} → {shown(item)}"
        elif old.get("given") != item.get("given"):
            yield f"{item['label']}: {old['given']} → {item['given']} đơn vị có số liệu"
    for old in known.values():
        yield f"{old['label']}: {shown(old)} → không còn"


def shown(figure: Data) -> str:
    """A figure of a summary as an office writes it."""
    if figure.get("total") is not None:
        return f"{show_number(figure['total'])} {figure.get('unit') or ''}".strip()
    if figure.get("denominator") is not None:
        numerator, denominator = figure["numerator"] or 0, figure["denominator"]
        share = show_percent(numerator, denominator)
        return f"{show_number(numerator)}/{show_number(denominator)} ({share})"
    if figure.get("choices"):
        return "; ".join(f"{name}: {n}" for name, n in figure["choices"].items())
    if figure.get("first"):
        return f"từ {figure['first']} đến {figure['last']}"
    return f"{figure.get('given', 0)} đơn vị"


def _targets(before: Data, after: Data) -> Iterator[str]:
    known = {(t["number"], t["measured_by"]): t for t in before["targets"]}
    for target in after["targets"]:
        old = known.get((target["number"], target["measured_by"]))
        if old and old["met"] != target["met"]:
            results = f"{shown(old)} → {shown(target)}"
            name = f"Chỉ tiêu {target['number']} “{target['indicator']}”"
            yield f"{name}: {_verdict(old['met'])} → {_verdict(target['met'])} ({results})"


def _verdict(met: bool | None) -> str:
    return {True: "đạt", False: "chưa đạt", None: "chưa đánh giá"}[met]


def _units(before: Data, after: Data, annex_before: Data, annex_after: Data) -> Iterator[str]:
    if annex_before and annex_after:
        yield from _moved(_of_annex(annex_before), _of_annex(annex_after), "chưa giao", "không còn")
        yield from _corrected(annex_before, annex_after)
    else:
        yield from _moved(_of_lists(before), _of_lists(after), "đúng hạn", "đúng hạn")


def _moved(
    old: Mapping[str, str], new: Mapping[str, str], none_before: str, none_after: str
) -> Iterator[str]:
    """The units that are counted elsewhere now, by where from and where to."""
    found: dict[tuple[str, str], list[str]] = {}
    for unit in [*new, *(unit for unit in old if unit not in new)]:
        moved = old.get(unit, none_before), new.get(unit, none_after)
        if moved[0] != moved[1]:
            found.setdefault(moved, []).append(unit)
    for (was, is_), names in found.items():
        yield f"Chuyển từ “{was}” sang “{is_}” ({len(names)}): {_named(names)}"


def _of_annex(annex: Data) -> dict[str, str]:
    """Where each unit stands, whatever the days it has been overdue for."""
    return {unit["unit"]: _state(unit["status"]) for unit in annex["units"]}


def _state(status: str) -> str:
    return "Chưa gửi" if status in _not_sent() else status


@cache
def _not_sent() -> frozenset[str]:
    return frozenset(label_vi(status) for status in OWED)


def _of_lists(figures: Data) -> dict[str, str]:
    """The units that a summary without an annex names; the others were in time."""
    words = {"missing": "chưa gửi", "late": "gửi chậm", "declined": "không thực hiện"}
    return {one["unit"]: said for name, said in words.items() for one in figures[name]}


def _named(names: Sequence[str]) -> str:
    more = f" và {len(names) - NAMED} đơn vị khác" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more


def _corrected(before: Data, after: Data) -> Iterator[str]:
    """The units that gave figures before and give others now, figure by figure."""
    known = {unit["obligation"]: unit for unit in before["units"]}
    for unit in after["units"]:
        old = known.get(unit["obligation"])
        if not old or not old.get("submission") or old["submission"] == unit.get("submission"):
            continue
        told = "; ".join(_values(before, old, after, unit)) or "gửi lại, số liệu không đổi"
        yield f"{unit['unit']} đã sửa bài gửi: {told}"


def _values(before: Data, old: Data, after: Data, new: Data) -> Iterator[str]:
    earlier = _by_code(before, old)
    labels = {column["code"]: column["label"] for column in after["columns"]}
    for code, value in _by_code(after, new).items():
        if earlier.get(code) != value:
            yield f"{labels[code]} {_value(earlier.get(code))} → {_value(value)}"


def _by_code(annex: Data, unit: Data) -> dict[str, Any]:
    codes = [column["code"] for column in annex["columns"]]
    return dict(zip(codes, unit["values"], strict=False))


def _value(value: Any) -> str:
    if value is None:
        return "(không có)"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, int | float):
        return show_number(value)
    if isinstance(value, Mapping):
        return f"{show_number(value['numerator'])}/{show_number(value['denominator'])}"
    text = str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"


def _quotes(before: Data, after: Data) -> Iterator[str]:
    old, new = _passages(before), _passages(after)
    added, dropped = len(new - old), len(old - new)
    if added or dropped:
        yield f"Đoạn trích báo cáo của đơn vị: thêm {added}, bỏ {dropped}"


def _passages(figures: Data) -> set[tuple[str, str]]:
    found = figures.get("passages") or []
    every = found if isinstance(found, list) else [one for part in found.values() for one in part]
    return {(one["unit"], one["text"]) for one in every}


def _rest(before: Data, after: Data) -> Iterator[str]:
    if before.get("format") != after.get("format"):
        return
    old, new = _substance(before), _substance(after)
    changed = [words for name, words in _OTHERS.items() if old.get(name) != new.get(name)]
    if changed:
        yield f"Thay đổi về {', '.join(changed)}"


def _substance(figures: Data) -> dict[str, Any]:
    """What a version says that does not move by itself."""
    kept = {name: value for name, value in figures.items() if name not in _TOLD}
    kept["missing"] = sorted(one["unit"] for one in figures["missing"])
    kept["passages"] = sorted(_passages(figures))
    kept["targets"] = [_without(one, "trend") for one in figures["targets"]]
    kept["indicators"] = [_without(i, "before", "before_title") for i in figures["indicators"]]
    if review := figures.get("review"):
        late = [_without(one, "days") for one in review.get("lateness", [])]
        kept["review"] = {**_without(review, "targets"), "lateness": late}
    return kept


def _of_units(annex: Data) -> list[Any]:
    """The rows of an annex; how long those overdue have been so moves by itself."""
    rows = [
        {**_without(unit, "days_late"), "status": ""} if unit["status"] in _not_sent() else unit
        for unit in annex.get("units", [])
    ]
    return [annex.get("columns", []), *rows]


def _without(data: Data, *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
