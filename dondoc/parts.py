"""The parts of `dondoc up`, in the order in which they begin; they end in the reverse."""

import signal
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from dondoc import prefect_server
from dondoc.part import Part
from dondoc.processes import answers, reached
from flows.timers import api_url
from models import embedded_postgres
from models.database import database
from models.i18n import gettext as _
from models.settings import Settings

FINISH = 60  # seconds that flow runs under way are given to end well
BUSY = 300  # seconds: the pages may all wait for a lock of the database for one


def of(found: Settings, own_relay: bool) -> list[Part]:
    """What runs with these settings; a mail server too with `own_relay`."""
    data = found.data
    before = [_postgres(data)] if found.embedded else []
    if own_relay:
        before.append(_mailbox(data, found))
    names = tuple(part.name for part in before)
    return [
        *before,
        _prefect(found),
        _timers(names),
        _flows(names),
        _senders(names),
        _pages(found, names),
    ]


def _postgres(data: Path) -> Part:
    def prepare() -> bool:
        embedded_postgres.prepare(data)
        return False

    return Part(
        "postgres", "Postgres", lambda: embedded_postgres.command(data), prepare,
        answers=lambda: embedded_postgres.answers(data), log=embedded_postgres.log_of(data),
        end_with=signal.SIGINT, essential=True,
    )  # fmt: skip


def _mailbox(data: Path, found: Settings) -> Part:
    command = [sys.executable, "-m", "dondoc.mailbox", str(data / "mail"), str(found.smtp_port)]
    return Part(
        "mailbox", _("Mail server of trials"), lambda: command,
        answers=lambda: answers(found.smtp_host, found.smtp_port), stop_within=5,
    )  # fmt: skip


def _prefect(found: Settings) -> Part:
    home, port = found.data / "prefect", found.prefect_port
    return Part(
        "prefect", "Prefect", lambda: prefect_server.command(port),
        lambda: prefect_server.prepare(home),
        answers=lambda: prefect_server.is_ready(api_url(port)), log=home / "server.log",
        end_with=signal.SIGINT, essential=True,
    )  # fmt: skip


def _timers(needs: tuple[str, ...]) -> Part:
    return Part(
        "reconcile", _("Timers"), lambda: [sys.executable, "-m", "dondoc.at_start"],
        _tables, needs=(*needs, "prefect"), task=True, stop_within=5,
    )  # fmt: skip


def _flows(needs: tuple[str, ...]) -> Part:
    return Part(
        "flows", _("Flows"), lambda: [sys.executable, "-m", "deployments.serve"],
        needs=(*needs, "prefect", "reconcile"), stop_within=FINISH,
    )  # fmt: skip


def _senders(needs: tuple[str, ...]) -> Part:
    command = [sys.executable, "-m", "dondoc.sender"]
    return Part("sender", _("Senders"), lambda: command, _tables, needs=needs)


def _pages(found: Settings, needs: tuple[str, ...]) -> Part:
    url = f"http://{reached(found.listen)}:{found.portal_port}/health"
    return Part(
        "pages", _("Pages"), lambda: [sys.executable, "-m", "portal.serve"], _tables,
        answers=lambda: _talks(url), needs=needs, silence=BUSY,
    )  # fmt: skip


def _tables() -> bool:
    """Brings the tables up to date, once, and by one process."""
    database().engine.dispose()
    return False


def _talks(url: str) -> bool:
    """Whether a web server gives an answer there, be it a refusal."""
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except (OSError, HTTPException):
        return False
    return True
