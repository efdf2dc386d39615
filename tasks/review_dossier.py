"""What a review (sơ kết, tổng kết) looks back on: the rounds of its phase and what became of them.

A preliminary review covers the phase it is held in, a final one all the years of the directive.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from models.directive import Assignment, Directive, Measure, Phase
from models.directive_file import DirectiveFile
from models.round import Obligation, Round
from models.status import OWED, day_of, tally
from models.unit import Unit
from models.vietnamese import show_date
from models.words import ReportPart, Review, Role, Status, label_vi
from tasks import lookup
from tasks.boards import Line, board
from tasks.passages import chosen, parts_of, written
from tasks.relief_counts import relief_counts
from tasks.review_forms import over_the_phase
from tasks.summary_indicators import as_dict, threshold
from tasks.target_results import progress


def review(session: Session, owner: Directive, found: Round, as_of: datetime) -> dict[str, Any]:
    """The dossier of a review, as plain data."""
    begins, ends = span(session, owner, found)
    rounds = [r for r in _opened(session, owner, found, as_of) if begins <= covers(r) <= ends]
    ids = {lookup.id_of(r) for r in rounds}
    lines = [line for line in board(session, owner, as_of) if line.round_id in ids]
    return {
        "span": [show_date(begins), show_date(ends)],
        "rounds": [_answered(r, lines) for r in rounds],
        "tally": tally(line.status for line in lines),
        "reliefs": relief_counts(session, as_of, col(Obligation.round_id).in_(ids)),
        "targets": _targets(session, owner, ids, as_of),
        "lateness": lateness(lines),
        "leaders": leaders(session, owner),
        "lessons": _lessons(session, [*rounds, found], as_of),
        "forms": over_the_phase(session, rounds, as_of),
    }


def span(session: Session, owner: Directive, found: Round) -> tuple[date, date]:
    """The first and the last day a review covers."""
    first_year = None
    if found.review is Review.PRELIMINARY and (phase := _phase(session, owner, found)):
        first_year = phase.first_year
    begins = date(first_year, 1, 1) if first_year else owner.issued
    return max(begins, owner.issued), found.cutoff or found.due


def covers(found: Round) -> date:
    """The day a round's figures are of: the cut-off of its period, or its due date."""
    return found.cutoff or found.due


def _phase(session: Session, owner: Directive, found: Round) -> Phase | None:
    """The phase a review is held in: the one it rests on, else the one whose years have it."""
    phases = session.exec(
        select(Phase).where(Phase.directive_id == owner.id).order_by(col(Phase.number))
    ).all()
    items = DirectiveFile.model_validate(owner.file).rounds
    basis = {ref for item in items if item.code == found.series for ref in item.basis}
    named = [p for p in phases if any(f"{r}/".startswith(f"phases/{p.number}/") for r in basis)]
    year = covers(found).year
    in_it = [p for p in phases if (p.first_year or 0) <= year <= (p.last_year or year)]
    return next(iter(named or in_it), None)


def _opened(session: Session, owner: Directive, found: Round, as_of: datetime) -> Sequence[Round]:
    """The other rounds that had opened, in the order of due date."""
    return session.exec(
        select(Round)
        .where(
            Round.directive_id == owner.id,
            Round.id != found.id,
            col(Round.opened_at) <= as_of,
        )
        .order_by(col(Round.due), col(Round.code))
    ).all()


def _answered(found: Round, lines: Iterable[Line]) -> dict[str, Any]:
    mine = tally(line.status for line in lines if line.round_id == found.id)
    return {"code": found.code, "title": found.title, "due": show_date(found.due), **mine}


def lateness(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Who was late how often and by how many days together, and how often silent; worst first."""
    times, days, silent = Counter[str](), Counter[str](), Counter[str]()
    for line in lines:
        if line.status is Status.LATE and line.answered_at:
            times[line.unit] += 1
            days[line.unit] += (day_of(line.answered_at) - line.due).days
        elif line.status in OWED and line.days_overdue > 0:
            silent[line.unit] += 1
    units = dict.fromkeys([*times, *silent])
    found = [
        {"unit": unit, "times": times[unit], "days": days[unit], "missing": silent[unit]}
        for unit in units
    ]
    return sorted(found, key=lambda f: (-f["times"] - f["missing"], -f["days"], f["unit"]))


def leaders(session: Session, owner: Directive) -> list[dict[str, Any]]:
    """Who leads what, by unit: the numbers of the measures, none for the directive as a whole."""
    rows = session.exec(
        select(Unit.name, Measure.number)
        .select_from(Assignment)
        .join(Unit, col(Unit.id) == col(Assignment.unit_id))
        .join(Measure, col(Measure.id) == col(Assignment.measure_id), isouter=True)
        .where(Assignment.directive_id == owner.id, Assignment.role == Role.LEAD)
        .order_by(col(Assignment.id))
    ).all()
    led: dict[str, dict[str, None]] = {}
    for unit, number in rows:
        led.setdefault(unit, {}).update({number: None} if number else {})
    role = label_vi(Role.LEAD)
    return [{"unit": unit, "role": role, "measures": list(led[unit])} for unit in led]


def _targets(
    session: Session, owner: Directive, rounds: set[int], as_of: datetime
) -> list[dict[str, Any]]:
    """What the frozen summaries of some rounds found of each target, oldest first."""
    return [
        {
            "number": one.target.number,
            "indicator": one.target.indicator,
            "measured_by": one.measured_by,
            **threshold(one.target),
            "results": [as_dict(r) for r in one.results if r.round_id in rounds],
        }
        for one in progress(session, owner, as_of)
        if any(r.round_id in rounds for r in one.results)
    ]


def _lessons(session: Session, rounds: Sequence[Round], as_of: datetime) -> list[dict[str, Any]]:
    """What the units' reports of all the rounds name as lessons."""
    asking = [r for r in rounds if ReportPart.LESSONS in parts_of(session, r)]
    said = [p for p in written(session, asking, as_of) if p.part is ReportPart.LESSONS]
    return chosen(said).get(ReportPart.LESSONS.value, [])
