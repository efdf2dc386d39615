"""What is asked of a unit, kept from others while its answer is recorded."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.errors import UnknownName
from models.i18n import gettext as _
from models.round import Handover, Obligation, Round, Submission
from models.unit import Contact, Unit
from models.words import ContactRole, Ending, Stage


@dataclass(frozen=True)
class Call:
    """What a unit was asked, and where its clerk is told of the answer."""

    id: int
    code: str
    unit_id: int
    due: date
    answered_at: datetime | None
    ending: Ending | None
    round_id: int
    stage: Stage
    title: str
    needs_head: bool
    directive_id: int
    to_name: str
    to_email: str


_CALL = (
    sa.select(
        *map(col, (Obligation.id, Obligation.code, Obligation.unit_id, Obligation.due)),
        *map(col, (Obligation.answered_at, Obligation.ending, Obligation.round_id)),
        *map(col, (Round.stage, Round.title, Round.needs_head)),
        *map(col, (Round.directive_id, Unit.name, Contact.email)),
    )
    .join(Round, col(Round.id) == col(Obligation.round_id))
    .join(Unit, col(Unit.id) == col(Obligation.unit_id))
    .join(Contact, col(Contact.unit_id) == col(Unit.id))
    .where(col(Obligation.code) == sa.bindparam("code"), col(Contact.role) == ContactRole.CLERK)
    .with_for_update(of=Obligation)
)
_SOURCE, _TAKEN, _TOLD = aliased(Obligation), aliased(Submission), aliased(Submission)
_FOLLOWS = (
    sa.select(col(_TAKEN.obligation_id))
    .join(_TOLD, col(_TOLD.id) == col(_TAKEN.taken_from_id))
    .join(_SOURCE, col(_SOURCE.id) == col(_TOLD.obligation_id))
    .where(col(_SOURCE.code).in_(sa.bindparam("codes", expanding=True)))
)
_ALL = (
    sa.select(col(Obligation.id))
    .where(
        sa.or_(
            col(Obligation.code).in_(sa.bindparam("codes", expanding=True)),
            col(Obligation.id).in_(_FOLLOWS),
        )
    )
    .order_by(col(Obligation.id))
    .with_for_update()
)


def keep_all(session: Session, codes: Collection[str]) -> None:
    """Keeps obligations, and those that their reports serve, from others to the end, in the order
    of their numbers: two clerks who cover each other's reports at once wait for one another.
    """
    session.connection().execute(_ALL, {"codes": list(codes)})


def call_of(session: Session, code: str) -> Call:
    """What is asked, kept from others until the end: two answers at once make two versions."""
    found = session.connection().execute(_CALL, {"code": code}).first()
    if found is None:
        message = _(
            "There is no obligation “{name}”: a code is directive/round/unit, as in the unit's "
            "mail, and is made when the round opens."
        )
        raise UnknownName(message.format(name=code))
    return Call(*found)


def passed_on(session: Session, call: Call) -> str:
    codes = session.exec(
        select(Obligation.code)
        .join(Handover, col(Handover.to_id) == col(Obligation.id))
        .where(Handover.from_id == call.id)
        .order_by(Obligation.code)
    ).all()
    message = _("{code}: the unit has ended and its task passed on; answer under: {codes}")
    return message.format(code=call.code, codes=", ".join(codes) or "—")
