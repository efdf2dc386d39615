"""The mailbox: returned mail marks what it was, replies are kept with the tasks they are about."""

from datetime import datetime

from flows.stage import domain_flow, pulse
from models.clock import now
from models.settings import settings
from models.words import Part
from tasks.steps import read_inbox


@domain_flow("inbox", "đọc thư đến")
async def inbox(as_of: datetime | None = None) -> dict[str, int]:
    """Reads what is new in the mailbox, where one is set; how many mails of each kind."""
    if not settings().imap_host:
        return {}
    moment = as_of or now()
    async with pulse(Part.INBOX, moment):
        return await read_inbox(moment)
