"""What another system may do: every route of the API has a scope, and its token must have it.

An application with a route that has none does not start. A token of a unit sees and answers for
that unit alone, and what is of the whole office is closed to it.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from models.errors import DondocError
from models.i18n import gettext as _
from models.words import Scope
from portal.access import Forbidden
from portal.site import Here
from tasks import tokens
from tasks.tokens import Holder, Refused

S = Scope
SCOPES: dict[str, Scope] = {
    "token": S.READ,
    "units": S.READ,
    "unit": S.READ,
    "unit-owed": S.READ,
    "unit-contact": S.UNITS_WRITE,
    "directives": S.READ,
    "directive": S.READ,
    "draft-upload": S.DIRECTIVES_WRITE,
    "draft": S.DIRECTIVES_WRITE,
    "rounds": S.READ,
    "round": S.READ,
    "board": S.READ,
    "obligations": S.READ,
    "obligation": S.READ,
    "submissions": S.READ,
    "submissions-of": S.READ,
    "answer": S.SUBMISSIONS_WRITE,
    "evidence": S.READ,
    "evidence-add": S.SUBMISSIONS_WRITE,
    "summaries": S.READ,
    "summary": S.READ,
    "paper": S.READ,
    "history": S.READ,
    "webhooks": S.WEBHOOKS,
    "webhook-add": S.WEBHOOKS,
    "webhook-remove": S.WEBHOOKS,
    "webhook-retry": S.WEBHOOKS,
    "webhook-test": S.WEBHOOKS,
}
# what says something of other units, too
OF_OFFICE = frozenset({"round", "summaries", "summary", "paper", *(
    name for name, scope in SCOPES.items() if scope not in tokens.OF_A_UNIT
)})  # fmt: skip

bearer = HTTPBearer(auto_error=False, description="`dondoc token add` makes one: ddt_…")


class NoToken(DondocError):
    """There is no token, or none that is good."""


class TooMany(DondocError):
    """Too many tokens from one address were none; `seconds` says when to try again."""

    def __init__(self, message: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(message)


def admit_token(
    request: Request,
    site: Here,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Holder:
    """Lets another system in, or raises NoToken, TooMany or Forbidden."""
    if given is None:
        raise NoToken(_("This needs a token that is good: Authorization: Bearer ddt_…"))
    now = site.clock()
    with site.database.read() as session:
        known = tokens.holder(session, given.credentials, now)
    if known is None:
        raise _refused(request, site)
    found, is_fresh = known
    if is_fresh:
        with site.database.write() as session:
            tokens.used(session, found, now)
    _refuse_beyond_scope(found, request.scope["route"].name)
    return found


Let = Annotated[Holder, Depends(admit_token)]


def _refused(request: Request, site: Here) -> NoToken | TooMany:
    address, now = request.client.host if request.client else "", site.clock()
    with site.database.write() as session:
        found: Refused = tokens.refuse(session, address, now)
    if found.until is None:
        return NoToken(found.message)
    return TooMany(found.message, 1 + int((found.until - now).total_seconds()))


def _refuse_beyond_scope(found: Holder, route: str) -> None:
    scope = SCOPES[route]
    if scope not in found.scopes:
        message = _("This token lacks the scope “{scope}”.")
        raise Forbidden(message.format(scope=scope.value))
    if found.unit_id is not None and route in OF_OFFICE:
        raise Forbidden(_("This is of the whole office, and the token of one unit."))


def refuse_other_units(found: Holder, unit_id: int) -> None:
    """Raises Forbidden where the token stands for another unit."""
    if found.unit_id not in (None, unit_id):
        raise Forbidden(_("This token is of another unit."))
