"""docs/api.md: each example is run against the pages of an office, served as they are."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
import uvicorn

from dondoc.client import Client, webhook_event
from dondoc.processes import free_port
from models.clock import now
from models.settings import Settings
from models.words import Scope, WebhookEvent
from portal.api_access import SCOPES
from portal.api_problems import CODES, STATUSES
from portal.app import create_app
from portal.site import Site
from tasks import webhook_bodies, webhooks
from tests.conftest import Databases
from tests.portal.other_systems import ROUTES, token_of
from tests.portal.units import fill, versions
from tests.portal.visitor import Clock
from tests.tasks.office import at, in_force

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
BODY = b'{"type":"round.opened"}'


def blocks(kind: str) -> list[str]:
    """The examples of a kind, in the order of the page."""
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


@dataclass
class Served:
    """An office that is reached over the network."""

    site: Site
    url: str
    token: str


@pytest.fixture
def served(sqlites: Databases, tmp_path: Path) -> Iterator[Served]:
    template = sqlites.template("units_pages", fill, like=sqlites.migrated())
    for found in sqlites.like(template):
        site = Site(found, Settings(data=tmp_path), Clock(at(2024, 5, 20, 9)))
        token = token_of(site)
        port = free_port()
        config = uvicorn.Config(create_app(site), port=port, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.01)
        with in_force(found, DONDOC_DATA=str(tmp_path)):
            yield Served(site, f"http://127.0.0.1:{port}", token)
        server.should_exit = True
        thread.join()


def known(served: Served) -> dict[str, Any]:
    """What the examples take for granted."""
    with served.site.database.write() as session:
        at_ = served.site.clock()
        every = list(WebhookEvent)
        made = webhooks.add(session, "truc", "https://truc.example/", every, [], "A", at_)
        secret = made.secret
    headers = webhook_bodies.headers("msg_1", BODY, webhooks.key_of(secret), now())
    office = Client(served.url, served.token, language="en")
    return {
        "url": served.url, "token": served.token, "office": office, "last": 0, "secret": secret,
        "headers": headers, "body": BODY, "webhook_event": webhook_event,
    }  # fmt: skip


def test_the_python_examples_do_what_they_say(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    names = known(served)
    for example in blocks("python"):
        exec(example, names)
    said = capsys.readouterr().out
    assert "registered kl-1" in said
    assert "faults ['narrative', " in said
    assert "kl-1/ke-hoach/so-a 2024-06-03 open" in said
    assert names["event"] == {"type": "round.opened"}
    (one,) = versions(served.site, "kl-1/thuc-hien/so-b")
    assert one.payload["percent"] == 50


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_do_what_they_say(served: Served) -> None:
    environment = {"TOKEN": served.token, "OFFICE": served.url, "PATH": "/usr/bin:/bin"}
    for example in blocks("sh"):
        done = subprocess.run(
            ["sh", "-ec", example.replace("curl ", "curl -sSf ")],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert len(versions(served.site, "kl-1/tiep-nhan/so-a")) == 1


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_is_explained(scope: Scope) -> None:
    assert f"| `{scope}` |" in TEXT


@pytest.mark.parametrize("code", sorted({*STATUSES.values(), *(c for _s, c in CODES.values())}))
def test_every_problem_is_explained(code: str) -> None:
    assert re.search(rf"^\| .*`{code}`", TEXT, re.MULTILINE)


@pytest.mark.parametrize("event", WebhookEvent)
def test_every_event_is_explained(event: WebhookEvent) -> None:
    assert f"`{event}`" in TEXT


def test_every_route_belongs_to_a_scope() -> None:
    assert ROUTES.keys() == SCOPES.keys()


def test_the_client_speaks_for_all_it_may(served: Served, tmp_path: Path) -> None:
    """Each method of the client against the routes as they are."""
    with Client(served.url, served.token) as office:
        assert office.token().name == "he-thong"
        assert len(list(office.units(limit=1))) == 3
        assert office.owed("so-a").open
        assert [one.code for one in office.directives()] == ["kl-1"]
        assert office.directive("kl-1").file["code"] == "kl-1"
        assert len(list(office.rounds())) == 4
        assert len(list(office.board("kl-1", "bao-cao", at(2024, 5, 1)))) == 2
        assert list(office.submissions()) == office.summaries("kl-1", "bao-cao") == []
        file = tmp_path / "a.pdf"
        file.write_bytes(b"%PDF-1.4\n%%EOF\n")
        assert office.add_evidence("kl-1/thuc-hien/so-a", file).name == "a.pdf"
        yaml = tmp_path / "x.yaml"
        yaml.write_text("code: x", "utf-8")
        assert office.send_draft(yaml, "k").faults
        assert office.draft(1) == office.send_draft(yaml, "k")
        declined = {"reason": "Không thuộc chức năng."}
        code = "kl-1/thuc-hien/so-a"
        assert office.answer(code, declined, "A", decline=True, key="x").version == 1
        assert office.answer(code, declined, "A", decline=True, key="x").again
        assert office.obligation(code).status == "declined"
