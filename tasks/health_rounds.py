"""Whether rounds open and close in time: what the timers are for."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from models.check import Check, ill, well
from models.directive import Directive
from models.i18n import gettext as _
from models.round import TO_CLOSE, TO_OPEN, Round
from models.status import day_of
from models.timers import CLOSES_AT, OPENS_AT, at
from models.vietnamese import show_instant
from models.words import Watched

SLACK = timedelta(minutes=15)  # after its moment, in which a round opens or closes
NAMED = 5


class Missed(NamedTuple):
    """A round that should have opened, or closed, at a moment and has not."""

    at: datetime
    directive: str
    round: str
    opens: bool


def missed(session: Session, as_of: datetime) -> list[Missed]:
    """The rounds whose moment passed without what was to happen, the oldest first.

    One that was over before its directive was registered never opens.
    """
    today = day_of(as_of)
    opening = _rounds(
        session, Round.opens, TO_OPEN, col(Round.binding).is_(True), col(Round.opens) <= today
    )
    closing = _rounds(session, Round.closes, TO_CLOSE, col(Round.closes) <= today)
    late = [
        Missed(at(day, OPENS_AT), directive, code, opens=True)
        for directive, registered, code, day, closes in opening
        if closes >= day_of(registered)
    ] + [
        Missed(at(day, CLOSES_AT), directive, code, opens=False)
        for directive, _registered, code, day, _closes in closing
    ]
    return sorted(one for one in late if one.at + SLACK < as_of)


def _rounds(
    session: Session, day: Any, *where: sa.ColumnElement[bool]
) -> Sequence[tuple[str, datetime, str, date, date]]:
    """Directive, when it was registered, round, the day asked for, the day it closes."""
    columns = (Directive.code, Directive.registered_at, Round.code, day, Round.closes)
    found = (
        sa.select(*map(col, columns))
        .join_from(Round, Directive, col(Directive.id) == col(Round.directive_id))
        .where(*where)
    )
    return session.connection().execute(found).tuples().all()


def check(session: Session, as_of: datetime) -> Check:
    """Whether every round has opened and closed by now that should have."""
    late = missed(session, as_of)
    if not late:
        return well(Watched.TIMERS, _("Every round opened and closed in time."))
    words = _("{n} rounds did not open or close in time, the first at {moment}: {names}.")
    advice = _("Run `dondoc reconcile`; then look whether Prefect and the part “flows” run.")
    said = words.format(n=len(late), moment=show_instant(late[0].at), names=_names(late))
    return ill(Watched.TIMERS, said, advice, late[0].at)


def _names(late: Sequence[Missed]) -> str:
    names = [f"{one.directive}/{one.round}" for one in late[:NAMED]]
    return ", ".join([*names, *(["…"] if len(late) > NAMED else [])])
