"""Visitors of the pages: a client that reads forms as a browser without script does."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from models.account import Account, SignIn
from models.words import AccountRole
from portal.access import COOKIE
from portal.app import create_app
from portal.site import Site
from tasks.lookup import id_of

HOST = "https://testserver"


@dataclass
class Clock:
    """What the pages take for now."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Form:
    """A form of a page: where it goes, and its fields as a browser would send them."""

    action: str = ""
    method: str = "get"
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.inside = False
        self.text: tuple[str, list[str]] | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = True
            self.found.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif self.inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.found[-1], given.get("name", "")
        kind = given.get("type", "")
        if tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "textarea":
            self.text = (name, [])
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            form.fields[self.select] = [given.get("value", "")]
        elif tag == "input" and kind == "file":
            form.files.append(name)
        elif tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in given):
            form.fields.setdefault(name, []).append(given.get("value", "on"))

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.text:
            # a browser leaves out the line break that follows the tag
            self.found[-1].fields[self.text[0]] = ["".join(self.text[1]).removeprefix("\n")]
            self.text = None


def forms(page: Response) -> list[Form]:
    """The forms of a page, in its order."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.found


class Visitor:
    """Somebody with a browser; `sends` fills in the form of a page that goes to an address."""

    def __init__(self, site: Site, **options: Any) -> None:
        self.site = site
        self.client = TestClient(create_app(site), base_url=HOST, **options)

    def opens(self, path: str, status: int = 200) -> Response:
        page = self.client.get(path)
        assert page.status_code == status, page.text[-2000:]
        return page

    def sends(
        self,
        page: Response,
        to: str = "",
        files: dict[str, Any] | None = None,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Sends the first form of the page whose address ends in `to`, with these values in it."""
        form = next(f for f in forms(page) if f.method == "post" and f.action.endswith(to))
        fields = {**form.fields, **values}
        target = form.action or page.request.url.path
        answer = self.client.post(str(target), data=fields, files=files, headers={"origin": HOST})
        assert answer.status_code == status, answer.text[-2000:]
        return answer


def visitor(site: Site) -> Visitor:
    """Somebody without an account."""
    return Visitor(site)


def signed_in(site: Site, role: AccountRole, unit_id: int | None = None) -> Visitor:
    """Somebody of a role, signed in for the day."""
    secret = f"{role}-{unit_id}-secret"
    with site.database.write() as session:
        account = Account(
            login=f"{role.value}-{unit_id}".replace("_", "-"), name=f"Cán bộ {role.value}",
            role=role, unit_id=unit_id, password="$unused", made_at=site.clock(),
        )  # fmt: skip
        session.add(account)
        session.flush()
        session.add(
            SignIn(
                account_id=id_of(account), digest=sha256(secret.encode()).hexdigest(),
                began_at=site.clock(), expires_at=site.clock() + timedelta(days=3_650),
            )
        )  # fmt: skip
    found = Visitor(site)
    found.client.cookies.set(COOKIE, secret, domain="testserver.local", path="/")
    return found
