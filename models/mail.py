"""The outbox and what was urged: one row a mail, one row a reminder given."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import instant, json_field, optional_instant, owned_by, word
from models.words import ContactRole, MessageState, Purpose


class Message(SQLModel, table=True):
    """A mail to send. `key` names its cause (obligation or unit, purpose, step or day), and being
    UNIQUE makes a second copy impossible to queue.
    """

    __table_args__ = (
        CheckConstraint("attempts >= 0", name="message_attempts"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="message_sent"),
        Index(
            "message_waiting",
            "next_at",
            sqlite_where=text("state IN ('queued', 'retry', 'unknown', 'leased')"),
            postgresql_where=text("state IN ('queued', 'retry', 'unknown', 'leased')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    purpose: Purpose = word(Purpose)
    unit_id: int = owned_by("unit.id")
    directive_id: int | None = owned_by("directive.id", nullable=True)
    obligation_id: int | None = owned_by("obligation.id", nullable=True)
    to_name: str
    to_email: str
    template: str
    context: dict[str, Any] = json_field()
    state: MessageState = word(MessageState)
    queued_at: datetime = instant()
    next_at: datetime = instant()
    attempts: int = 0
    sent_at: datetime | None = optional_instant()
    outcome: str | None = None


class Reminder(SQLModel, table=True):
    """A step of the ladder given for an obligation: kept as evidence of đôn đốc.

    `due` is the date it urged for, since an extension begins the ladder anew; a step that speaks to
    the unit and to the body above is two rows.
    """

    __table_args__ = (UniqueConstraint("obligation_id", "due", "step", "purpose"),)

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = owned_by("obligation.id")
    due: date
    step: str
    days: int
    purpose: Purpose = word(Purpose)
    addressee: ContactRole = word(ContactRole)
    day: date
    message_id: int | None = owned_by("message.id", nullable=True)
