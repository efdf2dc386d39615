"""Reporting: the units report their period's figures, or that there is nothing to report."""

from datetime import datetime

from flows.stage import domain_flow, open_stage


@domain_flow("reporting")
async def reporting(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
