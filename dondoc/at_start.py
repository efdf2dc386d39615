"""What `dondoc up` does before flows are served: `python -m dondoc.at_start`.

A process of its own: the supervisor stays small, and lives whatever becomes of this.
"""

import asyncio
import sys

from sqlmodel import select

from models.database import database
from models.directive import Directive


async def set_all_timers() -> None:
    """Makes the flows known to Prefect and brings every directive's timers to its timetable."""
    from deployments.serve import register
    from flows.lifecycle import lifecycle

    await register()
    with database().read() as session:
        codes = session.exec(select(Directive.code).order_by(Directive.code)).all()
    for code in codes:
        await lifecycle(code, nobody_runs=True)


if __name__ == "__main__":
    import httpx

    try:
        asyncio.run(set_all_timers())
    except httpx.HTTPError as error:  # whoever began us tries again
        sys.exit(f"Prefect does not answer: {error}")
