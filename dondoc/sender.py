"""A sender by itself: gives the relay what is due and tells webhooks what waits for them, looks
again, and ends when it is told to.

As many may run as are wanted, beside each other and beside the flows `delivery` and `webhooks`:
each claims work of its own. A flow run is a process that loads Prefect for seconds; this one has.
"""

import asyncio
import signal
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError

from models import logs
from models.clock import now
from models.database import database
from models.errors import ServiceError
from models.settings import settings
from models.words import Part
from tasks import sending, steps, webhook_sending
from tasks.mail_check import check_mails

LOOKS_EVERY = 5.0  # seconds; what has just been queued waits half of it on average
BEATS_EVERY = timedelta(minutes=1)
GRACE = 20.0  # seconds that mails under way may take when the sender is told to end


def run() -> None:
    """Sends until interrupted or terminated."""
    logs.set_up("sender")
    check_mails(settings().templates)
    database()
    asyncio.run(_send())


async def _send() -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    beaten = now() - BEATS_EVERY
    while not ended.is_set():
        beats = now() - beaten >= BEATS_EVERY
        beaten = now() if beats else beaten
        await _until(ended, asyncio.create_task(_deliver(beats=beats)))
        await _pause(ended)


async def _deliver(*, beats: bool) -> None:
    """Gives relay and webhooks all that is due. What is in the way passes, and is tried again."""
    try:
        # as it is, and not as a task of Prefect's, which would speak to its server
        await steps.deliver_all(step=steps.deliver_batch.fn)
        if beats:
            await asyncio.to_thread(steps.note_pulse, Part.DELIVERY, now())
        if await asyncio.to_thread(webhook_sending.is_anything_due, database(), now()):
            await webhook_sending.send_all(database(), settings(), now)
    except ServiceError as error:
        await asyncio.to_thread(steps.note_pulse, Part.DELIVERY, now(), str(error))
    except OperationalError:  # the database is away: it knows what is due when it is back
        pass


async def _until(ended: asyncio.Event, work: asyncio.Task[None]) -> None:
    """Waits for work; told to end, for a short time only. What it noted is written down then."""
    ending = asyncio.create_task(ended.wait())
    both: set[asyncio.Task[Any]] = {work, ending}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    await asyncio.wait([work], timeout=GRACE)
    if work.done():
        work.result()
    else:
        work.cancel()
        await asyncio.wait([work])
        await asyncio.to_thread(sending.recover, None)


async def _pause(ended: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(ended.wait(), LOOKS_EVERY)
    except TimeoutError:
        return


if __name__ == "__main__":
    run()
