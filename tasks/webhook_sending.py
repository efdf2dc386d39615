"""Telling webhooks: one sender at a time for each, in the order of the deeds, until it is taken.

A receiver that does not answer is left alone for a while, as long again as it has failed; after
three days it is disabled. What it will not take by itself (a 4xx) does not hold up the rest. Who
was killed left a lease that runs out: at most the message under way is then sent a second time,
under the same `webhook-id`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.database import Database
from models.errors import DondocError
from models.i18n import N_, vi
from models.settings import Settings
from models.webhook import WAITS, Webhook, WebhookMessage
from models.words import Part
from tasks import pulses, webhook_bodies, webhooks
from tasks.lookup import id_of
from tasks.webhook_addresses import resolve

BATCH = 100  # messages of a lease
LEASE = timedelta(minutes=5)
BEGIN_WITHIN = timedelta(minutes=3)  # of the lease; the last one may take its time
RETRY_FOR = timedelta(days=3)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
KEPT = timedelta(days=90)  # for which what was sent is remembered
# statuses that speak of the receiver and not of one message
_OF_RECEIVER = frozenset({401, 403, 404, 408, 410, 425, 429})

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt; `holds_up` where the receiver would take nothing else either."""

    taken: bool
    words: str
    holds_up: bool = False


@dataclass(frozen=True)
class Claimed:
    """A webhook leased to a sender until `until`, and what it is to be told."""

    id: int
    name: str
    url: str
    secret: str
    until: datetime
    messages: tuple[tuple[int, bytes], ...]


async def send_all(database: Database, settings: Settings, clock: Clock) -> dict[str, int]:
    """Tells every webhook what waits for it; how many messages were taken and how many not."""
    waiting = await asyncio.to_thread(_waiting, database, clock())
    async with client(settings) as http:
        told = await asyncio.gather(
            *(_send(database, settings, http, id_, clock) for id_ in waiting)
        )
    await asyncio.to_thread(_over, database, clock())
    return {"sent": sum(sent for sent, _ in told), "failed": sum(failed for _, failed in told)}


def is_anything_due(database: Database, as_of: datetime) -> bool:
    """Whether a webhook may be called now and has something to be told."""
    return bool(_waiting(database, as_of))


def client(settings: Settings) -> httpx.AsyncClient:
    """What calls webhooks: no proxy of the environment, which would go round the guard."""
    return httpx.AsyncClient(
        timeout=settings.webhook_timeout, follow_redirects=False, trust_env=False
    )


async def call(
    http: httpx.AsyncClient, settings: Settings, url: str, content: bytes, headers: dict[str, str]
) -> Outcome:
    """One attempt; it never raises for what the other side does."""
    try:
        async with asyncio.timeout(settings.webhook_timeout + 5):
            target = await resolve(url, settings.webhook_networks)
            async with http.stream(
                "POST", target.url, content=content, headers={"host": target.host, **headers},
                extensions={"sni_hostname": target.name},
            ) as answer:  # fmt: skip
                return _judged(answer.status_code)
    except TimeoutError:
        return Outcome(False, "timeout", True)
    except httpx.HTTPError as error:
        return Outcome(False, f"{type(error).__name__}: {error}"[:300], True)
    except DondocError as error:
        return Outcome(False, str(error)[:300], True)


def _judged(status: int) -> Outcome:
    holds_up = status >= 500 or status in _OF_RECEIVER or 300 <= status < 400
    return Outcome(200 <= status < 300, str(status), holds_up)


async def _send(
    database: Database, settings: Settings, http: httpx.AsyncClient, id_: int, clock: Clock
) -> tuple[int, int]:
    """Tells one webhook what waits, unless another sender has it; how much was taken, and not."""
    sent = failed = 0
    claimed = await asyncio.to_thread(_claim, database, id_, clock())
    if claimed is None:
        return sent, failed
    key = webhooks.key_of(claimed.secret)
    for message, content in claimed.messages:
        now = clock()
        if now > claimed.until - LEASE + BEGIN_WITHIN:
            break
        headers = webhook_bodies.headers(
            webhook_bodies.id_of(claimed.id, content), content, key, now
        )
        outcome = await call(http, settings, claimed.url, content, headers)
        goes_on = await asyncio.to_thread(_record, database, claimed, message, outcome, clock())
        sent, failed = sent + outcome.taken, failed + (not outcome.taken)
        if not goes_on:
            break
    await asyncio.to_thread(_release, database, claimed)
    return sent, failed


def _waiting(database: Database, as_of: datetime) -> list[int]:
    """The webhooks that may be called now and have something to be told."""
    due = sa.exists().where(
        WAITS, col(WebhookMessage.webhook_id) == col(Webhook.id),
        col(WebhookMessage.next_at) <= as_of,
    )  # fmt: skip
    with database.read() as session:
        rows = session.exec(select(Webhook.id).where(_free(as_of), due).order_by(col(Webhook.id)))
        return [id_ for id_ in rows if id_]


def _free(as_of: datetime) -> sa.ColumnElement[bool]:
    leased = col(Webhook.leased_until)
    return sa.and_(
        col(Webhook.disabled_at).is_(None),
        col(Webhook.removed_at).is_(None),
        col(Webhook.next_at) <= as_of,
        sa.or_(leased.is_(None), leased <= as_of),
    )


def _claim(database: Database, id_: int, as_of: datetime) -> Claimed | None:
    """Leases a webhook with the oldest of what waits; None where another sender has it."""
    with database.write() as session:
        leased = session.connection().execute(
            sa.update(Webhook)
            .where(col(Webhook.id) == id_, _free(as_of))
            .values(leased_until=as_of + LEASE)
        )
        if not leased.rowcount:
            return None
        found = session.get_one(Webhook, id_)
        ids = session.exec(
            select(WebhookMessage.id)
            .where(WAITS, WebhookMessage.webhook_id == id_, WebhookMessage.next_at <= as_of)
            .order_by(col(WebhookMessage.id))
            .limit(BATCH)
        )
        said = webhook_bodies.bodies(session, [one for one in ids if one])
        messages = tuple(sorted(said.items()))
        return Claimed(id_, found.name, found.url, found.secret, as_of + LEASE, messages)


def _record(
    database: Database, claimed: Claimed, message: int, outcome: Outcome, as_of: datetime
) -> bool:
    """Writes what became of an attempt; whether the next message may be sent."""
    with database.write() as session:
        # the webhook before its messages, as whoever removes it or sets it going again does
        hook = session.get_one(Webhook, claimed.id, with_for_update=True)
        found = session.get(WebhookMessage, message, with_for_update=True)
        if found is None:  # the webhook was removed meanwhile
            return False
        found.attempts += 1
        found.outcome = outcome.words
        found.tried_at = found.tried_at or as_of
        if outcome.taken:
            found.sent_at = found.sent_at or as_of
            hook.problem = ""
        elif found.sent_at is None:
            _put_off(session, hook, found, outcome, as_of)
        return (
            hook.disabled_at is None
            and hook.leased_until == claimed.until
            and not (outcome.holds_up and not outcome.taken)
        )


def _put_off(
    session: Session, hook: Webhook, found: WebhookMessage, outcome: Outcome, as_of: datetime
) -> None:
    """When to try again: as long again as it has been tried; after three days not any more."""
    assert found.tried_at is not None
    tried_for = as_of - found.tried_at
    hook.problem = outcome.words
    if tried_for >= RETRY_FOR:
        found.failed_at = as_of
        message = vi(N_("for {n} days it has not taken what it was told: {problem}"))
        webhooks.disable(
            session, hook, message.format(n=RETRY_FOR.days, problem=outcome.words), as_of
        )
        return
    found.next_at = as_of + min(tried_for + FIRST_PAUSE, LONGEST_PAUSE)
    if outcome.holds_up:
        hook.next_at = found.next_at


def _release(database: Database, claimed: Claimed) -> None:
    """Gives a lease back, unless it ran out and another sender has taken it."""
    mine = (col(Webhook.id) == claimed.id, col(Webhook.leased_until) == claimed.until)
    with database.write() as session:
        session.connection().execute(sa.update(Webhook).where(*mine).values(leased_until=None))


def _over(database: Database, as_of: datetime) -> None:
    """The part's sign of life; what was taken long ago is forgotten."""
    sent = col(WebhookMessage.sent_at)
    with database.write() as session:
        session.connection().execute(sa.delete(WebhookMessage).where(sent < as_of - KEPT))
        pulses.beat(session, Part.WEBHOOKS, as_of)


async def test(database: Database, settings: Settings, name: str, as_of: datetime) -> Outcome:
    """Calls a webhook once with `webhook.test`, whatever waits for it; nothing is recorded."""

    def look() -> tuple[int, str, bytes]:
        with database.read() as session:
            found = webhooks.one(session, name)
            return id_of(found), found.url, webhooks.key_of(found.secret)

    id_, url, key = await asyncio.to_thread(look)
    content = webhook_bodies.body("webhook.test", as_of, {"webhook": name})
    message = f"test_{id_}_{int(as_of.timestamp())}"
    headers = webhook_bodies.headers(message, content, key, as_of)
    async with client(settings) as http:
        return await call(http, settings, url, content, headers)
