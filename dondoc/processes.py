"""Child processes: a free port, a wait until somebody answers on it, a gentle end."""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import NotAllowed
from models.i18n import gettext as _

START_WITHIN = 90  # seconds
STOP_WITHIN = 20
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
LIBC = ctypes.CDLL(None)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Starts a child that heeds SIGINT, as this process then does too, and does not outlive it.

    What a script starts in the background ignores SIGINT, and so would all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # a single call of the C library, loaded before: safe between fork and exec
    return subprocess.Popen(command, preexec_fn=_die_with_parent, **options)  # noqa: PLW1509


def _die_with_parent() -> None:
    """Asks Linux to terminate this process when the one that began it dies, however it dies."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_on_sigterm() -> None:
    """Makes SIGTERM end this process as Ctrl+C does: its children first."""

    def end(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps others out of a folder for as long as it lasts; raises NotAllowed if one is in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # links and answers lie there
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = _("Another dondoc is at work in {folder}: end it first, or choose another.")
            raise NotAllowed(message.format(folder=folder)) from error
        yield


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, gently first; with its group where it leads one."""
    if process.poll() is not None:
        return
    leads = os.getpgid(process.pid) == process.pid
    send = os.killpg if leads else os.kill
    send(process.pid, signal.SIGINT)
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        send(process.pid, signal.SIGKILL)
        process.wait()
