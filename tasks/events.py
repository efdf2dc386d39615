"""Deadlines for calendars: all-day events, since Outlook does not import to-dos.

As the file of a mail, or as a feed that is fetched again and again. Method PUBLISH, a UID that
stays the obligation's, a SEQUENCE that rises when a date moves.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, vDuration

REFRESH = timedelta(hours=6)  # how often a calendar is to fetch a feed anew

MOVES = ("extended", "given-back")  # the rules by which a date moves after the task was mailed


@dataclass(frozen=True)
class Deadline:
    """A date to put into a calendar: what is due, and why then."""

    uid: str
    day: date
    title: str
    reason: str
    sequence: int = 0
    url: str = ""


def deadline_uid(code: str, domain: str) -> str:
    """The UID of an obligation's deadline: the same for as long as the obligation lives."""
    return f"{hashlib.sha256(code.encode()).hexdigest()[:32]}@{domain}"


def titled(word: str, title: str, symbol: str) -> str:
    """What a calendar shows: "Hạn: Báo cáo năm 2024 (53/KH-UBND)"."""
    return f"{word}: {title} ({symbol})"


def sequence_of(own_reason: Iterable[Mapping[str, str]], *, waived: bool) -> int:
    """How often an obligation's date was changed: extended, given back with another, let off."""
    return sum(said["rule"] in MOVES for said in own_reason) + waived


def calendar_file(deadlines: Iterable[Deadline], stamp: datetime) -> bytes:
    """The .ics of some deadlines; `stamp` is the instant it was made (DTSTAMP, UTC)."""
    return _written(Calendar(), deadlines, stamp)


def calendar_feed(deadlines: Iterable[Deadline], stamp: datetime, name: str) -> bytes:
    """The same for a calendar that is subscribed to, with its name and when to fetch it anew."""
    calendar = Calendar()
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)  # Outlook and Google know no other
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    return _written(calendar, deadlines, stamp)


def _written(calendar: Calendar, deadlines: Iterable[Deadline], stamp: datetime) -> bytes:
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
    if deadline.url:
        event.add("url", deadline.url)
    return event
