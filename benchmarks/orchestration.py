"""A simulated life under Prefect: how much of its time is waiting, and how much Prefect had to do.

Waiting is wall time in which none of the life's processes (this one, Prefect's server, the mail
server) used a processor: wall − Σ CPU seconds. The claim is less than a tenth. The peer in the
same run is Prefect's own floor: as many empty flow runs, one after the other.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from dondoc.environment import environment
from dondoc.mailbox import HOST, mailbox
from dondoc.prefect_server import api_url, prefect_server, wait_until_ready
from dondoc.processes import free_port
from dondoc.simulation.run import QUIET, find
from models.directive_check import check_file
from models.register import read_register

SEED = 7
FLOOR_RUNS = 30


def cpu_seconds() -> float:
    """CPU used so far by this process and all living below it (user and system)."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        used[pid] = (int(fields[11]) + int(fields[12])) / ticks
    return sum(seconds for pid, seconds in used.items() if _is_ours(pid, parents))


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid and pid != os.getpid():
        pid = parents.get(pid, 0)
    return pid == os.getpid()


async def floor() -> float:
    """Seconds an empty flow run takes here and now, one client for all."""
    from prefect import flow
    from prefect.context import AsyncClientContext, SyncClientContext

    @flow(name="empty")
    async def empty() -> None:
        return None

    with SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create():
            await empty()
            begun = time.perf_counter()
            for _n in range(FLOOR_RUNS):
                await empty()
            return (time.perf_counter() - begun) / FLOOR_RUNS


def main() -> None:
    path = find(sys.argv[1] if len(sys.argv) > 1 else "53/KH-UBND")
    units = read_register(path.parent)
    checked = check_file(path, units)
    port = free_port()
    with tempfile.TemporaryDirectory() as name, mailbox(Path(name) / "mail", SEED) as relay:
        out = Path(name)
        values = {
            "DONDOC_DATA": str(out / "data"),
            "DONDOC_SMTP_HOST": HOST,
            "DONDOC_SMTP_PORT": str(relay),
        }
        with environment(values), prefect_server(out / "prefect", port, QUIET) as server:
            from dondoc.simulation.life import live

            wait_until_ready(server, api_url(port), out / "prefect" / "server.log")
            empty = asyncio.run(floor())
            busy, begun = cpu_seconds(), time.perf_counter()
            life = asyncio.run(live(checked, units, SEED, lambda *_: None))
            wall, cpu = time.perf_counter() - begun, cpu_seconds() - busy
    counts = life.counts
    waiting = max(0.0, 1 - cpu / wall)
    runs = counts["flow runs"] - FLOOR_RUNS - 1
    print(f"{checked.directive.display_symbol}: life of {wall:.1f} s, {cpu:.1f} s of it CPU")
    print(
        f"{runs} flow runs, {counts['task runs']} task runs, {counts['timers']} timers; "
        f"{sum(n for name, n in counts.items() if name.startswith('answers'))} answers"
    )
    for part, seconds in sorted(life.seconds.items(), key=lambda pair: -pair[1]):
        print(f"  {part:20} {seconds:6.1f} s  {100 * seconds / wall:4.0f} %")
    print(
        f"Prefect's floor: an empty flow run {1000 * empty:.0f} ms, so {runs * empty:.1f} s "
        f"({100 * runs * empty / wall:.0f} % of the life)"
    )
    print(f"waiting: {100 * waiting:.1f} %; claim of less than 10 %:",
          "holds" if waiting < 0.1 else "DOES NOT HOLD")  # fmt: skip


if __name__ == "__main__":
    main()
