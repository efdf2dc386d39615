"""What sending the same bytes costs without a database: the limit, and aiosmtplib two ways.

`python -m benchmarks.mail_limits WAY FILE MAILS PORT`; it reports seconds and memory. No outcome is
recorded and nothing is built: all mails are in memory when the time begins.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiosmtplib

from benchmarks.kept_mails import Kept, read, report

HOST = "127.0.0.1"
HELLO = b"EHLO office.example\r\n"
QUIT = b"QUIT\r\n"


class Pipe:
    """Pipelined SMTP on one blocking socket (RFC 2920): the envelope of the next mail travels with
    the content of the last, so that a mail costs one write and one read.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer(b"220")
        self.socket.sendall(HELLO)
        assert b"PIPELINING" in self.answer(b"250"), "the relay offers no PIPELINING"

    def answer(self, *codes: bytes) -> bytes:
        """One answer for each code, in their order; the lines of a longer one belong together."""
        data = self.socket.recv(4096)
        while True:
            last = [line for line in data.splitlines(keepends=True) if line[3:4] != b"-"]
            if len(last) >= len(codes) and data.endswith(b"\n"):
                break
            data += self.socket.recv(4096)
        assert tuple(line[:3] for line in last) == codes, data
        return data


def written(mails: Sequence[Kept]) -> list[bytes]:
    """What is written, a piece a mail: the first envelope alone, then contents with the next."""
    envelopes = [f"MAIL FROM:<{m.sender}>\r\nRCPT TO:<{m.to}>\r\nDATA\r\n" for m in mails]
    contents = [m.content.replace(b"\r\n.", b"\r\n..") + b".\r\n" for m in mails]
    after = [e.encode() for e in envelopes[1:]] + [QUIT]
    return [envelopes[0].encode(), *(c + e for c, e in zip(contents, after, strict=True))]


def pipelined(mails: Sequence[Kept], port: int, connections: int) -> float:
    """Seconds to send on so many connections, in turn: while one waits, the others are written."""
    shares = [written(mails[n::connections]) for n in range(connections)]
    begun = time.perf_counter()
    pipes = [Pipe(port) for _n in range(connections)]
    for step in range(max(map(len, shares))):
        turn = [(p, s) for p, s in zip(pipes, shares, strict=True) if step < len(s)]
        for pipe, share in turn:
            pipe.socket.sendall(share[step])
        for pipe, share in turn:
            first, last = step == 0, step == len(share) - 1
            codes = (*(() if first else (b"250",)), *((b"250", b"250", b"354") if not last else ()))
            pipe.answer(*codes, *((b"221",) if last else ()))
    return time.perf_counter() - begun


async def one_connection(mails: Sequence[Kept], port: int) -> float:
    begun = time.perf_counter()
    async with aiosmtplib.SMTP(hostname=HOST, port=port, start_tls=False) as client:
        for mail in mails:
            await client.sendmail(mail.sender, [mail.to], mail.content)
    return time.perf_counter() - begun


async def connection_a_mail(mails: Sequence[Kept], port: int) -> float:
    begun = time.perf_counter()
    for mail in mails:
        await aiosmtplib.send(
            mail.content, sender=mail.sender, recipients=[mail.to], hostname=HOST, port=port,
            start_tls=False,
        )  # fmt: skip
    return time.perf_counter() - begun


WAYS: dict[str, Callable[[Sequence[Kept], int], float]] = {
    "raw": lambda mails, port: pipelined(mails, port, 1),
    "raw-4": lambda mails, port: pipelined(mails, port, 4),
    "aiosmtplib": lambda mails, port: asyncio.run(one_connection(mails, port)),
    "reconnecting": lambda mails, port: asyncio.run(connection_a_mail(mails, port)),
}


def main() -> None:
    way, path, mails, port = sys.argv[1:]
    report(WAYS[way](read(Path(path), int(mails)), int(port)))


if __name__ == "__main__":
    main()
