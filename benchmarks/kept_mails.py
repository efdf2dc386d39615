"""What the senders of the mail benchmark share, those of other environments too: the mails that
were kept for them, and how each reports. Nothing but the standard library is imported here.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Kept:
    """A mail as it went over the wire: its envelope and its bytes, CRLF-ended."""

    sender: str
    to: str
    content: bytes


def keep(path: Path, mails: Iterable[Kept]) -> None:
    """Writes mails for other processes, one a line; they are ASCII, as ours build them."""
    with path.open("w", encoding="ascii") as file:
        for mail in mails:
            file.write(json.dumps([mail.sender, mail.to, mail.content.decode("ascii")]) + "\n")


def read(path: Path, mails: int) -> list[Kept]:
    """So many of the mails of such a file, from the first."""
    with path.open(encoding="ascii") as file:
        rows = [json.loads(line) for line, _n in zip(file, range(mails), strict=False)]
    return [Kept(sender, to, content.encode("ascii")) for sender, to, content in rows]


def peak_mb() -> float:
    """The most memory this process has held so far, in MB (VmHWM: of this program alone)."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def report(seconds: float, **more: Any) -> None:
    """Says what a sender measured as the last line of its output."""
    print(json.dumps({"seconds": seconds, "mb": peak_mb(), **more}))
