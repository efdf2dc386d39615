"""The tokens of other systems: made, shown once, known again by their digest, taken back."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.access_token import AccessToken
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.status import day_of
from models.unit import Unit
from models.vietnamese import printable
from models.words import Deed, Scope
from tasks import activities, attempts
from tasks.lookup import id_of
from tasks.resending import in_the_name_of

PREFIX = "ddt_"  # so that a token that leaked is found by whoever looks for it
OF_A_UNIT = frozenset({Scope.READ, Scope.SUBMISSIONS_WRITE})
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
_TOKEN = re.compile(r"ddt_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Holder:
    """Another system that has come in with its token; one of a unit acts for that unit alone."""

    token_id: int
    name: str
    scopes: frozenset[Scope]
    unit_id: int | None


@dataclass(frozen=True)
class Refused:
    """Why nobody was let in; `until` while nothing is tried. It is returned and not raised: the
    failure has to be committed.
    """

    message: str
    until: datetime | None = None


def make(
    session: Session,
    name: str,
    scopes: Collection[Scope],
    unit: Unit | None,
    expires_at: datetime | None,
    by: str,
    as_of: datetime,
) -> str:
    """A new token, which is shown this once: only its digest is stored.

    Raises NotAllowed where name, scopes or date are not as they must be.
    """
    person = in_the_name_of(by)
    _refuse_name(session, name)
    if not scopes:
        raise NotAllowed(_("Say what the token may do: give a scope."))
    if unit is not None and not OF_A_UNIT.issuperset(scopes):
        message = _("A token of a unit may only read and answer: {known}.")
        raise NotAllowed(message.format(known=", ".join(sorted(OF_A_UNIT))))
    if expires_at is not None and expires_at <= as_of:
        raise NotAllowed(_("The token would have expired already: give a later day."))
    token = PREFIX + secrets.token_urlsafe(32)
    given = sorted(scope.value for scope in scopes)
    found = AccessToken(
        name=name, digest=digest_of(token), scopes=given, made_at=as_of, made_by=person,
        unit_id=id_of(unit) if unit else None, expires_at=expires_at,
    )  # fmt: skip
    session.add(found)
    session.flush()
    activities.note(
        session, Deed.TOKEN, person, as_of, unit=found.unit_id, about=name,
        after={"change": "made", "scopes": given},
    )  # fmt: skip
    return token


def _refuse_name(session: Session, name: str) -> None:
    if not NAME.fullmatch(name):
        message = _("“{name}” cannot be its name: 2 to 60 of a–z, 0–9, dot, hyphen, underscore.")
        raise NotAllowed(message.format(name=printable(name)))
    if session.exec(select(AccessToken.id).where(AccessToken.name == name)).first():
        message = _("There is a token “{name}” already, or was: take another name.")
        raise NotAllowed(message.format(name=name))


def revoke(session: Session, name: str, by: str, as_of: datetime) -> None:
    """Takes a token back; it ends at once, and its name is not given again."""
    person = in_the_name_of(by)
    statement = select(AccessToken).where(AccessToken.name == name).with_for_update()
    found = session.exec(statement).first()
    if found is None:
        message = _("There is no token “{name}”: `dondoc token list` shows them.")
        raise UnknownName(message.format(name=printable(name)))
    if found.revoked_at is not None:
        raise NotAllowed(_("The token “{name}” was taken back already.").format(name=name))
    found.revoked_at = as_of
    session.flush()
    activities.note(
        session, Deed.TOKEN, person, as_of, unit=found.unit_id, about=name,
        after={"change": "revoked"},
    )  # fmt: skip


def every(session: Session) -> list[tuple[AccessToken, str]]:
    """Every token with the name of its unit, by name."""
    rows = session.exec(
        select(AccessToken, Unit.name)
        .outerjoin(Unit, col(Unit.id) == col(AccessToken.unit_id))
        .order_by(AccessToken.name)
    )
    return [(token, unit or "") for token, unit in rows]


def holder(session: Session, token: str, as_of: datetime) -> tuple[Holder, bool] | None:
    """Whose token it is, where it is good now, and whether it was not yet used today."""
    if not _TOKEN.fullmatch(token):
        return None
    found = session.exec(
        select(AccessToken).where(
            AccessToken.digest == digest_of(token), col(AccessToken.revoked_at).is_(None)
        )
    ).first()
    if found is None or (found.expires_at is not None and found.expires_at <= as_of):
        return None
    known = frozenset(Scope(word) for word in found.scopes if word in set(Scope))
    fresh = found.used_on is None or found.used_on < day_of(as_of)
    return Holder(id_of(found), found.name, known, found.unit_id), fresh


def used(session: Session, found: Holder, as_of: datetime) -> None:
    """Notes the day on which a token was used; of several requests the first alone."""
    today, last = day_of(as_of), col(AccessToken.used_on)
    session.connection().execute(
        sa.update(AccessToken)
        .where(col(AccessToken.id) == found.token_id, sa.or_(last.is_(None), last < today))
        .values(used_on=today)
    )


def refuse(session: Session, address: str, as_of: datetime) -> Refused:
    """Counts a token that is none against the address it came from, as wrong passwords are.

    The failures are counted apart from those of signing in: an office shares one address.
    """
    limits = {f"token-{name}": most for name, most in attempts.by_address(address).items()}
    until = attempts.paused(session, limits, as_of)
    if until is not None:
        return Refused(attempts.too_many(until), until)
    attempts.failed(session, limits, as_of)
    return Refused(_("This needs a token that is good: Authorization: Bearer ddt_…"))


def digest_of(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
