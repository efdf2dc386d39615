"""Child processes: a free port, a wait until somebody answers on it, a gentle end."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import NotAllowed
from models.i18n import gettext as _

START_WITHIN = 90  # seconds
STOP_WITHIN = 20
KILLED_AFTER = 5
MARK = "DONDOC_SUPERVISED"


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


def reached(listen: str) -> str:
    """Where this machine reaches what listens on a host."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen, listen)  # noqa: S104


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


def kill_group(leader: int) -> None:
    """Kills a process that leads a group, and whatever it began; also when it is dead itself."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def marked(folder: Path) -> dict[str, str]:
    """What the environment of every child of a `dondoc up` says, by which it is known later."""
    return {MARK: str(folder)}


def end_leftovers(folder: Path, within: float) -> int:
    """Ends what an earlier `dondoc up` of a folder left, being killed itself; how many there were.

    They were told to end when it died, and are given so many seconds for it.
    """
    found = _left(folder)
    end = time.monotonic() + within
    while _left(folder) and time.monotonic() < end:
        time.sleep(0.1)
    for signum in (signal.SIGTERM, signal.SIGKILL):
        for pid in _left(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        end = time.monotonic() + KILLED_AFTER
        while _left(folder) and time.monotonic() < end:
            time.sleep(0.1)
    return len(found)


def _left(folder: Path) -> list[int]:
    """The processes that live and carry the mark of a folder, but for this one."""
    mark = f"{MARK}={folder}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or belongs to somebody else
            if mark in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return [pid for pid in found if pid != os.getpid()]
