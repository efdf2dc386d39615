"""One batch of the outbox on its way: claimed, written, given to the relay, recorded."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from models.clock import now
from models.database import database
from models.errors import ServiceError
from models.i18n import N_, vi
from models.i18n import gettext as _
from models.quiet import Hours, may_urge
from models.settings import Settings, settings
from models.words import URGING, MessageState, Purpose
from tasks import allowances, outbox, stoppages
from tasks.calendars import working_calendar
from tasks.composing import Composer, Known
from tasks.delivery import Envelope, Relay
from tasks.journal import Journal, left_behind
from tasks.outbox import Claimed, Outcome

# mails a step: a Prefect task for each mail would cost more than the mail. One step at a time:
# threads of one interpreter send slower while another batch is written than after it
BATCH = 1_000
MARGIN = timedelta(minutes=1)  # of a lease, for writing outcomes down
# replies that a mail just begun may wait for: of the mail before it, then MAIL, RCPT, DATA, its own
LONGEST = 5


@dataclass
class Sent:
    """What a batch came to: mails by state, how many were due, when those put off may go."""

    states: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    again_at: datetime | None = None


def urging_hours() -> Hours:
    """The hours in which reminders may leave, as the operator set them."""
    return Hours(settings().urge_from, settings().urge_until)


def is_anything_due(as_of: datetime | None) -> bool:
    """Whether a mail may leave now, which none may while the relay takes nothing."""
    moment = as_of or now()
    with database().read() as session:
        if stoppages.in_force(session, settings(), moment):
            return False
        return outbox.is_due(session, moment, _but(session, moment))


def recover(as_of: datetime | None) -> None:
    """Writes down what senders that died had noted."""
    for outcomes in left_behind(_journals(settings())):
        with database().write() as session:
            outbox.record(session, outcomes, as_of or now())


async def send_batch(relay: Relay, as_of: datetime | None, known: Known | None = None) -> Sent:
    """Sends one batch and records what became of each mail; raises ServiceError where the relay
    takes nothing from us, and gives back what was not sent.
    """
    batch = await asyncio.to_thread(_prepare, known, as_of)
    if batch.journal is None:
        return batch.sent
    recorded = False
    try:
        seconds = (outbox.LEASE - MARGIN).total_seconds() - LONGEST * relay.settings.smtp_timeout
        told = await relay.deliver(batch.envelopes, batch.journal, seconds)
        outcomes = [*batch.unwritable, *told]
        await asyncio.to_thread(_record, outcomes, relay, as_of)
        recorded = True
    finally:
        batch.journal.close(recorded=recorded)
    if relay.stopped:
        raise ServiceError(
            _("The mail relay {relay} takes nothing: {problem}").format(
                relay=stoppages.relay_name(relay.settings), problem=relay.stopped
            )
        )
    batch.sent.states.update(outcome.state.value for outcome in outcomes)
    return batch.sent


@dataclass
class _Batch:
    sent: Sent
    journal: Journal | None = None
    envelopes: list[Envelope] = field(default_factory=list)
    unwritable: list[Outcome] = field(default_factory=list)


def _prepare(known: Known | None, as_of: datetime | None) -> _Batch:
    """Claims a batch and writes its mails, in a thread: the loop stays free."""
    with database().write() as session:
        claimed, sent = claim(session, as_of or now())
    if not claimed:
        return _Batch(sent)
    journal = Journal(_journals(settings()), claimed)
    try:
        envelopes, unwritable = compose(claimed, known)
    except BaseException:
        journal.close(recorded=False)  # the next sender gives the mails back
        raise
    return _Batch(sent, journal, envelopes, unwritable)


def claim(session: Session, as_of: datetime) -> tuple[list[Claimed], Sent]:
    """A batch of what may leave now, which is nothing while the relay takes nothing: reminders
    stay where they are in quiet hours, mails beyond an allowance are put off.
    """
    if stoppages.in_force(session, settings(), as_of):
        return [], Sent()
    found = outbox.oldest(session, BATCH, as_of, _but(session, as_of))
    sent = Sent(seen=len(found))
    if allowances.are_set(settings()):
        found = allowances.take(session, found, settings(), as_of)
        sent.again_at = outbox.put_off_until(session, as_of)
    outbox.lease(session, [mail.id for mail in found], as_of)
    return found, sent


def compose(
    claimed: list[Claimed], known: Known | None = None
) -> tuple[list[Envelope], list[Outcome]]:
    """The claimed mails as envelopes; one that cannot be written has failed."""
    with database().read() as session:
        contents = Composer(session, settings(), known).compose(claimed)
    envelopes, ended = [], []
    for mail in claimed:
        content = contents[mail.id]
        if isinstance(content, bytes):
            envelopes.append(Envelope(mail.id, mail.attempts, mail.to_email, content))
        else:
            state = MessageState.FAILED if content else MessageState.DROPPED
            words = str(content or vi(N_("answered, let off or extended meanwhile")))
            ended.append(Outcome(mail.id, mail.attempts, state, words))
    return envelopes, ended


def _record(outcomes: list[Outcome], relay: Relay, as_of: datetime | None) -> None:
    moment = as_of or now()
    with database().write() as session:
        outbox.record(session, outcomes, moment)
        if any(outcome.state is MessageState.SENT for outcome in outcomes):
            stoppages.over(session, relay.settings)
        if relay.stopped:
            stoppages.stop(session, relay.settings, relay.stopped, moment)


def _but(session: Session, as_of: datetime) -> tuple[Purpose, ...]:
    urges = may_urge(as_of, working_calendar(session), urging_hours())
    return () if urges else URGING


def _journals(found: Settings) -> Path:
    return found.data / "sending"
