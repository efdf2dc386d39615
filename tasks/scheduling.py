"""Timers: each moment a round needs is a scheduled Prefect flow run, visible at its date.

Prefect keeps the first run ever made under an idempotency key, so a key holds its date, and a run
whose key is no longer wanted is deleted.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentFlowRunCreate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Scheduled, to_state_create

from models.errors import ServiceError
from models.i18n import gettext as _
from models.timers import REMINDERS, TAG, Timer

PAGE = 200
CREATE_RUNS: Any = "/deployments/{id}/create_flow_run/bulk"  # missing in the client's list of paths
PAUSES = (0.2, 0.5, 1, 2, 5)  # seconds before another try
AT_ONCE = 100  # the most that Prefect creates at one request


@dataclass(frozen=True)
class Scheduling:
    """What bringing the timers to what is wanted did."""

    created: int
    deleted: int
    rerun: int = 0


async def schedule(
    directive: str, wanted: Sequence[Timer], *, nobody_runs: bool = False
) -> Scheduling:
    """Creates the timers that are missing, deletes those no longer wanted, reruns what got lost.

    A wanted timer that has had its run did not do its work: the run failed, was killed, or found a
    question open. `nobody_runs` says that no runner is at work, so that what Prefect calls running
    is lost too.
    """
    async with get_client() as client:
        runs = {run.idempotency_key: run for run in await _timers(client, [directive])}
        keys = {timer.key for timer in wanted}
        superseded = [run for key, run in runs.items() if key not in keys and _waits(run)]
        for run in superseded:
            await client.delete_flow_run(run.id)
        missing = [timer for timer in wanted if timer.key not in runs]
        await _create_all(client, missing)
        lost = [timer for timer in wanted if _is_lost(timer, runs.get(timer.key), nobody_runs)]
        for timer in lost:
            again: State[None] = Scheduled(scheduled_time=timer.at)
            await client.set_flow_run_state(runs[timer.key].id, again, force=True)
        return Scheduling(len(missing), len(superseded), len(lost))


def _is_lost(timer: Timer, run: FlowRun | None, nobody_runs: bool) -> bool:
    """Whether a timer that is still wanted has a run that will not do its work any more."""
    if run is None or run.state_type is None or _waits(run):
        return False
    if run.state_type is StateType.COMPLETED:
        return timer.flow != REMINDERS  # a reminder may be wanted of others, and later
    return nobody_runs or run.state_type in TERMINAL_STATES


def _waits(run: FlowRun) -> bool:
    return run.state_type is StateType.SCHEDULED


async def scheduled_runs(client: PrefectClient, tags: Iterable[str]) -> list[FlowRun]:
    """The timers still scheduled under all of these tags, in order of time."""
    return await _timers(client, tags, [StateType.SCHEDULED])


async def _timers(
    client: PrefectClient, tags: Iterable[str], states: list[StateType] | None = None
) -> list[FlowRun]:
    found: list[FlowRun] = []
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=states)) if states else None
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=state, tags=FlowRunFilterTags(all_=[TAG, *tags])),
            sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC if states else FlowRunSort.ID_DESC,
            limit=PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < PAGE:
            return found


async def _create_all(client: PrefectClient, timers: Sequence[Timer]) -> None:
    """A request for a hundred timers of a flow: one each takes five times as long."""
    for flow in sorted({timer.flow for timer in timers}):
        deployment = await client.read_deployment_by_name(f"{flow}/{flow}")
        runs = [_as_run(timer) for timer in timers if timer.flow == flow]
        for start in range(0, len(runs), AT_ONCE):
            await _create(client, deployment.id, runs[start : start + AT_ONCE])


async def _create(client: PrefectClient, deployment: UUID, runs: list[dict[str, Any]]) -> None:
    """Creates the runs; what its database was too busy for, again: the key keeps a run single."""
    for pause in PAUSES:
        answer = await client.request(
            "POST", CREATE_RUNS, path_params={"id": deployment}, json=runs
        )
        results = answer.json()["results"]
        refused = [(run, r["error"]) for run, r in zip(runs, results, strict=True) if r["error"]]
        if not refused:
            return
        runs = [run for run, _error in refused]
        await asyncio.sleep(pause)
    problem = refused[0][1].partition("\n")[0]
    raise ServiceError(_("Prefect refused a timer: {problem}").format(problem=problem))


def _as_run(timer: Timer) -> dict[str, Any]:
    """A timer as Prefect's API takes it."""
    wanted = DeploymentFlowRunCreate(
        parameters={"directive": timer.directive, "round": timer.round},
        name=timer.name,
        tags=[TAG, timer.directive],
        idempotency_key=timer.key,
        state=to_state_create(Scheduled(scheduled_time=timer.at)),
    )
    return wanted.model_dump(mode="json", exclude_unset=True)
