"""Ours as a process of its own: the delivery flow on the outbox that the settings name.

The flow first runs for a day on which nothing is due: what a program does once, when it starts, is
timed by itself, as it is for the peers. Prefect's clients are made once, too: each reads all
certificates of the machine.
"""

import asyncio
import time

from prefect.context import AsyncClientContext, SyncClientContext

from benchmarks.kept_mails import peak_mb, report
from benchmarks.mail_office import AFTER, BEFORE
from flows.delivery import delivery


async def main() -> None:
    with SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create():
            await measure()


async def measure() -> None:
    begun = time.perf_counter()
    assert not await delivery(BEFORE), "mail was due before the round opened"
    first, base = time.perf_counter() - begun, peak_mb()
    begun = time.perf_counter()
    states = await delivery(AFTER)
    report(time.perf_counter() - begun, first=first, base=base, states=states)


if __name__ == "__main__":
    asyncio.run(main())
