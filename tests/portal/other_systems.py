"""Other systems that use the API: a client with a token, and an address for every route."""

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response
from sqlmodel import Session, select

from models.round import Evidence, Obligation
from models.words import Scope, WebhookEvent
from portal.api import ROUTERS
from portal.app import create_app
from portal.site import Site
from tasks import evidence, lookup, summarising, tokens, webhooks
from tests.portal.filled import A_PDF
from tests.portal.visitor import HOST
from tests.tasks.office import owed

ROUTES = {
    route.name: route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
}
METHODS = {name: next(iter(route.methods)) for name, route in ROUTES.items()}
BODIES: dict[str, Any] = {
    "draft-upload": {"name": "x.yaml", "text": "code: x"},
    "answer": {"payload": {}, "sender": "Lê Thị A"},
    "unit-contact": {"clerk_telephone": "0237 000 002"},
    "webhook-add": {"name": "khac", "url": "https://khac.example/", "events": ["round.opened"]},
}


class System:
    """Another system with its token."""

    def __init__(self, site: Site, token: str, language: str = "en") -> None:
        headers = {"authorization": f"Bearer {token}", "accept-language": language}
        self.client = TestClient(
            create_app(site), base_url=f"{HOST}/api/v1", headers=headers,
            raise_server_exceptions=False,
        )  # fmt: skip

    def get(self, path: str, wanted: int = 200, /, **asked: Any) -> Any:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == wanted, answer.text
        return answer.json()

    def post(self, path: str, given: Any, status: int = 201, key: str = "") -> Any:
        headers = {"idempotency-key": key} if key else {}
        answer = self.client.post(path, json=given, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def calls(self, name: str, path: str) -> Response:
        """A route with the least that it takes."""
        files = {"file": ("a.pdf", A_PDF)} if name == "evidence-add" else None
        body = BODIES.get(name)
        return self.client.request(METHODS[name], path, json=body, files=files)


def token_of(
    site: Site, scopes: Iterable[Scope] = tuple(Scope), unit: str = "", name: str = "he-thong"
) -> str:
    """A new token."""
    with site.database.write() as session:
        of = lookup.unit(session, unit) if unit else None
        return tokens.make(session, name, list(scopes), of, None, "Lê Thị A", site.clock())


def system(site: Site, *scopes: Scope, unit: str = "", name: str = "he-thong") -> System:
    """Another system: with every scope where none is named."""
    return System(site, token_of(site, scopes or tuple(Scope), unit, name))


def furnish(site: Site) -> None:
    """A summary, a webhook and a file, so that every route has something to show."""
    now = site.clock()
    with site.database.write() as session:
        summarising.summarise(session, lookup.round_(session, "kl-1", "bao-cao"), now)
        every = list(WebhookEvent)
        webhooks.add(session, "truc", "https://truc.example/x", every, [], "Lê Thị A", now)
    task = a_task(site)
    stored = evidence.store(site.settings.data, BytesIO(A_PDF))
    with site.database.write() as session:
        evidence.add(session, task.id or 0, "Biên bản.pdf", stored, now)


def a_task(site: Site, code: str = "kl-1/bao-cao/so-a") -> Obligation:
    with site.database.read() as session:
        return owed(session, code)


def path_of(site: Site, name: str, task: str = "kl-1/bao-cao/so-a") -> str:
    """The address of a route, of something that it can show."""
    directive, round_, unit = task.split("/")
    with site.database.read() as session:
        number = _file_of(session, task)
    known = {
        "directive": directive, "round": round_, "unit": unit, "number": number, "version": "1",
        "kind": "xlsx", "name": "truc",
    }  # fmt: skip
    known |= {"number": "1"} if name == "draft" else {}
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: known[found[1]], ROUTES[name].path)


def _file_of(session: Session, task: str) -> str:
    id_ = owed(session, task).id
    found = session.exec(select(Evidence.id).where(Evidence.obligation_id == id_)).first()
    return str(found or 1)
