"""The one place that reads the clock: everything inside is told `as_of`."""

from datetime import datetime

import pendulum

from models.vietnamese import TIMEZONE


def now() -> datetime:
    """This instant, in Vietnam."""
    return pendulum.now(TIMEZONE)
