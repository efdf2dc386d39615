"""What an office does, in short, for tests: times, rounds opened, answers that fit."""

from datetime import datetime

from models.vietnamese import TIMEZONE

PROVINCE = "Thanh Hóa"
CODE = "53-kh-ubnd"


def at(year: int, month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    """A moment in Vietnam."""
    return datetime(year, month, day, hour, minute, tzinfo=TIMEZONE)


ISSUED = at(2024, 2, 26, 7)
