"""A mail relay in the test's own process, and mails to send to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from dondoc.mailbox import HOST, Keeper
from models.settings import Settings, settings
from models.words import MessageState
from tasks.delivery import Envelope as Mailed
from tasks.delivery import Relay as Sender
from tasks.mime import Mail, build, message_id
from tasks.outbox import Outcome
from tasks.sending import send_batch
from tests.tasks.office import at

NOW = at(2024, 5, 6)


class Relay(Keeper):
    """Keeps mail as the server of the trial does, but answers and fails as a test asks."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda _address: None)
        self.connections: set[Session] = set()
        self.recipients: list[list[str]] = []
        self.on_mail: Callable[[SMTP], str | None] = lambda _server: None
        self.on_data: Callable[[SMTP], Any] = lambda _server: None
        self.listener: asyncio.Server

    async def handle_MAIL(  # noqa: N802 the name is aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if refusal := self.on_mail(server):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.connections.add(session)
        self.recipients.append(envelope.rcpt_tos)
        answer = await super().handle_DATA(server, session, envelope)
        said = self.on_data(server)
        return (await said if asyncio.iscoroutine(said) else said) or answer

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[int]:
        """Serves for the length of a block; gives the port."""
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(
            lambda: SMTP(self, hostname="x.example"), HOST, port
        )
        async with self.listener:
            yield self.listener.sockets[0].getsockname()[1]

    def go_down(self, server: SMTP) -> None:
        """Takes no more connections and ends the one it has."""
        self.listener.close()
        drop(server)

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.eml"))


def drop(server: SMTP) -> None:
    """Ends a connection without an answer."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def to_port(port: int, connections: int = 2) -> Settings:
    return Settings(smtp_host=HOST, smtp_port=port, smtp_connections=connections)


class Notes:
    """What a sender noted of each mail, in order: begun, then its outcome."""

    def __init__(self) -> None:
        self.lines: list[int | Outcome] = []

    def begun(self, message_id: int) -> None:
        self.lines.append(message_id)

    def ended(self, outcome: Outcome) -> None:
        self.lines.append(outcome)

    def flush(self) -> None:
        """Nothing is held back."""


async def deliver(
    envelopes: Sequence[Mailed], settings: Settings, seconds: float = 60
) -> list[Outcome]:
    """Sends mails over connections of their own; what became of each."""
    outcomes, _why = await attempt(envelopes, settings, seconds)
    return outcomes


async def attempt(
    envelopes: Sequence[Mailed], settings: Settings, seconds: float = 60
) -> tuple[list[Outcome], str]:
    """The same, and why the relay takes nothing, if it does not."""
    relay = Sender(settings)
    outcomes = await relay.deliver(envelopes, Notes(), seconds)
    await relay.close()
    return outcomes, relay.stopped


async def send_waiting(as_of: datetime) -> dict[str, int]:
    """Sends a batch of the outbox of the settings in force; mails by what became of them."""
    relay = Sender(settings())
    try:
        return dict((await send_batch(relay, as_of)).states)
    finally:
        await relay.close()


def envelope(number: int, address: str = "vanthu@so-a.example", of: str = "x") -> Mailed:
    mail = Mail(
        sender="Đôn Đốc <don-doc@van-phong.example>",
        to_name=f"Sở {number}",
        to_email=address,
        subject=f"Báo cáo {number}",
        text="Kính gửi\n.\n..\n",
        html="<p>Kính gửi</p>",
        date=NOW,
        message_id=message_id(f"{of}:{number}", "dondoc.example"),
    )
    return Mailed(number, 1, address, build(mail))


def name_of(found: Mailed, of: str = "x") -> str:
    """The file a mail is kept as."""
    return message_id(f"{of}:{found.message_id}", "dondoc.example").strip("<>").split("@")[0]


def states(outcomes: list[Outcome]) -> dict[int, MessageState]:
    """What became of each mail; every one has one outcome."""
    found = {outcome.message_id: outcome.state for outcome in outcomes}
    assert len(found) == len(outcomes)
    return found
