"""The outbox, what was urged, what came back; and what holds the sending up."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import instant, json_field, optional_instant, owned_by, word
from models.words import ContactRole, MessageState, Purpose, ReceivedKind

HELD = "*"  # stands for every relay, where mail is held back after a restore


class Message(SQLModel, table=True):
    """A mail to send. `key` names its cause (obligation or unit, purpose, step or day), and being
    UNIQUE makes a second copy impossible to queue. `reference` is the left side of its Message-ID,
    by which answers and returned mail find it. It is tried until `expires_at`.
    """

    __table_args__ = (
        CheckConstraint("attempts >= 0", name="message_attempts"),
        CheckConstraint(
            "(state IN ('sent', 'bounced')) = (sent_at IS NOT NULL)", name="message_sent"
        ),
        Index(
            "message_waiting",
            "next_at",
            sqlite_where=text("state IN ('queued', 'retry', 'unknown', 'leased')"),
            postgresql_where=text("state IN ('queued', 'retry', 'unknown', 'leased')"),
        ),
        Index(
            "message_not_arrived",
            "state",
            sqlite_where=text("state IN ('failed', 'bounced', 'dropped')"),
            postgresql_where=text("state IN ('failed', 'bounced', 'dropped')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    reference: str = Field(unique=True)
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
    expires_at: datetime = instant()
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


class Received(SQLModel, table=True):
    """A mail that came into the office's mailbox; the mailbox keeps the mail itself.

    `key` is its Message-ID, or a digest where it has none: read twice, it is one row. `status` is
    the enhanced status code of a mail returned (RFC 3463). It waits for the secretariat until it is
    settled.
    """

    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="received_settled"),
        Index(
            "received_waiting",
            "received_at",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: ReceivedKind = word(ReceivedKind)
    received_at: datetime = instant()
    sender: str
    subject: str
    text: str
    attachments: list[dict[str, Any]] = json_field()
    message_id: int | None = owned_by("message.id", nullable=True)
    obligation_id: int | None = owned_by("obligation.id", nullable=True)
    unit_id: int | None = owned_by("unit.id", nullable=True)
    status: str | None = None
    settled_at: datetime | None = optional_instant()
    settled_by: str | None = None


class Stoppage(SQLModel, table=True):
    """The relay takes nothing from us: since when, why, and when it is tried again.

    One row a relay (`host:port`), gone as soon as it takes a mail; one of every relay is a hold,
    which only a person ends.
    """

    relay: str = Field(primary_key=True)
    since: datetime = instant()
    until: datetime = instant()
    times: int
    words: str

    @property
    def is_hold(self) -> bool:
        return self.relay == HELD


class Allowance(SQLModel, table=True):
    """How many mails may still leave now to a domain, or through the relay (`*`); it refills."""

    name: str = Field(primary_key=True)
    tokens: float
    as_of: datetime = instant()
