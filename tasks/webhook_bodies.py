"""What a webhook is told: the event, its time, and codes to ask the rest by; nobody's name.

Signed as Standard Webhooks 1.0 has it: HMAC-SHA256 over id, timestamp and body.
"""

import base64
import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.activity import Activity
from models.directive import Directive
from models.round import Obligation, Round
from models.unit import Unit
from models.webhook import WebhookMessage
from models.words import Deed

# what a deed says that is a fact and nobody's words
_FACTS = frozenset({"version", "kind", "channel", "found", "quality", "due", "until", "granted",
                    "ending", "asked", "number", "to"})  # fmt: skip
_OF_ROUND = frozenset({Deed.OPENED, Deed.CLOSED, Deed.SUMMARISED, Deed.SIGNED})


def bodies(session: Session, ids: list[int]) -> dict[int, bytes]:
    """What messages say, by their number; the same at every attempt."""
    done, sent = Activity, WebhookMessage
    rows = session.connection().execute(
        sa.select(
            col(sent.id), col(sent.event), col(done.id), col(done.at), col(done.deed),
            col(done.about), col(done.after), col(Directive.code), col(Round.code),
            col(Obligation.code), col(Unit.province), col(Unit.code),
        )
        .join(done, col(done.id) == col(sent.activity_id))
        .outerjoin(Obligation, col(Obligation.id) == col(done.obligation_id))
        .outerjoin(Round, col(Round.id) == col(Obligation.round_id))
        .outerjoin(Directive, col(Directive.id) == col(done.directive_id))
        .outerjoin(Unit, col(Unit.id) == col(done.unit_id))
        .where(col(sent.id).in_(ids))
    )  # fmt: skip
    return {id_: body(event, at, data_of(*rest)) for id_, event, number, at, *more in rows
            for rest in [(number, *more)]}  # fmt: skip


def data_of(
    number: int,
    deed: str,
    about: str,
    after: dict[str, Any] | None,
    directive: str | None,
    round_: str | None,
    obligation: str | None,
    province: str | None,
    unit: str | None,
) -> dict[str, Any]:
    """The codes of what a deed was about, and its facts; `number` is its place in the history."""
    found: dict[str, Any] = {
        "number": number,
        "directive": directive,
        "round": about if deed in _OF_ROUND else round_,
        "obligation": obligation,
        "unit": f"{province}:{unit}" if unit else None,
    }
    facts = {name: value for name, value in (after or {}).items() if name in _FACTS}
    return {name: value for name, value in found.items() if value is not None} | facts


def body(event: str, at: datetime, data: dict[str, Any]) -> bytes:
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
    signed = b".".join((message_id.encode(), stamp.encode(), content))
    return "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
