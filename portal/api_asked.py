"""What every list of the API is asked for: how much, from where on, as of when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

import sqlalchemy as sa
from fastapi import Depends, Header, Query
from pydantic import AwareDatetime
from sqlmodel import Session, col, select

from models.directive import Directive
from models.errors import Fault, InputError, UnknownName
from models.i18n import gettext as _
from models.round import Obligation, Round
from models.unit import Unit
from portal.access import Forbidden
from portal.api_access import refuse_other_units
from portal.asked import FIRST_YEAR
from portal.site import Here
from tasks import lookup
from tasks.reliefs import LAST_NUMBER
from tasks.tokens import Holder

MOST = 500  # items of a page
Row = TypeVar("Row")
Word = Annotated[str, Query(max_length=200)]
Since = Annotated[AwareDatetime | None, Query(description="An instant with its zone.")]


@dataclass(frozen=True)
class Part:
    """Which part of a list is wanted: so many items after the one the cursor names."""

    after: int
    limit: int

    def of(self, rows: Sequence[Row], ids: Sequence[int]) -> tuple[Sequence[Row], str | None]:
        """A part of rows of which one more was read than is given, and the cursor after it."""
        more = len(rows) > self.limit
        return rows[: self.limit], str(ids[self.limit - 1]) if more else None


def _part(
    cursor: Annotated[str, Query(pattern="^[0-9]{1,12}$")] = "0",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Part:
    return Part(min(int(cursor), LAST_NUMBER), limit)


Wanted = Annotated[Part, Depends(_part)]


def _as_of(site: Here, as_of: Since = None) -> datetime:
    """The instant asked for, else now; nobody knows what comes."""
    now = site.clock()
    if as_of is None:
        return now
    if not FIRST_YEAR <= as_of.year < 2200 or as_of > now:
        words = _("must be an instant that has passed")
        raise InputError([Fault(_("request"), None, "as_of", as_of.isoformat(), words)])
    return as_of


AsOf = Annotated[datetime, Depends(_as_of)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key", max_length=200, pattern=r"^[!-~]*$",
        description="The same request under the same key is done once, within 7 days.",
    ),
]  # fmt: skip


def possible(moment: datetime | None, name: str) -> datetime | None:
    """An instant that a database can look for; raises InputError."""
    if moment is not None and not FIRST_YEAR <= moment.year < 2200:
        words = _("must be an instant of our time")
        raise InputError([Fault(_("request"), None, name, moment.isoformat(), words)])
    return moment


def unit_of(session: Session, found: Holder, name: str) -> Unit:
    """A unit by its name, if the token may see it; raises UnknownName and Forbidden."""
    unit = lookup.unit(session, name)
    refuse_other_units(found, lookup.id_of(unit))
    return unit


def obligation_of(
    session: Session, found: Holder, directive: str, round: str, unit: str
) -> Obligation:
    """An obligation by the three parts of its code, if the token may see it."""
    code = f"{directive}/{round}/{unit}"
    owed = session.exec(select(Obligation).where(Obligation.code == code)).first()
    if owed is None:
        raise UnknownName(_("There is no task {code}.").format(code=code))
    refuse_other_units(found, owed.unit_id)
    return owed


def seen_by(found: Holder) -> sa.ColumnElement[bool]:
    """Which directives a token sees: one of a unit, those that asked it."""
    if found.unit_id is None:
        return sa.true()
    asked = sa.select(col(Round.directive_id)).join(
        Obligation, col(Obligation.round_id) == col(Round.id)
    )
    return col(Directive.id).in_(asked.where(col(Obligation.unit_id) == found.unit_id))


def directive_of(session: Session, found: Holder, name: str) -> Directive:
    """A directive by its code or symbol, if the token may see it. To a token of a unit one that
    asks it nothing and one that is none are alike: whoever mistypes is told what others there are.
    """
    unseen = Forbidden(_("This directive asks nothing of the token's unit."))
    try:
        directive = lookup.directive(session, name)
    except UnknownName:
        if found.unit_id is None:
            raise
        raise unseen from None
    seen = select(Directive.id).where(col(Directive.id) == directive.id, seen_by(found))
    if session.exec(seen).first() is None:
        raise unseen
    return directive
