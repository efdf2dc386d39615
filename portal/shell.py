"""What surrounds every route: headers, the size of what is sent, errors as pages."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from models.errors import DondocError, InputError, NotAllowed, SecretDocument, UnknownName
from models.i18n import gettext as _
from portal import api_problems
from portal.access import Forbidden, ForeignForm, NotSignedIn
from portal.pages import error_page
from tasks.links import BadLink

MAX_BODY = 32 * 1024 * 1024  # bytes of a request; several files of evidence fit
LONGEST_NUMBER = 12  # digits of a length
# forms are read in the charset they name, and some of Python's make texts that cannot be written
_ODD_KIND = re.compile(rb"charset\s*=(?!\s*\"?utf-8\"?\s*(?:;|$))|\0", re.IGNORECASE)
HEADERS = {
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # addresses of tasks are secrets of a unit; within our own pages a form has to name its origin
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}
STATUS: dict[type[DondocError], int] = {
    BadLink: 404,
    UnknownName: 404,
    Forbidden: 403,
    ForeignForm: 403,
    NotAllowed: 409,
    SecretDocument: 422,
    InputError: 422,
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Headers:
    """Gives every response the headers of safety; what has no rule of its own is not cached."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _value in message["headers"]}
                added = {b"cache-control": b"no-store", **HEADERS}
                if scope["scheme"] == "https":
                    added[b"strict-transport-security"] = b"max-age=31536000"
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in added.items() if name not in given),
                ]
            await send(message)

        await self.app(scope, receive, with_headers)


class TooLarge(Exception):
    """A request sends more than is taken."""


class Bounded:
    """Refuses a request that is larger than any of ours, before or while it is read."""

    def __init__(self, app: Application, most: int = MAX_BODY) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        said = headers.get(b"content-length", b"0")
        if not said.isdigit() or len(said) > LONGEST_NUMBER or int(said) > self.most:
            await _refused(scope)(scope, receive, send)
            return
        # no page of ours has such an address, and no database takes NUL
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await _refuse(scope, 404, _("There is no such page."))(scope, receive, send)
            return
        if _ODD_KIND.search(headers.get(b"content-type", b"")):
            words = _("What was sent cannot be read: open the page once more.")
            await _refuse(scope, 415, words)(scope, receive, send)
            return
        taken, began = 0, False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most:
                raise TooLarge
            return message

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except TooLarge:
            if not began:
                await _refused(scope)(scope, receive, send)


def _refused(scope: Scope) -> Response:
    message = _("What you sent is too large: at most {n} MB.").format(n=MAX_BODY // 1024 // 1024)
    return _refuse(scope, 413, message)


def _refuse(scope: Scope, status: int, words: str) -> Response:
    """What is refused before it is looked at: as a page, or as the API tells problems."""
    if scope["path"].startswith(api_problems.PLACE):
        return api_problems.problem(status, api_problems.STATUSES[status], words)
    return error_page(Request(scope), status, words)


def add_to(app: FastAPI) -> None:
    """Adds headers, bounds and the pages of errors to the application."""
    app.add_middleware(Bounded)
    app.add_middleware(Headers)
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(DondocError, _known)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _unknown)


def _to_sign_in(request: Request, error: Exception) -> Response:
    target = request.app.url_path_for("sign-in")
    if request.method == "GET" and request.url.path != "/":
        asked = f"?{request.url.query}" if request.url.query else ""
        target = f"{target}?{urlencode({'next': request.url.path + asked})}"
    return RedirectResponse(str(target), status_code=303)


def _known(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    faults = error.faults if isinstance(error, InputError) else ()
    words = _("The input has faults:") if faults else str(error)
    return error_page(request, status, words, faults)


def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(api_problems.PLACE):  # so odd that it did not get there
        return api_problems.plain(request, error)
    words = {
        404: _("There is no such page."),
        405: _("This page cannot be called in this way."),
    }.get(error.status_code, _("What was sent cannot be read: open the page once more."))
    found = error_page(request, error.status_code, words)
    found.headers.update(error.headers or {})
    return found


def _malformed(request: Request, error: Exception) -> Response:
    return error_page(request, 422, _("A value of the form or address is none: go back."))


def _unknown(request: Request, error: Exception) -> Response:
    words = _("Something failed here, and nothing was recorded. Try again; if it stays, call us.")
    return error_page(request, 500, words)
