"""Timers: each moment a round needs is a scheduled Prefect flow run, visible at its date.

Prefect keeps the first run ever made under an idempotency key, so a key holds its date, and a run
whose key is no longer wanted is deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Scheduled

from models.timers import Timer

TAG = "dondoc-timer"
PAGE = 200


@dataclass(frozen=True)
class Scheduling:
    """What bringing the timers to what is wanted did."""

    created: int
    deleted: int


async def schedule(directive: str, wanted: Sequence[Timer]) -> Scheduling:
    """Creates the timers that are missing and deletes those no longer wanted."""
    async with get_client() as client:
        present = {run.idempotency_key: run for run in await scheduled_runs(client, [directive])}
        keys = {timer.key for timer in wanted}
        superseded = [run for key, run in present.items() if key not in keys]
        for run in superseded:
            await client.delete_flow_run(run.id)
        missing = [timer for timer in wanted if timer.key not in present]
        await _create_all(client, missing)
        return Scheduling(len(missing), len(superseded))


async def scheduled_runs(client: PrefectClient, tags: Iterable[str]) -> list[FlowRun]:
    """The timers still scheduled under all of these tags, in order of time."""
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                tags=FlowRunFilterTags(all_=[TAG, *tags]),
            ),
            sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
            limit=PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < PAGE:
            return found


async def _create_all(client: PrefectClient, timers: Sequence[Timer]) -> None:
    """One after the other: on SQLite several at once wait for its lock and take thrice as long."""
    ids = {name: await _deployment(client, name) for name in {timer.flow for timer in timers}}
    for timer in timers:
        await client.create_flow_run_from_deployment(
            ids[timer.flow],
            parameters={"directive": timer.directive, "round": timer.round},
            name=timer.name,
            tags=[TAG, timer.directive],
            idempotency_key=timer.key,
            state=Scheduled(scheduled_time=timer.at),
        )


async def _deployment(client: PrefectClient, flow: str) -> UUID:
    return (await client.read_deployment_by_name(f"{flow}/{flow}")).id
