"""When an office may be urged: on worked days, in its hours."""

from dataclasses import dataclass
from datetime import datetime, time

from models.calendar import Calendar
from models.status import day_of
from models.vietnamese import TIMEZONE


@dataclass(frozen=True)
class Hours:
    """The hours in which reminders leave, in Vietnam; both ends included."""

    start: time = time(7, 30)
    end: time = time(17, 0)


def may_urge(as_of: datetime, calendar: Calendar, hours: Hours) -> bool:
    """Whether a reminder may leave at that instant."""
    moment = as_of.astimezone(TIMEZONE).time()
    return calendar.is_working(day_of(as_of)) and hours.start <= moment <= hours.end
