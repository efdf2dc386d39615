"""Senders that can be killed: `python -m tests.tasks.sender`, told on its input what to start.

A line "3 2024-05-06T08:00:00+07:00 20" starts three senders at that moment with batches of 20; it
says their numbers at once, and when all have ended, how (an exit status, or minus a signal). They
are forked from one process that has read the program, so that starting one takes no time.
"""

import asyncio
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path

from models.errors import ServiceError
from models.settings import settings
from tasks import sending
from tasks.delivery import Relay
from tasks.rendering import template


async def send_all(as_of: datetime) -> None:
    """Sends batch after batch until none is due, as the step of the delivery flow does."""
    sending.recover(as_of)
    relay = Relay(settings())
    try:
        while (await sending.send_batch(relay, as_of)).seen:
            pass
    finally:
        await relay.close()


def fork(as_of: datetime, batch: int) -> int:
    """A sender as a process of its own; its number."""
    if child := os.fork():
        return child
    sending.BATCH = batch
    try:
        asyncio.run(send_all(as_of))
    except ServiceError:
        os._exit(3)
    except BaseException:
        with Path(os.environ["ERRORS"]).open("a") as file:
            traceback.print_exc(file=file)
        os._exit(1)
    os._exit(0)


def prepare() -> None:
    """Reads what a sender would read only when it needs it."""
    import alembic.autogenerate
    import alembic.command  # noqa: F401
    import sqlalchemy.dialects

    for part in ("subject.txt", "body.txt", "body.html"):
        template(f"email/receipt/{part}")
    sqlalchemy.dialects.registry.load("postgresql.psycopg").import_dbapi()


def main() -> None:
    prepare()
    print("ready", flush=True)
    for line in sys.stdin:
        many, as_of, batch = line.split()
        children = [fork(datetime.fromisoformat(as_of), int(batch)) for _n in range(int(many))]
        print(*children, flush=True)
        print(*(os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children), flush=True)


if __name__ == "__main__":
    main()
