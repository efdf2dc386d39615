"""Sending over real SMTP: to the mail server of the trial, and from the outbox."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from dondoc.mailbox import HOST, mailbox
from dondoc.processes import free_port
from dondoc.simulation.units import has_dead_mailbox, is_greylisted
from models.database import Database
from models.errors import ServiceError
from models.mail import Message, Stoppage
from models.settings import Settings
from models.words import MessageState, Purpose
from tasks.outbox import LEASE
from tests.tasks.office import in_force, mails
from tests.tasks.reading import addressee
from tests.tasks.relay import (
    NOW,
    Relay,
    deliver,
    drop,
    envelope,
    name_of,
    send_waiting,
    states,
    to_port,
)

pytestmark = pytest.mark.xdist_group("delivery")  # its database is made once

SEED = 3
SECOND = timedelta(seconds=1)
ADDRESSES = [f"vanthu@don-vi-{number}.example" for number in range(500)]
DEAD = [found for found in ADDRESSES if has_dead_mailbox(SEED, found)]
GREY = [found for found in ADDRESSES if is_greylisted(SEED, found) and found not in DEAD]
GOOD = [found for found in ADDRESSES if found not in DEAD + GREY]


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Path]]:
    """The mail server of the trial, a process of its own, with dead and greylisting mailboxes."""
    folder = tmp_path_factory.mktemp("trial")
    with mailbox(folder, SEED) as port:
        yield to_port(port, connections=4), folder


@pytest.fixture
def relay(tmp_path: Path) -> Relay:
    return Relay(tmp_path / "relay")


class TestTheTrialServer:
    async def test_keeps_every_mail_as_a_file(self, trial: tuple[Settings, Path]) -> None:
        settings, folder = trial
        envelopes = [envelope(n, GOOD[n], of="trial") for n in range(60)]
        outcomes = await deliver(envelopes, settings)
        assert set(states(outcomes).values()) == {MessageState.SENT}
        for sent in envelopes:
            kept = (folder / f"{name_of(sent, 'trial')}.eml").read_bytes()
            assert kept.rstrip() == sent.content.rstrip()
            assert addressee(kept) == (f"Sở {sent.message_id}", sent.to_email)

    async def test_refuses_dead_mailboxes_and_makes_some_wait(
        self, trial: tuple[Settings, Path]
    ) -> None:
        settings, _ = trial
        known = [*DEAD[:3], *GREY[:3], *GOOD[:3]]
        envelopes = [envelope(n, address, of="kinds") for n, address in enumerate(known)]
        first = states(await deliver(envelopes, settings))
        failed, retry, sent = MessageState.FAILED, MessageState.RETRY, MessageState.SENT
        assert [first[n] for n in range(9)] == [failed] * 3 + [retry] * 3 + [sent] * 3
        second = states(await deliver(envelopes[3:6], settings))
        assert set(second.values()) == {sent}


class TestConnections:
    async def test_are_used_side_by_side(self, relay: Relay) -> None:
        """No mail is taken before three are on their way at once."""
        arrived = asyncio.Barrier(3)

        async def meet() -> None:
            await arrived.wait()

        relay.on_data = lambda _server: meet()
        envelopes = [envelope(n) for n in range(12)]
        async with relay.listening() as port, asyncio.timeout(60):
            outcomes = await deliver(envelopes, to_port(port, connections=3))
        assert set(states(outcomes).values()) == {MessageState.SENT}
        assert len(relay.connections) == 3

    async def test_are_no_more_than_there_are_mails(self, relay: Relay) -> None:
        async with relay.listening() as port:
            await deliver([envelope(1)], to_port(port, connections=8))
        assert len(relay.connections) == 1

    async def test_are_not_made_for_nothing(self) -> None:
        assert await deliver([], to_port(free_port())) == []

    async def test_carry_one_recipient_to_an_envelope(self, relay: Relay) -> None:
        async with relay.listening() as port:
            await deliver([envelope(n) for n in range(5)], to_port(port))
        assert relay.recipients == [["vanthu@so-a.example"]] * 5


class TestTheOutbox:
    async def test_is_emptied_and_says_what_became_of_each(
        self, asking: Database, relay: Relay
    ) -> None:
        relay.refuse = lambda address: "550 5.1.1 gone" if "so-b" in address else None
        async with relay.listening() as port:
            with in_force(asking, DONDOC_SMTP_HOST=HOST, DONDOC_SMTP_PORT=str(port)):
                assert await send_waiting(NOW) == {"failed": 1, "sent": 1}
                assert await send_waiting(NOW + LEASE) == {}
        with asking.read() as session:
            first, second = mails(session, Purpose.OPEN)
        assert (first.state, first.sent_at, first.outcome) == (MessageState.SENT, NOW, "250 OK")
        assert (second.state, second.outcome) == (MessageState.FAILED, "550 5.1.1 gone")

    async def test_is_not_held_up_by_a_mail_that_cannot_be_written(
        self, asking: Database, relay: Relay
    ) -> None:
        with asking.write() as session:
            bad = mails(session, Purpose.OPEN)[0]
            bad.to_email = "văn-thư@sở-a.example"
            session.add(bad)
        async with relay.listening() as port:
            with in_force(asking, DONDOC_SMTP_HOST=HOST, DONDOC_SMTP_PORT=str(port)):
                assert await send_waiting(NOW) == {"failed": 1, "sent": 1}
        with asking.read() as session:
            found = session.exec(select(Message).order_by(col(Message.id))).all()
        assert [mail.state for mail in found] == [MessageState.FAILED, MessageState.SENT]

    async def test_gives_everything_back_when_no_relay_answers(
        self, asking: Database, relay: Relay
    ) -> None:
        port = free_port()
        with in_force(asking, DONDOC_SMTP_HOST=HOST, DONDOC_SMTP_PORT=str(port)):
            with pytest.raises(ServiceError, match=HOST):
                await send_waiting(NOW)
            with asking.read() as session:
                (stoppage,) = session.exec(select(Stoppage)).all()
                found = session.exec(select(Message)).all()
            assert (stoppage.since, stoppage.times) == (NOW, 1)
            assert {(mail.state, mail.attempts) for mail in found} == {(MessageState.QUEUED, 0)}
            assert await send_waiting(stoppage.until - SECOND) == {}
            async with relay.listening(port):
                assert await send_waiting(stoppage.until) == {"sent": 2}
        with asking.read() as session:
            assert session.exec(select(Stoppage)).all() == []
        assert len(relay.names()) == 2

    async def test_waits_longer_the_longer_the_relay_is_away(self, asking: Database) -> None:
        moment, pauses = NOW, []
        with in_force(asking, DONDOC_SMTP_HOST=HOST, DONDOC_SMTP_PORT=str(free_port())):
            for _time in range(8):
                with pytest.raises(ServiceError):
                    await send_waiting(moment)
                with asking.read() as session:
                    (stoppage,) = session.exec(select(Stoppage)).all()
                pauses.append((stoppage.until - moment).total_seconds() / 60)
                moment = stoppage.until
        assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
        assert stoppage.since == NOW

    async def test_sends_a_mail_of_unknown_fate_again_as_the_same(
        self, asking: Database, relay: Relay
    ) -> None:
        """The relay keeps each mail and hangs up without a word; then it is well again."""
        relay.on_data = drop
        async with relay.listening() as port:
            with in_force(asking, DONDOC_SMTP_HOST=HOST, DONDOC_SMTP_PORT=str(port)):
                assert await send_waiting(NOW) == {"unknown": 2}
                taken = relay.names()
                relay.on_data = lambda _server: None
                assert await send_waiting(NOW + timedelta(minutes=5)) == {"sent": 2}
        assert len(taken) == 2
        assert relay.names() == taken
        assert len(relay.recipients) == 4
