"""Which deeds other systems are told of, and that they are: written in the deed's transaction."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from models.webhook import Webhook, WebhookMessage
from models.words import Deed, WebhookEvent

EVENTS: Mapping[Deed, WebhookEvent] = {
    Deed.REGISTERED: WebhookEvent.DIRECTIVE_REGISTERED,
    Deed.CONFIRMED: WebhookEvent.DIRECTIVE_CONFIRMED,
    Deed.OPENED: WebhookEvent.ROUND_OPENED,
    Deed.CLOSED: WebhookEvent.ROUND_CLOSED,
    Deed.ANSWERED: WebhookEvent.SUBMISSION_RECEIVED,
    Deed.REFUSED: WebhookEvent.SUBMISSION_REFUSED,
    Deed.APPROVED: WebhookEvent.SUBMISSION_APPROVED,
    Deed.APPRAISED: WebhookEvent.SUBMISSION_APPRAISED,
    Deed.DECIDED: WebhookEvent.OBLIGATION_CHANGED,
    Deed.PASSED_ON: WebhookEvent.OBLIGATION_CHANGED,
    Deed.SUMMARISED: WebhookEvent.SUMMARY_DRAWN_UP,
    Deed.SIGNED: WebhookEvent.SUMMARY_SIGNED,
    Deed.SUCCEEDED: WebhookEvent.UNIT_CHANGED,
}


def announce(session: Session, activity_id: int, deed: Deed, as_of: datetime) -> None:
    """Queues what webhooks are told of a deed that has just been noted."""
    event = EVENTS.get(deed)
    if event is None:
        return
    living = sa.select(col(Webhook.id), col(Webhook.events)).where(
        col(Webhook.disabled_at).is_(None), col(Webhook.removed_at).is_(None)
    )
    rows = [
        {"webhook_id": id_, "activity_id": activity_id, "event": event.value, "queued_at": as_of,
         "next_at": as_of, "attempts": 0, "outcome": ""}
        for id_, events in session.connection().execute(living)
        if event.value in events
    ]  # fmt: skip
    if rows:
        session.connection().execute(sa.insert(WebhookMessage), rows)
