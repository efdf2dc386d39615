"""A machine with the whole product on it: `dondoc up`, its database, a relay, its own clock."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dondoc.mailbox import HOST
from dondoc.processes import answers, free_port
from tests.faults.clock import Clock
from tests.faults.postgres import Postgres

ROOT = Path(__file__).parents[2]
# what a process is, by a word of its command line; the first that fits
KINDS = {
    "prefect server start": "prefect",
    "deployments.serve": "flows",
    "portal.serve": "pages",
    "dondoc.sender": "sender",
    "tests.faults.relay": "relay",
    "dondoc.cli up": "supervisor",
    "dondoc.at_start": "reconcile",
    "prefect.engine": "run",
}
SUPERVISED = ("prefect", "flows", "sender", "pages")
READY_WITHIN = 300  # seconds


@dataclass
class Machine:
    """Folders, ports and the processes that were started; `starts` counts those of `up`."""

    folder: Path
    clock: Clock
    postgres: Postgres | None = None
    starts: int = 0
    ends: list[int] = field(default_factory=list)  # how `up` ended, where nobody killed it
    left: list[str] = field(default_factory=list)
    ended: bool = False
    up: subprocess.Popen[bytes] | None = None
    relay: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.data, self.mail = self.folder / "data", self.folder / "mail"
        self.prefect_port, self.portal_port, self.relay_port = (free_port() for _n in range(3))
        self.log = self.folder / "up.log"

    @property
    def url(self) -> str:
        return self.postgres.url if self.postgres else f"sqlite:///{self.data}/dondoc.sqlite3"

    @property
    def pages(self) -> str:
        return f"http://{HOST}:{self.portal_port}"

    @property
    def api(self) -> str:
        return f"http://{HOST}:{self.prefect_port}/api"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DONDOC_DATA": str(self.data),
            "DONDOC_DATABASE_URL": self.url,
            "DONDOC_PREFECT_PORT": str(self.prefect_port),
            "DONDOC_PORTAL_PORT": str(self.portal_port),
            "DONDOC_SMTP_HOST": HOST,
            "DONDOC_SMTP_PORT": str(self.relay_port),
        }

    def start(self) -> None:
        """Starts `up`."""
        self.starts += 1
        self.up = self._run("-m", "dondoc.cli", "up")

    def start_relay(self) -> None:
        self.relay = self._run("-m", "tests.faults.relay", str(self.mail), str(self.relay_port))

    def tend(self) -> None:
        """Starts again what has ended, as the machine's own service manager would."""
        if self.ended:
            return
        if self.relay is None or self.relay.poll() is not None:
            self.start_relay()
        if self.up is None or self.up.poll() is not None:
            if self.up and self.up.returncode != -signal.SIGKILL:
                self.ends.append(self.up.returncode)
            self.start()

    def _run(self, *arguments: str) -> subprocess.Popen[bytes]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DONDOC_", "PREFECT_"))}
        variables = kept | self.settings | self.clock.environment | {"PYTHONPATH": str(ROOT)}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], env=variables, cwd=self.folder, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        """Until the pages and Prefect answer, and the flows are served."""
        end = time.monotonic() + READY_WITHIN
        while not self.ended and not self.is_ready():
            assert time.monotonic() < end, self.log.read_text("utf-8")[-4000:]
            self.tend()
            time.sleep(0.2)

    def is_ready(self) -> bool:
        kinds = {kind for kind, _pid in self.processes()}
        ports = (self.portal_port, self.prefect_port, self.relay_port)
        return kinds.issuperset(SUPERVISED) and all(answers(HOST, port) for port in ports)

    def processes(self, *kinds: str) -> list[tuple[str, int]]:
        """The machine's processes by kind, also those whose parent has died."""
        mark = str(self.clock.file).encode()
        found = [(_kind(pid), pid) for pid in _all_pids() if mark in _read(pid, "environ")]
        if self.postgres:
            with suppress(OSError, IndexError):
                found.append(("postgres", self.postgres.pid))
        return [(kind, pid) for kind, pid in found if not kinds or kind in kinds]

    def end(self) -> None:
        """Ends everything; `left` says what outlived `up`."""
        self.ended = True
        if self.up and self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.up.wait(60)
        if self.relay:
            self.relay.kill()
            self.relay.wait()
        time.sleep(0.5)
        left = [(kind, pid) for kind, pid in self.processes() if kind != "postgres"]
        for _name, pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.postgres:
            self.postgres.stop()
        self.left = [kind for kind, _pid in left]


def _all_pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _kind(pid: int) -> str:
    words = _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")
    return next((kind for part, kind in KINDS.items() if part in words), "other")


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """A folder on a disk of its own, where we may mount one; whether it is."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
    done = (
        os.geteuid() == 0 and not subprocess.run(mount, check=False, capture_output=True).returncode
    )
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "-l", str(folder)], check=False)
