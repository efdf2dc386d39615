"""Reminders: those who have not answered are urged, then their heads, then the body above.

Before that, the tasks of units that have ended pass to those that took over.
"""

import asyncio
from datetime import datetime

from flows.stage import domain_flow, pulse, show_round
from models.clock import now
from models.words import Part
from tasks import steps


@domain_flow("reminders")
async def reminders(directive: str = "", round: str = "", as_of: datetime | None = None) -> int:
    """Gives every reminder that is due, over all directives; how many mails it queued.

    A timer's run names the round it was set for; the daily scan names none.
    """
    moment = as_of or now()
    async with pulse(Part.REMINDERS, moment):
        await steps.pass_on(moment)
        told = await steps.remind(moment)
    shown = [show_round(directive, round, moment)] if directive and told.overdue else []
    await asyncio.gather(*shown, steps.deliver_all(as_of))
    return told.digests + told.escalations
