"""The steps of the flows as Prefect tasks: thin, each one piece of work with I/O.

Caching is off: a step's effect is in the domain database, where unique rows keep it single.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlmodel import Session

from models.database import database
from models.i18n import N_, vi
from models.mail import Message
from models.quiet import Hours, may_urge
from models.settings import settings
from models.status import OWED, tally
from models.words import MessageState, Purpose, label_vi
from tasks import boards, inbox, lookup, outbox, reminding, rounds, succession, summarising
from tasks.calendars import working_calendar
from tasks.composing import Composer
from tasks.delivery import Envelope, deliver

Args = TypeVarTuple("Args")
R = TypeVar("R")

URGING = (Purpose.REMINDER, Purpose.ESCALATION)
BATCH = 250  # mails a delivery step: a Prefect task for each mail would cost more than the mail


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
    return reminding.remind(session, working_calendar(session), as_of, urging_hours())


def urging_hours() -> Hours:
    """The hours in which reminders may leave, as the operator set them."""
    return Hours(settings().urge_from, settings().urge_until)


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
async def deliver_batch(as_of: datetime) -> dict[str, int]:
    """Sends one batch of the outbox and records what became of each mail."""
    claimed = await _in_transaction(_claim, as_of)
    if not claimed:
        return {}
    envelopes, unwritable = await asyncio.to_thread(compose, claimed)
    outcomes = [*unwritable, *await deliver(envelopes, settings())]
    await _in_transaction(outbox.record, outcomes, as_of)
    return dict(Counter(outcome.state.value for outcome in outcomes))


def _claim(session: Session, as_of: datetime) -> list[Message]:
    """A batch of what may leave now: reminders stay where they are in quiet hours."""
    urges = may_urge(as_of, working_calendar(session), urging_hours())
    return outbox.claim(session, BATCH, as_of, () if urges else URGING)


async def deliver_all(as_of: datetime) -> dict[str, int]:
    """Sends batch after batch until nothing is due; how many mails ended in which state."""
    total: Counter[str] = Counter()
    while True:
        outcome = await deliver_batch(as_of)
        total.update(outcome)
        if sum(outcome.values()) < BATCH:
            return dict(total)


def compose(claimed: list[Any]) -> tuple[list[Envelope], list[outbox.Outcome]]:
    """The claimed mails as envelopes; one that cannot be written has failed."""
    with database().read() as session:
        contents = Composer(session, settings()).compose(claimed)
    envelopes, failed = [], []
    for message in claimed:
        content = contents[message.id]
        if content is None:
            words = vi(N_("answered, let off or extended meanwhile"))
            failed.append(outbox.Outcome(message.id, MessageState.DROPPED, words))
        elif isinstance(content, ValueError):
            failed.append(outbox.Outcome(message.id, MessageState.FAILED, str(content)))
        else:
            envelopes.append(Envelope(message.id, message.to_email, content))
    return envelopes, failed


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
    """Keeps what is new in the mailbox, where one is set; how many mails of each kind."""
    if not settings().imap_host:
        return {}
    return await asyncio.to_thread(lambda: inbox.read_mailbox(database(), settings(), as_of))
