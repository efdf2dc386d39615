"""Tokens with which other systems come in, and what they asked for once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, json_field, optional_instant, owned_by


class AccessToken(SQLModel, table=True):
    """A token of another system, good until `expires_at` or the end; `digest` is of its secret.

    `scopes` are words of `models.words.Scope`; one of a unit sees that unit alone. `used_on` is the
    day on which it was last used: each request would else be a write.
    """

    __tablename__ = "access_token"
    __table_args__ = (CheckConstraint("length(digest) = 64", name="token_digest"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    digest: str = Field(unique=True)
    scopes: list[str] = json_field()
    unit_id: int | None = owned_by("unit.id", nullable=True)
    made_at: datetime = instant()
    made_by: str
    expires_at: datetime | None = optional_instant()
    used_on: date | None = None
    revoked_at: datetime | None = optional_instant()


class AskedOnce(SQLModel, table=True):
    """A request that changed something, by its sender's key, and its answer: the same request again
    is answered the same. `digest` is of what was asked.
    """

    __tablename__ = "asked_once"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    token_id: int = owned_by("access_token.id")
    key: str
    digest: str
    status: int
    answer: dict[str, Any] = json_field()
    at: datetime = instant(index=True)
