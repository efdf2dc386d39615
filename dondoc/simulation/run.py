"""`dondoc simulate`: puts up the real parts, runs the life, writes the pages."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from dondoc.environment import environment
from dondoc.mailbox import HOST, mailbox
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import alone_in, end_on_sigterm, free_port
from flows.timers import api_url
from models.calendar import vietnam
from models.directive_check import Checked, check_file
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.register import Register, read_register
from models.settings import settings
from models.status import day_of
from models.timetable import timetable
from models.vietnamese import show_date, slugify
from tasks.mail_check import check_mails
from tasks.pdf_printer import can_print, missing

EXAMPLES = Path(__file__).parents[2] / "examples"
MARK = ".dondoc-simulation"  # a folder that holds it may be replaced

# the simulator is clock and worker itself: what would schedule, chase or act on runs is off
QUIET = {
    f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false"
    for service in (
        "SCHEDULER", "LATE_RUNS", "TRIGGERS", "EVENT_PERSISTER", "FOREMAN", "PAUSE_EXPIRATIONS",
        "CANCELLATION_CLEANUP",
    )
} | {
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "false",  # no browser comes near it
}  # fmt: skip


def simulate(name: str, out: Path, seed: int, units: Path | None = None) -> Path:
    """Runs the life of a directive into a folder; the page to open first."""
    path = find(name)
    console = Console(stderr=True)
    begun = time.perf_counter()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    register = read_register(units or path.parent)
    checked = check_file(path, register)
    check_mails(settings().templates)
    end_on_sigterm()
    out = prepare(out)
    if not can_print():
        console.print(_("The summaries are written without PDF. {why}").format(why=missing()))
    with alone_in(out), Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task(_("Starting Prefect's server"), total=1.0)

        start, end = horizon(checked)

        def tell(moment: datetime) -> None:
            text = f"{checked.directive.display_symbol} · {show_date(moment)}"
            share = (day_of(moment) - start).days / (end - start).days
            progress.update(bar, description=text, completed=share)

        with parts(out, seed) as ready:
            # the server takes seconds to start; the rest is made ready meanwhile
            from dondoc.simulation import life
            from tasks.pages import write_pages

            life.issue(checked, register, neighbours_of(register))
            server = ready()
            lived = asyncio.run(life.live(checked, seed, tell))
            server.send_signal(signal.SIGINT)  # it ends while the pages are written
            index = write_pages(out, checked, lived.end, vars(lived))
    seconds = time.perf_counter() - begun
    console.print(_("The whole life took {seconds} s.").format(seconds=f"{seconds:.0f}"))
    return index


@contextmanager
def parts(out: Path, seed: int) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """A Prefect server, a mail server and a database for one life.

    Gives what waits for the Prefect server, which takes seconds to start.
    """
    port = free_port()
    home = out / "prefect"
    with (
        prefect_server(home, port, QUIET) as server,
        mailbox(out / "mail", seed) as relay,
        environment(
            {
                "DONDOC_DATA": str(out / "data"),
                "DONDOC_DATABASE_URL": "",
                "DONDOC_SMTP_HOST": HOST,
                "DONDOC_SMTP_PORT": str(relay),
                "DONDOC_SMTP_USER": "",  # of the real relay; this one asks for none
                "DONDOC_LOG_LEVEL": "warning",  # a bar tells how far it is
            }
        ),
    ):

        def ready() -> subprocess.Popen[bytes]:
            wait_until_ready(server, api_url(port), home / "server.log")
            return server

        yield ready


def horizon(checked: Checked) -> tuple[date, date]:
    """From the first opening to the last closing."""
    rounds = timetable(checked.directive, vietnam()).rounds
    return min(r.opens for r in rounds), max(r.closes for r in rounds)


def neighbours_of(register: Register) -> dict[str, Register]:
    """The registers of the provinces whose units took over from a register's, by province."""
    links = (link for found in register.links.values() for link in found)
    provinces = {link.province for link in links if link.province}
    return {name: read_register(EXAMPLES / slugify(name)) for name in sorted(provinces)}


def find(name: str) -> Path:
    """The directive file meant: a path, or the symbol or code of an example."""
    if Path(name).is_file():
        return Path(name)
    files = sorted(EXAMPLES.glob("*/*.yaml"))
    wanted = slugify(name)
    for file in files:
        if file.stem == wanted:
            return file
    message = _("There is no file “{name}” and no example of that name. Examples: {known}")
    known = ", ".join(file.stem for file in files)
    raise UnknownName(message.format(name=name, known=known))


def prepare(out: Path) -> Path:
    """An empty folder; one that holds an earlier simulation is emptied, any other is left alone."""
    out = out.resolve()
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        message = _("{folder} holds other files: choose an empty folder with --out.")
        raise NotAllowed(message.format(folder=out))
    if out.exists():
        with alone_in(out):
            shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / MARK).write_text(f"{os.getpid()}\n", encoding="utf-8")
    return out
