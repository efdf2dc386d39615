"""Child processes that do not outlive the one that began them."""

import ctypes
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
LIBC = ctypes.CDLL(None)


def start(
    command: Sequence[str], death: signal.Signals = signal.SIGTERM, **options: Any
) -> subprocess.Popen[bytes]:
    """Starts a child that heeds SIGINT, as this process then does too, and does not outlive it.

    What a script starts in the background ignores SIGINT, and so would all that it starts.
    """
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Linux tells the child when the thread that began it ends: only the main one lasts
    first = _dying_with_parent(death) if main else None
    # a single call of the C library, loaded before: safe between fork and exec
    return subprocess.Popen(command, preexec_fn=first, **options)  # noqa: PLW1509


def _dying_with_parent(death: signal.Signals) -> Callable[[], None]:
    """Asks Linux to send this process a signal when the one that began it dies, however it does."""
    return partial(LIBC.prctl, PR_SET_PDEATHSIG, int(death))
