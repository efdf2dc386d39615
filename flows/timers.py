"""Setting timers from outside a flow: by a command, or by a page."""

import asyncio
import json
import os
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import Settings

if TYPE_CHECKING:
    from flows.reconcile import Reconciled

T = TypeVar("T")


def api_url(port: int) -> str:
    """Where the API of a server on this machine is."""
    return f"http://127.0.0.1:{port}/api"


def belongs_to(api: str, home: Path) -> bool:
    """Whether the server that answers there, if one does, keeps its runs in that folder."""
    try:
        asked = urllib.request.Request(f"{api}/admin/settings", headers=_login())  # noqa: S310
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
            return Path(json.load(answer)["home"]) == home
    except (OSError, ValueError, KeyError):
        return False


def _login() -> dict[str, str]:
    """The header by which Prefect lets us in, where it asks for a password."""
    given = os.environ.get("PREFECT_API_AUTH_STRING")
    return {"Authorization": f"Basic {b64encode(given.encode()).decode()}"} if given else {}


def engine_of(settings: Settings) -> str | None:
    """The API of the Prefect that belongs to the data: the one named in the environment, or the one
    of `dondoc up` where it runs.
    """
    ours = api_url(settings.prefect_port)
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    return ours if belongs_to(ours, settings.data.resolve() / "prefect") else None


def set_timers(directive: str, settings: Settings) -> bool:
    """Brings a directive's timers to its timetable; False where Prefect does not run.

    Raises ServiceError where it runs and does not do it.
    """
    url = engine_of(settings)
    if url is None:
        return False
    # Prefect takes most of a second to be imported
    from flows.lifecycle import lifecycle

    message = _(
        "What you asked is stored, but the timers could not be set: Prefect at {url} says "
        "“{problem}”. `dondoc up` sets them when it starts."
    )
    _ask(url, lambda: lifecycle(directive), message)
    return True


def reconcile_all(settings: Settings, as_of: datetime | None = None) -> "Reconciled":
    """Brings the timers of all directives to their timetables; raises ServiceError where Prefect
    does not run, or does not do it.
    """
    url = engine_of(settings)
    if url is None:
        message = _(
            "Prefect does not answer at {url}: start `dondoc up`, or name it in PREFECT_API_URL."
        )
        raise ServiceError(message.format(url=api_url(settings.prefect_port)))
    from flows.reconcile import reconcile

    message = _("Prefect at {url} could not be reconciled with the database: “{problem}”.")
    return _ask(url, lambda: reconcile(as_of), message)


def _ask(url: str, work: Callable[[], Coroutine[Any, Any, T]], message: str) -> T:
    """Does work at a Prefect; what it or the way to it refuses is told in the message."""
    import httpx
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_API_URL, temporary_settings

    try:
        with temporary_settings(updates={PREFECT_API_URL: url}):
            return asyncio.run(work())
    except (httpx.HTTPError, RuntimeError, PrefectHTTPStatusError) as error:
        problem = str(error).split("\n")[0]
        raise ServiceError(message.format(url=url, problem=problem)) from error
