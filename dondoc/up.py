"""The real thing on one machine: a Prefect server with its pages, the flows served, SQLite.

Where no relay is set, a mail server on loopback keeps every mail as a file, so that a trial can
never write to anybody.
"""

import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack

import typer

from dondoc.environment import environment
from dondoc.mailbox import HOST, mailbox
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import alone_in, answers, end_on_sigterm, start, stop
from flows import timers
from flows.timers import api_url
from models.errors import ServiceError
from models.i18n import gettext as _
from models.settings import settings
from tasks.mail_check import check_mails


def run() -> None:
    """Serves until interrupted or terminated; what dies of its own ends the others too."""
    end_on_sigterm()
    check_mails(settings().templates)
    port = settings().prefect_port
    data = settings().data.resolve()
    with ExitStack() as stack:
        stack.enter_context(alone_in(data))
        _refuse_taken(port, "DONDOC_PREFECT_PORT")
        _refuse_taken(settings().portal_port, "DONDOC_PORTAL_PORT")
        stack.enter_context(environment({"DONDOC_DATA": str(data)}))
        if not settings().smtp_host:
            relay = stack.enter_context(mailbox(data / "mail"))
            local = {"DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(relay)}
            stack.enter_context(environment(local))
            typer.echo(_("No relay is set: mail is kept as files in {folder}.").format(
                folder=data / "mail"))  # fmt: skip
        server = stack.enter_context(prefect_server(data / "prefect", port))
        wait_until_ready(server, api_url(port), data / "prefect" / "server.log")
        asyncio.run(_set_all_timers())
        flows = start([sys.executable, "-m", "deployments.serve"])
        stack.callback(stop, flows)
        pages = start([sys.executable, "-m", "portal.serve"])
        stack.callback(stop, pages)
        typer.echo(_("The office's pages: {url}").format(url=settings().portal))
        typer.echo(_("Prefect's pages: {url}").format(url=f"http://{HOST}:{port}"))
        typer.echo(_("Running; Ctrl+C ends it."))
        _watch([server, flows, pages])


def _refuse_taken(port: int, setting: str) -> None:
    if answers(HOST, port):
        message = _("Port {port} is taken; choose another with {setting}.")
        raise ServiceError(message.format(port=port, setting=setting))


async def _set_all_timers() -> None:
    """Makes the flows known to Prefect and brings every directive's timers to its timetable."""
    from deployments.serve import register
    from flows.reconcile import reconcile

    await register()
    await reconcile(nobody_runs=True)


def _watch(processes: list[subprocess.Popen[bytes]]) -> None:
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
    typer.echo(_("A part of it has stopped; ending the rest."), err=True)
    raise typer.Exit(5)


def set_timers(directive: str) -> bool:
    """Brings a directive's timers to its timetable; False where Prefect does not answer."""
    return timers.set_timers(directive, settings())
