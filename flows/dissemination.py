"""Dissemination: every unit named confirms that the directive reached it and its staff."""

from datetime import datetime

from prefect import flow

from flows.stage import open_stage, run_name


@flow(name="dissemination", flow_run_name=run_name)
async def dissemination(directive: str, round: str, as_of: datetime | None = None) -> int:
    """Opens a round of this stage; how many units it asks."""
    return await open_stage(directive, round, as_of)
