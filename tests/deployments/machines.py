"""Many machines as processes of one: a Prefect server of two parts, workers, pages, senders.

All of ours and Prefect's live by a clock of their own, which a test may move: weeks pass between
two questions, and what was scheduled for the days between is due.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from deployments.engine import engine_settings
from dondoc.processes import answers, free_port, stop
from flows.timers import api_url

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
PATIENCE = 600.0  # seconds; on a machine at leisure a tenth of it is enough


class Clock:
    """The time that processes with its environment take for now."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.environment = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, moment: datetime) -> None:
        """Makes it that moment now, for all; it goes on from there."""
        written = self.file.with_suffix(".new")
        written.write_text(f"{moment.timestamp() - time.time():+.0f}\n")
        written.replace(self.file)


class Machines:
    """Processes that share an environment, a folder of logs and their end."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, **more: str) -> None:
        """Starts a process of ours, or of Prefect's; its words go to a log of its name."""
        environment = {**self.environment, **more}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=self.folder, env=environment, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def run(self, *command: str) -> str:
        """Runs a command to its end; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.folder, env=self.environment, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def end(self, name: str) -> int:
        """Asks a process to end; its exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(60)

    def until(self, what: str, happens: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Waits for what a call gives; nobody may die meanwhile."""
        end = time.monotonic() + patience
        while not (found := happens()):
            dead = [n for n, process in self.running.items() if process.poll() is not None]
            assert not dead, f"{dead} died:\n{self.log(dead[0])}"
            assert time.monotonic() < end, f"{what}: not within {patience} s\n{self.logs()}"
            time.sleep(1)
        return found

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-3000:]

    def logs(self) -> str:
        return "\n".join(f"--- {name}\n{self.log(name)}" for name in self.running)

    def close(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            stop(process)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing; its address."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", HOST, "--save", "", "--appendonly",
               "no", "--dir", str(folder)]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while not answers(HOST, port):
            assert process.poll() is None
            time.sleep(0.05)
        yield f"redis://{HOST}:{port}"
    finally:
        stop(process)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Debian's Postgres, since Prefect asks for its extension pg_trgm, with the databases `prefect`
    and `dondoc`; their URL, with %s for the name.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert found, "apt-get install postgresql"
    # it refuses to be run by root
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, **user)
    data, port = folder / "data", free_port()
    quick = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
    subprocess.run([found[-1] / "initdb", "-D", data, "-U", "dondoc", "-A", "trust", "-N"],
                   check=True, stdout=subprocess.DEVNULL, **user)  # fmt: skip
    process = subprocess.Popen(
        [found[-1] / "postgres", "-D", data, "-p", str(port), "-k", folder, *quick],
        stderr=subprocess.DEVNULL, start_new_session=True, **user,
    )  # fmt: skip
    try:
        url = f"postgresql://dondoc@{HOST}:{port}/%s"
        while not _is_ready(url % "postgres"):
            assert process.poll() is None
            time.sleep(0.05)
        yield url
    finally:
        stop(process)


def _is_ready(url: str) -> bool:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("prefect", "dondoc"):
                connection.execute(f"CREATE DATABASE {name}")
        return True
    except psycopg.OperationalError:
        return False


@contextmanager
def machines(folder: Path, environment: Mapping[str, str]) -> Iterator[Machines]:
    """Machines that end with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Machines(folder, environment)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def many_machines(folder: Path, prefect_database: str, **office: str) -> Iterator[Machines]:
    """A Prefect server of two parts on Postgres and Redis, as compose.yaml has it, ready."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with ExitStack() as stack:
        address = stack.enter_context(redis(folder))
        environment = {
            **engine_settings(many=True),
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": api_url(port),
            "PREFECT_API_DATABASE_CONNECTION_URL": prefect_database,
            "PREFECT_REDIS_MESSAGING_URL": f"{address}/0",
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": f"{address}/0",
            "PREFECT_SERVER_DOCKET_URL": f"{address}/1",
            "PREFECT_SERVER_API_AUTH_STRING": "office:secret",
            "PREFECT_API_AUTH_STRING": "office:secret",
            **office,
        }
        found = stack.enter_context(machines(folder, environment))
        found.run("prefect", "server", "database", "upgrade", "-y")
        found.start("api", "prefect", "server", "start", "--no-services", "--host", HOST,
                    "--port", str(port))  # fmt: skip
        found.start("services", "prefect", "server", "services", "start")
        found.until("the Prefect server", lambda: answers(HOST, port))
        yield found
