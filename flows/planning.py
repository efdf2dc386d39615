"""Action planning: every unit sends its own plan for the measures it was given."""

from datetime import datetime

from flows.stage import domain_flow, open_stage


@domain_flow("planning")
async def planning(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
