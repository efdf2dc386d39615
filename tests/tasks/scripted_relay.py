"""A mail relay that says what a test tells it to, and watches that the sender keeps the rules.

It speaks SMTP by hand, so that it can do what no good relay does: hang up at any word, drip, answer
out of turn or without end. What it takes it keeps, a copy at a time.
"""

import asyncio
import base64
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
NAME = "relay.van-phong.example"
_ADDRESS = re.compile(r"<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]*)", re.MULTILINE)


@dataclass(frozen=True)
class Say:
    """A reply: its bytes as they go out, after a while, a piece at a time, and then the end.

    `takes` overrules what the code says of the mail: kept though refused or lost, or the reverse.
    """

    text: str
    after: float = 0.0  # seconds
    pieces: int = 0  # bytes at a time; 0: at once
    pause: float = 0.0  # seconds between pieces
    then_hangs_up: bool = False
    takes: bool | None = None

    @property
    def code(self) -> int:
        digits = self.text[:3]
        return int(digits) if digits.isdigit() else 0


DROPS = Say("", then_hangs_up=True)
SILENT = Say("", after=60, then_hangs_up=True)
Answer = Say | str | None  # None: as a good relay does
Rule = Callable[[str, "Talk"], Answer]


def always(answer: Answer) -> Rule:
    return lambda _said, _talk: answer


as_usual = always(None)


@dataclass
class Script:
    """What the relay offers, and what it answers at each step other than a good one does."""

    offers: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SIZE 10240000")
    greeting: Rule = as_usual
    ehlo: Rule = as_usual
    starttls: Rule = as_usual
    tls: ssl.SSLContext | None = None
    mail: Rule = as_usual
    rcpt: Rule = as_usual
    data: Rule = as_usual
    reading: Rule = as_usual  # the content, before it has come
    content: Rule = as_usual
    takes_data_for_nobody: bool = False
    ignores_order: bool = False  # goes on to DATA though nobody sends
    # as Postfix refuses it: 503 nested MAIL command
    wants_rset: bool = True


@dataclass
class Talk:
    """A connection: its number, its steps, and the mail being announced."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    steps: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    encrypted: bool = False
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """A copy of a mail that the relay keeps."""

    talk: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def reference(self) -> str:
        """The left side of its Message-ID."""
        head = self.content.partition(b"\r\n\r\n")[0]
        (found,) = _MESSAGE_ID.findall(head)
        return str(found.decode())


class ScriptedRelay:
    """Serves by its script, which a test may change at any time."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.taken: list[Taken] = []
        self.talks: list[Talk] = []
        self.credentials: list[tuple[str, bool]] = []  # and whether they came encrypted
        self.breaches: list[str] = []  # of RFC 5321 and RFC 2920, by the sender
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        """Serves for the length of a block; gives the port."""
        # a relay without end must not fill the memory: a line is 1 MB at most
        server = await asyncio.start_server(self._serve, HOST, 0, ssl=tls, limit=2**20)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def copies(self) -> Counter[str]:
        """How often each mail was taken, by the left side of its Message-ID."""
        return Counter(found.reference for found in self.taken)

    async def hang_up(self, words: str) -> None:
        """Says something that nobody asked for on every connection, and ends it."""
        for talk in self.talks:
            if not talk.writer.is_closing():
                talk.writer.write(words.encode() + b"\r\n")
                talk.writer.close()
                with suppress(OSError):
                    await talk.writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        talk = Talk(len(self.talks), reader, writer)
        talk.encrypted = writer.get_extra_info("sslcontext") is not None
        self.talks.append(talk)
        try:
            if await self._reply(talk, self._answer("greeting", "", talk) or f"220 {NAME} ESMTP"):
                while line := await reader.readline():
                    if not await self._command(talk, line.decode("latin-1")):
                        break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            pass  # the sender hung up, or the relay is shut down
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    def _answer(self, step: str, said: str, talk: Talk) -> Answer:
        talk.steps[step] += 1
        rule: Rule = getattr(self.script, step)
        return rule(said, talk)

    async def _command(self, talk: Talk, line: str) -> bool:
        """Answers a command; whether the connection goes on."""
        if not line.endswith("\r\n"):
            self.breaches.append(f"line ended by LF alone: {line!r}")
        words = line.strip()
        verb = words.partition(" ")[0].upper()
        if "PIPELINING" not in self.script.offers:
            self._nothing_waits(talk, verb)
        if verb in ("EHLO", "HELO"):
            return await self._hello(talk, verb)
        if verb == "STARTTLS":
            return await self._encrypt(talk)
        if verb == "AUTH":
            return await self._log_in(talk, words)
        if verb == "DATA":
            return await self._data(talk)
        if verb == "QUIT":
            await self._reply(talk, "221 2.0.0 bye")
            return False
        answers = {"MAIL": self._mail, "RCPT": self._rcpt, "RSET": self._rset}
        if verb not in answers:
            self.breaches.append(f"not a command: {words[:80]!r}")
            return await self._reply(talk, "500 5.5.2 what?")
        return await self._reply(talk, answers[verb](talk, words))

    def _nothing_waits(self, talk: Talk, verb: str) -> None:
        if talk.reader._buffer:  # type: ignore[attr-defined]
            self.breaches.append(f"something followed {verb} before its reply")

    async def _hello(self, talk: Talk, verb: str) -> bool:
        answer = self._answer("ehlo", verb, talk)
        offers = self.script.offers
        if talk.encrypted:
            offers = tuple(offer for offer in offers if offer != "STARTTLS")
        lines = [NAME, *offers] if verb == "EHLO" else [NAME]
        usual = "\r\n".join(
            f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines
        )  # fmt: skip
        return await self._reply(talk, answer or usual)

    async def _encrypt(self, talk: Talk) -> bool:
        if answer := self._answer("starttls", "", talk):
            return await self._reply(talk, answer)
        if self.script.tls is None:
            return await self._reply(talk, "454 4.7.0 TLS not available")
        await self._reply(talk, "220 2.0.0 go ahead")
        await talk.writer.start_tls(self.script.tls)
        talk.encrypted = True
        return True

    async def _log_in(self, talk: Talk, words: str) -> bool:
        self.credentials.append((words, talk.encrypted))
        if words.upper().startswith("AUTH PLAIN "):
            given = base64.b64decode(words.split()[2]).split(b"\0")[1:]
            right = given == ["dôn-đốc".encode(), "bí mật".encode()]
            return await self._reply(talk, "235 2.7.0 ok" if right else "535 5.7.8 bad password")
        return await self._reply(talk, "504 5.5.4 only PLAIN")

    def _mail(self, talk: Talk, words: str) -> Answer:
        if talk.sender is not None and self.script.wants_rset:
            return "503 5.5.1 nested MAIL command"
        said = self._said(self._answer("mail", _address(words), talk), "250 2.1.0 Ok")
        if said.code == 250:
            talk.sender, talk.recipients = _address(words), []
        return said

    def _rcpt(self, talk: Talk, words: str) -> Answer:
        if talk.sender is None:
            return "503 5.5.1 need MAIL command"
        said = self._said(self._answer("rcpt", _address(words), talk), "250 2.1.5 Ok")
        if said.code in (250, 251, 252):
            talk.recipients.append(_address(words))
        return said

    def _rset(self, talk: Talk, _words: str) -> Answer:
        talk.sender, talk.recipients = None, []
        return "250 2.0.0 Ok"

    async def _data(self, talk: Talk) -> bool:
        # RFC 2920: DATA ends a group, and its content waits for 354
        self._nothing_waits(talk, "DATA")
        if talk.sender is None and not self.script.ignores_order:
            return await self._reply(talk, "503 5.5.1 need RCPT command")
        anyhow = self.script.takes_data_for_nobody or self.script.ignores_order
        if not talk.recipients and not anyhow:
            return await self._reply(talk, "554 5.5.1 no valid recipients")
        last = talk.recipients[-1] if talk.recipients else ""
        said = self._said(self._answer("data", last, talk), "354 go ahead")
        if not await self._reply(talk, said):
            return False
        return said.code != 354 or await self._content(talk, last)

    async def _content(self, talk: Talk, recipient: str) -> bool:
        if said := self._answer("reading", recipient, talk):
            return await self._reply(talk, said)
        lines = []
        while (line := await talk.reader.readuntil(b"\n")) != b".\r\n":
            if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
                self.breaches.append(f"CR or LF alone in a content: {line!r}")
            lines.append(line.removeprefix(b"."))
        found = Taken(talk.number, talk.sender or "", tuple(talk.recipients), b"".join(lines))
        talk.sender, talk.recipients = None, []
        if not found.recipients:
            return await self._reply(talk, "554 5.5.1 no valid recipients")
        said = self._said(self._answer("content", recipient, talk), "250 2.0.0 queued")
        if (said.code == 250) if said.takes is None else said.takes:
            self.taken.append(found)
            talk.taken += 1
        return await self._reply(talk, said)

    @staticmethod
    def _said(answer: Answer, usual: str) -> Say:
        return answer if isinstance(answer, Say) else Say(answer or usual)

    async def _reply(self, talk: Talk, answer: Answer) -> bool:
        """Says it as it is to be said; whether the connection goes on."""
        said = self._said(answer, "")
        if said.after:
            await asyncio.sleep(said.after)
        data = said.text.encode() + (b"\r\n" if said.text else b"")
        step = said.pieces or len(data) or 1
        for at in range(0, len(data), step):
            talk.writer.write(data[at : at + step])
            await talk.writer.drain()
            if said.pieces:
                await asyncio.sleep(said.pause)
        return not said.then_hangs_up


def _address(words: str) -> str:
    found = _ADDRESS.search(words)
    return found[1] if found else ""
