"""A simulated life under Prefect: how much of its time is waiting, and how much Prefect had to do.

The claim: less than a tenth of the time is spent waiting, that is with no thread of the life's
processes (this one, Prefect's server, the mail server) running. The peer in the same run is
Prefect's own floor: as many empty flow runs, one after the other.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.waiting import waiting
from dondoc.simulation.run import find, neighbours_of, parts
from models.directive_check import check_file
from models.register import read_register

SEED = 7
FLOOR_RUNS = 30
CLAIM = 0.1


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
    with tempfile.TemporaryDirectory() as name, parts(Path(name), SEED) as ready:
        from dondoc.simulation import life

        life.issue(checked, units, neighbours_of(units))
        ready()
        empty = asyncio.run(floor())
        begun = time.perf_counter()
        with waiting() as idle:
            lived = asyncio.run(life.live(checked, SEED, lambda *_: None))
        wall = time.perf_counter() - begun
    counts = lived.counts
    runs = counts["flow runs"] - FLOOR_RUNS - 1
    print(f"{checked.directive.display_symbol}: life of {wall:.1f} s")
    print(
        f"{runs} flow runs, {counts['task runs']} task runs, {counts['timers']} timers; "
        f"{sum(n for name, n in counts.items() if name.startswith('answers'))} answers"
    )
    for part, seconds in sorted(lived.seconds.items(), key=lambda pair: -pair[1]):
        print(f"  {part:20} {seconds:6.1f} s  {100 * seconds / wall:4.0f} %")
    print(
        f"Prefect's floor: an empty flow run {1000 * empty:.0f} ms, so {runs * empty:.1f} s "
        f"({100 * runs * empty / wall:.0f} % of the life)"
    )
    print(
        f"waiting: {100 * idle.share:.1f} % of {idle.looks} looks; "
        f"claim of less than {100 * CLAIM:.0f} %: "
        f"{'holds' if idle.share < CLAIM else 'DOES NOT HOLD'}"
    )


if __name__ == "__main__":
    main()
