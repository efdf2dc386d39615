"""The figures beside a report: the unit's own of the last period and of a year before, and those of
the units below it. The rules of `models.figure_checks` compare with them.

A unit that took over from others compares with the sum of theirs; where one of them was split among
several there is nothing to compare with.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.asked import Figure, Known
from models.directive import Indicator
from models.periods import reporting_year
from models.report_asks import CheckItem
from models.round import IndicatorValue, Obligation, Round, RoundIndicator
from models.status import day_of
from models.unit import Succession
from models.words import Basis, Ending, Since
from tasks.figures_below import ADDED_UP, below, tidy
from tasks.standing import standing

A_YEAR = timedelta(days=365)
ABOUT = timedelta(days=14)  # less than half of the shortest period
GONE = (Ending.PASSED_ON, Ending.LAPSED)
_PARTS = ("number", "numerator", "denominator", "yes", "text", "day", "choice")
_SUMMED = ("number", "numerator", "denominator")


def known(session: Session, obligation_id: int, as_of: datetime) -> Known:
    """What the figures of an answer to an obligation are compared with, at an instant."""
    here = _here(session, obligation_id)
    under = below(session, here.unit_id, here.round_id, as_of).figures if here.sums else {}
    earlier = _earlier(session, here)
    if not earlier:
        return Known(below=under)
    lineage = _lineage(session, here, day_of(as_of))
    figures = _figures(session, lineage, {found.id for found in earlier.values()}, as_of)
    last, year = (
        figures.get(earlier[since].id, {}) if since in earlier else {} for since in _SINCE
    )
    anew = _begun_anew(session, here, earlier.get(Since.LAST_PERIOD))
    return Known({code: last[code] for code in last if code not in anew}, year, under)


def _here(session: Session, obligation_id: int) -> Any:
    """What is compared: a unit in a round, and what the rules of the round need."""
    return session.connection().execute(_HERE, {"id": obligation_id}).one()


_SINCE = (Since.LAST_PERIOD, Since.LAST_YEAR)
_HERE = (
    sa.select(
        *map(col, (Obligation.unit_id, Obligation.round_id, Round.directive_id, Round.series)),
        *map(col, (Round.due, Round.cutoff, Round.checks)),
        col(Round.with_subordinates).label("sums"),
        sa.exists()
        .where(
            col(RoundIndicator.round_id) == col(Obligation.round_id),
            col(RoundIndicator.indicator_id) == col(Indicator.id),
            col(Indicator.basis) != Basis.PERIOD,
        )
        .label("runs_on"),
    )
    .join(Round, col(Round.id) == col(Obligation.round_id))
    .where(col(Obligation.id) == sa.bindparam("id"))
)


# --- the rounds compared with --------------------------------------------------------------------


def _earlier(session: Session, here: Any) -> dict[Since, Any]:
    """The earlier rounds of the series that a rule of this one speaks of: few have any."""
    checks = (CheckItem.model_validate(check) for check in here.checks)
    wanted = {check.jump.since for check in checks if check.jump}
    wanted |= {Since.LAST_PERIOD} if here.runs_on else set()
    if not wanted:
        return {}
    rows = session.connection().execute(
        sa.select(*map(col, (Round.id, Round.due, Round.cutoff)))
        .where(
            col(Round.directive_id) == here.directive_id,
            col(Round.series) == here.series,
            col(Round.due) < here.due,
            col(Round.opened_at).is_not(None),
        )
        .order_by(col(Round.due).desc(), col(Round.id).desc())
    )
    year = (here.cutoff or here.due) - A_YEAR

    def far(found: Any) -> timedelta:
        return timedelta(days=abs(((found.cutoff or found.due) - year).days))

    every = rows.all()
    near = sorted((found for found in every if far(found) <= ABOUT), key=lambda f: (far(f), f.id))
    chosen = {Since.LAST_PERIOD: every, Since.LAST_YEAR: near}
    return {since: rounds[0] for since, rounds in chosen.items() if since in wanted and rounds}


def _begun_anew(session: Session, here: Any, last: Any) -> set[str]:
    """The running totals that begin anew with the year, where the last period was of another."""
    if last is None or _year(last) == _year(here):
        return set()
    anew = sa.select(col(Indicator.code)).where(
        col(Indicator.directive_id) == here.directive_id, col(Indicator.basis) == Basis.YEAR
    )
    return set(session.connection().scalars(anew))


def _year(found: Any) -> int:
    return reporting_year(found.cutoff, found.due)


# --- the units compared with ---------------------------------------------------------------------


class _Lineage:
    """A unit, those in whose place it reports, and those of them that were split."""

    def __init__(self, units: Collection[int], links: Sequence[tuple[int, int | None]]) -> None:
        self.units = frozenset(units)
        self.split = {before for before, after in links if after not in self.units}
        reached = set(self.split)
        while reached:  # who passed on to one that was split passed on to several
            reached = {b for b, after in links if after in reached} - self.split
            self.split |= reached


def _lineage(session: Session, here: Any, today: date) -> _Lineage:
    """Who reported what this unit reports now; one that still reports itself is left out."""
    units, latest = {here.unit_id}, {here.unit_id}
    itself = sa.exists().where(
        col(Obligation.round_id) == here.round_id,
        col(Obligation.unit_id) == col(Succession.unit_id),
        col(Obligation.ending).is_(None) | col(Obligation.ending).not_in(GONE),
    )
    acts = col(Succession.day) <= today
    while latest:
        before = sa.select(col(Succession.unit_id)).where(
            col(Succession.successor_id).in_(latest), acts, ~itself
        )
        latest = set(session.connection().scalars(before)) - units
        units |= latest
    if len(units) == 1:
        return _Lineage(units, [])
    links = sa.select(col(Succession.unit_id), col(Succession.successor_id)).where(
        col(Succession.unit_id).in_(units), acts
    )
    return _Lineage(units, [(b, after) for b, after in session.connection().execute(links)])


# --- their figures -------------------------------------------------------------------------------


def _figures(
    session: Session, lineage: _Lineage, rounds: Collection[int], as_of: datetime
) -> dict[int, dict[str, Figure]]:
    """The figures of a lineage together, by round and code; none of a round where one lacks."""
    mine = sa.and_(
        col(Obligation.round_id).in_(rounds),
        col(Obligation.unit_id).in_(lineage.units),
        col(Obligation.ending).is_(None) | col(Obligation.ending).not_in(GONE),
    )
    stands = standing(as_of, mine)
    rows = session.connection().execute(
        sa.select(col(Obligation.round_id), col(Obligation.unit_id), stands.c.id)
        .outerjoin(stands, stands.c.obligation_id == col(Obligation.id))
        .where(mine)
    )
    answers: dict[int, list[int | None]] = defaultdict(list)
    for round_id, unit_id, submission_id in rows:
        answers[round_id].append(None if unit_id in lineage.split else submission_id)
    whole = {round_id: ids for round_id, ids in answers.items() if None not in ids}
    given = _given(session, [id_ for ids in whole.values() for id_ in ids if id_ is not None])
    return {
        round_id: _sum([given[id_] for id_ in ids if id_ in given])
        for round_id, ids in whole.items()
    }


_Given = dict[str, tuple[Any, Figure]]


def _given(session: Session, submissions: Collection[int]) -> dict[int, _Given]:
    """The figures of some answers by their codes, each with its kind."""
    values = (getattr(IndicatorValue, part) for part in _PARTS)
    rows = session.connection().execute(
        sa.select(
            *map(col, (IndicatorValue.submission_id, Indicator.code, Indicator.kind, Indicator.id)),
            *values,
        )
        .join(Indicator, col(Indicator.id) == col(IndicatorValue.indicator_id))
        .where(col(IndicatorValue.submission_id).in_(submissions))
    )
    found: dict[int, _Given] = defaultdict(dict)
    for submission_id, code, kind, indicator_id, *parts in rows:
        figure = Figure(indicator_id, **dict(zip(_PARTS, parts, strict=True)))
        found[submission_id][code] = (kind, figure)
    return found


def _sum(answers: Sequence[_Given]) -> dict[str, Figure]:
    """The figures of several answers as of one; an answer that had nothing to report has none."""
    if len(answers) == 1:
        return {code: figure for code, (_kind, figure) in answers[0].items()}
    codes = [set(answer) for answer in answers]
    return {
        code: _added([answer[code][1] for answer in answers])
        for code in (set.intersection(*codes) if codes else ())
        if answers[0][code][0] in ADDED_UP
    }


def _added(figures: Sequence[Figure]) -> Figure:
    number, numerator, denominator = (
        None if getattr(figures[0], part) is None else tidy(sum(getattr(f, part) for f in figures))
        for part in _SUMMED
    )
    return Figure(figures[0].indicator_id, number, numerator, denominator)
