"""Mails to a unit about one obligation, queued with the deed that they tell of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from models.round import Obligation, Round
from models.unit import Contact, Unit
from models.words import ContactRole, Purpose
from tasks import outbox


def tell_clerk(
    session: Session,
    owed: Obligation,
    purpose: Purpose,
    cause: str,
    context: Mapping[str, Any],
    as_of: datetime,
) -> None:
    """Queues the mail of a purpose to the clerk of the unit; `cause` is what its key begins with.

    What every mail of an obligation says, its code and title, is added to the values given.
    """
    asking = session.get_one(Round, owed.round_id)
    unit = session.get_one(Unit, owed.unit_id)
    clerk = session.exec(
        select(Contact).where(Contact.unit_id == unit.id, Contact.role == ContactRole.CLERK)
    ).one()
    mail = {
        "key": f"{cause}:{purpose}",
        "purpose": purpose,
        "unit_id": owed.unit_id,
        "directive_id": asking.directive_id,
        "obligation_id": owed.id,
        "to_name": unit.name,
        "to_email": clerk.email,
        "template": purpose.value,
        "context": {"code": owed.code, "title": asking.title, **context},
    }
    outbox.queue_first(session, mail, as_of)
