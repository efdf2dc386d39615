"""What a review (sơ kết, tổng kết) adds to the words of its summary, out of its dossier."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.vietnamese import show_number, show_percent
from tasks.narrative_results import line, share_of, threshold_of
from tasks.narrative_words import Paragraph, Words, listed

Dossier = Mapping[str, Any]
NAMED = 10  # units that a sentence names
OFTEN = 2  # times late or silent from which a unit is named


def situation(figures: Mapping[str, Any], words: Words) -> Iterator[Paragraph]:
    """How the rounds of the phase were answered, and who leads."""
    found: Dossier = figures["review"]
    tally, rounds = found["tally"], len(found["rounds"])
    begins, ends = found["span"]
    if not rounds:
        yield Paragraph(f"Từ ngày {begins} đến ngày {ends} chưa có kỳ, đợt nào trước đợt này.")
        return
    yield Paragraph(
        f"Từ ngày {begins} đến ngày {ends} đã có {rounds} kỳ, đợt với {_n(tally['expected'])} lượt"
        f" {words.bodies} phải thực hiện; {_n(tally['received'])} lượt đã gửi"
        f" ({show_percent(tally['received'], tally['expected'])}), trong đó"
        f" {_n(tally['on_time'])} lượt đúng hạn, {_n(tally['late'])} lượt chậm hạn."
    )
    if found["leaders"]:
        led = [_led(one) for one in found["leaders"]]
        yield Paragraph(f"Chủ trì: {listed(led, NAMED, words.bodies)}.")


def _n(number: float) -> str:
    return show_number(number)


def _led(one: Mapping[str, Any]) -> str:
    numbers = ", ".join(one["measures"])
    return f"{one['unit']} ({numbers})" if numbers else str(one["unit"])


def results(figures: Mapping[str, Any]) -> Iterator[Paragraph]:
    """The figures over the phase's rounds, and targets by period, where this round itself does not
    ask for them: what units report of the whole phase stands above.
    """
    found: Dossier = figures["review"]
    asked = {one["code"] for one in figures["indicators"]}
    shown = [
        f for f in found["forms"]
        if f["kind"] in ("count", "money") and not f["part_of"] and f["code"] not in asked
    ]  # fmt: skip
    if shown:
        codes = tuple(f["code"] for f in shown)
        yield Paragraph("Số liệu cộng từ báo cáo các kỳ trong giai đoạn:", codes)
    for form in shown:
        counted = f" ({form['rounds']} kỳ)" if form["rounds"] > 1 else ""
        yield Paragraph(f"{line(form)}{counted}.", (form["code"],), item=True)
    told = {target["number"] for target in figures["targets"]}
    for target in found["targets"]:
        if target["number"] not in told and target["results"]:
            yield _by_period(target)


def _by_period(target: Mapping[str, Any]) -> Paragraph:
    goal = "" if target["threshold"] is None else f" (ngưỡng {threshold_of(target)})"
    told = "; ".join(f"{one['title']}: {share_of(one)}" for one in target["results"])
    name = target["indicator"].removeprefix(f"{target['number']}. ").rstrip(".:; ")
    return Paragraph(f"Chỉ tiêu {target['number']} ({name}){goal}: {told}.")


def limitations(figures: Mapping[str, Any], words: Words) -> Iterator[Paragraph]:
    """Who was late or silent more than once, and how much more time was granted."""
    found: Dossier = figures["review"]
    often = [one for one in found["lateness"] if one["times"] + one["missing"] >= OFTEN]
    if often:
        named = "; ".join(_late(one) for one in often[:NAMED])
        more = f"; và {len(often) - NAMED} {words.bodies} khác" if len(often) > NAMED else ""
        yield Paragraph(f"Chậm hạn hoặc không gửi từ {OFTEN} kỳ trở lên: {named}{more}.")
    if granted := len(found["reliefs"]["extension"]["granted"]):
        yield Paragraph(f"Trong giai đoạn có {granted} lượt được gia hạn.")


def _late(one: Mapping[str, Any]) -> str:
    said = []
    if one["times"]:
        said.append(f"chậm {one['times']} lần, tổng {_n(one['days'])} ngày")
    if one["missing"]:
        said.append(f"không gửi {one['missing']} lần")
    return f"{one['unit']} ({', '.join(said)})"


def proposals(figures: Mapping[str, Any], words: Words) -> Iterator[Paragraph]:
    """What follows for those who were late or silent more than once."""
    found: Dossier = figures["review"]
    often = sum(one["times"] + one["missing"] >= OFTEN for one in found["lateness"])
    if often:
        yield Paragraph(
            f"Đề nghị làm rõ trách nhiệm của {often} {words.bodies} chậm hạn hoặc không gửi"
            " nhiều kỳ."
        )
