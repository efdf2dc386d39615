"""Action planning: every unit sends its own plan for the measures it was given."""

from datetime import datetime

from prefect import flow

from flows.stage import open_stage, run_name


@flow(name="planning", flow_run_name=run_name)
async def planning(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
