"""Relays that refuse, drop and disappear: every mail has one outcome, and none is lost."""

from collections import Counter
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP

from dondoc.mailbox import HOST
from dondoc.processes import free_port
from models.words import MessageState
from tasks.outbox import Outcome
from tests.tasks.relay import Relay, attempt, deliver, drop, envelope, name_of, states, to_port

FAILED, RETRY, SENT = MessageState.FAILED, MessageState.RETRY, MessageState.SENT
QUEUED, UNKNOWN = MessageState.QUEUED, MessageState.UNKNOWN
ANSWERS = {
    "550 5.1.1 no such mailbox": FAILED,
    "554 5.7.1 refused": FAILED,
    "450 4.2.1 busy": RETRY,
    "451 4.7.1 greylisted": RETRY,
    "452 4.2.2 full": RETRY,
}


@pytest.fixture
def relay(tmp_path: Path) -> Relay:
    return Relay(tmp_path / "relay")


class TestRefusals:
    @pytest.mark.parametrize("answer", ANSWERS)
    async def test_of_one_mailbox_concern_only_its_mail(self, relay: Relay, answer: str) -> None:
        relay.refuse = lambda address: answer if address.startswith("bad") else None
        envelopes = [envelope(1), envelope(2, "bad@so-b.example"), envelope(3)]
        async with relay.listening() as port:
            outcomes = await deliver(envelopes, to_port(port))
        assert states(outcomes) == {1: SENT, 2: ANSWERS[answer], 3: SENT}
        assert Outcome(2, 1, ANSWERS[answer], answer) in outcomes
        assert relay.names() == sorted(name_of(found) for found in (envelopes[0], envelopes[2]))

    @pytest.mark.parametrize("answer", ANSWERS)
    async def test_of_the_sender_stop_everything_and_burn_nothing(
        self, relay: Relay, answer: str
    ) -> None:
        relay.on_mail = lambda _server: answer
        async with relay.listening() as port:
            outcomes, why = await attempt([envelope(1), envelope(2)], to_port(port))
        assert states(outcomes) == {1: QUEUED, 2: QUEUED}
        assert answer in why

    @pytest.mark.parametrize("answer", ANSWERS)
    async def test_of_the_content_are_told_in_its_words(self, relay: Relay, answer: str) -> None:
        relay.on_data = lambda _server: answer
        async with relay.listening() as port:
            outcomes = await deliver([envelope(1)], to_port(port))
        assert outcomes == [Outcome(1, 1, ANSWERS[answer], answer)]


class TestLostConnections:
    async def test_after_data_leave_it_open_and_the_resend_is_the_same_mail(
        self, relay: Relay
    ) -> None:
        """The relay took the mail but its answer was lost: sent again, it is still one mail."""
        found = envelope(1)
        relay.on_data = drop
        async with relay.listening() as port:
            assert states(await deliver([found], to_port(port))) == {1: UNKNOWN}
            assert relay.names() == [name_of(found)]
            relay.on_data = lambda _server: None
            assert states(await deliver([found], to_port(port))) == {1: SENT}
        assert len(relay.recipients) == 2
        assert relay.names() == [name_of(found)]

    async def test_cost_the_other_mails_nothing(self, relay: Relay) -> None:
        dropped: list[SMTP] = []

        def drop_first(server: SMTP) -> None:
            if not dropped:
                dropped.append(server)
                drop(server)

        relay.on_data = drop_first
        async with relay.listening() as port:
            outcomes = await deliver([envelope(n) for n in range(8)], to_port(port))
        assert Counter(states(outcomes).values()) == {SENT: 7, UNKNOWN: 1}

    async def test_between_mails_are_made_anew(self, relay: Relay) -> None:
        """A relay that takes one mail a connection and then says 421 and hangs up."""
        served: set[SMTP] = set()

        def once(server: SMTP) -> str | None:
            if server in served:
                return "421 4.7.0 too many mails on this connection"
            served.add(server)
            return None

        relay.on_mail = once
        envelopes = [envelope(n) for n in range(6)]
        waiting = envelopes
        async with relay.listening() as port:
            while waiting:
                outcomes = states(await deliver(waiting, to_port(port)))
                assert set(outcomes.values()) <= {SENT, RETRY}
                left = [found for found in waiting if outcomes[found.message_id] is RETRY]
                assert len(left) < len(waiting)
                waiting = left
        assert relay.names() == sorted(map(name_of, envelopes))
        assert len(relay.recipients) == 6


class TestNobodyAnswers:
    async def test_from_the_start_gives_everything_back(self) -> None:
        outcomes, why = await attempt([envelope(1)], to_port(free_port()))
        assert states(outcomes) == {1: QUEUED}
        assert HOST in why

    async def test_any_more_leaves_the_rest_for_later(self, relay: Relay) -> None:
        """The relay goes down after the first mail: that one is unknown, the others wait."""
        relay.on_data = relay.go_down
        envelopes = [envelope(n) for n in range(5)]
        async with relay.listening() as port:
            outcomes, why = await attempt(envelopes, to_port(port, connections=1))
        assert states(outcomes) == {0: UNKNOWN, 1: QUEUED, 2: QUEUED, 3: QUEUED, 4: QUEUED}
        assert HOST in why
