"""The words of a summary: its figures and the passages it quotes as sentences, part by part.

Nothing is said that the figures do not hold: a sentence is made of them, or it is a unit's own in
quotation marks. Each paragraph names the figures and the passages it rests on.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.vietnamese import show_number
from models.words import ReportPart
from tasks import narrative_results, narrative_review
from tasks.narrative_words import Paragraph, Words, listed, quotes

Figures = Mapping[str, Any]
NAMED = 12  # units a sentence names; of more it says how many, and the list follows the text


def narrative(figures: Figures) -> dict[str, list[dict[str, Any]]]:
    """The paragraphs of a summary, by part in the order in which they are read."""
    words = Words.of(figures)
    quoted = figures["passages"]
    composed = _composed(figures, words)
    parts = {part: [*said, *quotes(quoted.get(part.value, []))] for part, said in composed.items()}
    if not parts[ReportPart.CAUSES]:
        parts[ReportPart.CAUSES] = [_no_causes(figures, words)]
    if not parts[ReportPart.LESSONS]:
        del parts[ReportPart.LESSONS]
    return {part.value: [p.as_dict() for p in said] for part, said in parts.items()}


def _composed(figures: Figures, words: Words) -> dict[ReportPart, list[Paragraph]]:
    """What the figures say, by part; a review's dossier adds to it."""
    parts: dict[ReportPart, list[Paragraph]] = {
        ReportPart.SITUATION: list(_situation(figures, words)),
        ReportPart.RESULTS: list(narrative_results.results(figures, words)),
        ReportPart.LIMITATIONS: list(_limitations(figures, words)),
        ReportPart.CAUSES: [],
        ReportPart.LESSONS: [],
        ReportPart.PROPOSALS: [],
    }
    said = [*_about_units(figures, words), *narrative_results.proposals(figures, words)]
    if figures.get("review"):
        parts[ReportPart.SITUATION] += narrative_review.situation(figures, words)
        parts[ReportPart.RESULTS] += narrative_review.results(figures)
        parts[ReportPart.LIMITATIONS] += narrative_review.limitations(figures, words)
        said += narrative_review.proposals(figures, words)
    parts[ReportPart.PROPOSALS] = said or [_goes_on(figures, words)]
    return parts


def _goes_on(figures: Figures, words: Words) -> Paragraph:
    kind = figures["directive"]["kind"]
    return Paragraph(f"Đề nghị các {words.bodies} tiếp tục thực hiện {kind}.")


def _no_causes(figures: Figures, words: Words) -> Paragraph:
    if not figures["tally"]["received"]:
        return Paragraph(f"Chưa có {words.answer} để đánh giá nguyên nhân.")
    return Paragraph(f"Các {words.answer} đã nhận không nêu nguyên nhân.")


def _situation(figures: Figures, words: Words) -> Iterator[Paragraph]:
    yield Paragraph(" ".join(_answered(figures, words)))
    for change in figures["bodies"]:
        if change["new"]:
            yield Paragraph(_changed(change, words))
    for change in figures["handovers"]:
        said = _changed(change, words)
        yield Paragraph(f"Việc chưa thực hiện được chuyển cho đơn vị kế thừa. {said}")
    if figures["lapsed"]:
        yield Paragraph(f"Không còn đơn vị thực hiện: {listed(figures['lapsed'])}.")
    yield from _not_counted(figures["tally"])
    asked = [_relief(figures["reliefs"][kind], name) for kind, name in _RELIEFS.items()]
    if any(asked):
        yield Paragraph(" ".join(filter(None, asked)))


def _answered(figures: Figures, words: Words) -> Iterator[str]:
    """Who answered in time, late, not at all, each figure where there is one."""
    tally = figures["tally"]
    expected, received = tally["expected"], tally["received"]
    hour, day = figures["as_of"].split()
    until = f"Tính đến {hour} ngày {day}"
    if not tally["asked"]:
        yield f"Đợt chưa mở, chưa giao {words.bodies} nào."
    elif not expected:
        yield f"{until}, không còn {words.bodies} nào phải gửi {words.answer}."
    elif not received:
        yield f"{until}, chưa có {words.bodies} nào gửi {words.answer}, trên tổng số {expected}."
    elif received == expected:
        said = f"cả {expected} {words.bodies}" if expected > 1 else f"{words.bodies} được giao"
        yield f"{until}, {said} đã gửi {words.answer}{_in_time(tally)}."
    else:
        share = narrative_results.percent(received, expected)
        yield (
            f"{until}, có {received}/{expected} {words.bodies} gửi {words.answer}, đạt {share}"
            f"{_in_time(tally)}."
        )
    rest = [f"{tally[name]} {words.bodies} {what}" for name, what in _UNANSWERED if tally[name]]
    if rest and received:
        yield f"Còn {' và '.join(rest)}." if tally["missing"] else f"Có {rest[0]}."
    elif tally["declined"]:
        yield f"Có {tally['declined']} {words.bodies} {_UNANSWERED[1][1]}."


_UNANSWERED = (("missing", "chưa gửi"), ("declined", "phúc đáp không thực hiện"))


def _in_time(tally: Mapping[str, int]) -> str:
    on_time, late = tally["on_time"], tally["late"]
    every = "đều " if on_time + late > 1 else ""
    if not late:
        return f", {every}đúng hạn"
    if not on_time:
        return f", {every}chậm hạn"
    return f"; trong đó {on_time} đúng hạn, {late} chậm hạn"


def _changed(change: Mapping[str, Any], words: Words) -> str:
    rule = f" ({change['rule']})" if change["rule"] else ""
    ended, taken = (_some(change[name], words) for name in ("ended", "successors"))
    after = f"{taken} kế thừa" if taken else f"không có {words.bodies} kế thừa"
    return f"Từ ngày {change['day']}{rule}: {ended} kết thúc hoạt động, {after}."


def _some(units: Sequence[str], words: Words) -> str:
    return listed(units) if len(units) <= 3 else f"{len(units)} {words.bodies}"


def _not_counted(tally: Mapping[str, int]) -> Iterator[Paragraph]:
    """Who was asked and is not expected any more, and why."""
    gone = [f"{tally[name]} việc {why}" for name, why in _GONE.items() if tally[name]]
    if gone:
        yield Paragraph(f"Số phải gửi ({tally['expected']}) không tính {', '.join(gone)}.")


_GONE = {
    "passed_on": "đã chuyển cho đơn vị kế thừa",
    "lapsed": "không còn đơn vị thực hiện",
    "waived": "được miễn",
}
_RELIEFS = {"extension": "gia hạn", "waiver": "miễn thực hiện"}


def _relief(found: Mapping[str, Any], name: str) -> str:
    if not found["asked"]:
        return ""
    granted, refused = len(found["granted"]), found["refused"]
    waiting = found["asked"] - granted - refused
    decided = [
        f"{what} {n}"
        for what, n in (
            ("đồng ý", granted),
            ("không đồng ý", refused),
            ("chưa quyết định", waiting),
        )
        if n
    ]
    return f"Có {found['asked']} đề nghị {name}: {', '.join(decided)}."


def _limitations(figures: Figures, words: Words) -> Iterator[Paragraph]:
    overdue, waiting = _missing(figures)
    late, declined = figures["late"], figures["declined"]
    if overdue:
        yield Paragraph(f"Quá hạn chưa gửi: {_with_days(overdue, words)}.")
    if waiting:
        names = listed([m["unit"] for m in waiting], NAMED, words.bodies)
        yield Paragraph(f"Chưa gửi, còn trong hạn: {names}.")
    if late:
        yield Paragraph(f"Gửi chậm so với thời hạn: {_with_days(late, words)}.")
    for reason, units in _by_reason(declined).items():
        yield Paragraph(f"Phúc đáp không thực hiện: {listed(units)}; lý do: “{reason}”")
    if figures["tally"]["expected"] and not (overdue or waiting or late or declined):
        yield Paragraph(f"Không có {words.bodies} gửi chậm hoặc chưa gửi.")
    yield from narrative_results.shortfalls(figures)


def _by_reason(declined: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Who declined, together where they say the same."""
    found: dict[str, list[str]] = {}
    for item in declined:
        found.setdefault(item["reason"], []).append(item["unit"])
    return found


def _missing(figures: Figures) -> tuple[list[Any], list[Any]]:
    """Who has not answered: those overdue, and those who still have time."""
    missing = figures["missing"]
    return [m for m in missing if m["days"] > 0], [m for m in missing if m["days"] <= 0]


def _with_days(units: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Who with how many days; of many, how many, and from how few to how many days."""
    if len(units) <= NAMED:
        return "; ".join(f"{item['unit']} ({item['days']} ngày)" for item in units)
    days = [item["days"] for item in units]
    span = f"{min(days)}" if min(days) == max(days) else f"từ {min(days)} đến {max(days)}"
    return f"{show_number(len(units))} {words.bodies} ({span} ngày; danh sách kèm theo)"


def _about_units(figures: Figures, words: Words) -> Iterator[Paragraph]:
    overdue, waiting = _missing(figures)
    late, lapsed = figures["late"], figures["lapsed"]
    if silent := len(overdue) + len(figures["declined"]):
        yield Paragraph(_meets(figures, f"{silent} {words.bodies} chưa thực hiện"))
    if waiting:
        due = figures["round"]["due"]
        yield Paragraph(
            f"Đề nghị {len(waiting)} {words.bodies} chưa gửi hoàn thành trong hạn {due}."
        )
    if late:
        yield Paragraph(
            f"Đề nghị {_some([item['unit'] for item in late], words)} kiểm điểm, rút kinh nghiệm"
            " về việc gửi chậm và chấp hành đúng thời hạn."
        )
    if lapsed:
        yield Paragraph(f"Đề nghị xác định đơn vị tiếp nhận nhiệm vụ của: {listed(lapsed)}.")
    if open_ := _undecided(figures["reliefs"]):
        yield Paragraph(f"Đề nghị xem xét, trả lời {open_} đề nghị gia hạn, miễn thực hiện.")


def _meets(figures: Figures, whom: str) -> str:
    """Who talks to the silent; a body that issues the report asks nothing of itself."""
    overseer = figures["round"]["overseer"]
    issuer = (figures.get("issuer") or {}).get("name") or overseer
    if overseer and issuer == overseer:
        return f"{overseer} sẽ làm việc trực tiếp với {whom}."
    named = overseer or "cơ quan theo dõi"
    return f"Đề nghị {named} làm việc trực tiếp với {whom} và báo cáo kết quả."


def _undecided(reliefs: Mapping[str, Any]) -> int:
    return sum(
        found["asked"] - len(found["granted"]) - found["refused"] for found in reliefs.values()
    )
