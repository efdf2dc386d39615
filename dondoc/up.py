"""The real thing on one machine: a Prefect server with its pages, the flows served, the pages.

Where no relay is set, a mail server on loopback keeps every mail as a file, so that a trial can
never write to anybody. What dies is begun again; only a fault of the settings ends it.
"""

import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import typer

from dondoc import parts, run_state
from dondoc.environment import environment
from dondoc.notify import Watchdog, notify
from dondoc.part import Part
from dondoc.prefect_server import settings_for
from dondoc.processes import (
    alone_in,
    answers,
    end_leftovers,
    end_on_sigterm,
    free_port,
    marked,
    reached,
)
from dondoc.supervisor import Supervisor
from flows import timers
from flows.timers import api_url
from models import embedded_postgres, safe_settings, settings_file
from models.clock import now
from models.errors import NotAllowed, ServiceError
from models.i18n import gettext as _
from models.settings import Settings, settings
from models.words import AccountRole
from tasks.mail_check import check_mails

LEFT_WITHIN = 15  # seconds that what an `up` left which was killed has for its end
HOST = "127.0.0.1"


def run() -> None:
    """Serves until interrupted or terminated."""
    end_on_sigterm()
    found, data = settings(), settings().data.resolve()
    check_mails(found.templates)
    with ExitStack() as stack:
        stack.enter_context(alone_in(data))
        if left := end_leftovers(data, LEFT_WITHIN):
            _say(_("{n} processes of an earlier run were left; they are ended.").format(n=left))
        stack.callback(end_leftovers, data, 0)
        _refuse_same(found)
        _refuse_taken(HOST, found.prefect_port, "DONDOC_PREFECT_PORT")
        _refuse_taken(reached(found.listen), found.portal_port, "DONDOC_PORTAL_PORT")
        _look_at_safety(found, data)
        if found.embedded:
            stack.enter_context(embedded_postgres.kept_by_up(data))
        stack.enter_context(environment(_variables(found, data)))
        _keep_up(parts.of(settings(), own_relay=not found.smtp_host), data)
    _say(_("Ended."))


def _variables(found: Settings, data: Path) -> dict[str, str]:
    """What every part is told by its environment."""
    api = api_url(found.prefect_port)
    given = {"DONDOC_DATA": str(data), **marked(data), **settings_for(data / "prefect", api)}
    if not found.smtp_host:
        given |= {"DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(free_port())}
        _say(_("No relay is set: mail is kept as files in {folder}.").format(folder=data / "mail"))
    return given


def _keep_up(found: Sequence[Part], data: Path) -> None:
    def write(parts: Sequence[Part]) -> None:
        run_state.write(data, parts, now())
        notify(f"STATUS={run_state.in_words(parts)}")

    supervisor = Supervisor(found, _say, write, Watchdog())
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, supervisor.end)
    _say(_("Starting; this takes up to a minute."))
    try:
        supervisor.run(_tell_where)
    finally:
        notify("STOPPING=1")


def _tell_where() -> None:
    found = settings()
    _say(_("The office's pages: {url}").format(url=found.portal))
    _say(_("Prefect's pages: {url}").format(url=found.prefect_pages))
    _say(_("Running; Ctrl+C ends it."))
    notify("READY=1")


def _look_at_safety(found: Settings, data: Path) -> None:
    """Refuses to let others in while something is not safe; only says so where a proxy on this
    machine would.
    """
    if not safe_settings.leads_beyond(found):
        return
    roles = _roles(found, data)
    faults = safe_settings.faults(found, settings_file.path(), roles)
    if faults and safe_settings.listens_beyond(found):
        raise NotAllowed(safe_settings.refusal(found, faults))
    for fault in faults:
        _say(_("Not safe for others: {fault}").format(fault=fault))


def _roles(found: Settings, data: Path) -> set[AccountRole]:
    """The roles of those who can sign in."""
    from models.database import Database, database, is_there
    from tasks import accounts

    if not is_there():
        return set()
    with ExitStack() as stack:
        if found.embedded:
            stack.enter_context(embedded_postgres.at_work(data))
            opened = Database(found.url)
            stack.callback(opened.engine.dispose)
            opened.migrate()
        else:
            opened = database()
        session = stack.enter_context(opened.read())
        return {account.role for account in accounts.every(session) if not account.disabled_at}


def _refuse_same(found: Settings) -> None:
    if found.prefect_port == found.portal_port:
        message = _("Pages and Prefect cannot both have port {port}: set DONDOC_PORTAL_PORT or "
                    "DONDOC_PREFECT_PORT to another.")  # fmt: skip
        raise NotAllowed(message.format(port=found.portal_port))


def _refuse_taken(host: str, port: int, setting: str) -> None:
    if answers(host, port):
        message = _("Port {port} is taken; choose another with {setting}.")
        raise ServiceError(message.format(port=port, setting=setting))


def _say(words: str) -> None:
    """A line for people; the journal has the time itself."""
    when = "" if "JOURNAL_STREAM" in os.environ else f"{now():%d/%m/%Y %H:%M:%S} "
    typer.echo(f"{when}{words}")


def set_timers(directive: str) -> bool:
    """Brings a directive's timers to its timetable; False where Prefect does not answer."""
    return timers.set_timers(directive, settings())
