"""The watch over lost runs, which the Prefect server keeps for us."""

from datetime import timedelta

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import get_current_settings

HEARTBEAT = "prefect.flow-run.heartbeat"
ENDS = ("Completed", "Failed", "Cancelled", "Crashed")
MISSED = 3  # signs of life in a row, before a run counts as lost
WATCH = "Watch lost runs"


def lost_runs(heartbeat: timedelta) -> AutomationCore:
    """A run that gave a sign of life, and then neither another nor an end, is called crashed.

    Prefect would call it running for ever; `reconcile` runs again what of it is still owed.
    """
    return AutomationCore(
        name=WATCH,
        description="A run of which nothing is heard any more has crashed.",
        trigger=EventTrigger(
            after={HEARTBEAT},
            expect={HEARTBEAT, *(f"prefect.flow-run.{end}" for end in ENDS)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=heartbeat * MISSED,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="No sign of life any more.")],
    )


async def watch() -> None:
    """Has the server watch over lost runs; however often it is asked, one watch stands."""
    heartbeat = get_current_settings().flows.heartbeat_frequency
    wanted = lost_runs(timedelta(seconds=heartbeat or 30))
    async with get_client() as client:
        found = await client.read_automations_by_name(WATCH)
        for another in found[1:]:
            await client.delete_automation(another.id)
        if found:
            await client.update_automation(found[0].id, wanted)
        else:
            await client.create_automation(wanted)
