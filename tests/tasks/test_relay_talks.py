"""How a connection is used: what is written on it and when, and what a mail is when it arrives."""

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.settings import Settings
from models.words import MessageState
from tasks.delivery import Envelope, Relay
from tasks.outbox import Outcome
from tests.tasks.relay import Notes, attempt, deliver, envelope, states, to_port
from tests.tasks.scripted_relay import (
    Answer,
    Say,
    Script,
    ScriptedRelay,
    Talk,
    always,
)

SENT, RETRY, QUEUED = MessageState.SENT, MessageState.RETRY, MessageState.QUEUED
FAILED, UNKNOWN = MessageState.FAILED, MessageState.UNKNOWN
HEAD = b"Message-ID: <%d@dondoc.example>\r\n\r\n"
LINES = st.lists(
    st.sampled_from([b".", b"..", b"...", b"", b".x", b"x" * 1_200, b"." * 1_200, b"x.", b" ."])
    | st.binary(max_size=30).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")),
    max_size=12,
)
BOTH = pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelined", "in turn"])


def of(number: int, body: bytes) -> Envelope:
    """A mail of any bytes, which a composer would not write."""
    found = envelope(number)
    return found._replace(content=HEAD % number + body)


class TestContents:
    @BOTH
    async def test_arrive_byte_for_byte(self, offers: tuple[str, ...]) -> None:
        """Dots at the beginning of lines, lines of 1,200 characters, no end of line at the end."""
        relay = ScriptedRelay(Script(offers=offers))
        bodies = [
            b"", b".", b"..", b".\r\n", b"\r\n.\r\n", b"a\r\n.\r\nb\r\n", b".\r\n.\r\n",
            b"x" * 1_200,
            b"." * 1_200 + b"\r\n", b"a\r\n..\r\n", b"\r\n\r\n", b"MAIL FROM:<x@y.example>\r\n",
        ]  # fmt: skip
        envelopes = [of(number, body) for number, body in enumerate(bodies)]
        async with relay.listening() as port:
            outcomes = await deliver(envelopes, to_port(port, connections=1))
        assert set(states(outcomes).values()) == {SENT}
        assert len(relay.taken) == len(bodies)
        for taken in relay.taken:
            body = bodies[int(taken.reference)]
            ended = body if body.endswith(b"\r\n") or not body else body + b"\r\n"
            assert taken.content == HEAD % int(taken.reference) + ended
        assert relay.breaches == []

    @given(bodies=st.lists(LINES.map(b"\r\n".join), min_size=1, max_size=4))
    @settings(
        deadline=None,
        max_examples=40,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    def test_whatever_their_lines(self, bodies: list[bytes]) -> None:
        relay = ScriptedRelay()

        async def send() -> None:
            async with relay.listening() as port:
                envelopes = [of(n, body + b"\r\n") for n, body in enumerate(bodies)]
                await deliver(envelopes, to_port(port, connections=1))

        asyncio.run(send())
        found = {int(taken.reference): taken.content for taken in relay.taken}
        assert found == {n: HEAD % n + body + b"\r\n" for n, body in enumerate(bodies)}
        assert relay.breaches == []


class TestConnections:
    @pytest.mark.parametrize("connections", [1, 4])
    @BOTH
    async def test_of_one_mail_each_cost_no_mail_a_try(
        self, connections: int, offers: tuple[str, ...]
    ) -> None:
        """A relay that takes one mail a connection is slow, not ill."""
        relay = ScriptedRelay(Script(offers=offers, mail=_no_second))
        async with relay.listening() as port:
            found = await deliver([envelope(n) for n in range(40)], to_port(port, connections))
        assert Counter(states(found).values()) == {SENT: 40}
        assert set(relay.copies().values()) == {1}

    async def test_that_end_while_idle_are_made_anew(self) -> None:
        relay = ScriptedRelay()
        async with relay.listening() as port:
            sender = Relay(to_port(port, connections=1))
            first = await sender.deliver([envelope(n) for n in range(3)], Notes(), 60)
            await relay.hang_up("421 4.4.2 idle for too long")
            second = await sender.deliver([envelope(n) for n in range(3, 6)], Notes(), 60)
            await sender.close()
        assert {o.state for o in (*first, *second)} == {SENT}
        assert sender.stopped == ""
        assert len(relay.talks) == 2

    async def test_fewer_than_wished_serve_all_the_same(self) -> None:
        """The relay serves two connections at once and refuses a third one."""
        relay = ScriptedRelay()
        relay.script.greeting = lambda _said, talk: (
            Say("421 4.7.0 too many connections", then_hangs_up=True) if talk.number >= 2 else None
        )
        async with relay.listening() as port:
            outcomes, why = await attempt([envelope(n) for n in range(60)], to_port(port, 4))
        assert set(states(outcomes).values()) == {SENT}
        assert why == ""

    async def test_are_left_without_a_mail_half_said(self) -> None:
        """A relay that refuses the sender and yet waits for a content gets an empty one."""
        script = Script(mail=always("550 5.1.7 bad sender"), ignores_order=True)
        relay = ScriptedRelay(script)
        async with relay.listening() as port, asyncio.timeout(20):
            outcomes, why = await attempt([envelope(1), envelope(2)], to_port(port, 1))
        assert set(states(outcomes).values()) == {QUEUED}
        assert "550 5.1.7" in why
        assert relay.taken == []


def _no_second(_said: str, talk: Talk) -> Answer:
    return Say("421 4.7.0 one mail a connection", then_hangs_up=True) if talk.taken else None


class FullDisk(Notes):
    """Takes so many lines."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.closed = False
        self.after = 0  # lines written after it was closed

    def begun(self, message_id: int) -> None:
        self._one()
        super().begun(message_id)

    def ended(self, outcome: Outcome) -> None:
        self._one()
        super().ended(outcome)

    def _one(self) -> None:
        self.after += self.closed
        if len(self.lines) >= self.most:
            raise OSError(28, "No space left on device")


class TestNotesThatCannotBeTaken:
    @pytest.mark.parametrize("most", [0, 1, 9, 10])
    async def test_end_the_batch_on_all_connections_at_once(self, most: int) -> None:
        """What was begun is noted before; nobody writes to the notes when the batch is over."""
        relay, notes = ScriptedRelay(), FullDisk(most)
        async with relay.listening() as port:
            sender = Relay(Settings.model_validate(dict(to_port(port, connections=4))))
            with pytest.raises(OSError, match="No space left"):
                await sender.deliver([envelope(n) for n in range(40)], notes, 60)
            notes.closed = True
            await asyncio.sleep(0.05)
            await sender.close()
        assert notes.after == 0
        assert len(relay.taken) <= most
