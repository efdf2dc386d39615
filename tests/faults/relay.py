"""A relay that forgets nothing: `python -m tests.faults.relay FOLDER PORT`.

It keeps every mail as a file, as the trial's does, and notes each copy it took by its Message-ID
before it answers: so copies can be counted, and a kill loses none that it said it had.
"""

import asyncio
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from dondoc.mailbox import HOST, MESSAGE_ID, Keeper

TAKEN = "taken.log"


class Counting(Keeper):
    """Keeps a mail, then notes its Message-ID."""

    async def handle_DATA(  # noqa: N802 the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        raw = envelope.content
        found = MESSAGE_ID.search(raw if isinstance(raw, bytes) else str(raw).encode())
        with (self.folder / TAKEN).open("ab") as notes:
            notes.write((found[1] if found else b"none") + b"\n")
        return answer


def taken(folder: Path) -> Counter[str]:
    """How many copies of each mail a relay took."""
    notes = folder / TAKEN
    return Counter(notes.read_text("utf-8").split()) if notes.exists() else Counter()


async def serve(folder: Path, port: int) -> None:
    keeper = Counting(folder, lambda _address: None)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keeper, hostname="relay.example"), HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
