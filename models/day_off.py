"""The operator's own table of days off and working days, which wins over the calendar shipped."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.calendar import DayKind
from models.columns import word


class DayOff(SQLModel, table=True):
    """A row of the operator's table, as `models.calendar.Decision` has it."""

    __tablename__ = "day_off"
    __table_args__ = (UniqueConstraint("day", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    day: date
    kind: DayKind = word(DayKind)
    reason: str
    source: str
