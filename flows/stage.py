"""What every stage does when its round opens: ask the units, tell the secretariat, send mail."""

from datetime import datetime

from prefect import runtime
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact

from models.clock import now
from models.database import database
from tasks import steps


def run_name() -> str:
    """The name of a run in Prefect's list: which round of which directive."""
    given = runtime.flow_run.parameters
    return f"{given['directive']} · {given['round']} · {runtime.flow_run.flow_name}"


async def open_stage(directive: str, round: str, as_of: datetime | None) -> int:
    """Opens the round and sends its mail; how many units it asks. Running again changes nothing."""
    moment = as_of or now()
    asked = await steps.open_round(directive, round, moment)
    if asked:
        await show_round(directive, round, moment)
        await steps.deliver_all(moment)
    return asked


async def show_round(directive: str, round: str, as_of: datetime) -> None:
    """The round for the secretariat in Prefect's pages: its units as a table, its progress."""
    with database().read() as session:
        rows, figures, title = steps.round_table(session, directive, round, as_of)
    key = f"{directive}-{round}"
    answered = 100 * figures["received"] / figures["expected"] if figures["expected"] else 0
    await acreate_table_artifact(table=rows, key=f"units-{key}", description=title)
    await acreate_progress_artifact(progress=answered, key=f"progress-{key}", description=title)
