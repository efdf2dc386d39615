"""A connection to the relay: made by aiosmtplib, then driven with pipelining where it is offered.

aiosmtplib greets, encrypts and logs in. After that the connection is taken over: RFC 2920 lets the
next mail be announced in the same write as the content of the last, so that a mail costs one
round trip; aiosmtplib makes four.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from functools import lru_cache

import aiosmtplib

from models.i18n import gettext as _
from models.relay_replies import Reply
from models.settings import Settings, is_loopback

IMPLICIT_TLS_PORT = 465
_DOTS = re.compile(rb"\n\.")  # quicker on 8 KB than `in` is
LONGEST_REPLY = 64_000  # bytes, of all its lines
_Refusal = aiosmtplib.SMTPResponseException


class CannotConnect(Exception):
    """The relay does not answer, or not as it must; the words say why and what to do."""


class Conversation(asyncio.Protocol):
    """A connection after its greeting: what is written, and the replies to it.

    `lost` says why it cannot be used any more, and is empty while it can.
    """

    def __init__(self, transport: asyncio.Transport, pipelining: bool, timeout: float) -> None:
        self.transport, self.pipelining, self.timeout = transport, pipelining, timeout
        self.lost = ""
        self.mails = 0  # that got a reply of their own on this connection
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._watch: asyncio.TimerHandle | None = None  # one for all exchanges, not one each
        self._patience = 0.0
        self._wanted = 0
        self._replies: list[Reply] = []
        self._rest = b""
        self._lines: list[str] = []
        self._length = 0

    async def exchange(self, data: bytes, replies: int) -> Sequence[Reply]:
        """Writes, and waits for so many replies; fewer, where the connection ended before.

        The time allowed is for all of them together: a relay that drips is not waited for.
        """
        if self.lost:
            return ()
        self._wanted, self._replies = replies, []
        self._waiter = self._loop.create_future()
        self._patience = self._loop.time() + self.timeout
        if self._watch is None:
            self._watch = self._loop.call_at(self._patience, self._look)
        self.transport.write(data)
        try:
            await self._waiter
        finally:
            self._waiter, self._wanted = None, 0
        return self._replies

    async def quit(self) -> None:
        """Takes leave, and closes whatever the relay says."""
        await self.exchange(b"QUIT\r\n", 1)
        self.end("closed")

    def end(self, why: str) -> None:
        """Closes at once, without another word."""
        if not self.lost:
            self.lost = why
            self.transport.abort()
            if self._watch:
                self._watch.cancel()
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def data_received(self, data: bytes) -> None:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        self._length += len(data)
        for line in lines:
            self._take(line.rstrip(b"\r"))
        if self._length > LONGEST_REPLY:
            self.end("its reply has no end")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(str(exc) if exc else "connection closed by the relay")

    def eof_received(self) -> bool:
        return False

    def _take(self, line: bytes) -> None:
        found = _read(line)
        if found is None:
            self.end(f"not a reply: {line[:60]!r}")
            return
        reply, goes_on = found
        if goes_on or self._lines:
            self._lines.append(reply.words)
            if goes_on:
                return
            reply = Reply(reply.code, " ".join(filter(None, self._lines)))
            self._lines = []
        self._length = 0
        self._answered(reply)

    def _answered(self, reply: Reply) -> None:
        if self._waiter is None or self._waiter.done():
            # nobody asked: the relay takes its leave, or the two are out of step
            self.end(str(reply))
            return
        self._replies.append(reply)
        if len(self._replies) == self._wanted:
            self._waiter.set_result(None)

    def _look(self) -> None:
        """Whether an answer is overdue; if not, looks again when the present one will be."""
        self._watch = None
        if self._waiter is None:
            return
        if self._loop.time() >= self._patience:
            self.end(f"no answer within {self.timeout:.0f} s")
        else:
            self._watch = self._loop.call_at(self._patience, self._look)


@lru_cache(maxsize=256)  # relays say the same of every mail, but where they name it
def _read(line: bytes) -> tuple[Reply, bool] | None:
    """A line as a reply, and whether another line follows; None where it is none."""
    code, mark = line[:3], line[3:4]
    if not (len(code) == 3 and code.isdigit()) or mark not in (b" ", b"-", b""):
        return None
    return Reply(int(code), line[4:].decode(errors="replace").strip()), mark == b"-"


async def connect(settings: Settings) -> Conversation:
    """A connection that is greeted, encrypted and logged in; raises CannotConnect."""
    implicit = settings.smtp_port == IMPLICIT_TLS_PORT
    encrypted = implicit or not is_loopback(settings.smtp_host)
    trust = _trust(settings) if encrypted else None
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=settings.smtp_timeout,
        use_tls=implicit,
        start_tls=encrypted and not implicit,
        tls_context=trust,
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
    )
    try:
        # a relay that drips its greeting is not waited for either
        async with asyncio.timeout(3 * settings.smtp_timeout):
            await client.connect()
            await _greet(client)
    except (aiosmtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
        client.close()
        raise CannotConnect(_why(error, settings)) from error
    transport = client.transport
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        raise CannotConnect(_why(ConnectionResetError(), settings))
    pipelining = client.supports_extension("pipelining")
    conversation = Conversation(transport, pipelining, settings.smtp_timeout)
    transport.set_protocol(conversation)
    return conversation


async def _greet(client: aiosmtplib.SMTP) -> None:
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await client.helo()


def dotted(content: bytes) -> bytes:
    """The content as it is transmitted: a dot before a dot that begins a line, and the end."""
    if content[:1] == b"." or _DOTS.search(content):
        content = (b"\n" + content).replace(b"\n.", b"\n..")[1:]
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def _trust(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.smtp_ca:
        try:
            context.load_verify_locations(settings.smtp_ca)
        except OSError as error:  # as ssl.SSLError is
            words = _("the certificates {path} cannot be read: {problem}. Mend DONDOC_SMTP_CA.")
            found = words.format(path=settings.smtp_ca, problem=error.strerror or error)
            raise CannotConnect(found) from error
    return context


def _why(error: Exception, settings: Settings) -> str:
    """What went wrong at the greeting, and what the operator can do."""
    told = f"{error.code} {error.message}" if isinstance(error, _Refusal) else str(error)
    problem = " ".join(told.split()).rstrip(".") or type(error).__name__
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        advice = _("it refuses the login of “{user}”: {problem}. Check DONDOC_SMTP_USER and "
                   "DONDOC_SMTP_PASSWORD.")  # fmt: skip
    elif "AUTH extension" in problem or "authentication method" in problem:  # of aiosmtplib
        advice = _(
            "it takes no login: {problem}. Leave DONDOC_SMTP_USER empty where it wants none."
        )
    elif isinstance(error.__cause__ or error, ssl.SSLCertVerificationError):
        advice = _("its certificate is not trusted: {problem}. Name its authority in "
                   "DONDOC_SMTP_CA.")  # fmt: skip
    elif "STARTTLS" in problem or isinstance(error.__cause__ or error, ssl.SSLError):
        advice = _("no encrypted connection could be made: {problem}. Mail leaves this machine "
                   "only encrypted; set up TLS at the relay.")  # fmt: skip
    elif isinstance(error, _Refusal):
        advice = _("it refuses us: {problem}.")
    else:
        advice = _("it does not answer: {problem}.")
    return advice.format(user=settings.smtp_user, problem=problem)
