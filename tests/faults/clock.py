"""A clock for a whole process tree, which can be set while it runs: forward and back."""

import shutil
import struct
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path

from models.vietnamese import TIMEZONE

SOURCE = Path(__file__).with_name("clock.c")
COMPILER = shutil.which("cc") or shutil.which("gcc")


class Clock:
    """What the tree takes for the time of day: the machine's, moved by so many seconds."""

    def __init__(self, folder: Path, start: datetime) -> None:
        assert COMPILER, "a C compiler is needed: apt-get install gcc libc6-dev"
        self.file, self.library = folder / "clock", folder / "clock.so"
        command = [
            COMPILER,
            "-O2",
            "-shared",
            "-fPIC",
            "-o",
            str(self.library),
            str(SOURCE),
            "-ldl",
        ]
        subprocess.run(command, check=True)
        self.file.write_bytes(bytes(8))
        self.come_to(start)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process and all it starts read this clock."""
        return {"LD_PRELOAD": str(self.library), "FAULTS_CLOCK": str(self.file)}

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._moved(), TIMEZONE)

    def come_to(self, moment: datetime) -> None:
        self._move(round(moment.timestamp() - time.time()))

    def jump(self, by: timedelta) -> None:
        self._move(self._moved() + round(by.total_seconds()))

    def _moved(self) -> int:
        found: int = struct.unpack("q", self.file.read_bytes())[0]
        return found

    def _move(self, seconds: int) -> None:
        with self.file.open("r+b") as file:  # in place: the tree has it mapped
            file.write(struct.pack("q", seconds))
