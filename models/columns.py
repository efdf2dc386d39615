"""Column kinds shared by the tables: UTC instants, words checked by the database, JSON."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field


class UtcInstant(sa.types.TypeDecorator[datetime]):
    """An instant, stored as UTC; a datetime without a zone is refused, never guessed at."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Reads what the driver gives at once: a board reads tens of thousands."""
        return _from_text if dialect.name == "sqlite" else _in_utc


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def word(kind: type[StrEnum], *, index: bool = False) -> Any:
    """A field holding one word of an enumeration, with a CHECK that it is one."""
    return Field(
        sa_type=sa.Enum(
            kind,
            native_enum=False,
            create_constraint=True,
            values_callable=lambda words: [w.value for w in words],
            name=kind.__name__.lower(),
            length=32,
        ),
        index=index,
    )


def optional_word(kind: type[StrEnum]) -> Any:
    """As `word`, but it may be empty."""
    found = word(kind)
    found.default = None
    found.nullable = True
    return found


def word_or(usual: StrEnum) -> Any:
    """As `word`, with the word of rows that say nothing."""
    found = word(type(usual))
    found.default = usual
    return found


def instant(*, index: bool = False) -> Any:
    """A UTC instant that must be there."""
    return Field(sa_type=UtcInstant, index=index)


def optional_instant(*, index: bool = False) -> Any:
    return Field(default=None, sa_type=UtcInstant, nullable=True, index=index)


def json_field() -> Any:
    """JSON, as objects or lists."""
    return Field(sa_type=sa.JSON)


def json_or_empty(empty: type[list[Any]] | type[dict[str, Any]]) -> Any:
    """JSON that is empty where nothing is said."""
    return Field(default_factory=empty, sa_type=sa.JSON)


def optional_json() -> Any:
    """JSON or nothing; nothing is SQL's NULL."""
    return Field(default=None, sa_type=sa.JSON(none_as_null=True), nullable=True)


def owned_by(target: str, *, index: bool = True, nullable: bool = False) -> Any:
    """A foreign key without which the row has no meaning."""
    if nullable:
        return Field(default=None, foreign_key=target, index=index, nullable=True)
    return Field(foreign_key=target, index=index)
