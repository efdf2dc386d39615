"""The history of everything that was done: who, when, what, from what to what."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from models.columns import instant, optional_json, owned_by


class Activity(SQLModel, table=True):
    """One deed, written in the transaction that did it and never changed.

    `deed` is a word of `models.words.Deed`; it grows with the program, so no CHECK holds it.
    """

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    by: str
    deed: str
    account_id: int | None = owned_by("account.id", nullable=True)
    unit_id: int | None = owned_by("unit.id", nullable=True)
    directive_id: int | None = owned_by("directive.id", nullable=True)
    obligation_id: int | None = owned_by("obligation.id", nullable=True)
    about: str = ""
    before: dict[str, Any] | None = optional_json()
    after: dict[str, Any] | None = optional_json()
