"""Delivery: sends what waits in the outbox, batch by batch, until nothing is due."""

from datetime import datetime

from flows.stage import domain_flow, pulse
from models.clock import now
from models.words import Part
from tasks import steps


@domain_flow("delivery", "gửi thư")
async def delivery(as_of: datetime | None = None) -> dict[str, int]:
    """Sends all mail that is due; how many mails ended in which state."""
    async with pulse(Part.DELIVERY, as_of or now()):
        return await steps.deliver_all(as_of)
