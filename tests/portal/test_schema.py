"""Whatever is sent to any route, the server does not fail: requests that schemathesis makes up from
the application's own description, with live links, numbers that exist, and forms that get in.
"""

import contextlib
import socket
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.openapi import from_dict

from models.words import AccountRole
from portal.access import ACCESS, Open
from portal.site import Site
from tests.conftest import Databases
from tests.portal.filled import ROUTES, path_of, those_who_may, token_of
from tests.portal.test_access import secret_of
from tests.portal.units import ROUNDS
from tests.portal.visitor import HOST, Visitor, forms, signed_in

CASES = {
    False: 1,
    True: 32,
}  # right ones for each route, and half as many wrong ones; in a long run


@pytest.fixture
def databases(postgreses: Databases) -> Databases:
    """The kind that refuses more: NUL in texts, numbers that are too large."""
    return postgreses


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where connections were asked for, other than to the database's own socket."""
    asked: list[object] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            asked.append(address)
            raise OSError("no way out")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return asked


def described(site: Site, visitors: Mapping[str, Visitor]) -> dict[str, Any]:
    """The application's description; fields of the path may be live ones, and forms that the
    routes read themselves have the fields that our pages show.
    """
    found: dict[str, Any] = application(visitors["home"]).openapi()
    for name, route in ROUTES.items():
        for method in map(str.lower, route.methods):
            operation = found["paths"].get(route.path, {}).get(method)
            if operation is None:
                continue
            operation["operationId"] = name
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["schema"] = _often(site, name, parameter)
            if method == "post" and "requestBody" not in operation:
                operation["requestBody"] = _form_of_pages(site, visitors)
    return found


def _often(site: Site, name: str, parameter: dict[str, Any]) -> dict[str, Any]:
    """A live value, or whatever the description allows."""
    live: list[Any] = {
        "token": [token_of(site, name, task) for task in ROUNDS] if "t/" in ROUTES[name].path
        else [token_of(site, name)],
        "code": ["kl-1"], "directive": ["kl-1"], "round": ["bao-cao", "ke-hoach"],
        "login": ["reader-none"],
    }.get(parameter["name"], [1, 2, 3, 2**31, 2**63, 10**30])  # fmt: skip
    return {"anyOf": [{"enum": live[:3]}, {"enum": live}, parameter["schema"]]}


def _form_of_pages(site: Site, visitors: Mapping[str, Visitor]) -> dict[str, Any]:
    """A form with the fields and buttons of all pages of units, and of a succession."""
    guest = visitors["task"]
    pages = [guest.opens(f"/t/{token_of(site, task=round_)}") for round_ in ROUNDS]
    pages.append(visitors["succession"].opens(path_of(site, "succession")))
    fields: dict[str, Any] = {}
    for form in (one for page in pages for one in forms(page)):
        fields |= {name: {"type": "string"} for name in form.fields}
        for name, value in form.buttons:
            fields.setdefault(name, {"enum": []}).setdefault("enum", []).append(value)
    fields |= {"code": {"type": "string"}, "kind": {"enum": ["extension", "waiver"]}}
    form_ = {"schema": {"type": "object", "properties": fields}}
    return {"content": {"multipart/form-data": form_, "application/x-www-form-urlencoded": form_}}


def application(who: Visitor) -> Any:
    return who.client.app


class Sender:
    """Sends cases as somebody whose forms get past the door, and keeps what failed."""

    def __init__(self, site: Site) -> None:
        self.site, self.visitors = site, those_who_may(site)
        self.leaver = signed_in(site, AccountRole.READER)
        people = {id(one): one for one in (*self.visitors.values(), self.leaver)}
        guest = self.visitors["task"]
        self.secrets = {n: secret_of(one) for n, one in people.items() if one is not guest}
        self.failed: list[str] = []
        self.statuses: dict[int, int] = {}

    def send(self, case: Case) -> None:
        name = case.operation.definition.raw["operationId"]
        who = self.leaver if name == "sign-out" else self.visitors[name]
        if isinstance(case.body, dict) and not isinstance(ACCESS[name], Open):
            case.body = case.body | {"csrf": self.secrets[id(who)]}
        headers = {"origin": HOST, "host": HOST.removeprefix("https://")}
        try:
            answer = case.call(
                HOST, app=application(who), headers=headers, cookies=dict(who.client.cookies),
                allow_redirects=False,
            )  # fmt: skip
        except Exception as error:  # what a server would answer with 500
            self.failed.append(f"{name}: {error!r} {case.as_curl_command()[:600]}")
            return
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            self.failed.append(f"{name}: {case.as_curl_command()[:600]}")


def sent(site: Site, most: int) -> Sender:
    """Sends so many right cases, and half as many wrong ones, to every route."""
    sender = Sender(site)
    schema = from_dict(described(site, sender.visitors))
    for result in schema.get_all_operations():
        operation = result.ok()
        _some(sender, operation.as_strategy(GenerationMode.POSITIVE), most)
        _some(sender, operation.as_strategy(GenerationMode.NEGATIVE), max(1, most // 2))
    return sender


def _some(sender: Sender, cases: Any, most: int) -> None:
    @settings(
        max_examples=most, database=None, deadline=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases)
    def each(case: Case) -> None:
        sender.send(case)

    with contextlib.suppress(Unsatisfiable):  # nothing about the route can be wrong
        each()


def judge(sender: Sender, asked: list[object]) -> None:
    print(sum(sender.statuses.values()), "cases:", dict(sorted(sender.statuses.items())))
    assert not sender.failed, "\n".join(sender.failed)
    assert sender.statuses[200] and sender.statuses[303]
    assert not asked


def test_no_route_fails_whatever_it_is_sent(filled: Site, no_way_out: list[object]) -> None:
    sender = sent(filled, CASES[False])
    judge(sender, no_way_out)


@pytest.mark.long
def test_no_route_fails_in_two_thousand_cases(filled: Site, no_way_out: list[object]) -> None:
    sender = sent(filled, CASES[True])
    judge(sender, no_way_out)
    assert sum(sender.statuses.values()) >= 2_000
