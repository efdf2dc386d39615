"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from portal.access import COOKIE, Let, admit, refuse_foreign
from portal.pages import page
from portal.site import Here
from tasks import accounts

public = APIRouter()
office = APIRouter(dependencies=[Depends(admit)])

Short = Annotated[str, Form(max_length=400)]


@public.get("/sign-in", name="sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    return page(request, "sign_in", next=_own(next), login="", words="")


@public.post("/sign-in", name="sign-in-post")
def sign_in(
    request: Request, site: Here, login: Short = "", password: Short = "", next: Short = "/"
) -> Response:
    refuse_foreign(request)
    address = request.client.host if request.client else ""
    with site.database.write() as session:
        found = accounts.sign_in(session, login, password, address, site.clock())
    if isinstance(found, accounts.Refused):
        return page(
            request, "sign_in", status=403, next=_own(next), login=login, words=found.message
        )
    answer = RedirectResponse(_own(next), status_code=303)
    answer.set_cookie(COOKIE, found, secure=True, httponly=True, samesite="lax", path="/")
    return answer


@office.post("/sign-out", name="sign-out")
def sign_out(site: Here, admitted: Let) -> Response:
    with site.database.write() as session:
        accounts.sign_out(session, admitted.viewer, site.clock())
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")
    return answer


def _own(target: str) -> str:
    """Where to go next: a path of ours, or the first page."""
    # browsers take a backslash for a slash, and two slashes for another host
    plain = target.isprintable() and "\\" not in target and not target.startswith("//")
    return target if target.startswith("/") and plain else "/"
