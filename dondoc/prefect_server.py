"""A Prefect server as a child process, with the settings this program needs of it."""

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from deployments.engine import engine_settings
from dondoc.environment import environment
from dondoc.processes import START_WITHIN, stop
from flows.timers import api_url
from models import logs
from models.child import start
from models.errors import ServiceError
from models.i18n import gettext as _

# Prefect takes up to half a minute to make its tables; `make install` makes them once, for copying
EMPTY = Path(sys.prefix) / "prefect-empty.db"
DATABASE = "prefect.db"


def make_empty_database() -> None:
    """Makes the empty database that later servers begin with."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with environment(settings_for(home, "")):
            upgrade = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
            subprocess.run(upgrade, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(home / DATABASE, EMPTY)


def settings_for(home: Path, api: str) -> dict[str, str]:
    """Prefect's settings as environment variables, for the server and for what talks to it."""
    return {
        **engine_settings(),
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / DATABASE}",
        "PREFECT_LOGGING_SETTINGS_PATH": str(logs.PREFECT),
    }


def prepare(home: Path) -> bool:
    """Makes the server's database where there is none; True if it did."""
    home.mkdir(parents=True, exist_ok=True)
    if (home / DATABASE).exists():
        return False
    for rest in home.glob(f"{DATABASE}-*"):  # of one that was deleted; it would be read into this
        rest.unlink()
    if EMPTY.exists():
        try:
            shutil.copy(EMPTY, home / DATABASE)
        except OSError as error:  # it names what is read, and what is full is where it is written
            raise OSError(error.errno, error.strerror, str(home / DATABASE)) from error
    return True


def command(port: int) -> list[str]:
    """The server as a process in the foreground, for this machine only."""
    return [
        sys.executable, "-m", "prefect", "server", "start",
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip


def is_ready(api: str) -> bool:
    """Whether the server answers within two seconds."""
    try:
        with urllib.request.urlopen(f"{api}/health", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


@contextmanager
def prefect_server(
    home: Path, port: int, extra: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A running server; its settings stay in this process's environment while it runs."""
    prepare(home)
    variables = {**settings_for(home, api_url(port)), **(extra or {})}
    log = (home / "server.log").open("ab")
    with environment(variables), log:
        process = start(command(port), stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], api: str, log: Path) -> None:
    """Returns once the server answers; raises ServiceError, naming its log, if it does not."""
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end and process.poll() is None:
        if is_ready(api):
            return
        time.sleep(0.1)
    raise ServiceError(_("The Prefect server did not start; its log is {log}.").format(log=log))


if __name__ == "__main__":
    make_empty_database()
