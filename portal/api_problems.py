"""Errors of the API as `application/problem+json` (RFC 9457), in the language asked for."""

import json
from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from models.errors import (
    DondocError,
    Fault,
    InputError,
    NotAllowed,
    SecretDocument,
    ServiceError,
    UnknownName,
)
from models.i18n import gettext as _
from portal.access import Forbidden
from portal.api_access import NoToken, TooMany
from portal.api_models import FaultSaid, Problem
from tasks.answering_by_api import Overtaken
from tasks.asking_once import OtherRequest
from tasks.evidence_guard import FileRefused

PLACE = "/api/v1"
# the first that fits; the words are kept as long as /api/v1 is
CODES: Mapping[type[DondocError], tuple[int, str]] = {
    NoToken: (401, "no-token"),
    TooMany: (429, "too-many-tries"),
    Forbidden: (403, "forbidden"),
    UnknownName: (404, "not-found"),
    Overtaken: (409, "overtaken"),
    OtherRequest: (422, "key-of-another-request"),
    NotAllowed: (409, "not-allowed"),
    SecretDocument: (422, "state-secret"),
    FileRefused: (422, "file-refused"),
    InputError: (422, "faults"),
    ServiceError: (503, "not-available"),
}
STATUSES: Mapping[int, str] = {
    404: "not-found", 405: "method", 413: "too-large", 415: "media-type", 422: "malformed",
    500: "failed",
}  # fmt: skip
RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "description": words}
    for status, words in {
        400: "The request cannot be read.", 401: "No token, or none that is good.",
        403: "The token may not do this.", 404: "There is no such thing.",
        405: "The method is not known here.", 409: "It cannot be done now.",
        413: "Too large.", 415: "A kind of content that is not taken.",
        422: "Something in it is wrong.", 429: "Too many tokens were none.",
        503: "A server behind does not answer.",
    }.items()
}  # fmt: skip


def problem(
    status: int,
    code: str,
    detail: str,
    faults: Sequence[FaultSaid] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """What went wrong, for machine and person."""
    said = Problem(
        type=f"urn:dondoc:problem:{code}", title=code.replace("-", " "), status=status,
        detail=detail, code=code, errors=list(faults),
    )  # fmt: skip
    content = json.dumps(said.model_dump(mode="json"), ensure_ascii=False).encode(errors="replace")
    return Response(
        content, status, headers=dict(headers or {}), media_type="application/problem+json"
    )


def add_to(api: FastAPI) -> None:
    """Makes every error of the API a problem."""
    api.add_exception_handler(DondocError, _known)
    api.add_exception_handler(HTTPException, plain)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(Exception, _failed)


def fault_said(fault: Fault) -> FaultSaid:
    return _said(fault.field, str(fault.message), fault.found)


def _said(field: str, message: str, found: str = "") -> FaultSaid:
    """A fault that can be written, whatever stood in the request."""
    texts = (text.encode(errors="replace").decode() for text in (field, message, found))
    field, message, found = texts
    return FaultSaid(field=field[:200], message=message, found=found)


def _known(request: Request, error: Exception) -> Response:
    fits = (found for kind, found in CODES.items() if isinstance(error, kind))
    status, code = next(fits, (400, "refused"))
    faults = [fault_said(one) for one in error.faults] if isinstance(error, InputError) else []
    headers = {}
    if isinstance(error, NoToken):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.seconds)
    words = _("The input has faults:") if faults else str(error)
    return problem(status, code, words, faults, headers)


def plain(request: Request, error: Exception) -> Response:
    """What no route answers."""
    assert isinstance(error, HTTPException)
    code = STATUSES.get(error.status_code, "unreadable")
    words = {
        404: _("There is no such address in the API."),
        405: _("This address cannot be called in this way."),
    }.get(error.status_code, _("What was sent cannot be read."))
    return problem(error.status_code, code, words, headers=error.headers)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_said(".".join(map(str, one["loc"])), str(one["msg"])) for one in error.errors()]
    return problem(422, "malformed", _("A value of the request is not as it must be."), faults)


def _failed(request: Request, error: Exception) -> Response:
    return problem(500, "failed", _("Something failed here, and nothing was recorded."))
