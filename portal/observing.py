"""What is seen of the pages from outside: probes, metrics, a line of the log for each request."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import logs
from models.check import Check
from models.errors import UnknownName
from models.i18n import gettext as _
from models.settings import is_loopback
from models.words import Health
from portal.site import Here, Site
from tasks import health
from tasks.alerts import Watch
from tasks.metrics import Measures

public = APIRouter()

WATCH_EVERY = 600  # seconds
QUIET = ("health", "healthz", "readyz", "metrics", "style")  # routes that are asked all the time
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NONE = "none"  # of a request that no route is for
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
# what a proxy adds: who came through one is not on this machine, whatever the address says
THROUGH_PROXY = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

_log = logs.get("pages")


@public.get("/health", name="health")
def alive() -> Response:
    """Whether this process serves at all: where it does not, it is to be restarted."""
    return Response("ok", media_type="text/plain")


@public.get("/readyz", name="readyz")
def ready(site: Here) -> Response:
    """Whether requests may be sent here: the database answers, and has our tables."""
    try:
        with site.database.read() as session:
            found = health.database(session)
    except SQLAlchemyError:
        return JSONResponse({"status": "unavailable"}, 503)
    fits = found.health is Health.OK
    return JSONResponse({"status": "ok" if fits else "unavailable"}, 200 if fits else 503)


@public.get("/healthz", name="healthz")
def healthy(request: Request, site: Here, full: str | None = None) -> Response:
    """How everything is, by name; 503 where the database does not answer, and with `full` where
    anything is ill. Nobody is to be restarted because mail has stopped.
    """
    found = request.app.state.checks.found(site)
    names = {check.name.value: check.health.value for check in found}
    ill = {check.name.value for check in health.of_health(found, Health.ILL)}
    stopped = bool(ill) if full is not None else "database" in ill
    answer = {"status": health.worst(found).value, "checks": names}
    return JSONResponse(answer, 503 if stopped else 200)


@public.get("/metrics", name="metrics")
def metrics(request: Request, site: Here) -> Response:
    """What Prometheus reads; for this machine, and for who has the token."""
    if not _may_measure(request, site.settings.metrics_token):
        raise UnknownName(_("There is no such page."))
    measures: Measures = request.app.state.measures
    return Response(measures.exposition(site.clock()), media_type=EXPOSITION)


def _may_measure(request: Request, token: str) -> bool:
    scheme, _space, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return hmac.compare_digest(given.encode(), token.encode())
    client = request.client
    near = (
        client is not None and is_loopback(client.host) and is_loopback(request.url.hostname or "")
    )
    return near and not any(name in request.headers for name in THROUGH_PROXY)


class Checks:
    """The checks as they were a few seconds ago: a stranger asks as often as he likes."""

    FRESH = 5.0

    def __init__(self) -> None:
        self._found: list[Check] = []
        self._until = 0.0

    def found(self, site: Site) -> list[Check]:
        if perf_counter() >= self._until:
            self._found = health.look(site.database, site.settings, site.clock())
            self._until = perf_counter() + self.FRESH
        return self._found


class Observed:
    """Measures and logs every request, by the name of its route: paths hold secrets."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self.app, self.measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, request = perf_counter(), 500, uuid4().hex[:16]

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = (b"x-request-id", request.encode())
                message["headers"] = [*message["headers"], named]
            await send(message)

        with logs.of_request(request):
            try:
                await self.app(scope, receive, noted)
            except Exception as error:
                self._note(scope, 500, perf_counter() - began, error)
                raise
            self._note(scope, status, perf_counter() - began)

    def _note(
        self, scope: Scope, status: int, seconds: float, error: Exception | None = None
    ) -> None:
        route = getattr(scope.get("route"), "name", NONE)
        self.measures.request(route, status, seconds)
        method = scope["method"] if scope["method"] in METHODS else NONE
        log = _log.error if error else _log.debug if route in QUIET else _log.info
        log("request", route=route, method=method, status=status, seconds=round(seconds, 4),
            exc_info=error)  # fmt: skip


@asynccontextmanager
async def watching(app: FastAPI) -> AsyncIterator[None]:
    """Looks at everything while the pages are served: the timers themselves may have stopped."""
    site: Site = app.state.site
    task = asyncio.create_task(_watch(site))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _watch(site: Site) -> None:
    watch = Watch(site.database, site.settings)
    while True:  # at first nothing: what has just been started has yet to do its work
        await asyncio.sleep(WATCH_EVERY)
        try:
            await watch.look(site.clock())
        except Exception as error:  # the next look is what matters
            _log.error("watching failed", exc_info=error)


def add_to(app: FastAPI, site: Site) -> None:
    """Adds what measures and logs to the application; the outermost of all that is around it."""
    measures: Any = Measures(site.database, site.settings)
    app.state.measures, app.state.checks = measures, Checks()
    app.add_middleware(Observed, measures=measures)
