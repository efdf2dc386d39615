"""Serves every flow from this machine: `python -m deployments.serve`.

Timers are runs of these deployments, scheduled at their dates. Some also run by themselves:
reconcile every hour, and sooner where a round is late to be opened or closed; delivery, so that
mail to be tried again is; the inbox, where a mailbox is set; webhooks, which tell other systems;
reminders on every day, so that a step whose timer found the unit's mail of the day written, or the
office asleep, is given on the next.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval

from deployments.draining import serve
from deployments.watch import watch
from flows.alerts import alerts
from flows.backup import backup
from flows.delivery import delivery
from flows.dissemination import dissemination
from flows.execution import execution
from flows.inbox import inbox
from flows.lifecycle import lifecycle
from flows.planning import planning
from flows.reconcile import reconcile
from flows.reminders import reminders
from flows.reporting import reporting
from flows.summary import summary
from flows.webhooks import webhooks
from models import logs
from models.settings import settings
from tasks.mail_check import check_mails

FLOWS: tuple[Flow[..., Any], ...] = (
    dissemination, planning, execution, reporting, reminders, summary, lifecycle, delivery,
    inbox, reconcile, webhooks, alerts, backup,
)  # fmt: skip
ANCHOR = datetime(2024, 1, 1, tzinfo=UTC)
SCHEDULES = {
    # from a fixed moment on, so that a restart does not put the next run off
    delivery.name: [Interval(timedelta(minutes=5), anchor_date=ANCHOR)],
    inbox.name: [Interval(timedelta(minutes=5), anchor_date=ANCHOR)],
    reconcile.name: [
        Cron("23 * * * *", timezone="Asia/Ho_Chi_Minh", slug="all"),
        # what was due is done within five minutes, whatever was lost; asks Prefect for nothing else
        Interval(
            timedelta(minutes=3), anchor_date=ANCHOR, parameters={"only_overdue": True}, slug="due"
        ),
    ],
    webhooks.name: [Interval(timedelta(minutes=10), anchor_date=ANCHOR)],
    alerts.name: [Interval(timedelta(minutes=10), anchor_date=ANCHOR)],
    backup.name: [Cron("30 1 * * *", timezone="Asia/Ho_Chi_Minh")],
    reminders.name: [Cron("45 8,14 * * *", timezone="Asia/Ho_Chi_Minh")],
}
# two readers of one mailbox would each miss what the other has read. The others may run twice, but
# each does all that is due: after hours off many that were missed would come at once
ALONE = ConcurrencyLimitConfig(
    limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW, grace_period_seconds=60
)
LIMITS = {flow.name: ALONE for flow in (inbox, delivery, webhooks, alerts)}
TAGS = ["dondoc"]
# a flow checks its parameters itself; by the server it would take a third of the time of a timer
CHECKED_BY_PREFECT = False
AT_ONCE = 4  # runs at the same time: the work is one database and one relay


async def deployments() -> list[RunnerDeployment]:
    """One deployment a flow, under the flow's own name."""
    return [
        await flow.ato_deployment(
            name=flow.name,
            tags=TAGS,
            enforce_parameter_schema=CHECKED_BY_PREFECT,
            schedules=SCHEDULES.get(flow.name),
            concurrency_limit=LIMITS.get(flow.name),
        )
        for flow in FLOWS
    ]


async def register() -> None:
    """Makes the deployments known to the Prefect server without serving them, and has it watch."""
    for deployment in await deployments():
        await deployment.aapply()
    await watch()


async def main() -> None:
    logs.set_up("flows")
    check_mails(settings().templates)  # now, and not at the six-hundredth unit
    await serve(await deployments(), AT_ONCE)


if __name__ == "__main__":
    import asyncio
    import sys
    from contextlib import suppress

    import httpx

    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(main())
    except (httpx.HTTPError, RuntimeError) as error:  # whoever keeps us alive begins us again
        sys.exit(f"Prefect does not answer: {error}")
