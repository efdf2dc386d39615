"""The flow of reminders, loaded and made as its own file makes it, which notes its first line."""

from datetime import datetime

from benchmarks.first_line import note
from flows import reminders as ours
from flows.stage import domain_flow


@domain_flow("reminders")
async def reminders(directive: str = "", round: str = "", as_of: datetime | None = None) -> int:
    note()
    return await ours.reminders.fn(directive, round, as_of)
