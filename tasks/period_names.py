"""What the period of a round is called: "tháng 9/2026", "quý III/2026", "năm 2026"."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from models.round import Round

_QUARTERS = ("I", "II", "III", "IV")
_NAMED = re.compile(
    r"(?P<part>tháng \d{1,2}|quý (?:I{1,3}|IV|[1-4])|\d tháng (?:đầu|cuối))"
    r"(?:/| năm )(?P<year>\d{4})",
    re.IGNORECASE,
)


def period_of(found: Round) -> str:
    """The name of a round's period: by its days, else by its title, else by the year it ends in."""
    end = found.cutoff or found.due
    by_days = _by_days(found.period_start, found.cutoff) if found.period_start else ""
    return by_days or _by_title(found.title) or f"năm {end.year}"


def _by_days(start: date, end: date | None) -> str:
    """Periods end in the month they are of, though they seldom begin on its first day."""
    if end is None:
        return ""
    match round((end - start).days / 30.4):
        case 1:
            return f"tháng {end.month}/{end.year}"
        case 3:
            return f"quý {_QUARTERS[(end.month - 1) // 3]}/{end.year}"
        case 6:
            return f"6 tháng {'đầu' if end.month <= 7 else 'cuối'} năm {end.year}"
        case 9:
            return f"9 tháng năm {end.year}"
        case 12:
            return f"năm {end.year}"
    return ""


def _by_title(title: str) -> str:
    found = _NAMED.search(title)
    if not found:
        return ""
    part = found["part"][:1].lower() + found["part"][1:]
    return f"{part}{' năm ' if part[0].isdigit() else '/'}{found['year']}"


def names_of(points: Iterable[Mapping[str, Any]]) -> list[str]:
    """What each result of a trend is told by: its period, its title where two have the same."""
    every = list(points)
    periods = [one.get("period") or f"năm {one['year']}" for one in every]
    times = Counter(periods)
    return [
        one["title"] if times[period] > 1 else period
        for one, period in zip(every, periods, strict=True)
    ]


def short(names: Sequence[str]) -> list[str]:
    """The same for a narrow place, where a year stands alone."""
    return [name.removeprefix("năm ") for name in names]


def periods_of(trends: Iterable[Sequence[Mapping[str, Any]]]) -> dict[tuple[str, str], str]:
    """Every period of several trends by its key, in their order, each with its name."""
    points = {key_of(one): one for trend in trends for one in trend}
    return dict(zip(points, names_of(points.values()), strict=True))


def key_of(point: Mapping[str, Any]) -> tuple[str, str]:
    """What tells a result of a trend from those of other periods."""
    return point["title"], point.get("period", "")
