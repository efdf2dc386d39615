"""The pages seen from outside: probes, metrics, the operator's page, and who may see which."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families as families

from models.database import Database
from models.mail import Message
from models.words import AccountRole, Part
from portal import observing
from portal.app import create_app
from portal.site import Site
from tasks.pulses import missed
from tests.portal.visitor import Visitor, signed_in, visitor

HERE = ("127.0.0.1", 50_000)
TOKEN = "a-token-of-twenty-characters"


@pytest.fixture
def guest(desk: Site) -> Visitor:
    return visitor(desk)


def near(site: Site, **options: Any) -> TestClient:
    """A client on this machine."""
    return TestClient(create_app(site), base_url="http://127.0.0.1:8080", client=HERE, **options)


def stop_timers(site: Site) -> None:
    with site.database.write() as session:
        missed(session, Part.RECONCILE, site.clock() - timedelta(hours=1), "503 of truc@x.example")


class TestProbes:
    def test_say_that_all_is_ready(self, guest: Visitor) -> None:
        assert guest.opens("/health").text == "ok"
        assert guest.opens("/readyz").json() == {"status": "ok"}
        assert guest.opens("/healthz").json()["checks"]["database"] == "ok"

    def test_do_not_end_a_process_because_something_else_is_ill(
        self, desk: Site, guest: Visitor
    ) -> None:
        stop_timers(desk)
        for path in ("/health", "/readyz", "/healthz"):
            guest.opens(path)
        told = guest.opens("/healthz?full", 503)
        assert told.json()["checks"]["reconcile"] == "ill"
        assert "503 of" not in told.text  # names alone, for strangers

    def test_say_that_the_database_is_gone(self, desk: Site) -> None:
        gone = Database("postgresql+psycopg://dondoc:secret@127.0.0.1:9/x")
        guest = visitor(Site(gone, desk.settings, desk.clock))
        guest.opens("/health")
        for path in ("/readyz", "/healthz", "/healthz?full"):
            assert "secret" not in guest.opens(path, 503).text

    def test_say_that_the_tables_are_of_another_version(self, desk: Site, guest: Visitor) -> None:
        with desk.database.write() as session:
            session.connection().execute(sa.text("UPDATE alembic_version SET version_num = '0005'"))
        guest.opens("/readyz", 503)


def test_the_pages_watch_while_they_are_served(desk: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nobody's timer, and without end where a look fails."""
    looks: list[object] = []

    async def fails(_watch: object, as_of: object) -> None:
        looks.append(as_of)
        raise RuntimeError("no look")

    monkeypatch.setattr(observing, "WATCH_EVERY", 0.01)
    monkeypatch.setattr(observing.Watch, "look", fails)
    with near(desk) as client:
        while len(looks) < 2:
            client.get("/health")
    assert looks[:2] == [desk.clock()] * 2


class TestMetrics:
    def test_are_for_this_machine_alone_and_not_for_who_comes_through_a_proxy(
        self, desk: Site, guest: Visitor
    ) -> None:
        guest.opens("/metrics", 404)
        assert near(desk).get("/metrics").status_code == 200
        for header in ("x-forwarded-for", "forwarded", "via"):
            assert near(desk).get("/metrics", headers={header: "1"}).status_code == 404
        public = {"host": "don-doc.tinh.example"}
        assert near(desk).get("/metrics", headers=public).status_code == 404

    def test_are_for_who_has_the_token(self, desk: Site) -> None:
        settings = desk.settings.model_copy(update={"metrics_token": TOKEN})
        client = visitor(Site(desk.database, settings, desk.clock)).client
        given = {f"Bearer {TOKEN}": 200, "Bearer wrong": 404, f"Basic {TOKEN}": 404, "Bearer ": 404}
        for header, status in given.items():
            answer = client.get("/metrics", headers={"authorization": header})
            assert answer.status_code == status

    def test_say_what_the_office_owes_and_how_its_pages_answer(self, desk: Site) -> None:
        client = near(desk)
        client.get("/t/a-token-that-is-none")
        client.get("/no-such-page/tel-0912345678")
        text = client.get("/metrics").text
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in families(text)
            for sample in family.samples
        }
        assert found["dondoc_obligations_owed", "open"] == 3
        assert found["dondoc_rounds", "open"] == 1
        assert found["dondoc_mails", "queued"] == 3
        assert found["dondoc_check", "database"] == 0
        assert found["dondoc_request_seconds_count", "task", "4xx"] == 1
        assert found["dondoc_request_seconds_count", "none", "4xx"] == 1
        for private in ("a-token-that-is-none", "0912345678", "so-a", "kl-1", "@"):
            assert private not in text


class TestTheOperatorsPage:
    def test_says_what_is_ill_and_what_to_do(self, desk: Site) -> None:
        stop_timers(desk)
        page = signed_in(desk, AccountRole.OPERATOR).opens("/operations").text
        assert "It has failed since" in page
        assert "To do:" in page
        assert "Nobody is mailed: DONDOC_OPERATOR_EMAIL is not set." in page

    def test_is_announced_on_the_overview_where_something_is_ill(self, desk: Site) -> None:
        clerk, reader = (
            signed_in(desk, role) for role in (AccountRole.SECRETARIAT, AccountRole.READER)
        )
        with desk.database.write() as session:
            session.connection().execute(sa.update(Message).values(state="dropped"))
        assert "The program is not well" not in clerk.opens("/").text
        stop_timers(desk)
        assert "The program is not well" in clerk.opens("/").text
        assert "The program is not well" not in reader.opens("/").text
