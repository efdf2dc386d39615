"""The rows of a directive brought to what its file says."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, SQLModel, select

from models.directive import Indicator
from models.directive_text import Part
from models.round import IndicatorValue, RoundIndicator


def as_json(file: Part) -> dict[str, Any]:
    return file.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def sync(
    session: Session,
    table: type[SQLModel],
    owner: int,
    key: str,
    rows: Iterable[dict[str, Any]],
) -> None:
    """Rows of a directive brought to what is wanted, by natural key; used indicators are kept."""
    owned = getattr(table, "directive_id") == owner  # noqa: B009 the attribute is the column
    present = {getattr(row, key): row for row in session.exec(select(table).where(owned))}
    for values in rows:
        row = present.pop(values[key], None)
        if row is None:
            session.add(table(directive_id=owner, **values))
            continue
        for name, value in values.items():
            setattr(row, name, value)
    for row in present.values():
        if not (isinstance(row, Indicator) and _is_used(session, row)):
            session.delete(row)
    session.flush()


def _is_used(session: Session, row: Indicator) -> bool:
    asked = select(RoundIndicator).where(RoundIndicator.indicator_id == row.id)
    given = select(IndicatorValue).where(IndicatorValue.indicator_id == row.id)
    return bool(session.exec(asked).first() or session.exec(given).first())
