"""Figures that contradict each other in the answers that stand: listed with the unit's own words
for it, never averaged away.

    below   a unit that answers for those below it gives another figure than they do together
    last    a running total is lower than the period before
    parts   the parts of a figure do not make it up, or one is more than the whole
    check   a rule of the report that the unit broke with an explanation
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.aggregate import Sums
from models.answer_explanations import words_of
from models.directive import Indicator
from models.report_asks import CheckItem
from models.round import IndicatorValue, Round, Submission
from models.status import day_of
from models.unit import Unit
from models.vietnamese import show_number
from models.words import Basis, IndicatorKind
from tasks.aggregate_trees import Homes
from tasks.aggregating import asked
from tasks.counted import left_out, stands

COMPARED = frozenset({IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.RATIO})


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
    below = _below(session, found, as_of, answers)
    last = _last(session, found, as_of, items)
    rows = [
        row
        for answer in answers.values()
        for row in (
            *_against(Between.BELOW, answer, below.get(answer.unit_id, {}), items),
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
    value = IndicatorValue
    parts = (value.number, value.numerator, value.denominator)
    rows = connection.execute(
        sa.select(col(value.submission_id), col(value.indicator_id), *map(col, parts))
        .join(standing, standing.c.id == col(value.submission_id))
        .where(col(value.indicator_id).in_([item.id for item in items]))
    )
    for id_, indicator, number, numerator, denominator in rows:
        values = answers[id_].values
        values[indicator] = Sums(1, number or 0, numerator or 0, denominator or 0)
    return {answer.unit_id: answer for answer in answers.values()}


def _below(
    session: Session, found: Round, as_of: datetime, answers: Mapping[int, _Answer]
) -> dict[int, dict[int, Sums]]:
    """What those whom a unit answers for gave together, by unit and indicator."""
    sums: dict[int, dict[int, Sums]] = {}
    if found.with_subordinates:
        for unit_id, reason in left_out(session, found, as_of).items():
            if reason.within is not None:
                _add(sums.setdefault(reason.within, {}), answers[unit_id].values)
    return sums


def _last(
    session: Session, found: Round, as_of: datetime, items: Sequence[Indicator]
) -> dict[int, dict[int, Sums]]:
    """The running totals of the round before in the series, by the unit that stands in the place
    of who gave them; what a unit gave that was split is nobody's.
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
    running = [item for item in items if item.basis is Basis.CUMULATIVE]
    if before is None or not running:
        return sums
    homes = Homes(session, found, day_of(as_of))
    for unit_id, answer in _answers(session, before, as_of, running).items():
        _add(sums.setdefault(homes.of(unit_id), {}), answer.values)
    return sums


def _add(into: dict[int, Sums], values: Mapping[int, Sums]) -> None:
    for id_, sums in values.items():
        into.setdefault(id_, Sums()).add(sums)


def _against(
    between: Between, answer: _Answer, others: Mapping[int, Sums], items: Sequence[Indicator]
) -> Iterator[Contradiction]:
    for item in items:
        mine, other = answer.values.get(item.id or 0), others.get(item.id or 0)
        if mine and other and _shown(item, mine) != _shown(item, other):
            yield _row(answer, between, item.code, item.label, _shown(item, mine),
                       _shown(item, other))  # fmt: skip


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
        code = rule.jump.of if rule.jump else rule.evidence or ""
        label = known[code].label if code in known else rule.message or rule.code
        mine = answer.values.get(known[code].id or 0) if code in known else None
        figure = _shown(known[code], mine) if mine else _sides(rule.equation or "", answer, known)
        row = _row(answer, Between.CHECK, rule.code, label, figure, rule.equation or "")
        yield replace(row, rule=words_of(rule, label))


def _sides(equation: str, answer: _Answer, known: Mapping[str, Indicator]) -> str:
    """An equation with the figures that a unit gave in the place of their names."""

    def number(word: str) -> str:
        sums = answer.values.get(known[word].id or 0) if word in known else None
        return show_number(sums.number) if sums else word

    return " ".join(map(number, equation.split()))


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
