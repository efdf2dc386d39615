"""Who may do what: the one place where roles are checked.

Every route has a name, and every name an audience here; an application with a route that has none
does not start. Office routes go through `admit`, which knows the viewer by the cookie. What a role
sees of a unit is asked of `Admitted`, too.
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request

from models.errors import DondocError
from models.i18n import gettext as _
from models.words import AccountRole
from portal.site import Here, Site
from tasks import accounts
from tasks.accounts import Viewer

COOKIE = "__Host-dondoc"
R = AccountRole

EVERYBODY = frozenset(AccountRole)
OFFICE = frozenset({R.SECRETARIAT, R.OVERSEER, R.READER, R.OPERATOR})
REVIEWERS = frozenset({R.SECRETARIAT, R.OVERSEER})
SECRETARIAT = frozenset({R.SECRETARIAT})
HEADS = frozenset({R.UNIT_HEAD})
OPERATORS = frozenset({R.OPERATOR})


class Open(StrEnum):
    """Routes that no account is needed for."""

    PUBLIC = "public"  # anybody
    LINK = "link"  # who has a signed link


Audience = Open | frozenset[AccountRole]

ACCESS: dict[str, Audience] = {
    "style": Open.PUBLIC,
    "health": Open.PUBLIC,
    "healthz": Open.PUBLIC,
    "readyz": Open.PUBLIC,
    "metrics": Open.PUBLIC,  # to this machine, or with a token
    "sign-in": Open.PUBLIC,
    "sign-in-post": Open.PUBLIC,
    "sign-out": EVERYBODY,
    "drafts": SECRETARIAT,
    "draft-upload": SECRETARIAT,
    "draft": SECRETARIAT,
    "draft-replace": SECRETARIAT,
    "draft-confirm": SECRETARIAT,
    "draft-issue": SECRETARIAT,
    "draft-mails": SECRETARIAT,
    "draft-mail": SECRETARIAT,
    "questions": SECRETARIAT,
    "questions-confirm": SECRETARIAT,
    "on-request": SECRETARIAT,
    "on-request-open": SECRETARIAT,
    "waiting": REVIEWERS,
    "obligation": OFFICE | HEADS,
    "file": OFFICE | HEADS,
    "appraise": REVIEWERS,
    "approve": HEADS,
    "requests": OFFICE,
    "request": SECRETARIAT,
    "decide": SECRETARIAT,
    "contact": SECRETARIAT,
    "contact-change": SECRETARIAT,
    "unit-revoke": SECRETARIAT,
    "task-revoke": SECRETARIAT,
    "remind": SECRETARIAT,
    "succession": SECRETARIAT,
    "succession-record": SECRETARIAT,
    "mine": HEADS,
    "word-templates": SECRETARIAT,
    "word-template": SECRETARIAT,
    "word-template-shipped": SECRETARIAT,
    "word-template-upload": SECRETARIAT,
    "word-template-back": SECRETARIAT,
    "post": OFFICE,
    "resend": SECRETARIAT,
    "settle": SECRETARIAT,
    "operations": OPERATORS | SECRETARIAT,
    "accounts": OPERATORS,
    "account-make": OPERATORS,
    "account-change": OPERATORS,
    "task": Open.LINK,
    "task-answer": Open.LINK,
    "task-receipt": Open.LINK,
    "task-approve": Open.LINK,
    "task-request": Open.LINK,
    "task-decline": Open.LINK,
    "task-evidence": Open.LINK,
    "task-workbook": Open.LINK,
    "task-upload": Open.LINK,
    "owed": Open.LINK,
    "calendar": Open.LINK,
    # reading: an office's people see everything, and so do overseers, who urge across units
    "home": EVERYBODY,
    "board": OFFICE,
    "board-list": OFFICE,
    "sectors": OFFICE,
    "exceptions": OFFICE,
    "exceptions-sheet": OFFICE,
    "units": OFFICE,
    "unit": OFFICE,
    "search": OFFICE,
    "weeks": OFFICE,
    "directives": OFFICE,
    "directive": OFFICE,
    "round": OFFICE,
    "round-of": OFFICE,
    "figures": OFFICE,
    "figures-sheet": OFFICE,
    "figure-sources": OFFICE,
    "contradictions": OFFICE,
    "signs": OFFICE,
    "signs-sheet": OFFICE,
    "history": OFFICE,
    "review": OFFICE,
    "summaries": OFFICE,
    "summary": OFFICE,
    "summary-paper": OFFICE,
    "summary-draw": SECRETARIAT,
    "summary-words": SECRETARIAT,
    "summary-sign": SECRETARIAT,
    "coverage": OFFICE,
    "emulation": OFFICE,
    "emulation-sheet": OFFICE,
    "emulation-list": OFFICE,
    "emulation-unit": OFFICE,
    "emulation-score": REVIEWERS,
}


class NotSignedIn(DondocError):
    """The page needs an account, and nobody is signed in."""


class Forbidden(DondocError):
    """The viewer's role, or the unit it stands for, does not go with the page."""


class ForeignForm(DondocError):
    """A form that did not come from our own pages."""


@dataclass(frozen=True)
class Admitted:
    """A viewer whom a route has let in."""

    viewer: Viewer
    csrf: str

    def may(self, route: str) -> bool:
        """Whether the viewer's role goes with a route; for links that a page shows or not."""
        audience = ACCESS.get(route, frozenset())
        return isinstance(audience, Open) or self.viewer.role in audience

    def refuse_other_units(self, unit_id: int, overseer_id: int | None = None) -> None:
        """Raises Forbidden where the viewer stands for another unit than this and its overseer."""
        if self.viewer.role is R.UNIT_HEAD and unit_id != self.viewer.unit_id:
            raise Forbidden(_("This page is about another unit."))
        if self.viewer.role is R.OVERSEER and self.viewer.unit_id not in (unit_id, overseer_id):
            raise Forbidden(_("Your unit does not oversee this task."))


async def _secret_of_form(request: Request) -> str:
    """What a form says under `csrf`; every form of the office has it, since `admit` asks for it."""
    if request.method in ("GET", "HEAD"):
        return ""
    return str((await request.form()).get("csrf", ""))


def admit(request: Request, site: Here, csrf: Annotated[str, Depends(_secret_of_form)]) -> Admitted:
    """Lets the viewer in, or raises NotSignedIn, Forbidden or ForeignForm."""
    secret = request.cookies.get(COOKIE, "")
    with site.database.read() as session:
        viewer = accounts.viewer(session, secret, site.clock()) if secret else None
    if viewer is None:
        raise NotSignedIn(_("Please sign in."))
    admitted = Admitted(viewer, _csrf(site, viewer, 0))
    if not admitted.may(request.scope["route"].name):
        raise Forbidden(_("Your role does not include this page."))
    if request.method not in ("GET", "HEAD"):
        _refuse_forged(request, site, viewer, csrf)
    return admitted


Let = Annotated[Admitted, Depends(admit)]


def refuse_foreign(request: Request) -> None:
    """Raises ForeignForm unless the browser says that our own page sent the form."""
    origin = request.headers.get("origin")
    fetched = request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if fetched not in (None, "same-origin", "none") or (origin is None and fetched is None):
        raise ForeignForm(_("This form did not come from our page: open the page once more."))
    if origin is not None and origin != own:
        raise ForeignForm(_("This form did not come from our page: open the page once more."))


def _refuse_forged(request: Request, site: Site, viewer: Viewer, given: str) -> None:
    """Raises ForeignForm unless a form carries the secret of the page it was on."""
    refuse_foreign(request)
    wanted = [_csrf(site, viewer, number) for number in range(len(site.links.keys))]
    if not any(hmac.compare_digest(given.encode(), one.encode()) for one in wanted):
        raise ForeignForm(_("This form did not come from our page: open the page once more."))


def _csrf(site: Site, viewer: Viewer, number: int) -> str:
    key = f"dondoc.form:{site.links.keys[number]}".encode()
    return hmac.new(key, viewer.digest.encode(), sha256).hexdigest()
