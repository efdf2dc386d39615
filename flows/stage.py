"""What every stage does when its round opens: ask the units, tell the secretariat, send mail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from prefect import Flow, flow
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact
from prefect.settings import get_current_settings
from sqlalchemy.exc import SQLAlchemyError

from models import logs
from models.clock import now
from models.settings import settings
from models.words import Part
from tasks import steps

P = ParamSpec("P")
R = TypeVar("R")

_log = logs.get("flows")


def domain_flow(
    name: str, run_name: str | None = None
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Flow[P, Coroutine[Any, Any, R]]]:
    """A Prefect flow whose result is not kept: the truth is in the domain database.

    A timer's run keeps the name it was scheduled under; `run_name` names runs that come otherwise.
    Unless a place for results is named, Prefect asks its server three times a run where that is.
    """
    place = get_current_settings().results.local_storage_path
    made = flow(name=name, flow_run_name=run_name, persist_result=False, result_storage=place)
    return lambda work: made(_logged(name, work))


def _logged(
    name: str, work: Callable[P, Coroutine[Any, Any, R]]
) -> Callable[P, Coroutine[Any, Any, R]]:
    """The same, with a line in the log of each run: of what, how long, what it came to."""

    @wraps(work)
    async def logged(*args: P.args, **kwargs: P.kwargs) -> R:
        about = signature(work).bind(*args, **kwargs).arguments
        of = {word: about[word] for word in ("directive", "round") if about.get(word)}
        with logs.timed(_log, "run", flow=name, **of) as fields:
            found = await work(*args, **kwargs)
            fields["counts"] = found if isinstance(found, int | dict) else None
            return found

    return logged


@asynccontextmanager
async def pulse(part: Part, as_of: datetime) -> AsyncIterator[None]:
    """Notes in the domain database that a part did its work, or what kept it from it."""
    try:
        yield
    except Exception as error:
        with suppress(SQLAlchemyError):  # the database may be what keeps it from it
            await asyncio.to_thread(steps.note_pulse, part, as_of, str(error) or repr(error))
        raise
    await asyncio.to_thread(steps.note_pulse, part, as_of)


async def open_stage(directive: str, round: str, as_of: datetime | None) -> int:
    """Opens the round and sends its mail; how many units it asks. Running again changes nothing."""
    moment = as_of or now()
    asked = await steps.open_round(directive, round, moment)
    if asked:
        await asyncio.gather(show_round(directive, round, moment), steps.deliver_all(as_of))
    return asked


async def show_round(directive: str, round: str, as_of: datetime, *, closed: bool = False) -> None:
    """The round for the secretariat in Prefect's pages: its units as a table, its progress."""
    rows, figures, title = await asyncio.to_thread(steps.round_table, directive, round, as_of)
    answered = 100 * figures["received"] / figures["expected"] if figures["expected"] else 0
    units, progress = f"units-{directive}-{round}", f"progress-{directive}-{round}"
    about = f"{title}\n\n{links(directive, round, closed=closed)}"
    await asyncio.gather(
        acreate_table_artifact(table=rows, key=units, description=about),
        acreate_progress_artifact(progress=answered, key=progress, description=about),
    )


def links(directive: str, round: str, *, closed: bool) -> str:
    """From one of a round's artifacts to the round's own page and to the others, as Markdown; links
    as Prefect's pages have.
    """
    keys = {
        "Danh sách đơn vị": f"units-{directive}-{round}",
        "Tiến độ": f"progress-{directive}-{round}",
        "Lịch thực hiện": f"timetable-{directive}",
    }
    if closed:
        keys["Báo cáo tổng hợp"] = f"summary-{directive}-{round}"
    own = f"[Trang của kỳ này]({settings().portal}/directives/{directive}/rounds/{round})"
    others = (f"[{words}](/artifacts/key/{key})" for words, key in keys.items())
    return " · ".join((own, *others))
