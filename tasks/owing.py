"""Everything one unit owes, over all directives: what is open, what is over, what is to come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive
from models.reasons import from_dicts
from models.register import Register
from models.round import Obligation, Round
from models.status import ANSWERED, OWED, Facts, Thresholds, day_of, days_overdue, status
from models.unit import Unit
from models.words import Ending, Stage, Status
from tasks.boards import thresholds
from tasks.rounds import due_of, phrases_asked
from tasks.units import keys_of, load_register

OVER_DAYS = 400  # for which what is over is shown
COMING_DAYS = 60  # before which a round is announced


@dataclass(frozen=True)
class Line:
    """One obligation of a unit. `end` is the last day of its date and its round, which its link
    lives beyond; `over_at` is when it was answered or ended.
    """

    id: int
    links_revoked: int
    end: date
    code: str
    directive: str
    issuer: str
    stage: Stage
    title: str
    asks: str
    due: date
    status: Status
    days_overdue: int
    over_at: datetime | None
    ending: Ending | None
    steps: list[dict[str, str]]

    @property
    def reason(self) -> list[str]:
        """Why it is due then, in the language in force."""
        return [str(step) for step in from_dicts(self.steps)]


@dataclass(frozen=True)
class Coming:
    """A round that will ask a unit: nothing is owed yet."""

    directive: str
    title: str
    asks: str
    opens: date
    due: date


@dataclass(frozen=True)
class AllOwed:
    """What is open, by due date; what was answered or has ended, the newest first."""

    unit: str
    open: list[Line]
    over: list[Line]


def all_owed(session: Session, unit_id: int, as_of: datetime) -> AllOwed:
    """Everything a unit owes at an instant, and what of it was over in the last 400 days."""
    since = as_of - timedelta(days=OVER_DAYS)
    lines = [line for line in _lines(session, unit_id, as_of) if _recent(line, since)]
    over = [line for line in lines if line.status not in OWED]
    return AllOwed(
        unit=session.get_one(Unit, unit_id).name,
        open=[line for line in lines if line.status in OWED],
        over=sorted(over, key=lambda line: line.over_at or as_of, reverse=True),
    )


def _recent(line: Line, since: datetime) -> bool:
    return line.over_at is None or line.over_at >= since


_COLUMNS = (
    *(Obligation.id, Obligation.links_revoked, Obligation.code, Obligation.due),
    *(Obligation.answered_at, Obligation.ended_at, Obligation.ending, Obligation.reason),
    *(Round.stage, Round.title, Round.asks, Round.closes, Directive.symbol, Directive.issuer),
)


def _lines(session: Session, unit_id: int, as_of: datetime) -> list[Line]:
    statement = (
        sa.select(*map(col, _COLUMNS), col(Round.reason).label("why"))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(col(Obligation.unit_id) == unit_id, col(Obligation.opened_at) <= as_of)
        .order_by(col(Obligation.due), col(Obligation.code))
    )
    colours = thresholds()
    return [_line(row, as_of, colours) for row in session.connection().execute(statement)]


def _line(row: Any, as_of: datetime, colours: Thresholds) -> Line:
    stands = status(Facts(row.due, row.answered_at, row.ended_at, row.ending), as_of, colours)
    over_at = row.answered_at if stands in ANSWERED else row.ended_at
    past = over_at is not None and over_at <= as_of
    return Line(
        id=row.id,
        links_revoked=row.links_revoked,
        end=max(row.due, row.closes),
        code=row.code,
        directive=row.symbol,
        issuer=row.issuer,
        stage=row.stage,
        title=row.title,
        asks=row.asks,
        due=row.due,
        status=stands,
        days_overdue=days_overdue(row.due, as_of),
        over_at=over_at if past else None,
        ending=row.ending if past else None,
        steps=[*row.why, *row.reason],
    )


def coming(session: Session, unit_id: int, as_of: datetime) -> list[Coming]:
    """The binding rounds of the next 60 days that will ask a unit, by opening."""
    today = day_of(as_of)
    statement = (
        select(Round, Directive)
        .join(Directive, col(Directive.id) == col(Round.directive_id))
        .where(
            col(Round.opened_at).is_(None),
            col(Round.binding).is_(True),
            col(Round.opens).between(today, today + timedelta(days=COMING_DAYS)),
        )
        .order_by(col(Round.opens), col(Round.due), col(Round.id))
    )
    rounds = session.exec(statement).all()
    registers = {name: _register(session, name, unit_id) for name in _provinces(rounds)}
    return [
        Coming(owner.symbol, found.title, found.asks, found.opens, due_of(found, unit.level))
        for found, owner in rounds
        for register, code in [registers[owner.province]]
        if code in register.called(phrases_asked(owner, found), found.opens)
        for unit in [register.units[code]]
    ]


def _provinces(rounds: Iterable[tuple[Round, Directive]]) -> Sequence[str]:
    return sorted({owner.province for _found, owner in rounds})


def _register(session: Session, province: str, unit_id: int) -> tuple[Register, str]:
    """The units of a province, and the code by which they know this one; empty, if they don't."""
    codes = {id_: code for code, id_ in keys_of(session, province).items()}
    return load_register(session, province), codes.get(unit_id, "")
