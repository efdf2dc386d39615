"""The board: every obligation with the status its facts give, as of an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive
from models.round import Obligation, Round
from models.settings import settings
from models.status import OWED, Facts, Thresholds, day_of, status, tally
from models.unit import Contact, Unit
from models.words import Appraised, ContactRole, Quality, Status
from tasks.past import touched_since
from tasks.standing import NO_MARK, appraised, asking_time, completed


class Line(NamedTuple):
    """One obligation on the board, as it was at an instant. `appraised` and `quality` are what the
    secretariat found of its newest version, `asks_time` whether a request for more time waits.
    """

    id: int
    code: str
    round_id: int
    unit_id: int
    unit: str
    unit_code: str
    due: date
    answered_at: datetime | None
    ended_at: datetime | None
    status: Status
    days_overdue: int
    appraised: Appraised | None = None
    quality: Quality | None = None
    asks_time: bool = False
    completed: bool = False


@dataclass(frozen=True)
class RoundLine:
    """A round on the board, with its figures; `figures` is empty until it opens.

    A round that was over before the directive was registered is `passed` and never opens: nobody
    is asked today for what was due years ago.
    """

    id: int
    code: str
    title: str
    stage: str
    opens: date
    due: date
    closes: date
    binding: bool
    opened: bool
    closed: bool
    passed: bool
    figures: dict[str, int]


def board(
    session: Session, directive: Directive, as_of: datetime, round_id: int | None = None
) -> list[Line]:
    """The obligations of a directive (or of one round) in the order of due date and unit, as they
    were at an instant, whatever has happened since.
    """
    rows = _rows(session, directive, as_of, round_id)
    units = _units(session)
    before = touched_since(session, directive, as_of)
    marks = appraised(session, directive, as_of)
    asking = asking_time(session, directive, as_of)
    done = completed(session, directive, as_of)
    colours, today = thresholds(), day_of(as_of)
    lines = []
    for id_, code, of_round, unit_id, *own in rows:
        due, answered, ended, _ending = facts = before.get(id_) or Facts(*own)
        lines.append(
            Line(
                id_, code, of_round, unit_id, *units[unit_id], due,
                answered if answered and answered <= as_of else None,
                ended if ended and ended <= as_of else None,
                status(facts, as_of, colours), (today - due).days,
                *marks.get(id_, NO_MARK), id_ in asking, id_ in done,
            )
        )  # fmt: skip
    lines.sort(key=attrgetter("due"))  # the rest is in order as it comes
    return lines


def _rows(
    session: Session, directive: Directive, as_of: datetime, round_id: int | None
) -> Sequence[Any]:
    """The obligations as they are now, in plain columns: a life has thousands, and a board is drawn
    of them often.
    """
    columns = (Obligation.id, Obligation.code, Obligation.round_id, Obligation.unit_id)
    facts = (Obligation.due, Obligation.answered_at, Obligation.ended_at, Obligation.ending)
    rounds = sa.select(col(Round.id)).where(col(Round.directive_id) == directive.id)
    if round_id is not None:
        rounds = rounds.where(col(Round.id) == round_id)
    query = (
        sa.select(*map(col, columns), *map(col, facts))
        .where(col(Obligation.round_id).in_(rounds), col(Obligation.opened_at) <= as_of)
        .order_by(col(Obligation.round_id), col(Obligation.unit_id))
    )
    return session.connection().execute(query).all()


def _units(session: Session) -> dict[int, tuple[str, str]]:
    """The name and code of every unit."""
    columns = (Unit.id, Unit.name, Unit.code)
    rows = session.connection().execute(sa.select(*map(col, columns)))
    return {id_: (name, code) for id_, name, code in rows}


def thresholds() -> Thresholds:
    """When the colours change, as the operator set it."""
    found = settings()
    return Thresholds(found.nearly_due_days, found.long_overdue_days)


def _past(instant: datetime | None, as_of: datetime) -> datetime | None:
    """The instant, unless it has not come yet."""
    return instant if instant is not None and instant <= as_of else None


def round_lines(
    session: Session, directive: Directive, lines: Sequence[Line], as_of: datetime
) -> list[RoundLine]:
    """The rounds of a directive in the order of due date, with the figures of those opened."""
    by_round: dict[int, list[Status]] = {}
    for line in lines:
        by_round.setdefault(line.round_id, []).append(line.status)
    registered = day_of(directive.registered_at)
    rounds = session.exec(
        select(Round)
        .where(Round.directive_id == directive.id)
        .order_by(col(Round.due), col(Round.code))
    )
    return [
        RoundLine(
            id=r.id,
            code=r.code,
            title=r.title,
            stage=r.stage.value,
            opens=r.opens,
            due=r.due,
            closes=r.closes,
            binding=r.binding,
            opened=_past(r.opened_at, as_of) is not None,
            closed=_past(r.closed_at, as_of) is not None,
            passed=r.opened_at is None and r.closes < registered,
            figures=tally(by_round[r.id]) if r.id in by_round else {},
        )
        for r in rounds
        if r.id is not None
    ]


def owed(lines: Sequence[Line]) -> list[Line]:
    """What is still to come, longest overdue first."""
    return sorted(
        (line for line in lines if line.status in OWED), key=lambda line: -line.days_overdue
    )


def of_living(session: Session, lines: Sequence[Line], day: date) -> list[Line]:
    """The lines of units that live on a day: nobody can be urged who has ended."""
    ended = set(session.exec(select(Unit.id).where(col(Unit.ends) < day)))
    return [line for line in lines if line.unit_id not in ended]


def telephones(session: Session) -> dict[int, str]:
    """The number to call for each unit, by unit id."""
    return {unit_id: contact.telephone for unit_id, contact in clerks(session).items()}


def clerks(session: Session) -> dict[int, Contact]:
    """Each unit's clerk, by unit id."""
    found = session.exec(select(Contact).where(Contact.role == ContactRole.CLERK))
    return {contact.unit_id: contact for contact in found}
