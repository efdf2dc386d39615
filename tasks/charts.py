"""Charts as inline SVG: readable on a page and in print, without script."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from models.i18n import gettext as _
from tasks.boards import RoundLine

_PARTS = (
    ("on_time", "#3f7d58"),
    ("late", "#d99a00"),
    ("declined", "#8a8578"),
    ("missing", "#a3201d"),
)
_ROW, _LEFT, _WIDTH, _TITLE = 26, 440, 430, 62


def timeliness(rounds: Sequence[RoundLine]) -> Markup:
    """A bar for each opened round: shares answered in time, late, declined and missing."""
    shown = [r for r in rounds if r.figures]
    height = _ROW * len(shown) + 8
    bars = Markup("").join(_bar(r, 4 + _ROW * n) for n, r in enumerate(shown))
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{bars}'
        "</svg>"
    ).format(width=_LEFT + _WIDTH + 70, height=height, label=_("Timeliness by round"), bars=bars)


def _bar(line: RoundLine, top: int) -> Markup:
    expected = line.figures["expected"]
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
