"""Summary: the round closes and its provincial summary is written and frozen."""

import asyncio
from datetime import datetime

from prefect.artifacts import acreate_markdown_artifact

from flows.stage import domain_flow, links, show_round
from models.clock import now
from tasks import steps


@domain_flow("summary")
async def summary(directive: str, round: str, as_of: datetime | None = None) -> bool:
    """Closes the round and freezes its summary; False where the round never opened."""
    moment = as_of or now()
    markdown = await steps.close_round(directive, round, moment)
    if markdown is None:
        return False
    await asyncio.gather(
        show_round(directive, round, moment, closed=True),
        acreate_markdown_artifact(
            markdown=f"{markdown}\n\n{links(directive, round, closed=True)}\n",
            key=f"summary-{directive}-{round}",
        ),
        steps.deliver_all(as_of),
    )
    return True
