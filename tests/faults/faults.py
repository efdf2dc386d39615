"""The faults, each at a seeded moment: what is killed, stopped, filled up, set to another time."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from tests.faults.machine import Machine

KILLED = ("run", "pages", "flows", "prefect", "supervisor", "relay", "postgres")
LOOKS = 0.2  # seconds between looks for a process that is to be killed
WITHIN = 90  # seconds in which a process of the kind must show up
FILLER = "filler"


@dataclass
class Faults:
    """What was done to a machine, counted; the same seed does the same in the same order."""

    machine: Machine
    seed: int
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.begun = time.monotonic()

    def note(self, what: str) -> None:
        """Counts it, and writes down when it was, beside what the machine says."""
        self.done[what] += 1
        line = f"{time.monotonic() - self.begun:8.1f} s  {what}\n"
        with (self.machine.folder / "events.log").open("a") as log:
            log.write(line)

    async def kill(self, kind: str) -> bool:
        """`kill -9` of a process of that kind; False where none shows up."""
        end = time.monotonic() + WITHIN
        while time.monotonic() < end:
            found = await asyncio.to_thread(self.machine.processes, kind)
            if found:
                _kind, pid = self.random.choice(found)
                if kind == "postgres" and self.machine.postgres:
                    await asyncio.to_thread(self.machine.postgres.kill)
                else:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.note(f"kill -9 {kind}")
                return True
            await asyncio.sleep(LOOKS)
        self.note(f"no {kind} to kill")
        return False

    async def kills(self, many: int, kinds: Sequence[str], pause: float) -> None:
        """So many kills, of all kinds in a seeded order, with seeded pauses up to twice `pause`."""
        kinds = [kind for kind in kinds if kind != "postgres" or self.machine.postgres]
        order = [kinds[n % len(kinds)] for n in range(many)]
        self.random.shuffle(order)
        for kind in order:
            await asyncio.sleep(self.random.uniform(0, 2 * pause))
            await self.kill(kind)

    async def restart_database(self) -> None:
        assert self.machine.postgres
        await asyncio.to_thread(self.machine.postgres.restart)
        self.note("database restarted")

    async def hold_prefect(self, seconds: float) -> None:
        """Prefect's API does not answer for so long, whoever starts it again meanwhile."""
        end = asyncio.get_running_loop().time() + seconds
        held: set[int] = set()
        while asyncio.get_running_loop().time() < end:
            for _kind, pid in await asyncio.to_thread(self.machine.processes, "prefect"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                held.add(pid)
            await asyncio.sleep(0.5)
        for pid in held:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.note(f"Prefect's API away {seconds:.0f} s")

    async def fill_disk(self, seconds: float) -> None:
        """No byte is free where the data lies, and then there is room again."""
        filler = self.machine.data / FILLER
        await asyncio.to_thread(_fill, filler)
        await asyncio.sleep(seconds)
        filler.unlink()
        self.note("disk full")

    async def set_clock(self, by: timedelta, seconds: float) -> None:
        """The clock is wrong by so much for a while."""
        self.machine.clock.jump(by)
        await asyncio.sleep(seconds)
        self.machine.clock.jump(-by)
        self.note("clock jumped")


def _fill(filler: "os.PathLike[str]") -> None:
    with suppress(OSError), open(filler, "ab", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    with suppress(OSError), open(filler, "ab", buffering=0) as file:
        while True:
            file.write(b"0")
