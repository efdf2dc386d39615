"""Execution: the units with a product to deliver say how far it is, with evidence."""

from datetime import datetime

from prefect import flow

from flows.stage import open_stage, run_name


@flow(name="execution", flow_run_name=run_name)
async def execution(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
