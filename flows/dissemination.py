"""Dissemination: every unit named confirms that the directive reached it and its staff."""

from datetime import datetime

from flows.stage import domain_flow, open_stage


@domain_flow("dissemination")
async def dissemination(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
