"""The charts of a summary on paper: how units answered, and targets against their thresholds.

Drawn by matplotlib without its global state: PNG for Word, SVG with real text for HTML and PDF. It
takes a second to import, so it is when the first chart is drawn.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from io import BytesIO
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

from models.status import OWED
from models.vietnamese import show_number
from models.words import Status, label_vi
from tasks.period_names import names_of, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Figures = Mapping[str, Any]
INCH = 25.4
DPI = 200
WIDTH = 160.0  # mm: between the margins
MANY = 5  # points of a trend: of more only the first, the lowest and the last are told
# dark to light, so that they differ in a black and white copy, too; a hatch marks what lacks
SENT = (
    ("on_time", "Đúng hạn", "#2f6b4f", ""),
    ("late", "Chậm hạn", "#d99a00", ""),
    ("declined", "Phúc đáp không thực hiện", "#b9b2a3", ""),
    ("missing", "Chưa gửi", "#f3d9d5", "////"),
)
INK, GRID, LINE, GOAL, MISSED = "#1a1a1a", "#d5d5d5", "#1f4e79", "#a3201d", "#b5651d"
_FONT = ["Times New Roman", "Liberation Serif", "DejaVu Serif"]
_STATUS = {
    label_vi(Status.ON_TIME): "on_time",
    label_vi(Status.LATE): "late",
    label_vi(Status.DECLINED): "declined",
} | {label_vi(status): "missing" for status in OWED}


@dataclass(frozen=True)
class Chart:
    """A chart: its name in a template, its title, what it shows in words, and how it is drawn;
    `of` is all that it is drawn from, so that one who has the same is drawn the same.
    """

    name: str
    title: str
    words: str
    height: float  # mm
    of: str
    draw: Callable[["Figure"], None] = field(compare=False)
    width: float = WIDTH

    def png(self) -> bytes:
        """The chart for Word."""
        return _drawn(self, "png")

    def svg(self) -> str:
        """The chart for a page, without the head of a file."""
        text = _drawn(self, "svg").decode()
        return text[text.index("<svg") :]


@lru_cache(maxsize=8)  # the page and the PDF of a summary have the same
def _drawn(chart: Chart, kind: str) -> bytes:
    from matplotlib.figure import Figure

    _settle()
    figure = Figure(figsize=(chart.width / INCH, chart.height / INCH), layout="constrained")
    chart.draw(figure)
    file = BytesIO()
    metadata = {"svg": {"Date": None}, "png": {"Software": None}}[kind]
    figure.savefig(file, format=kind, dpi=DPI, metadata=metadata)
    return file.getvalue()


@cache
def _settle() -> None:
    """What holds for all charts: a document's font, letters as letters, the same file each time."""
    import matplotlib

    matplotlib.rcParams.update(
        {
            "font.family": "serif", "font.serif": _FONT, "font.size": 10.5, "text.color": INK,
            "axes.edgecolor": "#888888", "axes.labelcolor": INK, "xtick.color": INK,
            "ytick.color": INK, "svg.fonttype": "none", "svg.hashsalt": "dondoc",
            "hatch.color": "#a3201d", "hatch.linewidth": 0.6,
        }
    )  # fmt: skip


def charts_of(figures: Figures, annex: Mapping[str, Any]) -> list[Chart]:
    """The charts for which there are figures, in the order of the text."""
    found = [_timeliness(figures, annex), _targets(figures)]
    return [chart for chart in found if chart]


def _timeliness(figures: Figures, annex: Mapping[str, Any]) -> Chart | None:
    rows = _by_round(figures) or _by_level(annex) or [("Tất cả", figures["tally"])]
    rows = [(name, counts) for name, counts in rows if _total(counts)]
    if not rows:
        return None
    words = "; ".join(
        f"{name}: {counts.get('on_time', 0)} đúng hạn, {counts.get('late', 0)} chậm hạn, "
        f"{counts.get('missing', 0)} chưa gửi"
        for name, counts in rows
    )
    return Chart(
        "timeliness", "Tình hình gửi báo cáo của các cơ quan, đơn vị", words, 22 + 9 * len(rows),
        repr(rows), lambda figure: _draw_timeliness(figure, rows),
    )  # fmt: skip


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.get(name, 0) for name, *_rest in SENT)


def _by_round(figures: Figures) -> list[tuple[str, Mapping[str, int]]]:
    """For a review: each round, and this one last."""
    rounds = (figures.get("review") or {}).get("rounds") or figures.get("history") or []
    if not rounds:
        return []
    return [*((one["title"], one) for one in rounds), ("Kỳ này", figures["tally"])]


def _by_level(annex: Mapping[str, Any]) -> list[tuple[str, Mapping[str, int]]]:
    found: dict[str, Counter[str]] = {}
    for unit in annex.get("units", ()):
        if unit["status"] in _STATUS:
            found.setdefault(unit.get("level", ""), Counter())[_STATUS[unit["status"]]] += 1
    rows: list[tuple[str, Mapping[str, int]]] = list(found.items())
    return [("Toàn tỉnh", sum(found.values(), Counter())), *rows] if len(rows) > 1 else rows


def _draw_timeliness(figure: "Figure", rows: Sequence[tuple[str, Mapping[str, int]]]) -> None:
    axes = figure.add_subplot()
    lefts = [0.0] * len(rows)
    totals = [_total(counts) for _name, counts in rows]
    for name, label, colour, hatch in SENT:
        counts = [row.get(name, 0) for _name, row in rows]
        if not any(counts):
            continue
        widths = [100 * n / total for n, total in zip(counts, totals, strict=True)]
        bars = axes.barh(range(len(rows)), widths, 0.62, lefts, color=colour, label=label)
        for bar in bars:
            bar.set_hatch(hatch)
            bar.set_edgecolor("white" if not hatch else "#a3201d")
        _count_within(axes, counts, widths, lefts, dark=name == "on_time")
        lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
    for at, (_name, counts_) in enumerate(rows):
        axes.text(101, at, f"{_total(counts_)} đơn vị", va="center", fontsize=9.5)
    axes.set_yticks(range(len(rows)), ["\n".join(wrap(shown(name), 34)) for name, _row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.xaxis.set_major_formatter(lambda value, _at: f"{value:.0f}%")
    axes.tick_params(length=0, labelsize=9.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9.5)


def shown(title: str) -> str:
    """A title short enough for a chart; its end stays, since the period stands there."""
    bare = title.removeprefix("Báo cáo ")
    plain = bare[:1].upper() + bare[1:]
    return plain if len(plain) <= 66 else f"{shorten(plain, 48, placeholder=' …')} {plain[-14:]}"


def _count_within(
    axes: "Axes", counts: Sequence[int], widths: Sequence[float], lefts: Sequence[float],
    *, dark: bool,
) -> None:  # fmt: skip
    for at, (count, width, left) in enumerate(zip(counts, widths, lefts, strict=True)):
        if width >= 4:
            label = axes.text(
                left + width / 2, at, show_number(count), ha="center", va="center", fontsize=9.5,
                color="white" if dark else INK,
            )  # fmt: skip
            if not dark:
                label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.75})


def _targets(figures: Figures) -> Chart | None:
    found = [(one, _points(one, figures)) for one in figures["targets"]]
    found = [(one, points) for one, points in found if points]
    if not found:
        return None
    words = "; ".join(f"Chỉ tiêu {one['number']}: {said(points)}" for one, points in found)
    rows = (len(found) + 1) // 2
    return Chart(
        "targets", "Kết quả thực hiện các chỉ tiêu so với yêu cầu", words, 8 + 40 * rows,
        repr(found), lambda figure: _draw_targets(figure, found, rows),
    )  # fmt: skip


def said(points: Sequence[tuple[str, float]]) -> str:
    return ", ".join(
        f"{' '.join(name.split())} {show_number(round(share, 1))}%" for name, share in points
    )


def _points(one: Figures, figures: Figures) -> list[tuple[str, float]]:
    """A target's results as shares of 100, oldest first, the last of them this round's."""
    if one.get("unit") not in ("%", "", None) or not one.get("denominator"):
        return []
    now = 100 * (one["numerator"] or 0) / one["denominator"]
    told = [point for point in one.get("trend") or () if point.get("share") is not None]
    shares = [point["share"] for point in told]
    names = [
        "\n".join(wrap(name if len(name) <= 24 else shown(name), 14))
        for name in short(names_of(told))
    ]
    return [*zip(names, shares, strict=True), ("Kỳ này", now)]


def _draw_targets(
    figure: "Figure", found: Sequence[tuple[Figures, list[tuple[str, float]]]], rows: int
) -> None:
    grid = figure.subplots(rows, 2, squeeze=False)
    for place, (one, points) in zip(grid.flat, found, strict=False):
        _draw_target(place, one, points)
    for place in grid.flat[len(found) :]:
        place.set_axis_off()
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)  # type: ignore[union-attr,call-arg]


def _draw_target(axes: "Axes", one: Figures, points: Sequence[tuple[str, float]]) -> None:
    shares, goal = [share for _name, share in points], one.get("threshold")
    colour = MISSED if one["met"] is False else LINE
    axes.plot(range(len(points)), shares, color=colour, linewidth=1.4, marker="o", markersize=4)
    crowded = len(points) > MANY
    told = {0, shares.index(min(shares)), len(shares) - 1} if crowded else range(len(shares))
    for at in sorted(told):
        share = shares[at]
        lowest = crowded and share == min(shares)
        below = lowest or (goal is not None and share < goal)
        axes.annotate(
            f"{show_number(round(share, 1))}%", (at, share), (0, -11 if below else 5),
            textcoords="offset points", ha="center", fontsize=9,
            fontweight="bold" if at == len(points) - 1 else "normal",
        )  # fmt: skip
    if goal is not None:
        _draw_goal(axes, one, goal)
    low, high = min([*shares, *_known(goal)]), max([*shares, *_known(goal)])
    margin = max(4.0, (high - low) * 0.55)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(-0.4, len(points) - 0.6)
    names = [name.replace(" ", "\n") if crowded else name for name, _share in points]
    axes.set_xticks(range(len(points)), names)
    axes.set_yticks([])
    axes.set_title(_heading(one), fontsize=9.5, loc="left")
    axes.tick_params(length=2, labelsize=7.5 if crowded else 9)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _known(goal: float | None) -> list[float]:
    return [] if goal is None else [goal]


def _draw_goal(axes: "Axes", one: Figures, goal: float) -> None:
    sign = {">=": "≥ ", "<=": "≤ "}.get(one["operator"], "")
    axes.axhline(goal, color=GOAL, linestyle=(0, (4, 2)), linewidth=1, zorder=0)
    axes.annotate(
        f"{sign}{show_number(goal)}%", (1, goal), (3, -3), xycoords=("axes fraction", "data"),
        textcoords="offset points", fontsize=9, color=GOAL, annotation_clip=False,
    )  # fmt: skip


def _heading(one: Figures) -> str:
    """A target's name on two lines at most."""
    name = one["indicator"].removeprefix(f"{one['number']}. ")
    first, *others = wrap(f"{one['number']}. {name}", 46) or [""]
    return "\n".join(
        [first, shorten(" ".join(others), 46, placeholder=" …")] if others else [first]
    )
