"""What `dondoc up` does before flows are served: `python -m dondoc.at_start`.

A process of its own: the supervisor stays small, and lives whatever becomes of this.
"""

import asyncio
import sys

DAYS_AHEAD = 60  # a timer costs Prefect 40 ms: those of years would keep flows waiting for an hour


async def set_all_timers() -> None:
    """Makes the flows known to Prefect and brings every directive's timers to its timetable; those
    due in months are left to the reconcile of the next hour.
    """
    from deployments.serve import register
    from flows.reconcile import reconcile

    await register()
    await reconcile(nobody_runs=True, days_ahead=DAYS_AHEAD)


if __name__ == "__main__":
    import httpx

    try:
        asyncio.run(set_all_timers())
    except httpx.HTTPError as error:  # whoever began us tries again
        sys.exit(f"Prefect does not answer: {error}")
