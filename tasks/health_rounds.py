"""Whether rounds open and close in time: what the timers are for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from models.check import Check, ill, well
from models.directive import Directive
from models.i18n import gettext as _
from models.round import Round
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
    opening = sa.and_(col(Round.opened_at).is_(None), col(Round.binding), col(Round.opens) <= today)
    closing = sa.and_(
        col(Round.opened_at).is_not(None),
        col(Round.closed_at).is_(None),
        col(Round.closes) <= today,
    )
    columns = (Round.code, Round.opens, Round.closes, Round.opened_at)
    owner = (Directive.code, Directive.registered_at)
    found = session.connection().execute(
        sa.select(*map(col, owner), *map(col, columns))
        .join_from(Round, Directive, col(Directive.id) == col(Round.directive_id))
        .where(sa.or_(opening, closing))
    )
    late = [
        Missed(
            at(closes, CLOSES_AT) if opened else at(opens, OPENS_AT), directive, code, not opened
        )
        for directive, registered, code, opens, closes, opened in found.tuples()
        if opened or closes >= day_of(registered)
    ]
    return sorted(one for one in late if one.at + SLACK < as_of)


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
