"""Figures that contradict each other in the answers that stand: listed with the unit's own words
for it, never averaged away.

    below   a unit that answers for those below it gives another figure than they together, or none
    last    a running total is lower than the period before
    parts   the parts of a figure do not make it up, or one is more than the whole
    check   a rule of the report that the unit broke with an explanation
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.aggregate import Sums
from models.answer_explanations import COMPARED, words_of
from models.directive import Indicator
from models.equations import RATIO_PARTS, RELATIONS, NoEquation, Term, operands, parsed, value
from models.i18n import gettext as _
from models.plain_figures import shown
from models.report_asks import CheckItem
from models.round import IndicatorValue, Round, Submission
from models.status import day_of
from models.unit import Unit
from models.vietnamese import show_number
from models.words import Basis, IndicatorKind
from tasks import lookup
from tasks.aggregate_trees import Homes
from tasks.aggregating import asked
from tasks.counted import answered_above, passed_on, stands
from tasks.figures_below import ADDED_UP
from tasks.running_totals import year_of


class Between(StrEnum):
    """What contradicts the figure; also how the explanation of it is named."""

    BELOW = "below"
    LAST = "last"
    PARTS = "parts"
    CHECK = "check"


@dataclass(frozen=True)
class Contradiction:
    """Two figures of a unit that do not go together; `words` is how it explains that, `rule` says
    which rule of the report it broke.
    """

    unit_id: int
    unit: str
    obligation_id: int
    between: Between
    indicator: str
    figure: str
    other: str
    words: str
    rule: str = ""


@dataclass(frozen=True)
class _Answer:
    unit_id: int
    unit: str
    obligation_id: int
    values: dict[int, Sums]
    words: Mapping[str, str]


def contradictions(session: Session, found: Round, as_of: datetime) -> list[Contradiction]:
    """The contradictions in a round's answers at an instant, by unit."""
    items = [item for item in asked(session, found) if item.kind in COMPARED]
    answers = _answers(session, found, as_of, items)
    known = {item.code: item for item in items}
    adding = [item for item in items if item.kind in ADDED_UP]
    below = _below(session, found, as_of, answers, adding)
    last = _last(session, found, as_of, items)
    rows = [
        row
        for answer in answers.values()
        for row in (
            *_against(answer, below.get(answer.unit_id, {}), adding),
            *_fallen(answer, last.get(answer.unit_id, {}), items),
            *_parts(answer, items),
            *_checks(answer, found, known),
        )
    ]
    return sorted(rows, key=lambda row: (row.unit, row.unit_id))


def _answers(
    session: Session, found: Round, as_of: datetime, items: Sequence[Indicator]
) -> dict[int, _Answer]:
    """The answers that stand, by unit id, with their figures and explanations."""
    standing, connection = stands(found, as_of), session.connection()
    answers = {
        id_: _Answer(unit_id, unit, obligation, {}, words or {})
        for id_, unit_id, unit, obligation, words in connection.execute(
            sa.select(
                col(Submission.id), col(Unit.id), col(Unit.name), col(Submission.obligation_id),
                col(Submission.payload)["explanations"],
            )
            .join(standing, standing.c.id == col(Submission.id))
            .join(Unit, col(Unit.id) == standing.c.unit_id)
        )
    }  # fmt: skip
    given = IndicatorValue
    parts = (given.number, given.numerator, given.denominator)
    rows = connection.execute(
        sa.select(col(given.submission_id), col(given.indicator_id), *map(col, parts))
        .join(standing, standing.c.id == col(given.submission_id))
        .where(col(given.indicator_id).in_([item.id for item in items]))
    )
    for id_, indicator, number, numerator, denominator in rows:
        values = answers[id_].values
        values[indicator] = Sums(1, number or 0, numerator or 0, denominator or 0)
    return {answer.unit_id: answer for answer in answers.values()}


def _below(
    session: Session,
    found: Round,
    as_of: datetime,
    answers: Mapping[int, _Answer],
    adding: Sequence[Indicator],
) -> dict[int, dict[int, Sums]]:
    """What those whom a unit answers for gave together, by unit and indicator: each figure up to
    the first unit above that gives it too.
    """
    sums: dict[int, dict[int, Sums]] = {}
    known, passed = set(map(lookup.id_of, adding)), passed_on(session, found, as_of)
    for unit_id, above in answered_above(session, found, as_of).items():
        mine = answers[unit_id].values if unit_id not in passed else {}
        for id_ in known & mine.keys():
            for over in above:
                _add(sums.setdefault(over, {}), {id_: mine[id_]})
                if id_ in answers[over].values:
                    break
    return sums


def _last(
    session: Session, found: Round, as_of: datetime, items: Sequence[Indicator]
) -> dict[int, dict[int, Sums]]:
    """The running totals of the round before in the series, those of a year within that year, by
    the unit that stands in the place of who gave them; what a unit gave that was split is nobody's.
    """
    before = session.exec(
        select(Round)
        .where(
            Round.directive_id == found.directive_id, Round.series == found.series,
            col(Round.due) < found.due, col(Round.opened_at) <= as_of,
        )
        .order_by(col(Round.due).desc())
    ).first()  # fmt: skip
    sums: dict[int, dict[int, Sums]] = {}
    if before is None:
        return sums
    same_year = year_of(before) == year_of(found)
    running = [
        item
        for item in items
        if item.basis is Basis.CUMULATIVE or (item.basis is Basis.YEAR and same_year)
    ]
    if not running:
        return sums
    homes = Homes(session, found, day_of(as_of))
    for unit_id, answer in _answers(session, before, as_of, running).items():
        _add(sums.setdefault(homes.of(unit_id), {}), answer.values)
    return sums


def _add(into: dict[int, Sums], values: Mapping[int, Sums]) -> None:
    for id_, sums in values.items():
        into.setdefault(id_, Sums()).add(sums)


def _against(
    answer: _Answer, below: Mapping[int, Sums], items: Sequence[Indicator]
) -> Iterator[Contradiction]:
    """Figures that differ from those below together, or lack where those below come to more."""
    for item in items:
        mine, other = answer.values.get(item.id or 0), below.get(item.id or 0)
        if other is None or (mine is None and not (other.number or other.denominator)):
            continue
        figure = _shown(item, mine) if mine else _("none given")
        if figure != _shown(item, other):
            yield _row(answer, Between.BELOW, item.code, item.label, figure, _shown(item, other))


def _fallen(
    answer: _Answer, last: Mapping[int, Sums], items: Sequence[Indicator]
) -> Iterator[Contradiction]:
    """Running totals that fell; of a ratio the number counted, since the whole may shrink."""
    for item in items:
        mine, other = answer.values.get(item.id or 0), last.get(item.id or 0)
        if mine and other and (mine.number, mine.numerator) < (other.number, other.numerator):
            yield _row(answer, Between.LAST, item.code, item.label, _shown(item, mine),
                       _shown(item, other))  # fmt: skip


def _parts(answer: _Answer, items: Sequence[Indicator]) -> Iterator[Contradiction]:
    for whole in items:
        parts = [i for i in items if i.part_of_id == whole.id and i.id in answer.values]
        mine = answer.values.get(whole.id or 0)
        if mine is None or not parts:
            continue
        given = [answer.values[part.id or 0].number for part in parts]
        if whole.adds_up and sum(given) != mine.number:
            other = " + ".join(map(show_number, given))
            yield _row(answer, Between.PARTS, whole.code, whole.label, show_number(mine.number),
                       f"{other} = {show_number(sum(given))}")  # fmt: skip
        for part, number in zip(parts, given, strict=True):
            if not whole.adds_up and number > mine.number:
                yield _row(answer, Between.PARTS, part.code, part.label, show_number(number),
                           f"{whole.label}: {show_number(mine.number)}")  # fmt: skip


def _checks(
    answer: _Answer, found: Round, known: Mapping[str, Indicator]
) -> Iterator[Contradiction]:
    """The rules that a unit broke and explained; those of the other lists are there."""
    for rule in map(CheckItem.model_validate, found.checks):
        if rule.code not in answer.words:
            continue
        if rule.equation is not None:
            yield from _equation(answer, rule, rule.equation, known)
            continue
        code = rule.jump.of if rule.jump else rule.evidence or ""
        mine = answer.values.get(known[code].id or 0) if code in known else None
        if mine:
            label, figure = known[code].label, _shown(known[code], mine)
            row = _row(answer, Between.CHECK, rule.code, label, figure, rule.message or "")
            yield replace(row, rule=words_of(rule, label))


def _equation(
    answer: _Answer, rule: CheckItem, text: str, known: Mapping[str, Indicator]
) -> Iterator[Contradiction]:
    """The sides of an equation that does not hold, with the figures that the unit gave."""
    numbers = _numbers(answer, known)
    try:
        found = parsed(text, operands((code, item.kind) for code, item in known.items()))
        left, right = (value(side, numbers) for side in (found.left, found.right))
    except (NoEquation, KeyError):  # it speaks of what is not asked, or was not given
        return
    if not RELATIONS[found.relation](left, right):
        first = next(term.name for term in found.terms if term.name)
        label = rule.message or known[first.partition(".")[0]].label
        other = f"{found.relation} {_side(found.right, right, numbers)}"
        figure = _side(found.left, left, numbers)
        row = _row(answer, Between.CHECK, rule.code, label, figure, other)
        yield replace(row, rule=words_of(rule, label))


def _numbers(answer: _Answer, known: Mapping[str, Indicator]) -> dict[str, Decimal]:
    """The figures of an answer as equations name them."""
    found: dict[str, Decimal] = {}
    for code, item in known.items():
        sums = answer.values.get(item.id or 0)
        if sums and item.kind is IndicatorKind.RATIO:
            parts = (sums.numerator, sums.denominator)
            names = (f"{code}.{part}" for part in RATIO_PARTS)
            found |= {name: Decimal(str(part)) for name, part in zip(names, parts, strict=True)}
        elif sums:
            found[code] = Decimal(str(sums.number))
    return found


def _side(terms: Sequence[Term], total: Decimal, numbers: Mapping[str, Decimal]) -> str:
    """A side of an equation in figures, and what it comes to: "5 + 3 = 8"."""
    words = [f"{t.sign} {shown(numbers[t.name] if t.name else t.number)}" for t in terms]
    text = " ".join(words).removeprefix("+ ")
    return text if len(terms) == 1 else f"{text} = {shown(total)}"


def _row(
    answer: _Answer, between: Between, code: str, label: str, figure: str, other: str
) -> Contradiction:
    name = code if between is Between.CHECK else f"{between}:{code}"
    words = str(answer.words.get(name) or "")
    return Contradiction(
        answer.unit_id, answer.unit, answer.obligation_id, between, label, figure, other, words
    )


def _shown(item: Indicator, sums: Sums) -> str:
    if item.kind is IndicatorKind.RATIO:
        return f"{show_number(sums.numerator)}/{show_number(sums.denominator)}"
    return show_number(sums.number)
