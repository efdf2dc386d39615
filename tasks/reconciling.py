"""What should be scheduled, by the domain database, against what is, in Prefect.

What is due and not done is run again where its run got lost; what is no longer wanted is deleted.
What a run did is read from the domain database and never from Prefect's word for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelled, Completed, Crashed, Scheduled

from models.timers import REMINDERS, TAG, Timer
from tasks import scheduling
from tasks.wanted_timers import has_work

# a heartbeat comes every 30 seconds; an opening or a closing is one transaction of seconds
LOST_AFTER = timedelta(minutes=2)
SILENT_AFTER = timedelta(seconds=100)
STUCK_AFTER = timedelta(minutes=15)  # of what nobody waits for: an end only for the eye
LONGEST = timedelta(hours=1)  # no flow may run longer, whatever signs of life it gives
LATE_AFTER = timedelta(minutes=10)  # of a schedule's runs: they pile up while nobody serves
REST, LONGEST_REST = 30, timedelta(hours=1)


@dataclass(frozen=True)
class Now:
    """When it is: `as_of` for the domain, `clock` for Prefect. `nobody_runs` where no runner is at
    work, so that what Prefect calls running is lost; `patient` lets what failed of itself rest.
    What is due after `until` is left to a later reconcile.
    """

    as_of: datetime
    clock: datetime
    nobody_runs: bool = False
    patient: bool = False
    until: datetime | None = None

    def awaits(self, timer: Timer) -> bool:
        """Whether a timer lies ahead, and not beyond what is looked after now."""
        return timer.at > self.as_of and (self.until is None or timer.at <= self.until)


@dataclass
class Difference:
    """What separates Prefect's runs from the timers there should be."""

    missing: list[Timer] = field(default_factory=list)
    superseded: list[FlowRun] = field(default_factory=list)
    lost: list[tuple[Timer, FlowRun]] = field(default_factory=list)
    stuck: list[FlowRun] = field(default_factory=list)

    def directives(self) -> set[str]:
        """The directives whose timetable in Prefect changes."""
        tags = {tag for run in self.superseded if TAG in run.tags for tag in run.tags}
        return {timer.directive for timer in self.missing} | tags


async def compare(
    client: PrefectClient, deployments: Mapping[str, UUID], wanted: Sequence[Timer], now: Now,
    directive: str | None = None,
) -> Difference:  # fmt: skip
    """The difference, of one directive's timers or of all; with all, also what is stuck.

    Runs are read whole only where their number shows that something is not as it should be.
    """
    tags = [] if directive is None else [directive]
    found = Difference()
    absent = [t for t in wanted if t.at <= now.as_of and has_work(t, now.as_of)]
    if not await _in_order(client, deployments, wanted, now, tags):
        standing = await _standing(client, deployments, wanted, tags, found)
        ahead = (t for t in wanted if now.awaits(t))
        absent = [t for t in (*absent, *ahead) if t.key not in standing]
    await _look_for(client, deployments, absent, now, found)
    if directive is None:
        found.superseded += await _piled_up(client, deployments, now)
        found.stuck = await _stuck(client, deployments, now, found)
    return found


async def _in_order(
    client: PrefectClient, deployments: Mapping[str, UUID], wanted: Sequence[Timer], now: Now,
    tags: Sequence[str],
) -> bool:  # fmt: skip
    """Whether each timer ahead waits, and nothing waits that is not wanted."""
    ahead = [timer.key for timer in wanted if timer.at > now.as_of]
    past = [timer.key for timer in wanted if timer.at <= now.as_of]
    if await scheduling.count_waiting(client, tags, deployments, ahead) != len(ahead):
        return False
    late = await scheduling.count_waiting(client, tags, deployments, past)
    return await scheduling.count_waiting(client, tags) == len(ahead) + late


async def _standing(
    client: PrefectClient, deployments: Mapping[str, UUID], wanted: Sequence[Timer],
    tags: Sequence[str], found: Difference,
) -> set[str]:  # fmt: skip
    """The keys of the wanted timers that wait; what else waits is superseded: an old date, a
    directive or deployment that is no more, a copy.
    """
    keys, standing = {timer.key for timer in wanted}, set[str]()
    served = set(deployments.values())
    for run in await scheduling.scheduled_runs(client, tags):
        key = run.idempotency_key
        if key in keys and key not in standing and run.deployment_id in served:
            standing.add(key)
        else:
            found.superseded.append(run)
    return standing


async def _look_for(
    client: PrefectClient, deployments: Mapping[str, UUID], timers: Sequence[Timer], now: Now,
    found: Difference,
) -> None:  # fmt: skip
    """What became of timers that do not wait: never made, at work, or lost."""
    runs = await scheduling.runs_of(client, [timer.key for timer in timers])
    by_key = {run.idempotency_key: run for run in runs}
    served, doomed = set(deployments.values()), {run.id for run in found.superseded}
    for timer in timers:
        run = by_key.get(timer.key)
        if run is None:
            # what an older reminder was to give, the daily scan gives
            if timer.flow != REMINDERS or timer.at > now.as_of:
                found.missing.append(timer)
        elif run.id in doomed or run.deployment_id not in served:
            found.superseded += [] if run.id in doomed else [run]
            found.missing.append(timer)
        elif await _is_lost(client, timer, run, now):
            found.lost.append((timer, run))


async def _is_lost(client: PrefectClient, timer: Timer, run: FlowRun, now: Now) -> bool:
    """Whether a timer with work left has a run that will not do it any more."""
    match run.state_type:
        case StateType.SCHEDULED | None:
            return False
        case StateType.CRASHED | StateType.CANCELLED:
            return True
        case StateType.COMPLETED if timer.flow == REMINDERS:
            return False  # a reminder may be wanted of others, and later
        case StateType.COMPLETED | StateType.FAILED:
            return not now.patient or now.clock >= _ended(run) + rest(timer, run)
        case _:
            return await _is_dead(client, run, now, LOST_AFTER)


def rest(timer: Timer, run: FlowRun) -> timedelta:
    """How long a run that failed of itself is left alone: ever longer, an hour at most."""
    begun = max(timer.at, run.created or timer.at)
    return min(max(_ended(run) - begun, timedelta(0)) / REST, LONGEST_REST)


def _ended(run: FlowRun) -> datetime:
    """When a run came into its state."""
    assert run.state is not None
    return run.state.timestamp


async def _is_dead(client: PrefectClient, run: FlowRun, now: Now, after: timedelta) -> bool:
    """Whether a run that Prefect calls pending or running has no process any more."""
    if now.nobody_runs:
        return True
    age = now.clock - _ended(run)
    if age < after:
        return False
    silence = max(SILENT_AFTER, after / 2)
    return age > LONGEST or not await scheduling.has_beaten(client, run, now.clock - silence)


async def _piled_up(
    client: PrefectClient, deployments: Mapping[str, UUID], now: Now
) -> list[FlowRun]:
    """Of a schedule's late runs all but the newest: each does whatever is due."""
    late = await scheduling.late_by_schedule(client, deployments, now.clock - LATE_AFTER)
    newest = {run.deployment_id: run.id for run in late}
    return [run for run in late if run.id != newest[run.deployment_id]]


async def _stuck(
    client: PrefectClient, deployments: Mapping[str, UUID], now: Now, found: Difference
) -> list[FlowRun]:
    """Runs without a process and without work left."""
    again = {run.id for _timer, run in found.lost} | {run.id for run in found.superseded}
    runs = await scheduling.runs_at_work(client, list(deployments))
    return [
        run for run in runs if run.id not in again and await _is_dead(client, run, now, STUCK_AFTER)
    ]


async def carry_out(
    client: PrefectClient, deployments: Mapping[str, UUID], found: Difference
) -> None:
    """Makes Prefect as it should be. Deletes first: a key is free again only then."""
    await scheduling.delete(client, found.superseded)
    for timer, run in found.lost:
        await scheduling.set_state(client, run, Scheduled(scheduled_time=timer.at))
    await scheduling.create(client, found.missing, deployments)
    for run in found.stuck:
        await _settle(client, run)


async def _settle(client: PrefectClient, run: FlowRun) -> None:
    """Ends a run for the eye, by what the domain database says of its work."""
    if run.state_type is StateType.CANCELLING:
        await scheduling.set_state(client, run, Cancelled())
    elif TAG in run.tags:
        words = "Tiến trình đã dừng; việc đã được làm xong theo cơ sở dữ liệu nghiệp vụ."
        await scheduling.set_state(client, run, Completed(message=words))
    else:
        words = "Tiến trình đã dừng; lượt chạy sau làm tiếp phần việc còn lại."
        await scheduling.set_state(client, run, Crashed(message=words))
