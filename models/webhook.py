"""Webhooks: other systems that are told of deeds, and what waits to be told."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlmodel import Field, SQLModel

from models.columns import instant, json_field, optional_instant, owned_by

_WAITS = "sent_at IS NULL AND failed_at IS NULL"


class Webhook(SQLModel, table=True):
    """An address that is told of events, words of `models.words.WebhookEvent`.

    One sender at a time speaks to it: who holds the lease until `leased_until`. After a failure it
    is left alone until `next_at`. Disabled by a person or, after days of failures, by itself:
    `problem` says why.
    """

    __table_args__ = (
        CheckConstraint("disabled_at IS NULL OR problem <> ''", name="webhook_disabled"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    url: str
    events: list[str] = json_field()
    secret: str
    made_at: datetime = instant()
    made_by: str
    next_at: datetime = instant()
    leased_until: datetime | None = optional_instant()
    problem: str = ""
    disabled_at: datetime | None = optional_instant()
    removed_at: datetime | None = optional_instant()


class WebhookMessage(SQLModel, table=True):
    """That a webhook is told of a deed; written with the deed, once. What it says follows from the
    deed, which never changes.
    """

    __tablename__ = "webhook_message"
    __table_args__ = (
        UniqueConstraint("webhook_id", "activity_id"),
        CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name="webhook_message_end"),
        CheckConstraint("attempts >= 0", name="webhook_message_attempts"),
        Index(
            "webhook_message_waiting",
            "webhook_id",
            "id",
            sqlite_where=text(_WAITS),
            postgresql_where=text(_WAITS),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    webhook_id: int = owned_by("webhook.id", index=False)
    activity_id: int = owned_by("activity.id")
    event: str
    queued_at: datetime = instant(index=True)
    next_at: datetime = instant()
    attempts: int = 0
    tried_at: datetime | None = optional_instant()
    sent_at: datetime | None = optional_instant()
    failed_at: datetime | None = optional_instant()
    outcome: str = ""


# what still waits, as a literal: a bound parameter would keep SQLite from the partial index
WAITS: ColumnElement[bool] = literal_column(_WAITS)
