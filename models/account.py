"""Accounts of the office's own people; units need none."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, optional_instant, owned_by, word
from models.words import AccountRole


class Account(SQLModel, table=True):
    """A person who signs in. An overseer or a head acts for one unit, the others for the office."""

    __table_args__ = (
        CheckConstraint(
            "(role IN ('overseer', 'unit_head')) = (unit_id IS NOT NULL)", name="account_unit"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    name: str
    role: AccountRole = word(AccountRole)
    unit_id: int | None = owned_by("unit.id", nullable=True)
    password: str
    made_at: datetime = instant()
    disabled_at: datetime | None = optional_instant()


class SignIn(SQLModel, table=True):
    """A person signed in, until `expires_at` or the end; `digest` is of the cookie's value."""

    __tablename__ = "sign_in"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = owned_by("account.id")
    digest: str = Field(unique=True)
    began_at: datetime = instant()
    expires_at: datetime = instant()
    ended_at: datetime | None = optional_instant()


class Attempts(SQLModel, table=True):
    """Failed attempts at something that can be guessed, by login or by address; gone on success."""

    name: str = Field(primary_key=True)
    failed: int
    until: datetime = instant()
