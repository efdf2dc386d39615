"""Who issues a round's summary: the body that oversees it, else the one that issued the directive;
as the register knows it on the day, for the form of the paper.
"""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlmodel import Session

from models.directive import Directive
from models.register import Register, UnitEntry
from models.round import Round
from models.unit import Unit
from tasks.issuing import issuer_of
from tasks.units import load_register


def issuer(session: Session, found: Round, day: date) -> dict[str, Any]:
    """The issuer as `figures["issuer"]` keeps it; empty where the register does not know it."""
    owner = session.get_one(Directive, found.directive_id)
    register = load_register(session, owner.province)
    unit = _overseer(session, register, found) or next(
        iter(register.expand(owner.issuer, day) or register.expand(owner.issuer, owner.issued)),
        None,
    )
    if unit is None:
        return {}
    known = issuer_of(unit, register, owner)
    return asdict(known) | {"regime": known.regime.value, "capacity": list(known.capacity)}


def _overseer(session: Session, register: Register, found: Round) -> UnitEntry | None:
    if found.overseer_id is None:
        return None
    return register.units.get(session.get_one(Unit, found.overseer_id).code)
