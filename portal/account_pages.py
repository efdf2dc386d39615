"""The accounts of the office's people, for operators."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.words import AccountRole
from portal.access import Admitted, Let, admit
from portal.deeds import back, notice
from portal.pages import page
from portal.site import Here, Site
from tasks import accounts, lookup

office = APIRouter(dependencies=[Depends(admit)])

Short = Annotated[str, Form(max_length=400)]


@office.get("/accounts", name="accounts")
def accounts_page(request: Request, site: Here, admitted: Let) -> Response:
    return _accounts(request, site, admitted)


@office.post("/accounts", name="account-make")
def make(
    request: Request,
    site: Here,
    admitted: Let,
    login: Short = "",
    name: Short = "",
    role: Short = "",
    unit: Short = "",
) -> Response:
    password = _password()
    try:
        with site.database.write() as session:
            of = lookup.unit(session, unit) if unit.strip() else None
            by = admitted.viewer.name
            accounts.make(session, login, name, _role(role), of, password, by, site.clock())
    except (NotAllowed, UnknownName) as error:
        typed = {"login": login, "name": name, "role": role, "unit": unit}
        return _accounts(request, site, admitted, typed=typed, words=str(error), status=422)
    return _shown_once(request, admitted, login, password)


@office.post("/accounts/{login}", name="account-change")
def change(request: Request, site: Here, admitted: Let, login: str, what: Short = "") -> Response:
    by, moment, password = admitted.viewer.name, site.clock(), _password()
    own = login.strip().lower() == admitted.viewer.login.lower()
    if own and what != "password":
        raise NotAllowed(_("This is your own account: another operator disables it."))
    with site.database.write() as session:
        match what:
            case "password":
                accounts.set_password(session, login, password, by, moment)
            case "disable":
                accounts.disable(session, login, by, moment)
            case "enable":
                accounts.enable(session, login, by, moment)
            case _:
                raise NotAllowed(_("Say what is to be done with the account."))
    if what == "password":
        return _shown_once(request, admitted, login, password)
    return back(request, "accounts", what)


def _accounts(
    request: Request,
    site: Site,
    admitted: Admitted,
    typed: dict[str, str] | None = None,
    words: str = "",
    status: int = 200,
) -> HTMLResponse:
    with site.database.read() as session:
        found = accounts.every(session)
    said = {
        "disable": _("The account is disabled, and whoever was signed in with it is signed out."),
        "enable": _("The account may be used again."),
    }
    return page(
        request, "accounts", admitted, status, accounts=found, roles=list(AccountRole),
        typed=typed or {"login": "", "name": "", "role": "", "unit": ""}, words=words,
        done=notice(request, said),
    )  # fmt: skip


def _shown_once(request: Request, admitted: Admitted, login: str, password: str) -> HTMLResponse:
    """The one page that stands in the answer to a form: its secret may be in no address."""
    return page(request, "password", admitted, login=login.strip().lower(), password=password)


def _password() -> str:
    return secrets.token_urlsafe(12)


def _role(word: str) -> AccountRole:
    if word not in set(AccountRole):
        raise NotAllowed(_("Choose a role."))
    return AccountRole(word)
