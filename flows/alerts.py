"""Alerts: everything is looked at, and the operator is mailed of what has stopped."""

from datetime import datetime

from flows.stage import domain_flow
from models.clock import now
from tasks.steps import watch


@domain_flow("alerts", "giám sát")
async def alerts(as_of: datetime | None = None) -> int:
    """Tells the operator what is new; of how many things the mail told."""
    return await watch(as_of or now())
