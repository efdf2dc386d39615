"""The mailbox: returned mail marks what it was, replies are kept with the tasks they are about."""

from datetime import datetime

from flows.stage import domain_flow
from models.clock import now
from tasks.steps import read_inbox


@domain_flow("inbox", "đọc thư đến")
async def inbox(as_of: datetime | None = None) -> dict[str, int]:
    """Reads what is new in the mailbox; how many mails of each kind."""
    return await read_inbox(as_of or now())
