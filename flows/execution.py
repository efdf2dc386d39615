"""Execution: the units with a product to deliver say how far it is, with evidence."""

from datetime import datetime

from flows.stage import domain_flow, open_stage


@domain_flow("execution")
async def execution(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
