"""What the operator was told of: one row for each thing that is ill, until it is well again."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import instant, optional_instant


class Alert(SQLModel, table=True):
    """A trouble, by a word of `models.words.Watched`.

    `seen_at` is when it was first seen, `told_at` when the operator was last mailed of it,
    `well_since` when it seemed to be over. Who mails holds it until `claimed_until`, so that of
    several that watch one mails.
    """

    name: str = Field(primary_key=True)
    seen_at: datetime = instant()
    words: str
    told_at: datetime | None = optional_instant()
    well_since: datetime | None = optional_instant()
    claimed_until: datetime | None = optional_instant()
