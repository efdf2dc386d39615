"""The API for other systems as one application, mounted at `PLACE`; it describes itself."""

from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from models.i18n import DEFAULT, LANGUAGES, speaking
from portal import (
    api_directives,
    api_history,
    api_obligations,
    api_problems,
    api_rounds,
    api_submissions,
    api_summaries,
    api_units,
    api_webhooks,
)
from portal.api_access import SCOPES, admit_token
from portal.shell import Application, Receive, Scope, Send
from portal.site import Site

ROUTERS: tuple[APIRouter, ...] = (
    api_units.router,
    api_directives.router,
    api_rounds.router,
    api_obligations.router,
    api_submissions.router,
    api_summaries.router,
    api_history.router,
    api_webhooks.router,
)
ABOUT = (
    "Directives, rounds, obligations, answers and summaries for other systems. Every route needs a "
    "token (`Authorization: Bearer ddt_…`) with its scope. Errors are `application/problem+json`; "
    "their `code` is stable. docs/api.md explains it."
)


def create_api(site: Site) -> FastAPI:
    """The API of one installation; only its description is open to everybody."""
    _check()
    api = Api(
        title="Đôn Đốc", version="1", description=ABOUT, docs_url=None, redoc_url=None,
        responses=api_problems.RESPONSES,
    )  # fmt: skip
    api.state.site = site
    for router in ROUTERS:
        api.include_router(router)
    api_problems.add_to(api)
    api.add_middleware(Tagged)
    api.add_middleware(Spoken)
    return api


class Api(FastAPI):
    """An application whose errors are problems, and that says so in its description."""

    def openapi(self) -> dict[str, Any]:
        found = super().openapi()
        for methods in found["paths"].values():
            for operation in methods.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if status >= "400" and (said := content.pop("application/json", None)):
                        content["application/problem+json"] = said
        return found


def _check() -> None:
    """Every route has its scope, and goes through `admit_token`."""
    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]
    names = [route.name for route in routes]
    if sorted(names) != sorted(SCOPES):
        raise RuntimeError(f"without route or scope, or twice: {sorted(set(names) ^ set(SCOPES))}")
    for route in routes:
        if not any(found.call is admit_token for found in route.dependant.dependencies):
            raise RuntimeError(f"{route.name}: it asks for no token")


class Spoken:
    """Speaks the language that a request asks for, Vietnamese where it asks for none of ours."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope.get("headers", ())).get(b"accept-language", b"").decode("latin-1")
        with speaking(language_of(asked)):
            await self.app(scope, receive, send)


def language_of(asked: str) -> str:
    """The first of our languages that `Accept-Language` would rather have than the others."""
    wanted: list[tuple[float, str]] = []
    for part in asked.split(",")[:20]:
        name, _semicolon, weight = part.partition(";")
        known = name.strip().lower()[:2]
        if known in LANGUAGES:
            wanted.append((-_weight(weight), known))
    return min(wanted, key=lambda one: one[0])[1] if wanted else DEFAULT


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


class Tagged:
    """Gives what is read an ETag, and says 304 where the reader has it already."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        await self.app(scope, receive, _Tagging(send, known))


class _Tagging:
    """Holds JSON back until it is whole, so that it can be tagged."""

    def __init__(self, send: Send, known: bytes) -> None:
        self.send, self.known = send, known
        self.start: MutableMapping[str, Any] | None = None
        self.parts: list[bytes] = []

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._finish(self.start, b"".join(self.parts))

    async def _finish(self, start: MutableMapping[str, Any], body: bytes) -> None:
        tag = f'"{sha256(body).hexdigest()[:32]}"'.encode()
        start["headers"] += [(b"etag", tag), (b"cache-control", b"private, no-cache"),
                             (b"vary", b"authorization, accept-language")]  # fmt: skip
        if tag in [one.strip().removeprefix(b"W/") for one in self.known.split(b",")]:
            start["status"] = 304
            start["headers"] = [
                (name, value) for name, value in start["headers"]
                if name not in (b"content-length", b"content-type")
            ]  # fmt: skip
            body = b""
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})


def _is_json(message: MutableMapping[str, Any]) -> bool:
    kind: bytes = dict(message["headers"]).get(b"content-type", b"")
    return bool(message["status"] == 200) and kind.startswith(b"application/json")
