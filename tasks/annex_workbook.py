"""The annexes (phụ lục) of a summary as a workbook: its figures, unit by unit, target by target.

From plain data, so that a signed version gives the same file whenever it is asked for. Nothing that
a unit wrote becomes a formula or a link.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from models.words import ReliefKind, ReportPart, label_vi
from tasks import annex_charts, annex_review, annex_units
from tasks.annex_page import Column, Heading, How, Page, Value, looks
from tasks.paper_tables import DASH, as_given
from tasks.period_names import key_of, periods_of

Data = Mapping[str, Any]
OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip
FIRST_DAY = date(2000, 1, 1)  # the file's own, where no day of signing is known yet
ORDINAL = Column("TT", 5, How.CENTRE)
WITHIN = Column("Trong đó đã tính trong số liệu của cấp trên", 12, How.WHOLE)
SENT = {
    "expected": "Phải gửi", "received": "Đã gửi", "on_time": "Đúng hạn", "late": "Chậm",
    "declined": "Phúc đáp không thực hiện", "missing": "Chưa gửi", "waived": "Được miễn",
    "passed_on": "Chuyển đơn vị kế thừa", "lapsed": "Không còn đơn vị",
}  # fmt: skip


@dataclass
class Annexes:
    """A workbook being written: its formats, what stands above each annex, how many there are."""

    book: Workbook
    formats: Mapping[str, Format]
    heading: Heading
    figures: Data
    annex: Data
    count: int = 0

    def page(self, name: str, title: str, columns: list[Column]) -> Page:
        """The next annex."""
        self.count += 1
        return Page(self.book, self.formats, name, self.heading, title, columns, self.count)


def workbook(
    figures: Data, annex: Data, *, number: str = "", signed_on: date | None = None
) -> bytes:
    """The workbook of a version; one that is not signed leaves number and day of its report open.

    Figures of the format before annexes are taken as well.
    """
    figures, annex, out = as_given(figures), annex_units.in_tables(annex), BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        made = datetime.combine(signed_on or FIRST_DAY, time())
        book.set_properties({"title": figures["round"]["title"], "created": made})
        found = Annexes(book, looks(book), _heading(figures, number, signed_on), figures, annex)
        for write in _wanted(figures, annex):
            write(found)
    return out.getvalue()


def _heading(figures: Data, number: str, signed_on: date | None) -> Heading:
    owner, day = figures["directive"], "ngày … tháng … năm …"
    if signed_on:
        day = f"ngày {signed_on.day:02d} tháng {signed_on.month:02d} năm {signed_on.year}"
    about = f"{figures['round']['title']}; thực hiện {owner['kind']} số {owner['symbol']}"
    return Heading(
        attached_to=f"Kèm theo Báo cáo số {number or '…'} {day}",
        about=f"{about} ngày {owner['issued']} của {owner['issuer']}",
        moment=f"Số liệu tính đến {figures['as_of']}; hạn gửi {figures['round']['due']}",
    )


def _wanted(figures: Data, annex: Data) -> Iterator[Callable[[Annexes], None]]:
    """The annexes of a summary in their order; lists of units are there even where empty."""
    yield _totals
    if annex.get("units"):
        yield _units
    if figures["targets"]:
        yield _targets
    yield from (_missing, _late, _let_off)
    if figures["passages"]:
        yield _passages
    if figures.get("review") or figures.get("history"):
        yield _review
    if figures.get("replaces"):
        yield _replaces


def _totals(found: Annexes) -> None:
    """Each figure with the one before, and how many units it is made of."""
    name = "Tổng hợp"
    items = found.figures["indicators"]
    within = [WITHIN] if any(item.get("included") for item in items) else []
    page = found.page(
        name, "Tổng hợp số liệu",
        [
            ORDINAL, Column("Chỉ số", 46), Column("Đơn vị tính", 10, How.CENTRE),
            Column("Biểu", 18), Column("Số liệu", 15, How.NUMBER),
            Column("Trên tổng số", 11, How.NUMBER), Column("Tỷ lệ", 9, How.PERCENT),
            Column("Kỳ trước", 15, How.NUMBER), Column("Số đơn vị có số liệu", 11, How.WHOLE),
            Column("Chưa có số liệu", 9, How.WHOLE), Column("Trong đó gửi chậm", 9, How.WHOLE),
            *within,
        ],
    )  # fmt: skip
    page.head(frozen=2)
    for at, item in enumerate(items, start=1):
        page.row([at, *_figure(item), *[item.get("included")] * len(within)])
    if not items:
        page.none()
    _tally(found, page, name)


def _figure(item: Data) -> list[Value]:
    first, second, share = _result(item) if item["given"] else (DASH, None, None)
    before = _result(item["before"] | {"kind": item["kind"]}) if item.get("before") else (None,) * 3
    earlier = before[0] if before[2] is None else f"{_shown_share(before[2])}"
    label = f"– {item['label']}" if item.get("part_of") else item["label"]
    return [
        label, item.get("unit") or "", item.get("table", ""), first, second, share, earlier,
        item["given"], item.get("missing"), item.get("late"),
    ]  # fmt: skip


def _result(item: Data) -> tuple[Value, Value, Value]:
    """A figure as number, number it is taken of, and share."""
    if item.get("total") is not None:
        return item["total"], None, None
    if item.get("denominator") is not None:
        numerator, denominator = item.get("numerator") or 0, item["denominator"]
        return numerator, denominator, numerator / denominator if denominator else None
    if item.get("choices"):
        return "; ".join(f"{name}: {n}" for name, n in item["choices"].items()), None, None
    if item.get("first"):
        return f"{_day(item['first'])} – {_day(item['last'])}", None, None
    return None, None, None


def _shown_share(share: Value) -> str:
    return f"{100 * float(str(share)):.1f}%".replace(".", ",")


def _day(text: str) -> str:
    return "/".join(reversed(text.split("-")))


def _tally(found: Annexes, page: Page, name: str) -> None:
    """How the units sent, with its chart below."""
    tally, rows = found.figures["tally"], []
    page.section("Tình hình gửi")
    columns = [ORDINAL, Column("Đơn vị", 52), Column("", 12), Column("", 22),
               Column("Số lượng", 16, How.WHOLE)]  # fmt: skip
    page.head(columns)
    for at, (kind, words) in enumerate(SENT.items(), start=1):
        if kind in annex_charts.SENT:
            rows.append((kind, page.at))
        page.row([at, words, "", "", tally.get(kind, 0)], columns)
    annex_charts.timeliness(found.book, page, name, rows)


def _units(found: Annexes) -> None:
    annex_units.write(found.page("Theo đơn vị", "Số liệu theo đơn vị",
                                 annex_units.columns(found.annex)),
                      found.figures, found.annex)  # fmt: skip


def _targets(found: Annexes) -> None:
    """Each target with its threshold and its results, period by period, and their chart."""
    name, title = "Chỉ tiêu", found.figures["round"]["title"]
    # shares first: they have one axis in the chart
    every = sorted(found.figures["targets"], key=lambda target: target["unit"] != "%")
    periods = periods_of(target.get("trend") or [] for target in every)
    page = found.page(
        name, "Kết quả so với chỉ tiêu",
        [
            Column("Số", 6, How.CENTRE), Column("Chỉ tiêu", 44), Column("Đo bằng", 34),
            Column("So sánh", 9, How.CENTRE), Column("Ngưỡng", 12, How.NUMBER),
            *(Column(p, 16, How.NUMBER) for p in periods.values()), Column(title, 16, How.NUMBER),
            Column("Đánh giá", 20),
        ],
    )  # fmt: skip
    head = page.head(frozen=2)
    for target in every:
        _target(page, target, list(periods))
    shares = sum(target["unit"] == "%" for target in every)
    if shares:
        drawn = range(5, 6 + len(periods))
        annex_charts.targets(found.book, page, name, head + 1, head + shares, drawn, 4)


def _target(page: Page, target: Data, periods: list[tuple[str, str]]) -> None:
    is_share = target["unit"] == "%"
    look = How.PERCENT if is_share else How.NUMBER
    results: dict[tuple[str, str], Value] = {
        key_of(one): one["share"] / 100 if one["share"] is not None else one["total"]
        for one in target.get("trend") or []
    }
    first, _second, share = _result(target)
    now = first if share is None else share
    threshold = target["threshold"]
    if is_share and threshold is not None:
        threshold /= 100
    sign = target["operator"].replace(">=", "≥").replace("<=", "≤")
    shown = [Column(c.title, c.width, look if c.how is How.NUMBER else c.how) for c in page.columns]
    verdict = {True: "Đạt", False: "Chưa đạt", None: "Không so được với ngưỡng"}[target["met"]]
    page.row(
        [target["number"], target["indicator"], target["measured_by"], sign, threshold,
         *map(results.get, periods), DASH if now is None else now, verdict],
        shown,
    )  # fmt: skip


def _missing(found: Annexes) -> None:
    page = found.page(
        "Chưa gửi", "Đơn vị chưa gửi",
        [ORDINAL, Column("Đơn vị", 70), Column("Số ngày quá hạn", 18, How.WHOLE)],
    )  # fmt: skip
    _list(page, [[one["unit"], max(one["days"], 0)] for one in found.figures["missing"]])


def _late(found: Annexes) -> None:
    page = found.page(
        "Gửi chậm", "Đơn vị gửi chậm",
        [ORDINAL, Column("Đơn vị", 70), Column("Số ngày chậm", 18, How.WHOLE)],
    )  # fmt: skip
    _list(page, [[one["unit"], one["days"]] for one in found.figures["late"]])


def _let_off(found: Annexes) -> None:
    """Who declined, was let off, or was given more time, and why."""
    page = found.page(
        "Từ chối, miễn, gia hạn", "Phúc đáp không thực hiện, được miễn, được gia hạn",
        [ORDINAL, Column("Đơn vị", 48), Column("Nội dung", 34), Column("Lý do", 70)],
    )  # fmt: skip
    reliefs = found.figures["reliefs"]
    _list(page, [
        *([one["unit"], "Phúc đáp không thực hiện", one["reason"]]
          for one in found.figures["declined"]),
        *([one["unit"], "Được miễn", one["reason"]]
          for one in reliefs[ReliefKind.WAIVER.value]["granted"]),
        *([one["unit"], f"Được gia hạn đến {one['until']}", one["reason"]]
          for one in reliefs[ReliefKind.EXTENSION.value]["granted"]),
        *([unit, "Không còn đơn vị thực hiện", ""] for unit in found.figures["lapsed"]),
    ])  # fmt: skip


def _list(page: Page, rows: list[list[Value]]) -> None:
    page.head(frozen=2)
    for at, row in enumerate(rows, start=1):
        page.row([at, *row])
    if not rows:
        page.none()


def _passages(found: Annexes) -> None:
    """What units wrote, by the part of the summary that quotes it, and where it is from."""
    page = found.page(
        "Đoạn trích", "Đoạn trích từ báo cáo của đơn vị",
        [
            ORDINAL, Column("Phần", 16), Column("Đơn vị", 28), Column("Mục", 18),
            Column("Nội dung", 70), Column("Nguồn", 28), Column("Cũng nêu", 24),
        ],
    )  # fmt: skip
    passages = found.figures["passages"]
    by_part = {"": passages} if isinstance(passages, list) else passages
    _list(page, [
        [label_vi(ReportPart(part)) if part else "", one["unit"], one.get("section", ""),
         one["text"], _source(one), "; ".join(one.get("also", []))]
        for part, some in by_part.items() for one in some
    ])  # fmt: skip


def _source(one: Data) -> str:
    if not one.get("obligation"):
        return ""
    return f"{one['obligation']}, phiên bản {one['version']}, nhận {one['received']}"


def _review(found: Annexes) -> None:
    final = found.figures.get("is_final")
    annex_review.write(
        found.page("Tổng kết" if final else "Sơ kết",
                   "Số liệu tổng kết" if final else "Số liệu sơ kết", annex_review.COLUMNS),
        found.figures,
    )  # fmt: skip


def _replaces(found: Annexes) -> None:
    """What has changed since the report that this one takes the place of."""
    replaced = found.figures["replaces"]
    title = f"Thay đổi so với Báo cáo số {replaced['number']} ngày {replaced['signed']}"
    page = found.page("Thay đổi", title, [ORDINAL, Column("Nội dung thay đổi", 140)])
    _list(page, [[line] for line in replaced["changes"]])
