"""Sending: a few persistent connections to the relay, one envelope a recipient, the code read.

aiosmtplib does not raise when only some recipients are refused, so each mail has one recipient.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

import aiosmtplib

from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import Settings
from models.words import MessageState
from tasks.outbox import Outcome

IMPLICIT_TLS_PORT = 465
WORTH_A_CONNECTION = 4  # mails: greeting a relay takes as long as sending a few
TIMEOUT = 60  # seconds for one answer of the relay


@dataclass(frozen=True)
class Envelope:
    """One mail on its way: its message id in the outbox, its recipient, its bytes."""

    message_id: int
    to_email: str
    content: bytes


async def deliver(envelopes: Sequence[Envelope], settings: Settings) -> list[Outcome]:
    """Sends the mails and returns what became of each; raises ServiceError if nobody answers."""
    queue = list(reversed(envelopes))
    outcomes: list[Outcome] = []
    connections = min(settings.smtp_connections, 1 + len(envelopes) // WORTH_A_CONNECTION)
    senders = [_sender(queue, outcomes, settings) for _n in range(connections)]
    results = await asyncio.gather(*senders, return_exceptions=True)
    failures = [r for r in results if isinstance(r, BaseException)]
    if failures and not outcomes:
        raise ServiceError(
            _("The mail relay {host}:{port} does not answer: {problem}").format(
                host=settings.smtp_host, port=settings.smtp_port, problem=failures[0]
            )
        ) from failures[0]
    problem = str(failures[0]) if failures else ""
    outcomes += [Outcome(left.message_id, MessageState.RETRY, problem) for left in queue]
    return outcomes


async def _sender(queue: list[Envelope], outcomes: list[Outcome], settings: Settings) -> None:
    """One connection: takes mails until none is left, reconnecting when the relay hangs up."""
    client: aiosmtplib.SMTP | None = None
    sender = parseaddr(settings.mail_from)[1]
    try:
        while queue:
            if client is None or not client.is_connected:
                client = await _connect(settings)
            if not queue:
                break
            outcomes.append(await _send(client, sender, queue.pop()))
    finally:
        if client is not None and client.is_connected:
            await _quit(client)


async def _connect(settings: Settings) -> aiosmtplib.SMTP:
    local = settings.smtp_host in ("127.0.0.1", "localhost", "::1")
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=TIMEOUT,
        use_tls=settings.smtp_port == IMPLICIT_TLS_PORT,
        start_tls=not local and settings.smtp_port != IMPLICIT_TLS_PORT,
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
    )
    await client.connect()
    return client


async def _send(client: aiosmtplib.SMTP, sender: str, envelope: Envelope) -> Outcome:
    id_ = envelope.message_id
    try:
        await client.sendmail(sender, [envelope.to_email], envelope.content)
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = error.recipients[0]
        return Outcome(id_, _state(refused.code), f"{refused.code} {refused.message}")
    except aiosmtplib.SMTPResponseException as error:
        return Outcome(id_, _state(error.code), f"{error.code} {error.message}")
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
        # the relay may or may not have taken it: sent again under the same Message-ID
        client.close()
        return Outcome(id_, MessageState.UNKNOWN, str(error))
    return Outcome(id_, MessageState.SENT, "250")


def _state(code: int) -> MessageState:
    """5xx is final, 4xx is tried again."""
    return MessageState.FAILED if code >= 500 else MessageState.RETRY


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
