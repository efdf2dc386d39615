"""A request that changes something is done once, however often it is sent under the same key.

The key is written in the transaction that does the work: of two at once the second waits for the
first, and what failed leaves no key behind.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.access_token import AskedOnce
from models.errors import NotAllowed
from models.i18n import gettext as _
from tasks.outbox import insert_new

KEPT = timedelta(days=7)


class OtherRequest(NotAllowed):
    """The key was given to another request before."""


@dataclass(frozen=True)
class Done:
    """How a request was answered; `again` where it had been already."""

    status: int
    answer: Mapping[str, Any]
    again: bool = False


def once(
    session: Session, token_id: int, key: str, asked: object, as_of: datetime,
    work: Callable[[], Done],
) -> Done:  # fmt: skip
    """Does the work, or gives the answer of the same request before; without a key it just does it.

    Raises OtherRequest where the key stands for another request.
    """
    if not key:
        return work()
    session.connection().execute(
        sa.delete(AskedOnce).where(
            col(AskedOnce.token_id) == token_id, col(AskedOnce.at) < as_of - KEPT
        )
    )
    row = {"token_id": token_id, "key": key, "digest": _digest(asked), "status": 0, "answer": {},
           "at": as_of}  # fmt: skip
    if not insert_new(session, AskedOnce, [row]):
        return _before(session, token_id, key, row["digest"])
    done = work()
    session.connection().execute(
        sa.update(AskedOnce)
        .where(col(AskedOnce.token_id) == token_id, col(AskedOnce.key) == key)
        .values(status=done.status, answer=dict(done.answer))
    )
    return done


def _before(session: Session, token_id: int, key: str, digest: object) -> Done:
    found = session.exec(
        select(AskedOnce).where(AskedOnce.token_id == token_id, AskedOnce.key == key)
    ).one()
    if found.digest != digest:
        raise OtherRequest(_("This key was given to another request: take a new one."))
    return Done(found.status, found.answer, again=True)


def _digest(asked: object) -> str:
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True, default=str)
    return sha256(text.encode()).hexdigest()
