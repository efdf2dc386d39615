"""The timetable: every round of a directive's whole horizon, each date with its reason.

Pure: the same directive and calendar give the same dates. Nothing here reads a clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from models.calendar import Calendar
from models.directive_asks import Confirmation, OnRequest, Periodic, RoundItem, When
from models.directive_file import DirectiveFile
from models.directive_text import Quoted
from models.due_dates import Due, closing, due_dates
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.periods import Period
from models.reasons import Step, step
from models.report_regimes import known
from models.vietnamese import show_date
from models.words import Level, Review, Stage


@dataclass(frozen=True)
class PlannedRound:
    """One round: opened on `opens`, answered by `due`, summarised on `closes`.

    It binds (`binding`) only when every question it rests on is confirmed. Where the levels send
    one after the other, `by_level` has the date of each.
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
    by_level: Mapping[Level, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Timetable:
    """The rounds in order of due date, and the series opened only on request."""

    rounds: tuple[PlannedRound, ...]
    on_request: tuple[RoundItem, ...]


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


def is_binding(directive: DirectiveFile, item: RoundItem) -> bool:
    """Whether every question that a round rests on is confirmed."""
    questions = map(directive.question, questions_of(directive, item))
    return all(question and question.is_confirmed for question in questions)


def _series(
    directive: DirectiveFile, calendar: Calendar, issued: date, item: RoundItem, when: When
) -> Iterator[PlannedRound]:
    grounds = grounds_of(directive, item)
    questions = questions_of(directive, item)
    binding = is_binding(directive, item)
    regimes = known(directive.report_regimes)
    regime = regimes[when.regime] if isinstance(when, Periodic) else None
    for due in due_dates(when, issued, calendar, regimes):
        first = min(due.by_level.values(), default=due.day)
        if first < issued:
            continue
        closes, close_step = closing(due, regime, calendar)
        opens = calendar.next_working(max(issued, calendar.add_working_days(first, -item.notice)))
        yield PlannedRound(
            code=f"{item.code}-{due.suffix}" if due.suffix else item.code,
            series=item.code,
            stage=item.stage,
            review=item.review,
            title=_title(item, due),
            period=due.period,
            opens=min(opens, first),  # a fixed day off may come before the next worked day
            due=due.day,
            closes=closes,
            reason=(*grounds, *due.steps, close_step),
            questions=tuple(questions),
            binding=binding,
            by_level=due.by_level,
        )


def grounds_of(directive: DirectiveFile, item: RoundItem) -> tuple[Step, ...]:
    """What a round rests on: the words quoted, the readings of what they leave open."""
    return (*_words(directive, item), *_readings(directive, item))


def _title(item: RoundItem, due: Due) -> str:
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
