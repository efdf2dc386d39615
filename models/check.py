"""One thing that is watched of the running program, and how it is."""

from dataclasses import dataclass
from datetime import datetime

from models.words import Health, Watched


@dataclass(frozen=True)
class Check:
    """How something is, in words for a person: what is found, and what to do about it.

    `since` is when it began, where that is known.
    """

    name: Watched
    health: Health
    words: str
    advice: str = ""
    since: datetime | None = None


def well(name: Watched, words: str) -> Check:
    """Nothing is to be done."""
    return Check(name, Health.OK, words)


def odd(name: Watched, words: str, advice: str = "", since: datetime | None = None) -> Check:
    """Somebody should look at it when there is time."""
    return Check(name, Health.WARN, words, advice, since)


def ill(name: Watched, words: str, advice: str = "", since: datetime | None = None) -> Check:
    """Something has stopped: the operator is mailed."""
    return Check(name, Health.ILL, words, advice, since)
