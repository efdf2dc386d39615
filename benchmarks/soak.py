"""A year of many directives in compressed time: memory, size of the database, the board's time.

Prefect's server with the settings of `dondoc up`, the pages as their own process, a relay as its
own, and this process, in which the flows run as Prefect runs at the moments of their timers. Units
answer as the simulation's do. At the end of each month everything is measured and kept in FOLDER,
so that a run that is cut off still reports: `--report FOLDER` prints what there is.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

from benchmarks.mail_sinks import quick
from benchmarks.soak_samples import Sampler, read, report
from dondoc.environment import environment
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import answers, end_on_sigterm, free_port, stop
from flows.timers import api_url
from models.child import start
from models.database import database
from models.words import Every
from portal.access import COOKIE

HOST = "127.0.0.1"
# the year lies in the past of the server's clock, which would call every timer late, one by one
OFF = {"PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false"}


@contextmanager
def machine(folder: Path, url: str) -> Iterator[dict[str, int]]:
    """The processes, by name; their settings are in this process's environment."""
    port, pages = free_port(), free_port()
    with ExitStack() as stack:
        relay = stack.enter_context(quick(folder))
        stack.enter_context(environment({
            "DONDOC_DATA": str(folder / "data"), "DONDOC_DATABASE_URL": url,
            "DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(relay.port),
            "DONDOC_PORTAL_PORT": str(pages), "DONDOC_PREFECT_PORT": str(port),
        }))  # fmt: skip
        server = stack.enter_context(prefect_server(folder / "prefect", port, OFF))
        wait_until_ready(server, api_url(port), folder / "prefect" / "server.log")
        database()  # its tables, before two would make them
        served = start([sys.executable, "-m", "portal.serve"])
        stack.callback(stop, served)
        _wait(served, pages)
        yield {"prefect": server.pid, "pages": served.pid, "flows": os.getpid()}


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    while not answers(HOST, port):
        assert process.poll() is None, "the pages do not start"
        time.sleep(0.1)


def run(
    directives: int, units: int, months: int, every: Every, folder: Path, url: str = "",
    warm_up: int = 3,
) -> bool:  # fmt: skip
    """The whole of it; whether the claims hold of what there was time for."""
    kept = folder / "samples.jsonl"
    kept.unlink(missing_ok=True)
    with machine(folder, url) as processes:
        # imported here, Prefect reads the settings it finds in the environment
        from benchmarks.soak_year import SECRET, Soak, fill, live

        soak = Soak(directives, units, months, every)
        fill(soak)
        pages = f"http://{HOST}:{os.environ['DONDOC_PORTAL_PORT']}"
        boards = [f"/board/{code}" for code in soak.codes]
        with httpx.Client(base_url=pages, cookies={COOKIE: SECRET}, timeout=120) as client:
            sampler = Sampler(database(), processes, client, boards, kept)
            with suppress(KeyboardInterrupt):
                asyncio.run(live(soak, sampler))
        database.cache_clear()
    print(f"{directives} directives × {units} units, {months} months: {dict(soak.counts)}")
    return report(read(kept), warm_up)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directives", type=int, default=30)
    parser.add_argument("--units", type=int, default=700)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--every", type=Every, default=Every.QUARTER)
    parser.add_argument("--warm-up", type=int, default=3, help="months")
    parser.add_argument("--database", default="", help="SQLAlchemy URL; empty: SQLite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--report", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    if given.report:
        report(read(given.report / "samples.jsonl"), given.warm_up)
        return
    end_on_sigterm()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        run(
            given.directives, given.units, given.months, given.every, folder, given.database,
            given.warm_up,
        )  # fmt: skip


if __name__ == "__main__":
    main()
