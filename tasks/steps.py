"""The steps of the flows as Prefect tasks: thin, each one piece of work with I/O.

Caching is off: a step's effect is in the domain database, where unique rows keep it single.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlmodel import Session

from models.calendar import vietnam
from models.database import database
from models.settings import settings
from models.status import tally
from models.words import MessageState, label_vi
from tasks import boards, lookup, outbox, reminding, rounds, summarising
from tasks.composing import Composer
from tasks.delivery import Envelope, deliver

BATCH = 250  # mails a delivery step: a Prefect task for each mail would cost more than the mail


@task(name="open-round", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def open_round(directive: str, code: str, as_of: datetime) -> int:
    """Opens a round; how many units it asks. Zero where it rests on an unconfirmed question."""
    with database().write() as session:
        found = lookup.round_(session, directive, code)
        if not found.binding:
            return 0
        return rounds.open_round(session, found, as_of)


@task(name="remind", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def remind(as_of: datetime) -> reminding.Told:
    """Queues the reminders that are due over all directives."""
    with database().write() as session:
        return reminding.remind(session, vietnam(), as_of)


@task(name="close-round", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def close_round(directive: str, code: str, as_of: datetime) -> str | None:
    """Closes a round and freezes its summary; its Markdown, or None where it never opened."""
    with database().write() as session:
        found = lookup.round_(session, directive, code)
        if found.opened_at is None:
            return None
        return summarising.summarise(session, found, as_of).markdown


@task(name="deliver-batch", cache_policy=NO_CACHE)
async def deliver_batch(as_of: datetime) -> dict[str, int]:
    """Sends one batch of the outbox and records what became of each mail."""
    with database().write() as session:
        claimed = outbox.claim(session, BATCH, as_of)
    if not claimed:
        return {}
    envelopes, unwritable = compose(claimed)
    outcomes = [*unwritable, *await deliver(envelopes, settings())]
    with database().write() as session:
        outbox.record(session, outcomes, as_of)
    states = [outcome.state.value for outcome in outcomes]
    return {state: states.count(state) for state in sorted(set(states))}


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
        if isinstance(content, ValueError):
            failed.append(outbox.Outcome(message.id, MessageState.FAILED, str(content)))
        else:
            envelopes.append(Envelope(message.id, message.to_email, content))
    return envelopes, failed


def round_table(session: Session, directive: str, code: str, as_of: datetime) -> Any:
    """The units of a round as a table: no personal data, only bodies and where they stand."""
    found = lookup.round_(session, directive, code)
    owner = lookup.directive(session, directive)
    lines = boards.board(session, owner, as_of, round_id=found.id)
    rows = [
        {
            "Đơn vị": line.unit,
            "Hạn": f"{line.due:%d/%m/%Y}",
            "Tình trạng": label_vi(line.status),
            "Quá hạn (ngày)": max(0, line.days_overdue) if not line.answered_at else 0,
            "Mã việc": line.code,
        }
        for line in lines
    ]
    return rows, tally(line.status for line in lines), found.title
