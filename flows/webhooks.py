"""Webhooks: other systems are told what happened."""

from datetime import datetime

from flows.stage import domain_flow
from tasks.steps import tell_webhooks


@domain_flow("webhooks", "báo hệ thống khác")
async def webhooks(as_of: datetime | None = None) -> dict[str, int]:
    """Tells every webhook what waits for it; how many messages were taken and how many not."""
    return await tell_webhooks(as_of)
