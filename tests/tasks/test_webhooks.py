"""Webhooks: told in the deed's transaction, signed, delivered until taken, and nowhere inside."""

import asyncio
import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from sqlmodel import Session, col, select

from dondoc.client import ForeignMessage, webhook_event
from models import i18n
from models.activity import Activity
from models.database import Database
from models.errors import NotAllowed, ServiceError
from models.settings import Settings
from models.webhook import Webhook, WebhookMessage
from models.words import Deed, Part, WebhookEvent
from tasks import pulses, steps, webhook_bodies, webhook_sending, webhooks
from tasks.summarising import summarise
from tasks.webhook_addresses import refuse_literal, resolve
from tests.conftest import Databases
from tests.tasks.office import (
    A_REPORT,
    ISSUED,
    OFFICE,
    SO_A,
    SO_B,
    answer,
    at,
    in_force,
    issue,
    know,
    open_,
    report_file,
)

OPENED = at(2024, 5, 6)
LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
ALLOWED = Settings(webhook_networks=LOOPBACK, webhook_timeout=1)
Answers = Callable[["Receiver"], int]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with i18n.speaking("en"):
        yield


@dataclass
class Receiver:
    """A server that is told; `answers` says with what it answers, having heard a call."""

    answers: Answers = lambda _self: 204
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _headers, body in self.calls]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.calls]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with found.lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                found.calls.append((headers, body))
            self.send_response(found.answers(found))
            self.send_header("location", "http://127.0.0.1:9/")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(db: Database, receiver: Receiver) -> Database:
    """An office that tells the receiver of everything."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        add(session, receiver.url)
    return db


def add(session: Session, url: str, name: str = "truc", *events: WebhookEvent) -> Webhook:
    given = events or tuple(WebhookEvent)
    return webhooks.add(session, name, url, given, LOOPBACK, "Lê Thị A", ISSUED)


def live(db: Database) -> None:
    """A round is opened, answered wrongly and rightly, and closed."""
    with db.write() as session:
        issue(session, report_file())
        open_(session, "kl-1", "bao-cao", OPENED)
    answer(db, "kl-1/bao-cao/so-a", {"values": {}}, at(2024, 5, 19))
    answer(db, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))


def send(db: Database, moment: datetime, settings: Settings = ALLOWED) -> dict[str, int]:
    return asyncio.run(webhook_sending.send_all(db, settings, lambda: moment))


def hook(db: Database, name: str = "truc") -> Webhook:
    with db.read() as session:
        return webhooks.one(session, name)


def waiting(db: Database) -> int:
    with db.read() as session:
        return sum(one.waiting for one in webhooks.every(session))


LIVED = ["directive.registered", "round.opened", "submission.refused", "submission.received"]
SENT = at(2024, 5, 21)


class TestWhatIsTold:
    def test_comes_in_the_order_of_the_deeds_signed_and_once(
        self, told: Database, receiver: Receiver
    ) -> None:
        live(told)
        assert send(told, SENT) == {"sent": 4, "failed": 0}
        assert receiver.events == LIVED
        assert send(told, SENT) == {"sent": 0, "failed": 0}
        secret = hook(told).secret
        for headers, body in receiver.calls:
            assert webhook_event(secret, headers, body, SENT)["type"] in LIVED
        assert len(set(receiver.ids)) == 4
        with told.read() as session:
            assert pulses.pulses(session)[Part.WEBHOOKS].at == SENT

    def test_holds_codes_and_facts_and_nobodys_name(
        self, told: Database, receiver: Receiver
    ) -> None:
        live(told)
        send(told, SENT)
        assert json.loads(receiver.calls[3][1]) == {
            "type": "submission.received",
            "timestamp": "2024-05-20T01:00:00Z",
            "data": {
                "number": self.number(told), "directive": "kl-1", "round": "bao-cao",
                "obligation": "kl-1/bao-cao/so-a", "unit": "thu-nghiem:so-a",
                "facts": {"version": 2, "kind": "report", "channel": "command"},
            },
        }  # fmt: skip
        assert "văn thư" not in "".join(body.decode() for _, body in receiver.calls)

    def number(self, db: Database) -> int | None:
        with db.read() as session:
            return session.exec(select(Activity.id).where(Activity.deed == Deed.ANSWERED)).one()

    def test_is_what_the_webhook_asks_for(self, db: Database, receiver: Receiver) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            add(session, receiver.url, "dong", WebhookEvent.ROUND_CLOSED)
        live(db)
        with db.write() as session:
            found = open_(session, "kl-1", "bao-cao", OPENED)
            summarise(session, found, at(2024, 6, 10))
        send(db, at(2024, 6, 11))
        assert receiver.events == ["round.closed"]

    def test_is_nothing_where_the_deed_was_not_done(self, told: Database) -> None:
        def fail() -> None:
            with told.write() as session:
                issue(session, report_file())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert waiting(told) == 0

    def test_is_signed_as_standard_webhooks_says(self) -> None:
        """The example of the specification's own libraries."""
        key = webhooks.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        said = b'{"test": 2432232314}'
        found = webhook_bodies.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", said, key)
        assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_is_told_from_what_others_say(self, told: Database, receiver: Receiver) -> None:
        live(told)
        send(told, SENT)
        (headers, body), secret = receiver.calls[0], hook(told).secret
        with pytest.raises(ForeignMessage):
            webhook_event(secret, headers, body + b" ", SENT)
        with pytest.raises(ForeignMessage):
            webhook_event(secret, headers, body, SENT + timedelta(minutes=6))


class TestAReceiverThatFails:
    @pytest.fixture
    def databases(self, sqlites: Databases) -> Databases:
        """One kind is enough: what is written is the same."""
        return sqlites

    @pytest.mark.parametrize("status", [500, 503, 429, 302, 404])
    def test_is_left_alone_and_told_later(
        self, told: Database, receiver: Receiver, status: int
    ) -> None:
        live(told)
        receiver.answers = lambda found: status if len(found.calls) == 2 else 200
        assert send(told, SENT) == {"sent": 1, "failed": 1}
        assert hook(told).problem == str(status)
        assert send(told, SENT + timedelta(seconds=59)) == {"sent": 0, "failed": 0}
        assert send(told, SENT + timedelta(minutes=1)) == {"sent": 3, "failed": 0}
        assert receiver.events == [LIVED[0], LIVED[1], *LIVED[1:]]
        assert receiver.ids[1] == receiver.ids[2]
        assert receiver.calls[1][1] == receiver.calls[2][1]
        assert hook(told).problem == ""

    def test_does_not_hold_up_the_rest_by_refusing_one(
        self, told: Database, receiver: Receiver
    ) -> None:
        live(told)
        receiver.answers = lambda found: 400 if len(found.calls) == 2 else 200
        assert send(told, SENT) == {"sent": 3, "failed": 1}
        assert send(told, SENT + timedelta(minutes=1)) == {"sent": 1, "failed": 0}
        assert receiver.events == [*LIVED, LIVED[1]]

    def test_is_given_ever_longer_and_ends_after_three_days(
        self, told: Database, receiver: Receiver
    ) -> None:
        live(told)
        receiver.answers = lambda _found: 500
        moment, tries = SENT, []
        while hook(told).disabled_at is None:
            send(told, moment)
            tries.append(moment)
            moment = max(hook(told).next_at, moment + timedelta(seconds=1))
        pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
        assert pauses[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
        assert max(pauses) == timedelta(hours=6)
        assert timedelta(days=3) <= tries[-1] - SENT < timedelta(days=3, hours=6)
        assert "500" in hook(told).problem
        with told.read() as session:
            last = session.exec(select(Activity).order_by(col(Activity.id).desc())).first()
        assert last is not None
        assert (last.deed, (last.after or {})["change"]) == ("webhook", "disabled")
        answer(told, "kl-1/bao-cao/so-b", A_REPORT, moment)
        assert waiting(told) == 3  # nothing new; the first was given up

    def test_is_told_what_it_missed_once_it_is_set_going_again(
        self, told: Database, receiver: Receiver
    ) -> None:
        live(told)
        receiver.answers = lambda _found: 500
        send(told, SENT)
        send(told, SENT + timedelta(days=4))
        assert hook(told).disabled_at is not None
        later = SENT + timedelta(days=5)
        receiver.calls.clear()
        receiver.answers = lambda _found: 200
        with told.write() as session:
            assert webhooks.retry(session, "truc", "Lê Thị A", later) == 4
        assert send(told, later) == {"sent": 4, "failed": 0}
        assert receiver.events == LIVED

    def test_may_be_slow_or_away(self, told: Database, receiver: Receiver) -> None:
        live(told)

        def slow(_found: Receiver) -> int:
            time.sleep(2)
            return 200

        receiver.answers = slow
        assert send(told, SENT) == {"sent": 0, "failed": 1}
        with told.write() as session:
            webhooks.one(session, "truc").url = "http://127.0.0.1:9/"
        assert send(told, SENT + timedelta(minutes=1)) == {"sent": 0, "failed": 1}
        assert "ConnectError" in hook(told).problem

    def test_does_not_keep_the_others_waiting(self, told: Database, receiver: Receiver) -> None:
        with told.write() as session:
            add(session, "http://127.0.0.1:9/", "hong")
        live(told)
        assert send(told, SENT) == {"sent": 4, "failed": 1}
        assert receiver.events == LIVED


class TestSeveralSenders:
    def test_at_once_tell_nothing_twice(self, told: Database, receiver: Receiver) -> None:
        live(told)

        async def together() -> list[dict[str, int]]:
            sends = (webhook_sending.send_all(told, ALLOWED, lambda: SENT) for _n in range(4))
            return await asyncio.gather(*sends)

        done = asyncio.run(together())
        assert sum(one["sent"] for one in done) == 4
        assert receiver.events == LIVED

    def test_one_killed_in_the_midst_leaves_at_most_a_message_twice(
        self, told: Database, receiver: Receiver, tmp_path: Path
    ) -> None:
        live(told)
        heard = tmp_path / "heard"

        def hang(found: Receiver) -> int:
            if len(found.calls) == 2:
                heard.touch()
                time.sleep(0.9)
            return 200

        receiver.answers = hang
        told.engine.dispose()
        child = _sender(told.url, SENT)
        while not heard.exists():
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert send(told, SENT + timedelta(minutes=4)) == {"sent": 0, "failed": 0}
        assert send(told, SENT + timedelta(minutes=6)) == {"sent": 3, "failed": 0}
        assert receiver.events == [LIVED[0], LIVED[1], *LIVED[1:]]
        assert receiver.ids[1] == receiver.ids[2]


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "http://hook.example/", "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/",
            "https://192.168.1.1/", "https://169.254.169.254/latest", "https://[fe80::1]/",
            "https://[::ffff:10.0.0.1]/", "https://0.0.0.0/", "https://224.0.0.1/",
            "ftp://hook.example/", "https://a:b@hook.example/", "https://hook.example/#x",
            "https:///x", "//hook.example", "https://hook.example:99999/", "https://hook .example/",
            "https://hook.example/\n", "",
        ],
    )  # fmt: skip
    def test_inside_or_not_encrypted_are_refused(self, url: str) -> None:
        with pytest.raises(NotAllowed):
            refuse_literal(url, [])

    @pytest.mark.parametrize(
        "address",
        ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
         "::7f00:1", "::ffff:0:7f00:1", "fec0::1", "5f00::1"],
    )  # fmt: skip
    def test_inside_are_refused_in_every_form_of_ipv6(self, address: str) -> None:
        with pytest.raises(NotAllowed, match="public"):
            refuse_literal(f"https://[{address}]/", [])

    def test_outside_in_a_form_of_ipv6_are_not(self) -> None:
        for address in ("2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"):
            refuse_literal(f"https://[{address}]/", [])

    def test_outside_or_allowed_are_not(self) -> None:
        refuse_literal("https://hook.example/a?b=c", [])
        refuse_literal("https://8.8.8.8/", [])
        refuse_literal("https://10.1.2.3:8443/", [ip_network("10.0.0.0/8")])
        refuse_literal("http://127.0.0.1:8000/", LOOPBACK)
        with pytest.raises(NotAllowed):  # allowed, and yet not encrypted
            refuse_literal("http://10.1.2.3/", [ip_network("10.0.0.0/8")])

    def test_are_judged_by_what_their_name_leads_to(self) -> None:
        with pytest.raises(NotAllowed, match="not a public address"):
            asyncio.run(resolve("https://localhost/", []))
        with pytest.raises(ServiceError):
            asyncio.run(resolve("https://nobody.invalid/", []))
        found = asyncio.run(resolve("http://localhost:8000/a?b", LOOPBACK))
        assert (found.host, found.name) == ("localhost:8000", "localhost")
        assert found.url in ("http://127.0.0.1:8000/a?b", "http://[::1]:8000/a?b")

    def test_that_became_forbidden_are_not_called(self, told: Database, receiver: Receiver) -> None:
        live(told)
        assert send(told, SENT, Settings()) == {"sent": 0, "failed": 1}
        assert receiver.calls == []
        assert "not a public address" in hook(told).problem


def test_a_webhook_that_is_removed_is_told_nothing(told: Database, receiver: Receiver) -> None:
    live(told)
    with told.write() as session:
        webhooks.remove(session, "truc", "Lê Thị A", SENT)
    assert send(told, SENT) == {"sent": 0, "failed": 0}
    with told.read() as session:
        assert session.exec(select(WebhookMessage)).all() == []
        assert session.exec(select(Webhook.secret)).one() == ""


def test_the_flow_tells_what_waits(told: Database, receiver: Receiver) -> None:
    live(told)
    networks = json.dumps([str(one) for one in LOOPBACK])
    with in_force(told, DONDOC_WEBHOOK_NETWORKS=networks):
        assert asyncio.run(steps.tell_webhooks.fn(SENT)) == {"sent": 4, "failed": 0}
    assert receiver.events == LIVED


def test_a_trial_records_nothing(told: Database, receiver: Receiver) -> None:
    done = asyncio.run(webhook_sending.test(told, ALLOWED, "truc", SENT))
    assert (done.taken, done.words, receiver.events) == (True, "204", ["webhook.test"])
    assert waiting(told) == 0


def _sender(url: str, moment: datetime) -> int:
    """Another process that sends; its number."""
    child = os.fork()
    if child == 0:
        try:
            send(Database(url), moment)
        finally:
            os._exit(0)
    return child
