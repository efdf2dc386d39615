"""The annex of a summary: every unit a round asked, with its status and the figures it gave."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.directive import Directive
from models.round import IndicatorValue, Round, Submission
from models.status import ANSWERED, day_of
from models.unit import Unit
from models.words import Level, label_vi
from tasks import lookup
from tasks.boards import Line, board
from tasks.incorporating import sources
from tasks.standing import standing
from tasks.summary_indicators import asked_in, described

_COLUMNS = ("code", "label", "kind", "unit", "table", "part_of")
Values = Mapping[tuple[int, int], Any]  # by submission and indicator


def annex(session: Session, found: Round, as_of: datetime) -> dict[str, Any]:
    """The units of a round in the order of the board, each with its figures as it gave them, in the
    order of the columns; nothing stands where it gave none.
    """
    owner = session.get_one(Directive, found.directive_id)
    asked = asked_in(session, found)
    codes = {lookup.id_of(indicator): indicator.code for indicator, _table in asked}
    columns = [described(indicator, table, codes) for indicator, table in asked]
    lines = board(session, owner, as_of, round_id=found.id)
    answers, values = _answers(session, found, as_of), _values(session, found, as_of)
    levels = _levels(session)
    taken = _taken(session, [number for number, _version, _received in answers.values()])
    return {
        "columns": [{name: column[name] for name in _COLUMNS} for column in columns],
        "units": [
            _row(line, levels[line.unit_id], answers.get(line.id), values, list(codes), taken)
            for line in lines
        ],
    }


def _row(
    line: Line,
    level: Level,
    answer: tuple[int, int, datetime] | None,
    values: Values,
    asked: Sequence[int],
    taken: Mapping[int, str],
) -> dict[str, Any]:
    answered = line.answered_at if line.status in ANSWERED else None
    late = max((day_of(answered) - line.due).days, 0) if answered else max(line.days_overdue, 0)
    number, version, received = answer or (None, None, None)
    return {
        "unit": line.unit,
        "level": label_vi(level),
        "obligation": line.code,
        "obligation_id": line.id,
        "status": label_vi(line.status),
        "due": line.due.isoformat(),
        "received": day_of(received).isoformat() if received else "",
        "days_late": late if answered or answer is None else 0,
        "submission": number,
        "version": version,
        "taken_from": taken.get(number or 0, ""),
        "values": [values.get((number or 0, id_)) for id_ in asked],
    }


def _taken(session: Session, submissions: Collection[int]) -> dict[int, str]:
    """The report that each answer was taken from, in words; those with none left out."""
    return {
        id_: f"lấy từ báo cáo “{link.title}” ({link.directive}), {link.code}, lần {link.version}"
        for id_, link in sources(session, submissions).items()
    }


def _answers(
    session: Session, found: Round, as_of: datetime
) -> dict[int, tuple[int, int, datetime]]:
    """The answer that stands for each obligation: its number, version and when it came."""
    last = standing(as_of, col(Round.id) == found.id)
    rows = session.execute(
        sa.select(
            col(Submission.obligation_id),
            col(Submission.id),
            col(Submission.version),
            col(Submission.received_at),
        ).join(last, last.c.id == col(Submission.id))
    )
    return {of: (id_, version, received) for of, id_, version, received in rows}


def _values(session: Session, found: Round, as_of: datetime) -> Values:
    """The figures of the answers that stand, as units give them."""
    last, value = standing(as_of, col(Round.id) == found.id), IndicatorValue
    rows = session.execute(
        sa.select(
            *map(col, (value.submission_id, value.indicator_id, value.number, value.numerator)),
            *map(col, (value.denominator, value.yes, value.text, value.day, value.choice)),
        ).join(last, last.c.id == col(value.submission_id))
    )
    return {(of, id_): _plain(*parts) for of, id_, *parts in rows}


def _plain(
    number: float | None,
    numerator: float | None,
    denominator: float | None,
    yes: bool | None,
    text: str | None,
    day: Any,
    choice: str | None,
) -> Any:
    """A figure as plain data: of its parts the one that is filled in."""
    if denominator is not None:
        return {"numerator": numerator, "denominator": denominator}
    if day is not None:
        return day.isoformat()
    return next((part for part in (number, yes, text, choice) if part is not None), None)


def _levels(session: Session) -> dict[int, Level]:
    return dict(session.execute(sa.select(col(Unit.id), col(Unit.level))).tuples().all())
