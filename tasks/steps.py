"""The steps of the flows as Prefect tasks: thin, each one piece of work with I/O.

Caching is off: a step's effect is in the domain database, where unique rows keep it single.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlmodel import Session

from models.clock import now
from models.database import database
from models.settings import settings
from models.status import OWED, tally
from models.words import Part, label_vi
from tasks import (
    alerts,
    boards,
    inbox,
    lookup,
    pulses,
    reminding,
    rounds,
    sending,
    stoppages,
    succession,
    summarising,
    webhook_sending,
)
from tasks.calendars import working_calendar
from tasks.composing import Known
from tasks.delivery import Relay
from tasks.mail_check import check_mails

Args = TypeVarTuple("Args")
R = TypeVar("R")
PROBLEM = 500  # characters kept of what kept a part from its work
SendsBatch = Callable[[Relay, Known, datetime | None], Awaitable[sending.Sent]]
PATIENCE = timedelta(minutes=4)  # for allowances to refill; the delivery after it goes on


async def _in_transaction(work: Callable[[Session, *Args], R], *args: *Args) -> R:
    """Does a piece of work in one transaction, in a thread: the loop stays free for Prefect."""

    def run() -> R:
        with database().write() as session:
            return work(session, *args)

    return await asyncio.to_thread(run)


@task(name="open-round", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def open_round(directive: str, code: str, as_of: datetime) -> int:
    """Opens a round; how many units it asks. Zero where it rests on an unconfirmed question."""
    return await _in_transaction(_open, directive, code, as_of)


def _open(session: Session, directive: str, code: str, as_of: datetime) -> int:
    found = lookup.round_(session, directive, code)
    return rounds.open_round(session, found, as_of) if found.binding else 0


@task(name="pass-on", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def pass_on(as_of: datetime) -> succession.Passing:
    """Passes the open tasks of units that have ended to those that took over."""
    return await _in_transaction(_pass_on, as_of)


def _pass_on(session: Session, as_of: datetime) -> succession.Passing:
    return succession.pass_on(session, working_calendar(session), as_of)


@task(name="remind", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def remind(as_of: datetime) -> reminding.Told:
    """Queues the reminders that are due over all directives."""
    return await _in_transaction(_remind, as_of)


def _remind(session: Session, as_of: datetime) -> reminding.Told:
    return reminding.remind(session, working_calendar(session), as_of, sending.urging_hours())


@task(name="close-round", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def close_round(directive: str, code: str, as_of: datetime) -> str | None:
    """Closes a round and freezes its summary; its Markdown, or None where it never opened."""
    return await _in_transaction(_close, directive, code, as_of)


def _close(session: Session, directive: str, code: str, as_of: datetime) -> str | None:
    found = lookup.round_(session, directive, code)
    if found.opened_at is None:
        return None
    return summarising.summarise(session, found, as_of).markdown


@task(name="deliver-batch", cache_policy=NO_CACHE)
async def deliver_batch(relay: Relay, known: Known, as_of: datetime | None) -> sending.Sent:
    """Sends one batch of the outbox and records what became of each mail."""
    return await sending.send_batch(relay, as_of, known)


async def deliver_all(
    as_of: datetime | None = None, step: SendsBatch = deliver_batch
) -> dict[str, int]:
    """Sends batch after batch until nothing is due; how many mails ended in which state.

    Without `as_of` each batch has its own moment, and mails beyond an allowance are waited for.
    """
    await asyncio.to_thread(sending.recover, as_of)
    if not await asyncio.to_thread(sending.is_anything_due, as_of):
        return {}
    if settings().templates:  # edited since `up` began, perhaps
        await asyncio.to_thread(check_mails, settings().templates)
    relay, known = Relay(settings()), Known()
    try:
        return dict(await _deliver(relay, known, as_of, step))
    finally:
        await relay.close()


async def _deliver(
    relay: Relay, known: Known, as_of: datetime | None, step: SendsBatch
) -> Counter[str]:
    total: Counter[str] = Counter()
    patience = now() + PATIENCE
    while not relay.stopped:
        sent = await step(relay, known, as_of)
        total += sent.states
        if sent.seen < sending.BATCH:
            if as_of or sent.again_at is None or sent.again_at > patience:
                break
            await asyncio.sleep((sent.again_at - now()).total_seconds())
    return total


def note_pulse(part: Part, as_of: datetime, problem: str = "") -> None:
    """Notes that a part did its work, or what kept it from it: mail is kept back by a relay that
    takes nothing, even where nothing was tried now.
    """
    with database().write() as session:
        if part is Part.DELIVERY and not problem:
            stopped = stoppages.in_force(session, settings(), as_of)
            problem = stopped.words if stopped else ""
        if problem:
            pulses.missed(session, part, as_of, problem.partition("\n")[0][:PROBLEM])
        else:
            pulses.beat(session, part, as_of)


def code_of(directive: str) -> str:
    """The code of a directive named by code or symbol."""
    with database().read() as session:
        return lookup.directive(session, directive).code


def round_table(
    directive: str, code: str, as_of: datetime
) -> tuple[list[dict[str, Any]], dict[str, int], str]:
    """A round's units as a table, its figures, its title: bodies only, no personal data."""
    with database().read() as session:
        found = lookup.round_(session, directive, code)
        owner = lookup.directive(session, directive)
        lines = boards.board(session, owner, as_of, round_id=found.id)
        title = found.title
    rows = [
        {
            "Đơn vị": line.unit,
            "Hạn": f"{line.due:%d/%m/%Y}",
            "Tình trạng": label_vi(line.status),
            "Quá hạn (ngày)": max(0, line.days_overdue) if line.status in OWED else 0,
            "Mã việc": line.code,
        }
        for line in lines
    ]
    return rows, tally(line.status for line in lines), title


@task(name="read-inbox", cache_policy=NO_CACHE)
async def read_inbox(as_of: datetime) -> dict[str, int]:
    """Keeps what is new in the mailbox; how many mails of each kind."""
    return await asyncio.to_thread(lambda: inbox.read_mailbox(database(), settings(), as_of))


@task(name="tell-webhooks", cache_policy=NO_CACHE)
async def tell_webhooks(as_of: datetime | None = None) -> dict[str, int]:
    """Tells every webhook what waits for it; without `as_of` each call has its own moment."""
    clock = now if as_of is None else lambda: as_of
    return await webhook_sending.send_all(database(), settings(), clock)


@task(name="watch", cache_policy=NO_CACHE)
async def watch(as_of: datetime) -> int:
    """Looks at everything and tells the operator; of how many things."""
    news = await alerts.watch_once(database(), settings(), as_of)
    return len(news.troubles) + len(news.over)
