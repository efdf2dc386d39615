"""Timers in Prefect: each moment a round needs is a scheduled flow run, visible at its date.

Prefect keeps the first run ever made under an idempotency key, so a key holds its date. All that is
asked of Prefect is asked for many at once: its server takes a tenth of a second for 200 runs read
whole, and as long to count 5,000 by their keys.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentFlowRunCreate
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterIdempotencyKey,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.runtime import flow_run
from prefect.states import Scheduled, to_state_create

from models.errors import ServiceError
from models.i18n import gettext as _
from models.timers import TAG, Timer

PAGE = 200  # the most that Prefect gives at one request
CREATED_AT_ONCE = 100  # and that it creates
DELETED_AT_ONCE = 50
COUNTED_AT_ONCE = 5_000  # keys: SQLite takes 32,766 values in a statement
PAUSES = (0.2, 0.5, 1, 2, 5, 10)  # seconds before another try
# missing in the client's list of paths
CREATE_RUNS: Any = "/deployments/{id}/create_flow_run/bulk"
DELETE_RUNS: Any = "/flow_runs/bulk_delete"
COUNT_RUNS: Any = "/flow_runs/count"
READ_EVENTS: Any = "/events/filter"

T = TypeVar("T")
WAITING = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))


def _tagged(tags: Iterable[str]) -> FlowRunFilterTags:
    return FlowRunFilterTags(all_=[TAG, *tags])


def _known(deployments: Mapping[str, UUID]) -> FlowRunFilterDeploymentId:
    return FlowRunFilterDeploymentId(any_=list(deployments.values()))


async def scheduled_runs(client: PrefectClient, tags: Iterable[str] = ()) -> list[FlowRun]:
    """The timers still scheduled under all of these tags, in order of time.

    Each page begins at the moment of the last run of the one before: an offset would have the
    server go through all earlier runs again for every page.
    """
    found: dict[UUID, FlowRun] = {}
    since: datetime | None = None
    offset = 0
    while True:
        after = FlowRunFilterNextScheduledStartTime(after_=since)
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=WAITING, tags=_tagged(tags), next_scheduled_start_time=after
            ),
            sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
            limit=PAGE,
            offset=offset,
        )
        found |= {run.id: run for run in page}
        if len(page) < PAGE:
            return list(found.values())
        last = page[-1].next_scheduled_start_time
        offset, since = (offset + PAGE, since) if last == since else (0, last)


async def runs_of(client: PrefectClient, keys: Sequence[str]) -> list[FlowRun]:
    """The runs under these keys, whatever their state."""
    found: list[FlowRun] = []
    for some in _parts(keys, PAGE):
        named = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=list(some)))
        found += await client.read_flow_runs(flow_run_filter=named, limit=PAGE)
    return found


async def runs_at_work(client: PrefectClient, flows: Sequence[str]) -> list[FlowRun]:
    """Every run of these flows that Prefect calls pending, running or about to be cancelled, but
    for the one that asks.
    """
    types = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=types))
    named = FlowFilter(name=FlowFilterName(any_=list(flows)))
    runs = await _all(client, FlowRunFilter(state=state), named)
    return [run for run in runs if str(run.id) != flow_run.id]


async def late_by_schedule(
    client: PrefectClient, deployments: Mapping[str, UUID], before: datetime
) -> list[FlowRun]:
    """Runs that Prefect made of a schedule, and that nobody took up by a moment."""
    runs = await _all(
        client,
        FlowRunFilter(
            state=WAITING,
            deployment_id=_known(deployments),
            next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=before),
        ),
    )
    return [run for run in runs if run.auto_scheduled]


async def _all(
    client: PrefectClient, wanted: FlowRunFilter, flows: FlowFilter | None = None
) -> list[FlowRun]:
    """All runs of a filter; for few, since each page costs more than the one before."""
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_filter=flows,
            flow_run_filter=wanted,
            sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
            limit=PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < PAGE:
            return found


async def count_waiting(
    client: PrefectClient, tags: Iterable[str], deployments: Mapping[str, UUID] | None = None,
    keys: Sequence[str] | None = None,
) -> int:  # fmt: skip
    """How many timers wait: of these deployments, where given, and under these keys."""
    base = FlowRunFilter(state=WAITING, tags=_tagged(tags))
    if deployments is not None:
        base.deployment_id = _known(deployments)
    if keys is None:
        return await _count(client, base)
    counts = []
    for some in _parts(keys, COUNTED_AT_ONCE):
        base.idempotency_key = FlowRunFilterIdempotencyKey(any_=list(some))
        counts.append(await _count(client, base))
    return sum(counts)


async def _count(client: PrefectClient, wanted: FlowRunFilter) -> int:
    body = {"flow_runs": wanted.model_dump(mode="json", exclude_unset=True)}
    return int((await client.request("POST", COUNT_RUNS, json=body)).json())


async def has_beaten(client: PrefectClient, run: FlowRun, since: datetime) -> bool:
    """Whether a run's process gave a sign of life since a moment (a heartbeat, as Prefect says)."""
    wanted = {
        "event": {"name": ["prefect.flow-run.heartbeat"]},
        "resource": {"id": [f"prefect.flow-run.{run.id}"]},
        "occurred": {"since": since.isoformat()},
    }
    answer = await client.request("POST", READ_EVENTS, json={"filter": wanted, "limit": 1})
    return bool(answer.json()["events"])


async def set_state(client: PrefectClient, run: FlowRun, state: State[None]) -> None:
    """Gives a run a state, whatever Prefect's rules say of it."""
    await client.set_flow_run_state(run.id, state, force=True)


async def delete(client: PrefectClient, runs: Sequence[FlowRun]) -> None:
    """Deletes runs; one that is gone already is no fault."""
    for some in _parts(runs, DELETED_AT_ONCE):
        ids = [str(run.id) for run in some]
        await client.request("POST", DELETE_RUNS, json={"flow_runs": {"id": {"any_": ids}}})


async def create(
    client: PrefectClient, timers: Iterable[Timer], deployments: Mapping[str, UUID]
) -> None:
    """Creates runs, a hundred at a request, those due first before all: ten thousand take minutes,
    and what is due meanwhile is not to wait for what is due in years.
    """
    filling: dict[str, list[Timer]] = {}
    for timer in sorted(timers, key=lambda timer: timer.at):
        batch = filling.setdefault(timer.flow, [])
        batch.append(timer)
        if len(batch) == CREATED_AT_ONCE:
            await _create(client, deployments[timer.flow], filling.pop(timer.flow))
    for flow, batch in filling.items():
        await _create(client, deployments[flow], batch)


async def _create(client: PrefectClient, deployment: UUID, timers: Sequence[Timer]) -> None:
    """Creates runs; what its database was too busy for, again: the key keeps a run single."""
    runs = [_as_run(timer) for timer in timers]
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


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
