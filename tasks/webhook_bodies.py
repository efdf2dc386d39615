"""What a webhook is told: the event, its time, and codes to ask the rest by; nobody's name.

Signed as Standard Webhooks 1.0 has it: HMAC-SHA256 over id, timestamp and body.
"""

import base64
import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session, col

from models.activity import Activity
from models.webhook import WebhookMessage
from tasks.deeds_told import deeds, told


def bodies(session: Session, ids: list[int]) -> dict[int, bytes]:
    """What messages say, by their number; the same at every attempt."""
    sent = WebhookMessage
    rows = session.connection().execute(
        deeds()
        .add_columns(col(sent.id), col(sent.event))
        .join(sent, col(sent.activity_id) == col(Activity.id))
        .where(col(sent.id).in_(ids))
    )
    found = {}
    for *row, id_, event in rows:
        deed = told(row)
        found[id_] = body(event, deed.at, deed.as_data())
    return found


def body(event: str, at: datetime, data: dict[str, Any]) -> bytes:
    """An event as JSON; its time is that of the deed."""
    moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    said = {"type": event, "timestamp": moment, "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def id_of(webhook_id: int, content: bytes) -> str:
    """The `webhook-id` of a message: the same at every attempt, and of no other deed, whatever
    numbers a restored backup gives anew.
    """
    return "msg_" + sha256(f"{webhook_id}.".encode() + content).hexdigest()[:32]


def headers(message_id: str, content: bytes, key: bytes, at: datetime) -> dict[str, str]:
    """The headers by which a receiver knows that it was us, and that it is told once."""
    stamp = str(int(at.timestamp()))
    return {
        "content-type": "application/json",
        "user-agent": "dondoc-webhook/1",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(message_id, stamp, content, key),
    }


def signature(message_id: str, stamp: str, content: bytes, key: bytes) -> str:
    """The signature of a message; `key` is the secret without its prefix, decoded."""
    signed = b".".join((message_id.encode(), stamp.encode(), content))
    return "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
