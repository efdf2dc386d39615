"""What Prefect takes for a flow that does nothing; alone in a file, so that it imports nothing."""

from prefect import flow

from benchmarks.first_line import note


@flow(name="empty")
async def empty() -> None:
    note()
