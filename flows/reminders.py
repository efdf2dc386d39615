"""Reminders: those who have not answered are urged, then their heads, then the body above."""

from datetime import datetime

from prefect import flow

from flows.stage import run_name, show_round
from models.clock import now
from tasks import steps


@flow(name="reminders", flow_run_name=run_name)
async def reminders(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Gives every reminder that is due, over all directives; how many mails it queued."""
    moment = as_of or now()
    told = await steps.remind(moment)
    if told.overdue:
        await show_round(directive, round, moment)
    await steps.deliver_all(moment)
    return told.digests + told.escalations
