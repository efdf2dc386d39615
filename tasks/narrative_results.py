"""The figures of a summary as sentences: by table, against the period before, against targets."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import floor
from typing import Any

from models.vietnamese import show_date, show_number, show_percent
from models.words import Basis, IndicatorKind, Operator
from tasks.narrative_words import Paragraph, Words
from tasks.period_names import names_of

Figure = Mapping[str, Any]
_RUNNING = {Basis.CUMULATIVE: " (lũy kế)", Basis.YEAR: " (lũy kế từ đầu năm)"}
SYMBOLS = {">=": "≥", "=": "", "<=": "≤"}


def results(figures: Mapping[str, Any], words: Words) -> Iterator[Paragraph]:
    """The figures table by table, then the targets they speak to."""
    shown = [item for item in figures["indicators"] if item["kind"] != IndicatorKind.TEXT]
    wholes = {item["code"] for item in shown}
    tables = _by_table(shown)
    for title, items in tables.items():
        by_all = _given_by_all(items)
        name = title or ("Số liệu khác" if len(tables) > 1 else "Số liệu tổng hợp")
        yield _heading(name, items, by_all)
        for item in items:
            if item["part_of"] not in wholes:
                parts = [part for part in items if part["part_of"] == item["code"]]
                yield _paragraph(item, parts, words, by_all)
    yield from _targets(figures["targets"])


def _by_table(items: Sequence[Figure]) -> dict[str, list[Figure]]:
    tables: dict[str, list[Figure]] = {}
    for item in items:
        tables.setdefault(item["table"], []).append(item)
    return tables


def _given_by_all(items: Sequence[Figure]) -> str:
    """How many units gave the figures of a table, where that is the same of each."""
    found = {_given(item) for item in items if item["given"]}
    return found.pop() if len(found) == 1 and len(items) > 1 else ""


def _given(item: Figure) -> str:
    said = f"{item['given']}/{item['expected']} đơn vị có số liệu"
    if within := item.get("included"):  # those frozen earlier do not say
        said += f", trong đó {within} đơn vị đã tính trong số liệu của cấp trên"
    return said


def _heading(title: str, items: Sequence[Figure], by_all: str) -> Paragraph:
    before = next((item["before_title"] for item in items if item["before_title"]), "")
    notes = "; ".join(filter(None, (by_all, f"kỳ trước: {before}" if before else "")))
    return Paragraph(f"{title} ({notes}):" if notes else f"{title}:", _codes(items))


def _codes(items: Sequence[Figure]) -> tuple[str, ...]:
    return tuple(item["code"] for item in items)


def line(item: Figure, bodies: str = "đơn vị") -> str:
    """A figure with its name, as a sentence without its end."""
    running = _RUNNING.get(item["basis"], "")
    if item["basis"] == Basis.YEAR and "từ đầu năm" in item["label"]:
        running = ""
    said = shown(item, bodies) if item["given"] else "chưa có số liệu"
    return f"{item['label'].rstrip('.:; ')}{running}: {said}"


def _paragraph(item: Figure, parts: Sequence[Figure], words: Words, by_all: str) -> Paragraph:
    codes = (item["code"], *_codes(parts))
    said = f"{line(item, words.bodies)}{_since(item)}"
    if parts:
        said += f"; trong đó {', '.join(map(_part, parts))}"
    if item["given"] and not by_all:
        said += f"; {_given(item)}"
    return Paragraph(f"{said}.", codes, item=True)


def _part(part: Figure) -> str:
    """A part within the sentence of its whole: "xử lý hành chính 4 vụ"."""
    name = part["label"].rstrip(".:; ")
    if name[1:2].islower():  # no abbreviation
        name = name[0].lower() + name[1:]
    return f"{name} {shown(part)}" if part["given"] else f"{name} chưa có số liệu"


def shown(item: Figure, bodies: str = "đơn vị") -> str:
    """A figure as its kind is written; of dates the first and the last."""
    match IndicatorKind(item["kind"]):
        case IndicatorKind.RATIO if not item["denominator"]:
            return "chưa phát sinh"
        case IndicatorKind.RATIO:
            return _ratio(item["numerator"], item["denominator"])
        case IndicatorKind.YES_NO:
            share = percent(item["numerator"], item["denominator"])
            return f"{item['numerator']}/{item['denominator']} {bodies}, đạt {share}"
        case IndicatorKind.DATE:
            return _days(item["first"], item["last"])
        case IndicatorKind.CHOICE:
            chosen = [f"“{c}”: {n} đơn vị" for c, n in item["choices"].items() if n]
            return "; ".join(chosen)
        case IndicatorKind.SCORE:
            return f"tổng {show_number(item['total'])} điểm"
        case IndicatorKind.TEXT:
            return ""
        case IndicatorKind.COUNT | IndicatorKind.MONEY:
            return _with_unit(item["total"], item["unit"])


def _with_unit(number: float, unit: str) -> str:
    return f"{show_number(number)} {unit}".strip()


def _ratio(numerator: float, denominator: float) -> str:
    share = percent(numerator, denominator)
    return f"{show_number(numerator)}/{show_number(denominator)} ({share})"


def percent(numerator: float, denominator: float) -> str:
    """A share as a text has it; what falls short of the whole is never shown as all of it."""
    share = 100 * numerator / denominator if denominator else 0
    if 99.95 <= share < 100:
        return f"{show_number(floor(100 * share) / 100)}%"
    return show_percent(numerator, denominator)


def _days(first: str, last: str) -> str:
    begins, ends = (show_date(date.fromisoformat(day)) for day in (first, last))
    return f"ngày {begins}" if begins == ends else f"từ ngày {begins} đến ngày {ends}"


def _since(item: Figure) -> str:
    """How the figure stands to that of the period before."""
    before = item["before"]
    if not before or not item["given"]:
        return ""
    if "total" in before:
        return _changed(item["total"], before["total"], item["unit"])
    if before.get("denominator"):
        return f", kỳ trước {_ratio(before['numerator'], before['denominator'])}"
    return ""


def _changed(now: float, before: float, unit: str) -> str:
    then = _with_unit(before, unit)
    if now == before:
        return f", bằng kỳ trước ({then})"
    word = "tăng" if now > before else "giảm"
    return f", {word} {_with_unit(abs(now - before), unit)} so với kỳ trước ({then})"


def _targets(targets: Sequence[Figure]) -> Iterator[Paragraph]:
    verdicts = verdicts_of(targets)
    if verdicts:
        codes = tuple(t["code"] for t in targets)
        yield Paragraph(f"Đối chiếu với chỉ tiêu: {_met(verdicts)}.", codes)
    for target, name in zip(targets, _names(targets), strict=True):
        said = f"Chỉ tiêu {name}: {_judged(target)}."
        told = trend(target)
        said += f" Các kỳ trước: {told}." if told else ""
        yield Paragraph(said, (target["code"],), item=bool(verdicts))


def _met(verdicts: Mapping[str, bool]) -> str:
    """How many of the targets that can be compared are met."""
    met, all_ = sum(verdicts.values()), len(verdicts)
    if all_ == 1:
        return f"có {all_} chỉ tiêu so sánh được, {'đã đạt' if met else 'chưa đạt'}"
    if met in (0, all_):
        return f"cả {all_} chỉ tiêu so sánh được đều {'đạt' if met else 'chưa đạt'}"
    return f"{met}/{all_} chỉ tiêu so sánh được đã đạt"


def verdicts_of(targets: Sequence[Figure]) -> dict[str, bool]:
    """Whether each target that can be compared is met: by every figure that measures it."""
    found: dict[str, bool] = {}
    for target in targets:
        if target["met"] is not None:
            found[target["number"]] = found.get(target["number"], True) and target["met"]
    return found


def _names(targets: Sequence[Figure]) -> Iterator[str]:
    """Each target by number and words, these once; by its measures, where it has several."""
    measures = Counter(target["number"] for target in targets)
    told: set[str] = set()
    for target in targets:
        number = target["number"]
        words = target["indicator"].removeprefix(f"{number}. ").rstrip(".:; ")
        name = number if number in told else f"{number} ({words})"
        told.add(number)
        yield f"{name}, đo bằng: {target['measured_by']}" if measures[number] > 1 else name


def _judged(target: Figure) -> str:
    result, goal = result_of(target), threshold_of(target)
    if target["threshold"] is None:
        return f"{result}; văn bản không đặt ngưỡng"
    if target["met"] is None:
        return f"{result}; chưa so được với mức {goal}"
    missed = "vượt" if target["operator"] == Operator.AT_MOST else "chưa đạt"
    return f"{result}, {'đạt' if target['met'] else missed} mức {goal}"


def _share(target: Figure) -> str:
    if not target["denominator"]:
        return result_of(target)
    return percent(target["numerator"], target["denominator"])


def result_of(target: Figure) -> str:
    """What was reached of a target."""
    if target["denominator"]:
        return _ratio(target["numerator"], target["denominator"])
    return "chưa có số liệu" if target["total"] is None else show_number(target["total"])


def threshold_of(target: Figure) -> str:
    """What a target asks for: "≥ 80%"."""
    if target["threshold"] is None:
        return "—"
    unit = target["unit"] if target["unit"] == "%" else f" {target['unit']}"
    return f"{SYMBOLS[target['operator']]} {show_number(target['threshold'])}{unit}".strip()


def trend(target: Figure) -> str:
    """What the summaries before found, oldest first; each by its period."""
    told = [one for one in target["trend"] if one["share"] is not None or one["total"] is not None]
    names = names_of(told)
    return "; ".join(f"{name}: {share_of(one)}" for name, one in zip(names, told, strict=True))


def share_of(found: Figure) -> str:
    """What one summary found of a target."""
    if found["share"] is not None:
        return f"{show_number(round(found['share'], 1))}%"
    return show_number(found["total"]) if found["total"] is not None else "—"


def shortfalls(figures: Mapping[str, Any]) -> Iterator[Paragraph]:
    """The targets not met, with how far they are."""
    missed = [target for target in figures["targets"] if target["met"] is False]
    if missed:
        told = "; ".join(f"{t['number']} ({_share(t)}, mức {threshold_of(t)})" for t in missed)
        yield Paragraph(f"Chưa đạt chỉ tiêu {told}.", tuple(t["code"] for t in missed))


def proposals(figures: Mapping[str, Any], words: Words) -> Iterator[Paragraph]:
    """What follows from targets not met."""
    missed = [number for number, met in verdicts_of(figures["targets"]).items() if not met]
    if missed:
        codes = tuple(t["code"] for t in figures["targets"] if t["met"] is False)
        yield Paragraph(
            f"Đề nghị các {words.bodies} tập trung thực hiện chỉ tiêu chưa đạt: chỉ tiêu"
            f" {', '.join(missed)}.",
            codes,
        )
