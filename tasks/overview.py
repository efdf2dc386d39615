"""The first screen: what needs somebody now, and where each directive stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.directive import Directive, Question
from models.mail import Received, Stoppage
from models.round import Relief, Round
from models.settings import Settings
from models.status import day_of
from tasks import appraising, lookup, missing, stoppages, summary_versions, undelivered
from tasks.matrices import Narrowed, figures
from tasks.standings import standings

COMING = 3  # dates of a directive that are shown


@dataclass(frozen=True)
class Alarms:
    """How much of each kind needs somebody; `stoppage`, where the relay takes nothing."""

    overdue: int
    undelivered: int
    received: int
    requests: int
    waiting: int
    unsigned: int
    questions: int
    stoppage: Stoppage | None


@dataclass(frozen=True)
class Coming:
    """A date ahead: a round opens, or is due."""

    day: date
    round_id: int
    title: str
    opens: bool


@dataclass(frozen=True)
class State:
    """Where a directive stands: figures over all opened rounds, rounds under way, next dates."""

    directive: Directive
    figures: dict[str, int]
    opened: int
    under_way: int
    rounds: int
    questions: int
    coming: Sequence[Coming]


def alarms(session: Session, settings: Settings, as_of: datetime) -> Alarms:
    """What needs somebody now; mail is as it is, whatever the instant."""
    lost = undelivered.troubles(session, as_of)
    return Alarms(
        overdue=len(missing.missing(session, as_of, Narrowed())),
        undelivered=sum(
            mail.handled is None and mail.state in undelivered.GIVEN_UP for mail in lost
        ),
        received=_count(session, Received.id, col(Received.settled_at).is_(None)),
        requests=_count(session, Relief.id, col(Relief.decided_at).is_(None)),
        waiting=len(appraising.waiting(session, None, as_of)),
        unsigned=summary_versions.waiting(session),
        questions=_count(session, Question.id, col(Question.confirmed_at).is_(None)),
        stoppage=stoppages.stoppage(session, settings),
    )


def _count(session: Session, column: object, where: sa.ColumnElement[bool]) -> int:
    counted = sa.select(sa.func.count(col(column))).where(where)
    return session.connection().scalar(counted) or 0


def states(session: Session, as_of: datetime) -> list[State]:
    """Where every directive stands, the newest first."""
    known = sorted(lookup.all_(session), key=lambda d: (d.issued, d.code), reverse=True)
    return [_state(session, owner, as_of) for owner in known]


def _state(session: Session, owner: Directive, as_of: datetime) -> State:
    rounds = session.exec(select(Round).where(Round.directive_id == owner.id)).all()
    opened = [r for r in rounds if r.opened_at and r.opened_at <= as_of]
    return State(
        directive=owner,
        figures=figures(found.status for found in standings(session, owner, as_of)),
        opened=len(opened),
        under_way=sum(not (r.closed_at and r.closed_at <= as_of) for r in opened),
        rounds=len(rounds),
        questions=_count(
            session, Question.id,
            sa.and_(col(Question.directive_id) == owner.id, col(Question.confirmed_at).is_(None)),
        ),
        coming=_coming(rounds, day_of(as_of)),
    )  # fmt: skip


def _coming(rounds: Sequence[Round], today: date) -> list[Coming]:
    binding = [r for r in rounds if r.binding]
    opening = [
        Coming(r.opens, lookup.id_of(r), r.title, True)
        for r in binding if r.opened_at is None and r.opens >= today
    ]  # fmt: skip
    due = [Coming(r.due, lookup.id_of(r), r.title, False) for r in binding if r.due >= today]
    return sorted([*opening, *due], key=lambda c: (c.day, c.title))[:COMING]
