"""What a summary says on paper, as plain data: its form, five parts, tables and appendices.

The same for Word, PDF and HTML; `tasks.paper_values` is what an office's own template may print.
Summaries frozen before the five parts were composed still give a paper: their parts are composed
here from the same texts that their page had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.words import ReportPart
from tasks import paper_tables as tables
from tasks.paper_form import TITLE, PaperForm, form_of
from tasks.paper_tables import ROMAN, Row, Table
from tasks.rendering import render
from tasks.word_file import printable
from tasks.word_form import long_date

Figures = Mapping[str, Any]

PARTS = (
    (ReportPart.SITUATION, "Tình hình chỉ đạo, triển khai thực hiện"),
    (ReportPart.RESULTS, "Kết quả đạt được"),
    (ReportPart.LIMITATIONS, "Tồn tại, hạn chế"),
    (ReportPart.CAUSES, "Nguyên nhân"),
    (ReportPart.PROPOSALS, "Phương hướng, nhiệm vụ và kiến nghị, đề xuất"),
)
TEXTS = ("opening", *(part.value for part, _title in PARTS))  # in the order of the paper
CAUSES_AND_LESSONS = "Nguyên nhân và bài học kinh nghiệm"
NOTHING_SAID = "Các cơ quan, đơn vị không báo cáo nội dung này."
APPENDICES = (
    ("targets", "Kết quả thực hiện các chỉ tiêu", tables.target_rows),
    ("leaders", "Cơ quan, đơn vị chủ trì, tham mưu các nhiệm vụ", tables.leader_rows),
    ("lateness", "Cơ quan, đơn vị gửi chậm, không gửi trong cả giai đoạn", tables.lateness_rows),
    ("late", "Danh sách cơ quan, đơn vị gửi chậm", tables.late_rows),
    ("missing", "Danh sách cơ quan, đơn vị chưa gửi", tables.missing_rows),
    ("replaces", "Nội dung thay đổi", tables.change_rows),
)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the text: the codes of its figures, and the passages that it rests on."""

    text: str
    figures: Sequence[str] = ()
    sources: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Part:
    """A part of the text, numbered in Roman; `lessons` stand at the end of the causes."""

    name: str
    number: str
    title: str
    paragraphs: Sequence[Paragraph]
    lessons: Sequence[Paragraph] = ()


@dataclass(frozen=True)
class Appendix:
    """A list at the end, on pages of its own."""

    name: str
    label: str
    title: str
    note: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Content:
    """Everything that stands on the paper, but for its charts."""

    form: PaperForm
    replaces: str  # which signed report it takes the place of; a sentence, or empty
    opening: Sequence[str]
    parts: Sequence[Part]
    tables: Sequence[Table]
    targets: Sequence[Row]
    rounds: Sequence[Row]
    appendices: Sequence[Appendix]
    figures: Figures
    title: str = field(default=TITLE)


def content_of(
    figures: Figures, number: str, signed_on: date | None, words: Mapping[str, str]
) -> Content:
    """What the paper says; `words` are the office's own, over what the figures give."""
    figures = tables.as_given(_clean(figures))
    form = form_of(figures, number, signed_on, words)
    appendices = _appendices(figures, form)
    return Content(
        form=form,
        replaces=_replaces(form, appendices),
        opening=_lines(words, "opening") or _opening(figures),
        parts=_parts(figures, words),
        tables=tables.figure_tables(figures),
        targets=tables.target_rows(figures),
        rounds=tables.round_rows(figures),
        appendices=appendices,
        figures=figures,
    )


def _clean(value: Any) -> Any:
    """The figures without characters that no document can hold."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value


def _replaces(form: PaperForm, appendices: Sequence[Appendix]) -> str:
    if not form.replaced:
        return ""
    label = next((one.label for one in appendices if one.name == "replaces"), "")
    where = f"; nội dung thay đổi tại {label} kèm theo" if label else ""
    return f"Báo cáo này thay thế {form.replaced}{where}."


def _lines(words: Mapping[str, str], name: str) -> list[str]:
    return [printable(line).strip() for line in words.get(name, "").splitlines() if line.strip()]


def _opening(figures: Figures) -> list[str]:
    """The ground on which the report stands, cited in full, and what its figures cover."""
    directive, round_ = figures["directive"], figures["round"]
    subject = directive["subject"].rstrip(" .")
    ground = (
        f"Thực hiện {directive['kind']} số {directive['symbol']} {_day(directive['issued'])} của "
        f"{directive['issuer']} về {subject[:1].lower()}{subject[1:]}, trên cơ sở báo cáo của các "
        "cơ quan, đơn vị, kết quả như sau:"
    )
    period = round_["period"]
    covered = f"Kỳ báo cáo từ {period[0]} đến {period[1]}; số liệu" if period[1:] else "Số liệu"
    return [ground, f"{covered} tổng hợp đến {_moment(figures['as_of'])}."]


def _day(shown: str) -> str:
    """ "26/02/2024" as a document is cited in full: "ngày 26 tháng 02 năm 2024"."""
    day, month, year = map(int, shown.split("/"))
    return long_date(date(year, month, day))


def _moment(shown: str) -> str:
    """ "16:00 26/12/2025" as a text has it."""
    hour, _space, day = shown.partition(" ")
    return f"{hour.replace(':', ' giờ ')} phút ngày {day}" if ":" in hour and day else shown


def _parts(figures: Figures, words: Mapping[str, str]) -> list[Part]:
    said = figures.get("parts") or _composed(figures)
    found = {part: _paragraphs(figures, said, words, part) for part in ReportPart}
    lessons = found[ReportPart.LESSONS]
    return [
        Part(
            name=part.value,
            number=ROMAN[at],
            title=CAUSES_AND_LESSONS if lessons and part is ReportPart.CAUSES else title,
            paragraphs=found[part] or [Paragraph(NOTHING_SAID)],
            lessons=lessons if part is ReportPart.CAUSES else (),
        )
        for at, (part, title) in enumerate(PARTS)
    ]


def _paragraphs(
    figures: Figures, said: Figures, words: Mapping[str, str], part: ReportPart
) -> list[Paragraph]:
    """A part of the text, and below it what the office adds of its own."""
    quoted = _quoted(figures, part)
    composed = [
        Paragraph(
            f"- {one['text']}" if one.get("item") else one["text"],
            one.get("figures", ()),
            [quoted[at] for at in one.get("sources", ()) if at < len(quoted)],
        )
        for one in said.get(part.value, ())
        if one["text"].strip()
    ]
    return [*composed, *(Paragraph(text) for text in _lines(words, part.value))]


def _quoted(figures: Figures, part: ReportPart) -> Sequence[Figures]:
    """The passages that a part quotes; the lessons of a review are those of all its rounds."""
    passages = figures["passages"]
    if not isinstance(passages, Mapping):
        return list(passages)
    lessons = (figures.get("review") or {}).get("lessons")
    if part is ReportPart.LESSONS and lessons:
        return list(lessons)
    return list(passages.get(part.value, ()))


def _composed(figures: Figures) -> dict[str, list[dict[str, Any]]]:
    """The parts of a summary that was frozen without them."""
    situation = [render("documents/_situation.txt", **figures)]
    if any(found["asked"] for found in figures["reliefs"].values()):
        situation.append(render("documents/_relief.txt", **figures))
    texts = {
        ReportPart.SITUATION: situation,
        ReportPart.RESULTS: [_result_words(figures)],
        ReportPart.LIMITATIONS: [_limitation_words(figures)],
        ReportPart.PROPOSALS: [render("documents/_proposals.txt", **figures)],
    }
    found: dict[str, list[dict[str, Any]]] = {
        part.value: [{"text": " ".join(text.split())} for text in said]
        for part, said in texts.items()
    }
    found[ReportPart.CAUSES.value] = [
        {"text": f"“{one['text']}” ({one['unit']}).", "sources": [at]}
        for at, one in enumerate(figures["passages"])
    ]
    return found


def _result_words(figures: Figures) -> str:
    if not figures["indicators"]:
        return "Đợt này không yêu cầu số liệu."
    given = (
        "Kết quả tổng hợp từ báo cáo của các cơ quan, đơn vị được thể hiện tại các bảng sau đây."
    )
    judged = [one for one in figures["targets"] if one["met"] is not None]
    if not judged:
        return given
    met = sum(one["met"] for one in judged)
    return f"{given} Trong {len(judged)} chỉ tiêu so được với ngưỡng, có {met} chỉ tiêu đạt."


def _limitation_words(figures: Figures) -> str:
    late, missing, declined = (len(figures[name]) for name in ("late", "missing", "declined"))
    if not (late or missing or declined):
        return "Các cơ quan, đơn vị đều gửi đúng hạn."
    found = [
        f"{count} cơ quan, đơn vị {what}"
        for count, what in (
            (late, "gửi chậm"),
            (missing, "chưa gửi"),
            (declined, "phúc đáp không thực hiện"),
        )
        if count
    ]
    return f"Còn {'; '.join(found)} (danh sách tại các Phụ lục kèm theo)."


def _appendices(figures: Figures, form: PaperForm) -> list[Appendix]:
    filled = [(name, title, rows) for name, title, make in APPENDICES if (rows := make(figures))]
    return [
        Appendix(
            name=name,
            label=f"Phụ lục {ROMAN[at]}" if len(filled) > 1 else "Phụ lục",
            title=title.upper(),
            note=f"({form.reference})",
            rows=rows,
        )
        for at, (name, title, rows) in enumerate(filled)
    ]
