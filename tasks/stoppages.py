"""When the relay takes nothing from us: what is kept of it, and when it is tried again."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from models.mail import HELD, Stoppage
from models.settings import Settings

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)


def relay_name(settings: Settings) -> str:
    """What a relay is called in the table."""
    return f"{settings.smtp_host}:{settings.smtp_port}"


def stoppage(session: Session, settings: Settings) -> Stoppage | None:
    """That the office's relay takes nothing from us, or that mail is held back, if it is so."""
    return session.get(Stoppage, HELD) or session.get(Stoppage, relay_name(settings))


def in_force(session: Session, settings: Settings, as_of: datetime) -> Stoppage | None:
    """The stoppage because of which nothing is sent now."""
    found = stoppage(session, settings)
    return found if found and as_of < found.until else None


def stop(session: Session, settings: Settings, words: str, as_of: datetime) -> Stoppage:
    """Keeps that the relay takes nothing; it is tried again after a pause that doubles."""
    relay = relay_name(settings)
    found = session.get(Stoppage, relay) or Stoppage(
        relay=relay, since=as_of, until=as_of, times=0, words=words
    )
    if not found.times or as_of >= found.until:  # not for each of several senders at once
        found.until = as_of + min(FIRST_PAUSE * 2 ** min(found.times, 8), LONGEST_PAUSE)
        found.times += 1
    found.words = words
    session.add(found)
    return found


def over(session: Session, settings: Settings) -> None:
    """The relay has taken a mail."""
    session.connection().execute(
        sa.delete(Stoppage).where(col(Stoppage.relay) == relay_name(settings))
    )
