"""Child processes: a free port, a wait until somebody answers on it, a gentle end."""

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from typing import Any

START_WITHIN = 90  # seconds
STOP_WITHIN = 20


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
    """Starts a child that heeds SIGINT, as this process then does too.

    What a script starts in the background ignores it, and so would all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(command, **options)


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
