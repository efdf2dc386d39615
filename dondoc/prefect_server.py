"""A Prefect server as a child process, with the settings this program needs of it."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dondoc.processes import START_WITHIN, stop
from models.errors import ServiceError
from models.i18n import gettext as _

def settings_for(home: Path, api: str) -> dict[str, str]:
    """Prefect's settings as environment variables, for the server and for what talks to it."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_ENABLED": "true",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        # task runs reach the server as events; in single file it takes 60 a second
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    }


@contextmanager
def prefect_server(
    home: Path, port: int, extra: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A running server; its settings stay in this process's environment while it runs."""
    home.mkdir(parents=True, exist_ok=True)
    api = f"http://127.0.0.1:{port}/api"
    variables = {**settings_for(home, api), **(extra or {})}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    log = (home / "server.log").open("ab")
    command = [
        sys.executable, "-m", "prefect", "server", "start",
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        stop(process)
        log.close()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def wait_until_ready(process: subprocess.Popen[bytes], api: str, log: Path) -> None:
    """Returns once the server answers; raises ServiceError, naming its log, if it does not."""
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise ServiceError(_("The Prefect server did not start; its log is {log}.").format(log=log))
