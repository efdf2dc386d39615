"""A mail server on loopback that keeps every mail as a file: for trials and the simulated life.

It is a process of its own (`python -m dondoc.mailbox FOLDER PORT [SEED]`), as a relay would be.
With a seed, some mailboxes of the simulated units are dead and some make the sender wait.
"""

import asyncio
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from dondoc.processes import START_WITHIN, answers, free_port, stop
from dondoc.simulation.units import has_dead_mailbox, is_greylisted
from models.child import start
from models.errors import ServiceError
from models.i18n import gettext as _

HOST = "127.0.0.1"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]*)", re.IGNORECASE | re.MULTILINE)


class Keeper:
    """What the server does with what it is given; `refuse` may answer a recipient instead."""

    def __init__(self, folder: Path, refuse: Callable[[str], str | None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.refuse = folder, refuse

    async def handle_RCPT(  # noqa: N802 the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        refusal = self.refuse(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        (self.folder / f"{_name(raw)}.eml").write_bytes(raw)
        return "250 OK"


def _name(raw: bytes) -> str:
    """A file name from the Message-ID, so that the same mail sent twice is one file."""
    found = MESSAGE_ID.search(raw, 0, raw.find(b"\r\n\r\n") + 2)
    name = found[1].decode(errors="replace") if found else ""
    return "".join(c for c in name if c.isalnum() or c in "-_.")[:80] or "no-message-id"


def simulated_refusals(seed: int) -> Callable[[str], str | None]:
    """The refusals of the simulated units' mailboxes, the same for the same seed."""
    greeted: set[str] = set()

    def refuse(address: str) -> str | None:
        if has_dead_mailbox(seed, address):
            return "550 5.1.1 mailbox unavailable"
        if is_greylisted(seed, address) and address not in greeted:
            greeted.add(address)
            return "451 4.7.1 greylisted, try again later"
        return None

    return refuse


@contextmanager
def mailbox(folder: Path, seed: int | None = None) -> Iterator[int]:
    """A running mail server; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "dondoc.mailbox", str(folder), str(port)]
    process = start([*command, *([str(seed)] if seed is not None else [])])
    try:
        end = time.monotonic() + START_WITHIN
        while not answers(HOST, port):
            if process.poll() is not None or time.monotonic() > end:
                raise ServiceError(_("The mail server of the trial did not start."))
            time.sleep(0.05)
        yield port
    finally:
        stop(process)


async def serve(folder: Path, port: int, refuse: Callable[[str], str | None]) -> None:
    """Serves until the process is ended."""
    keeper = Keeper(folder, refuse)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keeper, hostname="dondoc.example"), HOST, port)
    await server.serve_forever()


def main(arguments: list[str]) -> None:
    folder, port, *seed = arguments
    refuse = simulated_refusals(int(seed[0])) if seed else lambda _address: None
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(folder), int(port), refuse))


if __name__ == "__main__":
    main(sys.argv[1:])
