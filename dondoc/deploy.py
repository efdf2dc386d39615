"""What a Prefect server on another machine is told before workers start; safe to repeat."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import typer

from deployments.watch import watch
from deployments.work_pools import POOL, make_pool
from models.database import database
from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import settings
from tasks.mail_check import check_mails

FLOWS = Path(__file__).parents[1] / "deployments" / "prefect.yaml"


def run(kind: str) -> None:
    """Makes our tables and the work pool, deploys every flow, sets every timer."""
    if not os.environ.get("PREFECT_API_URL"):
        raise ServiceError(_("Say where the Prefect server is, with PREFECT_API_URL."))
    check_mails(settings().templates)
    database()  # makes the tables
    made = asyncio.run(_prepare(kind))
    typer.echo((_("Work pool made: {name}") if made else _("Work pool there: {name}")).format(
        name=POOL))  # fmt: skip
    _deploy_flows()
    asyncio.run(_set_timers())
    typer.echo(_("Flows deployed, timers set."))


async def _prepare(kind: str) -> bool:
    made = await make_pool(kind)
    await watch()
    return made


def _deploy_flows() -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    command += ["--prefect-file", str(FLOWS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        problem = (done.stderr or done.stdout).strip()[-500:]
        raise ServiceError(_("Prefect did not take the flows: {problem}").format(problem=problem))


async def _set_timers() -> None:
    from flows.reconcile import reconcile

    await reconcile()
