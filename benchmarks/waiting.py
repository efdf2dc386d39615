"""How much of a time a program and its child processes spend waiting: none of their threads runs.

A process of its own looks at the state of every thread fifty times a second (Linux's /proc). On
several cores wall time less CPU time would hide waiting behind what overlaps; this does not.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.02  # seconds between two looks


@dataclass
class Waiting:
    """The looks taken, and how many of them found nobody running."""

    looks: int = 0
    idle: int = 0

    @property
    def share(self) -> float:
        return self.idle / self.looks


@contextmanager
def waiting() -> Iterator[Waiting]:
    """Watches this process and all below it; the result is filled in at the end."""
    command = [sys.executable, "-m", "benchmarks.waiting", str(os.getpid())]
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    found = Waiting()
    try:
        yield found
    finally:
        said, _errors = watcher.communicate()  # the end of its input is its sign to stop
        found.looks, found.idle = map(int, said.split())


def watch(root: int) -> Waiting:
    """Looks until the input ends."""
    os.set_blocking(sys.stdin.fileno(), False)
    found = Waiting()
    while sys.stdin.buffer.read() != b"":
        found.looks += 1
        found.idle += not any(_runs(pid) for pid in _family(root) if pid != os.getpid())
        time.sleep(PAUSE)
    return found


def _family(root: int) -> set[int]:
    """A process and all below it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(stat)
        if fields:
            parents[int(stat.parent.name)] = int(fields[1])
    family = {root}
    while found := {pid for pid, above in parents.items() if above in family} - family:
        family |= found
    return family


def _runs(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return any(fields[0] == "R" for stat in threads if (fields := _fields(stat)))


def _fields(stat: Path) -> list[str]:
    """What a stat file says from the state on; nothing where the process has ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []


if __name__ == "__main__":
    result = watch(int(sys.argv[1]))
    print(result.looks, result.idle)
