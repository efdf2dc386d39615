"""A real Prefect server for the tests of flows, one a worker, with a database of its own."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from sqlalchemy.engine import make_url

from deployments.serve import register
from dondoc.environment import environment
from dondoc.mailbox import HOST, mailbox
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import free_port
from dondoc.simulation.run import QUIET
from flows.timers import api_url
from models.database import database
from models.settings import settings
from tests.conftest import Databases


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the running server."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect(prefect_home: Path) -> Iterator[str]:
    """The URL of a running server that knows the deployments."""
    home = prefect_home
    port = free_port()
    with prefect_server(home, port, QUIET) as server:
        wait_until_ready(server, api_url(port), home / "server.log")
        values = {
            PREFECT_API_URL: api_url(port),
            PREFECT_HOME: home,
            PREFECT_LOGGING_TO_API_ENABLED: False,
        }
        with temporary_settings(updates=values):
            asyncio.run(register())
            yield api_url(port)


@pytest.fixture
async def no_runs(prefect: str) -> AsyncIterator[None]:
    """Prefect without the runs of an earlier test, whose keys would stand in the way."""
    yield
    await forget_runs()


async def forget_runs() -> None:
    async with get_client() as client:
        while runs := await client.read_flow_runs(limit=100):
            all_of_them = {"flow_runs": {"id": {"any_": [str(run.id) for run in runs]}}}
            path: Any = "/flow_runs/bulk_delete"  # missing in the client's list of paths
            await client.request("POST", path, json=all_of_them)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """An office of one's own: database and mail under a folder, mail server running."""
    with (
        mailbox(tmp_path / "mail") as port,
        environment(
            {
                "DONDOC_DATA": str(tmp_path / "data"),
                "DONDOC_SMTP_HOST": HOST,
                "DONDOC_SMTP_PORT": str(port),
            }
        ),
    ):
        yield tmp_path
        database.cache_clear()


def begin_like(sqlites: Databases, template: str) -> None:
    """The database of the settings begins as a copy of a template."""
    url, own = sqlites.server.url(template), settings().url
    kept, wanted = (Path(make_url(found).database or "") for found in (url, own))
    wanted.parent.mkdir(parents=True)
    shutil.copy(kept, wanted)
