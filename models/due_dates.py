"""From a rule of the directive file to due dates: counted, moved off days off, each step said.

Pure, as the timetable that is made of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import assert_never

from models.calendar import Calendar
from models.directive_asks import OnDate, OnRequest, Periodic, When, WorkingDaysAfter, YearlyOn
from models.periods import Period, periods_of
from models.reasons import Step, step
from models.report_regimes import Limit, ReportRegime
from models.vietnamese import show_date
from models.words import Level

SUMMARY_AFTER_DAYS = 5


@dataclass(frozen=True)
class Due:
    """A date by which to answer, with the steps that led to it. Where the levels send one after
    the other, `by_level` has the date of each and `day` is the last of them.
    """

    day: date
    steps: tuple[Step, ...]
    period: Period | None = None
    suffix: str = ""
    by_level: Mapping[Level, date] = field(default_factory=dict)


def due_dates(
    when: When, issued: date, calendar: Calendar, regimes: Mapping[str, ReportRegime]
) -> Iterator[Due]:
    """The due dates of a rule, in order, each on a worked day unless the text fixes it."""
    match when:
        case OnDate():
            day, shifts = _off_days_off(when.on, calendar, when.fixed)
            yield Due(day, (step("on", day=show_date(when.on)), *shifts))
        case WorkingDaysAfter():
            start = issued if when.after == "issued" else when.after
            rule = "after-issue" if when.after == "issued" else "after"
            day = calendar.add_working_days(start, when.working_days)
            said = step(rule, days=when.working_days, day=show_date(start))
            yield Due(day, (said, *_counted(start, day, calendar), *_computed(day, calendar)))
        case YearlyOn():
            for year in range(when.first, when.last + 1):
                wanted = date.fromisoformat(f"{year}-{when.month_day}")
                day, shifts = _off_days_off(wanted, calendar)
                said = step("yearly", day=wanted.strftime("%d/%m"))
                yield Due(day, (said, *shifts), suffix=str(year))
        case Periodic():
            yield from _periodic(when, issued, calendar, regimes[when.regime])
        case OnRequest():
            return
        case _:
            assert_never(when)


def closing(due: Due, regime: ReportRegime | None, calendar: Calendar) -> tuple[date, Step]:
    """When the province summarises: the day its own report leaves, else some days after."""
    earliest = calendar.add_working_days(due.day, 1)
    if due.period and regime:
        sends = _province_sends(due.period, regime, calendar)
        if sends and sends >= earliest:
            said = {"day": show_date(sends), "date": regime.province_sends_on}
            return sends, step("province-sends", **said, source=regime.name)
    closes = calendar.add_working_days(due.day, SUMMARY_AFTER_DAYS)
    return closes, step("summary-after", day=show_date(closes), days=SUMMARY_AFTER_DAYS)


def _periodic(
    when: Periodic, issued: date, calendar: Calendar, regime: ReportRegime
) -> Iterator[Due]:
    for year in range(when.first, when.last + 1):
        for period in periods_of(when.every, year, regime):
            if period.cutoff < issued or (when.only and period.number not in when.only):
                continue
            cut = step(
                "cutoff",
                start=show_date(period.start),
                cutoff=show_date(period.cutoff),
                source=regime.every[when.every],
            )
            if when.send_within is None:
                yield _by_level(cut, period, regime, calendar)
            else:
                yield _within(cut, period, when.send_within, calendar)


def _within(cut: Step, period: Period, days: int, calendar: Calendar) -> Due:
    """So many working days after the cut-off, as the directive's own words have it."""
    day = calendar.add_working_days(period.cutoff, days)
    passed = _counted(period.cutoff, day, calendar)
    steps = (cut, step("send-within", days=days), *passed, *_computed(day, calendar))
    return Due(day, steps, period, period.code)


def _by_level(cut: Step, period: Period, regime: ReportRegime, calendar: Calendar) -> Due:
    """The date of each level by the regime, counted back from the province's own."""
    found = {
        level: _limit_day(level, limit, period, regime, calendar)
        for level, limit in sorted(
            regime.limits.items(), key=lambda pair: list(Level).index(pair[0])
        )
    }
    last = max(day for day, _steps in found.values())
    steps = [s for _day, level_steps in found.values() for s in level_steps]
    return Due(
        last,
        (cut, *dict.fromkeys(steps), *_computed(last, calendar)),
        period,
        period.code,
        {level: day for level, (day, _steps) in found.items()},
    )


def _limit_day(
    level: Level, limit: Limit, period: Period, regime: ReportRegime, calendar: Calendar
) -> tuple[date, list[Step]]:
    if limit.on_day:
        wanted = period.last_month(limit.on_day)
        day, shifts = _moved(wanted, calendar, regime.on_day_off)
        steps = [step("level-on-day", level=level, day=show_date(wanted)), *shifts]
    elif limit.after_cutoff:
        day = calendar.add_working_days(period.cutoff, limit.after_cutoff)
        said = step("level-after", level=level, days=limit.after_cutoff, day=show_date(day))
        steps = [said, *_counted(period.cutoff, day, calendar)]
    else:
        day, steps = _back(level, limit.before_province or 0, period, regime, calendar)
    first = calendar.add_working_days(period.cutoff, 1)
    if day < first:
        steps.append(step("not-before-cutoff", level=level, day=show_date(first)))
    return max(day, first), steps


def _back(
    level: Level, days: int, period: Period, regime: ReportRegime, calendar: Calendar
) -> tuple[date, list[Step]]:
    sends = _province_sends(period, regime, calendar)
    assert sends is not None  # a regime that counts back has the province's date
    day = calendar.add_working_days(sends, -days)
    steps = [
        *_moved(period.last_month(regime.province_sends_on or 1), calendar, "previous")[1],
        step("back-from", date=regime.province_sends_on, day=show_date(sends), source=regime.name),
        step("level-before", level=level, days=days, day=show_date(day)),
        *_counted(sends, day, calendar),
    ]
    return day, steps


def _province_sends(period: Period, regime: ReportRegime, calendar: Calendar) -> date | None:
    if regime.province_sends_on is None:
        return None
    return calendar.previous_working(period.last_month(regime.province_sends_on))


def _off_days_off(day: date, calendar: Calendar, fixed: bool = False) -> tuple[date, list[Step]]:
    """A day moved off a day off (unless fixed), and the steps that say so."""
    why = calendar.day_off(day)
    if why and fixed:
        return day, [step("fixed", day=show_date(day), why=why), *_computed(day, calendar)]
    moved, shifts = _moved(day, calendar, "next")
    return moved, [*shifts, *_computed(moved, calendar)]


def _moved(day: date, calendar: Calendar, direction: str) -> tuple[date, list[Step]]:
    if calendar.is_working(day):
        return day, []
    forward = direction == "next"
    moved = calendar.next_working(day) if forward else calendar.previous_working(day)
    why = calendar.special(day) or calendar.day_off(day)
    rule = "shifted" if forward else "shifted-back"
    return moved, [step(rule, day=show_date(day), why=why, to=show_date(moved))]


def _counted(start: date, end: date, calendar: Calendar) -> Iterator[Step]:
    """What the count met on its way besides weekends: each holiday passed over, each day worked by
    decision, so that whoever counts again comes to the same day.
    """
    met = calendar.specials_between(start, end)
    if end < start and calendar.is_working(end) and (why := calendar.special(end)):
        met = [(end, why), *met]  # counted backwards, the count ends on its first day
    for run in _runs(met, calendar):
        days = dict.fromkeys(show_date(day) for day in (run[0][0], run[-1][0]))
        whys = dict.fromkeys(why for _day, why in (run[0], run[-1]))
        rule = "counts-worked" if calendar.is_working(run[0][0]) else "passes-over"
        yield step(rule, days=" – ".join(days), why=" – ".join(whys))


def _runs(met: Sequence[tuple[date, str]], calendar: Calendar) -> Iterator[list[tuple[date, str]]]:
    """Special days in stretches that no ordinary worked day divides."""
    run: list[tuple[date, str]] = []
    for day, why in met:
        if run and not _joined(run[-1][0], day, calendar):
            yield run
            run = []
        run.append((day, why))
    if run:
        yield run


def _joined(one: date, other: date, calendar: Calendar) -> bool:
    between = (one + timedelta(days=n) for n in range(1, (other - one).days))
    return calendar.is_working(one) == calendar.is_working(other) and not any(
        map(calendar.is_working, between)
    )


def _computed(day: date, calendar: Calendar) -> list[Step]:
    return [step("computed", year=day.year)] if calendar.is_computed(day) else []
