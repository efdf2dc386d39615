"""The chain of entries that seals every change, and what of the tables it covers.

A fact is a row, or the rows that are parts of one (the figures of a submission). An entry holds the
digests of the facts that one transaction changed, and its hash rests on the hash before it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.words import MessageState

HISTORY = "activity"  # who did what and why: sealed with what was done


class Cause(StrEnum):
    """How it came to an entry: the program wrote, or found what had been written."""

    BEGINNING = "beginning"
    PROGRAM = "program"
    UPGRADE = "upgrade"
    OUTSIDE = "outside"
    ACCEPTED = "accepted"


class UnnotedChange(UserWarning):
    """A transaction changed tables and noted no deed, so that nobody's name stands at it: a fault
    of the program, and an error in its tests.
    """


class Entry(SQLModel, table=True):
    """An entry: `hash` is the SHA-256 of the hash before it, a line feed and `body`.

    `body` is JSON, kept as the very text that was hashed. No row is ever changed or deleted.
    """

    __tablename__ = "audit_entry"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str
    body: str


# what triggers note of facts touched in a transaction, gone from here when they are sealed; `tx`
# tells one transaction of Postgres from another, SQLite has one at a time
TOUCHED = sa.Table(
    "audit_touched",
    SQLModel.metadata,
    sa.Column("name", sa.String, nullable=False),
    sa.Column("key", sa.BigInteger, nullable=False),
    sa.Column("tx", sa.BigInteger, nullable=True, index=True),
)

# how the work goes, and nothing that was done: counters, leases, cookies, answers being written
NOT_COVERED = frozenset(
    {"sign_in", "attempts", "draft", "stoppage", "allowance", "pulse", "alert", "audit_entry",
     "audit_touched", "asked_once", "webhook_message"}
)  # fmt: skip
LEFT_OUT: Mapping[str, frozenset[str]] = {
    "message": frozenset({"next_at", "expires_at", "attempts"}),
    "approval": frozenset({"asked_at", "digest", "expires_at", "tries"}),
    "access_token": frozenset({"used_on"}),
    "webhook": frozenset({"next_at", "leased_until", "problem"}),
}
# a mail on its way changes its state a few times; what counts is that it was queued and its end
_ENDS = (MessageState.SENT, MessageState.BOUNCED, MessageState.FAILED, MessageState.DROPPED)
_ENDED = '{row}."state" IN (\'' + "', '".join(_ENDS) + "')"
EXPRESSIONS: Mapping[tuple[str, str], str] = {
    ("message", name): f'CASE WHEN {_ENDED} THEN {{row}}."{name}" END'
    for name in ("state", "outcome")
}


@dataclass(frozen=True)
class Covered:
    """A table the chain covers. `key` is the column that names a fact; of a table of parts it is
    the owner's, and all its rows together are the fact.
    """

    name: str
    key: str
    of_parts: bool
    columns: tuple[sa.Column[object], ...]

    def expression(self, column: sa.Column[object], row: str) -> str:
        """What of a column is covered, in SQL, for a row that goes by the name given."""
        plain = f'{{row}}."{column.name}"'
        return EXPRESSIONS.get((self.name, column.name), plain).format(row=row)


@cache
def covered() -> Mapping[str, Covered]:
    """Every table that the chain covers, by name."""
    from models.tables import METADATA  # whole, whatever else the caller has imported

    tables = METADATA.sorted_tables
    return {table.name: covered_of(table) for table in tables if table.name not in NOT_COVERED}


def covered_of(table: sa.Table) -> Covered:
    """What of a table is covered; its columns in the order of their names."""
    keys = [column.name for column in table.primary_key]
    out = LEFT_OUT.get(table.name, frozenset())
    columns = [column for column in table.columns if column.name not in out]
    return Covered(table.name, keys[0], len(keys) > 1, tuple(sorted(columns, key=lambda c: c.name)))


def needs_a_deed(tables: Collection[str]) -> bool:
    """Whether a change of these tables lacks a deed that says who made it and why. What became of a
    mail says so itself.
    """
    return bool(set(tables) - {"message"}) and HISTORY not in tables
