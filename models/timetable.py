"""The timetable: every round of a directive's whole horizon, each date with its reason.

Pure: the same directive and calendar give the same dates. Nothing here reads a clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from models.calendar import Calendar
from models.directive_asks import (
    Confirmation,
    OnDate,
    OnRequest,
    Periodic,
    RoundItem,
    When,
    WorkingDaysAfter,
    YearlyOn,
)
from models.directive_file import DirectiveFile
from models.directive_text import Quoted
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.periods import Period, periods_of
from models.reasons import Step, step
from models.vietnamese import show_date
from models.words import Every, Review, Stage

SUMMARY_AFTER_DAYS = 5


@dataclass(frozen=True)
class PlannedRound:
    """One round: opened on `opens`, answered by `due`, summarised on `closes`.

    It binds (`binding`) only when every question it rests on is confirmed.
    """

    code: str
    series: str
    stage: Stage
    review: Review | None
    title: str
    period: Period | None
    opens: date
    due: date
    closes: date
    reason: tuple[Step, ...]
    questions: tuple[str, ...]
    binding: bool


@dataclass(frozen=True)
class Timetable:
    """The rounds in order of due date, and the series opened only on request."""

    rounds: tuple[PlannedRound, ...]
    on_request: tuple[RoundItem, ...]


@dataclass(frozen=True)
class _Due:
    """A due date before the calendar has had its say, with the steps that led to it."""

    day: date
    steps: tuple[Step, ...]
    period: Period | None = None
    suffix: str = ""
    fixed: bool = False


def timetable(directive: DirectiveFile, calendar: Calendar) -> Timetable:
    """Every round of the directive; raises NotAllowed where no date of issue is known or read."""
    issued = directive.issue_date()
    if issued is None:
        raise NotAllowed(
            _(
                "The date of issue is unknown: fill in `issued`, "
                "or add a question about it with a proposed date."
            )
        )
    planned: list[PlannedRound] = []
    on_request: list[RoundItem] = []
    for item in directive.rounds:
        when = reading_of(directive, item)
        if isinstance(when, OnRequest):
            on_request.append(item)
            continue
        planned += _series(directive, calendar, issued, item, when)
    planned.sort(key=lambda found: (found.due, found.code))
    return Timetable(tuple(planned), tuple(on_request))


def reading_of(directive: DirectiveFile, item: RoundItem) -> When:
    """When a round falls: the text's own rule, or the proposed reading of its question."""
    if item.when is not None:
        return item.when
    question = directive.question(item.question or "")
    if question is None or not isinstance(question.proposed, When):
        raise NotAllowed(
            _("Round {round} needs a date: question {question} proposes none.").format(
                round=item.code, question=item.question
            )
        )
    return question.proposed


def questions_of(directive: DirectiveFile, item: RoundItem) -> list[str]:
    """Every question a round rests on, the date of issue among them, each once."""
    issue = directive.issue_question()
    return list(dict.fromkeys([*item.questions, *([issue.id] if issue else [])]))


def _series(
    directive: DirectiveFile, calendar: Calendar, issued: date, item: RoundItem, when: When
) -> Iterator[PlannedRound]:
    grounds = (*_words(directive, item), *_readings(directive, item))
    questions = questions_of(directive, item)
    binding = all((q := directive.question(code)) and q.is_confirmed for code in questions)
    for due in _due_days(when, issued, calendar):
        day, shifts = _settle(due, calendar)
        if day < issued:
            continue
        closes, close_step = _closing(day, due.period, calendar)
        opens = calendar.next_working(max(issued, calendar.add_working_days(day, -item.notice)))
        yield PlannedRound(
            code=f"{item.code}-{due.suffix}" if due.suffix else item.code,
            series=item.code,
            stage=item.stage,
            review=item.review,
            title=_title(item, due),
            period=due.period,
            opens=min(opens, day),  # a fixed day off may come before the next worked day
            due=day,
            closes=closes,
            reason=(*grounds, *due.steps, *shifts, close_step),
            questions=tuple(questions),
            binding=binding,
        )


def _title(item: RoundItem, due: _Due) -> str:
    if due.period:
        return f"{item.title} {due.period.title}"
    return f"{item.title} năm {due.suffix}" if due.suffix else item.title


def _words(directive: DirectiveFile, item: RoundItem) -> Iterator[Step]:
    quoted = [found for ref in item.basis if (found := resolve(directive, ref)) and found.quote]
    if not quoted:
        yield step("no-words")
    yield from dict.fromkeys(map(_quote, quoted))  # two parts may rest on the same words


def _quote(found: Quoted) -> Step:
    if not found.lines:
        return step("quote-only", quote=found.quote)
    lines = "–".join(map(str, sorted({min(found.lines), max(found.lines)})))
    return step("quote", quote=found.quote, lines=lines)


def _readings(directive: DirectiveFile, item: RoundItem) -> Iterator[Step]:
    for code in questions_of(directive, item):
        question = directive.question(code)
        if question is None:
            continue
        yield step("question", question=question.id, why=question.why)
        if isinstance(question.confirmed, Confirmation):
            on = show_date(question.confirmed.on)
            yield step("confirmed", by=question.confirmed.by, on=on)
        else:
            yield step("unconfirmed")


def _due_days(when: When, issued: date, calendar: Calendar) -> Iterator[_Due]:
    match when:
        case OnDate():
            yield _Due(when.on, (step("on", day=show_date(when.on)),), fixed=when.fixed)
        case WorkingDaysAfter():
            start = issued if when.after == "issued" else when.after
            rule = "after-issue" if when.after == "issued" else "after"
            day = calendar.add_working_days(start, when.working_days)
            yield _Due(day, (step(rule, days=when.working_days, day=show_date(start)),))
        case YearlyOn():
            for year in range(when.first, when.last + 1):
                day = date.fromisoformat(f"{year}-{when.month_day}")
                yield _Due(day, (step("yearly", day=day.strftime("%d/%m")),), suffix=str(year))
        case Periodic():
            yield from _periodic(when, issued, calendar)
        case OnRequest():
            return
        case _:
            assert_never(when)


def _periodic(when: Periodic, issued: date, calendar: Calendar) -> Iterator[_Due]:
    for year in range(when.first, when.last + 1):
        for period in periods_of(when.every, year, when.regime):
            if period.cutoff < issued or (when.only and period.number not in when.only):
                continue
            day = calendar.add_working_days(period.cutoff, when.send_within)
            steps = (_cutoff_step(period, when), step("send-within", days=when.send_within))
            yield _Due(day, steps, period, period.code)


def _cutoff_step(period: Period, when: Periodic) -> Step:
    rule = f"cutoff-{when.regime}"
    if when.regime == "nd09" and when.every is Every.NINE_MONTHS:
        rule = "cutoff-nine-months"
    return step(rule, start=show_date(period.start), cutoff=show_date(period.cutoff))


def _settle(due: _Due, calendar: Calendar) -> tuple[date, list[Step]]:
    """The due day moved off a day off (unless fixed), and the steps that say so."""
    day, steps = due.day, list[Step]()
    why = calendar.day_off(day)
    if why and due.fixed:
        steps.append(step("fixed", day=show_date(day), why=why))
    elif why:
        moved = calendar.next_working(day)
        steps.append(step("shifted", day=show_date(day), why=why, to=show_date(moved)))
        day = moved
    if calendar.is_computed(day):
        steps.append(step("computed", year=day.year))
    return day, steps


def _closing(due: date, period: Period | None, calendar: Calendar) -> tuple[date, Step]:
    """When the province summarises: the 25th for a period of NĐ 09, else some days after."""
    earliest = calendar.add_working_days(due, 1)
    if period:
        sends = calendar.previous_working(period.last_month_day)
        if sends >= earliest:
            return sends, step("province-25", day=show_date(sends))
    closes = calendar.add_working_days(due, SUMMARY_AFTER_DAYS)
    return closes, step("summary-after", day=show_date(closes), days=SUMMARY_AFTER_DAYS)


def resolve(directive: DirectiveFile, ref: str) -> Quoted | None:
    """The part a reference names ("assignments/A1", "phases/1/final_review"), or None."""
    head, *rest = ref.split("/")
    if not rest:
        found = getattr(directive, head, None)
        return found if isinstance(found, Quoted) else None
    tables: dict[str, dict[str, Quoted]] = {
        "assignments": {a.id: a for a in directive.assignments},
        "reports": {r.code: r for r in directive.reports},
        "targets": {t.num: t for t in directive.targets},
        "measures": _measures(directive),
        "phases": {str(p.num): p for p in directive.phases},
        "recipients": {str(r.num): r for r in directive.recipients},
    }
    item = tables.get(head, {}).get(rest[0])
    if item is None or len(rest) == 1:
        return item
    inner = getattr(item, rest[1], None)
    return inner if isinstance(inner, Quoted) else None


def _measures(directive: DirectiveFile) -> dict[str, Quoted]:
    """Measures by number; one numbered in words ("Một là") also by its ordinal."""
    measures = directive.all_measures()
    by_ordinal: dict[str, Quoted] = {str(m.ordinal): m for m in measures if m.ordinal}
    return by_ordinal | {m.num: m for m in measures}
