"""The accounts of the office's people: made, changed, signed in and out."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from models import passwords
from models.account import Account, SignIn
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.unit import Unit
from models.vietnamese import printable
from models.words import AccountRole, Deed
from tasks import activities, attempts
from tasks.lookup import id_of
from tasks.resending import in_the_name_of

LASTS = timedelta(hours=12)  # a sign-in, from its beginning
BY_LOGIN = 5  # failures before the first pause
OF_A_UNIT = (AccountRole.OVERSEER, AccountRole.UNIT_HEAD)
_LOGIN = re.compile(r"[a-z0-9._-]{3,40}")


@dataclass(frozen=True)
class Viewer:
    """Who is signed in. `digest` is what is stored of the cookie's value."""

    account_id: int
    login: str
    name: str
    role: AccountRole
    unit_id: int | None
    sign_in_id: int
    digest: str


@dataclass(frozen=True)
class Refused:
    """Why nobody was signed in, in words that do not say which logins there are; `until` when
    nothing is tried. It is returned and not raised: the failure has to be committed.
    """

    message: str
    until: datetime | None = None


@dataclass(frozen=True)
class Listed:
    """An account as operators read it."""

    login: str
    name: str
    role: AccountRole
    unit: str
    made_at: datetime
    disabled_at: datetime | None
    signed_in_at: datetime | None


def make(
    session: Session,
    login: str,
    name: str,
    role: AccountRole,
    unit: Unit | None,
    password: str,
    by: str,
    as_of: datetime,
) -> Account:
    """A new account; raises NotAllowed where login, unit or password are not as they must be."""
    person, login = in_the_name_of(by), _clean(login)
    if not _LOGIN.fullmatch(login):
        message = _("“{login}” cannot be a login: 3 to 40 of a–z, 0–9, dot, hyphen, underscore.")
        raise NotAllowed(message.format(login=printable(login)))
    if not printable(name):
        raise NotAllowed(_("Say whose account it is: it stands in a person's name."))
    if (role in OF_A_UNIT) != (unit is not None):
        raise NotAllowed(_("Overseers and heads act for a unit, the others for none."))
    if session.exec(select(Account.id).where(Account.login == login)).first():
        raise NotAllowed(_("There is an account “{login}” already.").format(login=login))
    passwords.refuse_weak(password, login)
    found = Account(
        login=login,
        name=printable(name),
        role=role,
        unit_id=id_of(unit) if unit else None,
        password=passwords.kept(password),
        made_at=as_of,
    )
    session.add(found)
    session.flush()
    _note(session, found, "made", person, as_of, role=role, name=found.name)
    return found


def set_password(session: Session, login: str, password: str, by: str, as_of: datetime) -> None:
    """Gives an account another password: whoever is signed in with it is signed out, and a pause
    after wrong ones ends.
    """
    attempts.forget(session, _by_login(_clean(login)))
    person, found = in_the_name_of(by), _account(session, login)
    passwords.refuse_weak(password, found.login)
    found.password = passwords.kept(password)
    _end_all(session, found, as_of)
    _note(session, found, "password", person, as_of)


def disable(session: Session, login: str, by: str, as_of: datetime) -> None:
    """Nobody signs in with the account any more, and whoever is signed in with it is signed out."""
    person, found = in_the_name_of(by), _account(session, login)
    if found.disabled_at is not None:
        raise NotAllowed(_("The account “{login}” is disabled already.").format(login=found.login))
    found.disabled_at = as_of
    _end_all(session, found, as_of)
    _note(session, found, "disabled", person, as_of)


def enable(session: Session, login: str, by: str, as_of: datetime) -> None:
    """Takes back that an account was disabled; its password is as it was."""
    attempts.forget(session, _by_login(_clean(login)))
    person, found = in_the_name_of(by), _account(session, login)
    if found.disabled_at is None:
        raise NotAllowed(_("The account “{login}” is not disabled.").format(login=found.login))
    found.disabled_at = None
    _note(session, found, "enabled", person, as_of)


def every(session: Session) -> list[Listed]:
    """Every account, by login."""
    last = func.max(col(SignIn.began_at)).label("last")
    latest = select(SignIn.account_id, last).group_by(col(SignIn.account_id)).subquery()
    rows = session.exec(
        select(Account, Unit.name, latest.c.last)
        .outerjoin(Unit, col(Unit.id) == col(Account.unit_id))
        .outerjoin(latest, latest.c.account_id == col(Account.id))
        .order_by(Account.login)
    )
    return [
        Listed(a.login, a.name, a.role, unit or "", a.made_at, a.disabled_at, at)
        for a, unit, at in rows
    ]


def sign_in(
    session: Session, login: str, password: str, address: str, as_of: datetime
) -> str | Refused:
    """Signs a person in: the secret for the cookie, of which only a digest is stored.

    A login that is unknown or disabled and a wrong password are refused in the same words after the
    same time. After some failures under a login, or from an address, nothing is tried for a while.
    """
    login = _clean(login)
    limits = _by_login(login) | attempts.by_address(address)
    until = attempts.paused(session, limits, as_of)
    if until is not None:
        return Refused(attempts.too_many(until), until)
    # locked, so that a password changed meanwhile signs this one out or refuses it
    found = _known(session, login)
    usable = found if found and found.disabled_at is None else None
    right = passwords.is_right(password, usable.password if usable else None)
    if usable is None or not right:
        attempts.failed(session, limits, as_of)
        return Refused(_("The login or the password is wrong, or the account is disabled."))
    attempts.forget(session, _by_login(login))
    if passwords.is_outdated(usable.password):
        usable.password = passwords.kept(password)
    return _begin(session, usable, as_of)


def _begin(session: Session, account: Account, as_of: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    found = SignIn(
        account_id=id_of(account),
        digest=_digest(secret),
        began_at=as_of,
        expires_at=as_of + LASTS,
    )
    session.add(found)
    session.flush()
    activities.note(
        session, Deed.SIGNED_IN, account.name, as_of, account=account.id, unit=account.unit_id,
        about=account.login,
    )  # fmt: skip
    return secret


def viewer(session: Session, secret: str, as_of: datetime) -> Viewer | None:
    """Whom the cookie's value signs in now. It only reads: a sign-in is never made longer."""
    digest = _digest(secret)
    row = session.exec(
        select(Account, SignIn.id)
        .join(SignIn, col(SignIn.account_id) == col(Account.id))
        .where(
            SignIn.digest == digest,
            col(SignIn.ended_at).is_(None),
            SignIn.began_at <= as_of,
            SignIn.expires_at > as_of,
            col(Account.disabled_at).is_(None),
        )
    ).first()
    if row is None:
        return None
    found, number = row
    assert number is not None
    return Viewer(
        id_of(found), found.login, found.name, found.role, found.unit_id, number, digest
    )  # fmt: skip


def sign_out(session: Session, viewer: Viewer, as_of: datetime) -> None:
    """Ends the sign-in; nothing happens where it had ended."""
    found = session.get(SignIn, viewer.sign_in_id, with_for_update=True)
    if found is None or found.ended_at is not None:
        return
    found.ended_at = as_of
    session.flush()
    activities.note(
        session, Deed.SIGNED_OUT, viewer.name, as_of, account=viewer.account_id,
        unit=viewer.unit_id, about=viewer.login,
    )  # fmt: skip


def _clean(login: str) -> str:
    return login.strip().lower()


def _by_login(login: str) -> dict[str, int]:
    """The name and limit of a login; what can be none is counted by its address alone."""
    return {f"login:{login}": BY_LOGIN} if _LOGIN.fullmatch(login) else {}


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _known(session: Session, login: str) -> Account | None:
    if not _LOGIN.fullmatch(login):  # the database would not take every one
        return None
    return session.exec(select(Account).where(Account.login == login).with_for_update()).first()


def _account(session: Session, login: str) -> Account:
    found = _known(session, _clean(login))
    if found is None:
        message = _("There is no account “{login}”: `dondoc account list` shows them.")
        raise UnknownName(message.format(login=printable(login)))
    return found


def _end_all(session: Session, account: Account, as_of: datetime) -> None:
    session.flush()
    session.connection().execute(
        sa.update(SignIn)
        .where(col(SignIn.account_id) == account.id, col(SignIn.ended_at).is_(None))
        .values(ended_at=as_of)
    )


def _note(
    session: Session, account: Account, change: str, by: str, as_of: datetime, **more: Any
) -> None:
    session.flush()
    activities.note(
        session, Deed.ACCOUNT, by, as_of, account=account.id, unit=account.unit_id,
        about=account.login, after={"change": change, **more},
    )  # fmt: skip
