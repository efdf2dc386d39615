"""Charts as inline SVG: readable on a page and in print, without script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from models.i18n import gettext as _
from models.status import OWED
from models.vietnamese import show_number
from models.words import Status
from tasks.boards import RoundLine

_PARTS = (
    ("on_time", "#3f7d58"),
    ("late", "#d99a00"),
    ("declined", "#8a8578"),
    ("missing", "#a3201d"),
)
_IN_TIME, _LATE, _OWED = frozenset({Status.ON_TIME}), frozenset({Status.LATE}), OWED
_ROW, _LEFT, _WIDTH, _TITLE = 26, 440, 430, 62


def timeliness(rounds: Sequence[RoundLine]) -> Markup:
    """A bar for each opened round: shares answered in time, late, declined and missing."""
    shown = [r for r in rounds if r.figures]
    height = _ROW * len(shown) + 8
    bars = Markup("").join(_bar(r, 4 + _ROW * n) for n, r in enumerate(shown))
    return _svg(_("Timeliness by round"), _LEFT + _WIDTH + 70, height, bars)


@dataclass(frozen=True)
class Column:
    """One column of a chart: its name, and its parts from the bottom up, each of a colour."""

    name: str
    parts: Sequence[tuple[int, str]]

    @property
    def total(self) -> int:
        return sum(n for n, _colour in self.parts)


def columns(label: str, shown: Sequence[Column]) -> Markup:
    """Stacked columns side by side, each with its number above and its name below."""
    most = max((column.total for column in shown), default=0) or 1
    step = max(18, min(90, 900 // max(1, len(shown))))
    drawn = (_column(column, 30 + step * n, step, most) for n, column in enumerate(shown))
    return _svg(label, 940, 250, Markup("").join(drawn))


def _column(column: Column, left: int, step: int, most: int) -> Markup:
    bottom, pieces = 190.0, []
    for n, colour in column.parts:
        height = 160 * n / most
        bottom -= height
        if n:
            pieces.append(
                Markup(
                    '<rect x="{x}" y="{y:.1f}" width="{w}" height="{h:.1f}" fill="{c}"/>'
                ).format(x=left, y=bottom, w=step - 5, h=height, c=colour)
            )
    middle = left + (step - 5) / 2
    return Markup(
        '{pieces}<text x="{x}" y="{above:.1f}" text-anchor="middle">{total}</text>'
        '<text x="{x}" y="205" text-anchor="end" transform="rotate(-45 {x} 205)">{name}</text>'
    ).format(
        pieces=Markup("").join(pieces), x=middle, above=bottom - 4,
        total=column.total or "", name=column.name,
    )  # fmt: skip


def by_year(years: Mapping[int, Mapping[Status, int]]) -> Markup:
    """How a unit answered, by the year in which its tasks were due."""
    parts = [(_IN_TIME, "#3f7d58"), (_LATE, "#d99a00"), (_OWED, "#a3201d")]
    shown = [
        Column(str(year), [(sum(found.get(s, 0) for s in of), c) for of, c in parts])
        for year, found in sorted(years.items())
    ]
    return columns(_("Timeliness over the years"), shown)


@dataclass(frozen=True)
class Point:
    """A target's result in one summary, as a share of 100."""

    name: str
    share: float


def line(label: str, points: Sequence[Point], goal: float | None) -> Markup:
    """Results over the years as a line, and the goal as a dashed one."""
    step = 800 / max(1, len(points) - 1)
    at = [(60 + step * n, 180 - 1.6 * min(point.share, 100)) for n, point in enumerate(points)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    marks = Markup("").join(
        Markup(
            '<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1f5fa8"/>'
            '<text x="{x:.1f}" y="{above:.1f}" text-anchor="middle">{share}%</text>'
            '<text x="{x:.1f}" y="202" text-anchor="middle">{name}</text>'
        ).format(x=x, y=y, above=y - 8, share=show_number(round(point.share, 1)), name=point.name)
        for (x, y), point in zip(at, points, strict=True)
    )
    drawn = Markup(
        '<line class="axis" x1="50" y1="180" x2="870" y2="180"/>{goal}'
        '<polyline points="{path}" fill="none" stroke="#1f5fa8" stroke-width="2"/>{marks}'
    ).format(goal=_goal(goal), path=path, marks=marks)
    return _svg(label, 920, 215, drawn)


def _goal(goal: float | None) -> Markup:
    if goal is None:
        return Markup("")
    return Markup(
        '<line class="goal" x1="50" y1="{y:.1f}" x2="870" y2="{y:.1f}"/>'
        '<text x="874" y="{below:.1f}">{goal}%</text>'
    ).format(y=180 - 1.6 * min(goal, 100), below=184 - 1.6 * min(goal, 100), goal=show_number(goal))


def _svg(label: str, width: int, height: int, drawn: Markup) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{drawn}'
        "</svg>"
    ).format(width=width, height=height, label=label, drawn=drawn)


def _bar(line: RoundLine, top: int) -> Markup:
    expected = line.figures["expected"] or 1  # of which nothing is drawn
    pieces, left = [], float(_LEFT)
    for part, colour in _PARTS:
        width = _WIDTH * line.figures[part] / expected
        if width:
            pieces.append(_piece(left, top, width, colour, line.figures[part]))
        left += width
    title = escape(_shortened(line.title))
    percent = round(100 * line.figures["received"] / expected)
    return Markup(
        '<text x="{x}" y="{y}" text-anchor="end">{title}</text>{pieces}'
        '<text x="{end}" y="{y}">{percent}%</text>'
    ).format(
        x=_LEFT - 8,
        y=top + 15,
        title=title,
        pieces=Markup("").join(pieces),
        end=_LEFT + _WIDTH + 8,
        percent=percent,
    )


def _shortened(title: str) -> str:
    """A title that fits; its end stays, since that is where the period stands."""
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 16]}…{title[-14:]}"


def _piece(left: float, top: int, width: float, colour: str, count: int) -> Markup:
    label = ""
    if width > 18:
        label = Markup('<text class="in" x="{x:.1f}" y="{y}">{count}</text>').format(
            x=left + width / 2, y=top + 15, count=count
        )
    return Markup(
        '<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="20" fill="{colour}"/>{label}'
    ).format(left=left, top=top, width=width, colour=colour, label=label)
