"""Webhooks as they are kept: added, listed, removed, disabled and set going again."""

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.vietnamese import printable
from models.webhook import WAITS, Webhook, WebhookMessage
from models.words import Deed, WebhookEvent
from tasks import activities
from tasks.lookup import id_of
from tasks.resending import in_the_name_of
from tasks.tokens import NAME
from tasks.webhook_addresses import Networks, refuse_literal

SECRET_PREFIX = "whsec_"  # noqa: S105  # as Standard Webhooks writes secrets
MOST = 50  # webhooks of an office


@dataclass(frozen=True)
class Listed:
    """A webhook as operators read it, with how much waits and how much was given up."""

    webhook: Webhook
    waiting: int
    failed: int
    last_sent_at: datetime | None


def add(
    session: Session,
    name: str,
    url: str,
    events: Collection[WebhookEvent],
    allowed: Networks,
    by: str,
    as_of: datetime,
) -> Webhook:
    """A new webhook with a secret of its own; raises NotAllowed where name or address cannot be."""
    person = in_the_name_of(by)
    if not NAME.fullmatch(name):
        message = _("“{name}” cannot be its name: 2 to 60 of a–z, 0–9, dot, hyphen, underscore.")
        raise NotAllowed(message.format(name=printable(name)))
    if session.exec(select(Webhook.id).where(Webhook.name == name)).first():
        message = _("There is a webhook “{name}” already, or was: take another name.")
        raise NotAllowed(message.format(name=name))
    if len(every(session)) >= MOST:
        raise NotAllowed(_("There are {n} webhooks already: remove one.").format(n=MOST))
    if not events:
        raise NotAllowed(_("Say what it is told of: give an event."))
    refuse_literal(url, allowed)
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    given = sorted(event.value for event in events)
    found = Webhook(
        name=name, url=url, events=given, secret=secret, made_at=as_of, made_by=person,
        next_at=as_of,
    )  # fmt: skip
    session.add(found)
    session.flush()
    _note(session, found, {"change": "made", "events": given}, person, as_of)
    return found


def one(session: Session, name: str, *, lock: bool = False) -> Webhook:
    """A webhook by its name; raises UnknownName."""
    statement = select(Webhook).where(Webhook.name == name, col(Webhook.removed_at).is_(None))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.exec(statement).first()
    if found is None:
        message = _("There is no webhook “{name}”: `dondoc webhook list` shows them.")
        raise UnknownName(message.format(name=printable(name)))
    return found


def every(session: Session) -> list[Listed]:
    """Every webhook that was not removed, by name."""
    sent, of = WebhookMessage, col(WebhookMessage.webhook_id)
    counted = (
        sa.select(
            of,
            func.count().filter(WAITS),
            func.count(col(sent.failed_at)),
            func.max(col(sent.sent_at)),
        )
        .group_by(of)
        .order_by(of)
    )
    known = {id_: rest for id_, *rest in session.connection().execute(counted)}
    living = select(Webhook).where(col(Webhook.removed_at).is_(None)).order_by(Webhook.name)
    return [Listed(found, *known.get(id_of(found), (0, 0, None))) for found in session.exec(living)]


def remove(session: Session, name: str, by: str, as_of: datetime) -> None:
    """Tells a webhook nothing more; what waits for it is dropped, and its secret forgotten."""
    person, found = in_the_name_of(by), one(session, name, lock=True)
    found.removed_at, found.secret = as_of, ""
    session.flush()
    waiting = sa.delete(WebhookMessage).where(
        col(WebhookMessage.webhook_id) == found.id, col(WebhookMessage.sent_at).is_(None)
    )
    session.connection().execute(waiting)
    _note(session, found, {"change": "removed"}, person, as_of)


def retry(session: Session, name: str, by: str, as_of: datetime) -> int:
    """Sets a webhook going again: what waits and what was given up is sent; how much that is."""
    person, found = in_the_name_of(by), one(session, name, lock=True)
    was_disabled = found.disabled_at is not None
    found.disabled_at, found.problem, found.next_at = None, "", as_of
    session.flush()
    done = session.connection().execute(
        sa.update(WebhookMessage)
        .where(col(WebhookMessage.webhook_id) == found.id, col(WebhookMessage.sent_at).is_(None))
        .values(failed_at=None, tried_at=None, next_at=as_of)
    )
    if was_disabled:
        _note(session, found, {"change": "enabled"}, person, as_of)
    return done.rowcount


def disable(session: Session, found: Webhook, problem: str, as_of: datetime) -> None:
    """Ends the telling after failures, with the reason that operators read."""
    found.disabled_at, found.problem = as_of, problem
    session.flush()
    _note(session, found, {"change": "disabled", "reason": problem}, activities.system(), as_of)


def key_of(secret: str) -> bytes:
    """The bytes that a webhook's secret stands for."""
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX))


def _note(
    session: Session, found: Webhook, after: dict[str, object], by: str, as_of: datetime
) -> None:
    activities.note(session, Deed.WEBHOOK, by, as_of, about=found.name, after=after)
