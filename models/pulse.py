"""The last sign of life of each part: when it last did its work, in the domain database.

Prefect forgets its runs after a while, and may be lost whole; this is what watching asks instead.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import instant, optional_instant


class Pulse(SQLModel, table=True):
    """One part of the running program, by a word of `models.words.Part`.

    `failed_at` and `problem` tell of a try that failed after the last good one; the next good one
    takes them away.
    """

    name: str = Field(primary_key=True)
    at: datetime | None = optional_instant()
    failed_at: datetime | None = optional_instant()
    problem: str = ""
    tried_at: datetime = instant()
