"""What systemd wants to know of a service, sd_notify(3): ready, alive, how it stands."""

import os
import socket
import time
from contextlib import suppress


def notify(*lines: str) -> None:
    """Sends `NAME=value` lines to who waits for them; nothing where nobody does."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out, suppress(OSError):
        out.connect(address)
        out.send("\n".join(lines).encode())


class Watchdog:
    """Says that this process is alive, as often as it is asked to, WatchdogSec of systemd.service.

    A call costs nothing where it is not yet time.
    """

    def __init__(self) -> None:
        self._every = int(os.environ.get("WATCHDOG_USEC") or 0) / 1e6 / 3
        self._last = 0.0

    def __call__(self) -> None:
        if self._every and time.monotonic() - self._last > self._every:
            self._last = time.monotonic()
            notify("WATCHDOG=1")
