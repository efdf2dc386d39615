"""Deadlines as calendar files: all-day events, since Outlook does not import to-dos.

Method PUBLISH, a UID that stays the obligation's, a SEQUENCE that rises when a date moves.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event


@dataclass(frozen=True)
class Deadline:
    """A date to put into a calendar: what is due, and why then."""

    uid: str
    day: date
    title: str
    reason: str
    sequence: int = 0


def deadline_uid(code: str, domain: str) -> str:
    """The UID of an obligation's deadline: the same for as long as the obligation lives."""
    return f"{hashlib.sha256(code.encode()).hexdigest()[:32]}@{domain}"


def calendar_file(deadlines: Iterable[Deadline], stamp: datetime) -> bytes:
    """The .ics of some deadlines; `stamp` is the instant it was made (DTSTAMP, UTC)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Đôn Đốc//dondoc//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for deadline in deadlines:
        calendar.add_component(_event(deadline, stamp))
    return bytes(calendar.to_ical())


def _event(deadline: Deadline, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", deadline.uid)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("sequence", deadline.sequence)
    event.add("dtstart", deadline.day)
    event.add("dtend", deadline.day + timedelta(days=1))
    event.add("summary", deadline.title)
    event.add("description", deadline.reason)
    event.add("transp", "TRANSPARENT")
    return event
