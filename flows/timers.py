"""Setting a directive's timers from outside a flow: by a command, or by a page."""

import asyncio
import json
import os
import urllib.request
from base64 import b64encode
from pathlib import Path

from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import Settings


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


def set_timers(directive: str, settings: Settings) -> bool:
    """Brings a directive's timers to its timetable; False where Prefect does not run.

    Raises ServiceError where it runs and does not do it.
    """
    ours = api_url(settings.prefect_port)
    url = os.environ.get("PREFECT_API_URL")
    if url is None and not belongs_to(ours, settings.data.resolve() / "prefect"):
        return False
    # Prefect takes most of a second to be imported
    import httpx
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.lifecycle import lifecycle

    try:
        with temporary_settings(updates={PREFECT_API_URL: url or ours}):
            asyncio.run(lifecycle(directive))
    except (httpx.HTTPError, RuntimeError, PrefectHTTPStatusError) as error:
        message = _(
            "What you asked is stored, but the timers could not be set: Prefect at {url} says "
            "“{problem}”. `dondoc up` sets them when it starts."
        )
        problem = str(error).split("\n")[0]
        raise ServiceError(message.format(url=url or ours, problem=problem)) from error
    return True
