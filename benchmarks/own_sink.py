"""A relay of our own on loopback that throws mails away: slow on purpose, or keeping them.

One answer after the other, as relays do: what was pipelined behind a mail waits until that mail is
answered. It counts in the words of Postfix's smtp-sink.
"""

import argparse
import asyncio
import selectors
from pathlib import Path

from benchmarks.kept_mails import Kept, keep

END = b"\r\n.\r\n"


class Relay:
    """What all connections share: how long a mail takes, and what was taken."""

    def __init__(self, delay: float, pipelining: bool, keeps: bool) -> None:
        self.delay, self.keeps = delay, keeps
        self.hello = b"250-sink.example\r\n250-PIPELINING\r\n" if pipelining else b""
        self.hello += b"250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
        self.taken = 0
        self.kept: list[Kept] = []

    def take(self, mail: Kept) -> None:
        self.taken += 1
        if self.keeps:
            self.kept.append(mail)
        print(f"mesg={self.taken}", flush=True)


class Connection(asyncio.Protocol):
    """One client: commands and contents in the order they came."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.buffer = bytearray()
        self.in_content = self.busy = False
        self.sender = self.to = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.work()

    def work(self) -> None:
        """Answers what is complete, in one write, until a mail has to take its time."""
        answers = []
        while not self.busy:
            end = self.buffer.find(END if self.in_content else b"\r\n")
            if end < 0:
                break
            piece = bytes(self.buffer[:end])
            del self.buffer[: end + (len(END) if self.in_content else 2)]
            answers.append(self.content(piece) if self.in_content else self.command(piece))
        self.transport.write(b"".join(answers))

    def content(self, piece: bytes) -> bytes:
        self.in_content = False
        content = piece.replace(b"\r\n..", b"\r\n.") + b"\r\n"
        mail = Kept(self.sender.decode(), self.to.decode(), content)
        if not self.relay.delay:
            return self.answer(mail)
        self.busy = True
        asyncio.get_running_loop().call_later(self.relay.delay, self.later, mail)
        return b""

    def later(self, mail: Kept) -> None:
        self.busy = False
        self.transport.write(self.answer(mail))
        self.work()

    def answer(self, mail: Kept) -> bytes:
        self.relay.take(mail)
        return b"250 2.0.0 taken\r\n"

    def command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        address = line.partition(b"<")[2].partition(b">")[0]
        if verb == b"EHLO":
            return self.relay.hello
        if verb == b"MAIL":
            self.sender = address
        elif verb == b"RCPT":
            self.to = address
        elif verb == b"DATA":
            self.in_content = True
            return b"354 go on\r\n"
        elif verb == b"QUIT":
            asyncio.get_running_loop().call_soon(self.transport.close)
            return b"221 2.0.0 bye\r\n"
        return b"250 2.1.0 ok\r\n"


async def serve(port: int, relay: Relay) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(relay), "127.0.0.1", port, backlog=200)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    relay = Relay(given.delay, not given.no_pipelining, given.keep is not None)
    # select() alone waits to the microsecond; others round the delay up to the next millisecond
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    try:
        loop.run_until_complete(serve(given.port, relay))
    except KeyboardInterrupt:
        if given.keep:
            keep(given.keep, relay.kept)


if __name__ == "__main__":
    main()
