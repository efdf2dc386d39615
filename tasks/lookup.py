"""Finding things by the names people use for them."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from models.directive import Directive
from models.errors import UnknownName
from models.i18n import gettext as _
from models.round import Round
from models.succession import key_of
from models.unit import Unit, UnitName
from models.vietnamese import phrase_key, slugify


def id_of(row: Any) -> int:
    """The id of a stored row; asking for it before the row is flushed is a programming error."""
    if row.id is None:
        raise ValueError(f"not stored yet: {row!r}")
    return int(row.id)


def directive(session: Session, name: str) -> Directive:
    """The directive with this code or symbol ("53-kh-ubnd", "53/KH-UBND")."""
    wanted = slugify(name)
    known = select(Directive).options(defer(Directive.file))  # type: ignore[arg-type]  # large, read by few
    found = session.exec(known.where(Directive.code == wanted)).first()
    if found is None:
        found = next((d for d in session.exec(known) if slugify(d.symbol) == wanted), None)
    if found is None:
        codes = ", ".join(session.exec(select(Directive.code).order_by(Directive.code)))
        message = _("No directive “{name}” is registered. Registered: {known}")
        raise UnknownName(message.format(name=name, known=codes or "—"))
    return found


def all_(session: Session) -> list[Directive]:
    """Every directive, by code."""
    known = select(Directive).options(defer(Directive.file))  # type: ignore[arg-type]
    return list(session.exec(known.order_by(Directive.code)))


def round_(session: Session, directive_code: str, code: str) -> Round:
    """The round of a directive with this code."""
    found = session.exec(
        select(Round)
        .join(Directive)
        .where(Directive.code == slugify(directive_code), Round.code == code)
    ).first()
    if found is not None:
        return found
    owner = directive(session, directive_code)
    rounds = session.exec(select(Round).where(Round.directive_id == owner.id)).all()
    for other in rounds:
        if other.code == code:
            return other
    message = _("{directive} has no round “{name}”. It has: {known}")
    known = ", ".join(sorted(r.code for r in rounds))
    raise UnknownName(message.format(directive=owner.symbol, name=code, known=known))


def unit(session: Session, name: str) -> Unit:
    """The unit with this code or name; where several provinces have it, "thanh-hoa:so-noi-vu"."""
    province, _colon, code = name.strip().rpartition(":")
    found = list(session.exec(select(Unit).where(Unit.code == code).order_by(col(Unit.id))))
    if not found:
        named = select(Unit).join(UnitName).where(UnitName.key == phrase_key(name))
        found = list(session.exec(named.order_by(col(Unit.id))))
    elif province:
        found = [u for u in found if slugify(u.province) == slugify(province)]
    if not found:
        message = _("No unit is called “{name}”: give its code or its whole name.")
        raise UnknownName(message.format(name=name))
    if len(found) > 1:
        message = _("Several units are called “{name}”. Say which: {known}")
        known = ", ".join(key_of(u.province, u.code) for u in found)
        raise UnknownName(message.format(name=name, known=known))
    return found[0]


def units_by_id(session: Session, ids: set[int]) -> dict[int, Unit]:
    """The units with these ids."""
    return {u.id: u for u in session.exec(select(Unit).where(col(Unit.id).in_(ids))) if u.id}


def round_before(session: Session, found: Round, as_of: datetime) -> Round | None:
    """The round of the same series that was due last before this one, where one had opened."""
    return session.exec(
        select(Round)
        .where(
            Round.directive_id == found.directive_id,
            Round.series == found.series,
            Round.due < found.due,
            col(Round.opened_at) <= as_of,
        )
        .order_by(col(Round.due).desc())
    ).first()
