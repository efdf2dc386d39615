"""The relays of the mail benchmark, each a process on loopback that counts what it took.

The quick one is Postfix's C program smtp-sink: from PATH, or out of Debian's package, which is
unpacked into the environment's folder and not installed. Where neither is to be had, a sink of our
own stands in, and the benchmark says so.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dondoc.processes import answers, free_port, stop
from models.child import start

HOST = "127.0.0.1"
CACHE = Path(sys.prefix) / "smtp-sink"
OWN = (sys.executable, "-m", "benchmarks.own_sink")


@dataclass(frozen=True)
class Sink:
    """A relay that runs: its port, and the file in which it counts."""

    port: int
    counts: Path

    def taken(self) -> int:
        """How many mails it has taken since it started."""
        words = self.counts.read_text(encoding="ascii").split()
        found = [word for word in words[-3:] if word.startswith("mesg=")]
        return int(found[-1].removeprefix("mesg=")) if found else 0

    def takes(self, mails: int, within: float = 2) -> bool:
        """Whether it has taken so many since it started; what it last took is written shortly."""
        end = time.monotonic() + within
        while self.taken() < mails and time.monotonic() < end:
            time.sleep(0.05)
        return self.taken() == mails


@contextmanager
def quick(folder: Path, *, pipelining: bool = True) -> Iterator[Sink]:
    """smtp-sink, or our own where there is none."""
    program = smtp_sink()
    port = free_port()
    if program is None:
        own = [*OWN, str(port), *([] if pipelining else ["--no-pipelining"])]
        with _running(own, port, folder) as sink:
            yield sink
        return
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    options = [*user, "-c", *([] if pipelining else ["-p"])]
    libraries = (
        {"LD_LIBRARY_PATH": str(CACHE / "usr/lib/postfix")} if CACHE in program.parents else {}
    )
    command = [str(program), *options, f"{HOST}:{port}", "200"]
    with _running(command, port, folder, libraries) as sink:
        yield sink


@contextmanager
def slow(folder: Path, delay: float) -> Iterator[Sink]:
    """Our own, which takes so many seconds for each mail."""
    port = free_port()
    with _running([*OWN, str(port), "--delay", str(delay)], port, folder) as sink:
        yield sink


@contextmanager
def keeping(folder: Path, path: Path) -> Iterator[Sink]:
    """Our own, which writes the mails it took to a file when it ends."""
    port = free_port()
    with _running([*OWN, str(port), "--keep", str(path)], port, folder) as sink:
        yield sink


@contextmanager
def _running(
    command: Sequence[str], port: int, folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Sink]:
    counts = folder / f"sink-{port}.txt"
    with counts.open("wb") as output:
        process = start(command, stdout=output, env={**os.environ, **(variables or {})})
    try:
        while not answers(HOST, port):
            if process.poll() is not None:
                raise RuntimeError(f"the sink has ended: {command[0]}")
            time.sleep(0.05)
        yield Sink(port, counts)
    finally:
        stop(process)


def smtp_sink() -> Path | None:
    """Where smtp-sink is; unpacks it first where it is not installed and can be fetched."""
    installed = shutil.which("smtp-sink")
    unpacked = CACHE / "usr/sbin/smtp-sink"
    if installed or unpacked.exists():
        return Path(installed or unpacked)
    try:
        _unpack()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"smtp-sink is not to be had ({error}); a sink of our own, in Python, stands in.")
        return None
    return unpacked


def _unpack() -> None:
    """Fetches Debian's package of Postfix and unpacks it: installed, it would be a mail server."""
    CACHE.mkdir(exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "postfix"], cwd=CACHE, check=True)
        package = next(CACHE.glob("postfix*.deb"))
        subprocess.run(["dpkg", "--extract", package.name, "."], cwd=CACHE, check=True)
        command = [str(CACHE / "usr/sbin/smtp-sink")]
        libraries = {**os.environ, "LD_LIBRARY_PATH": str(CACHE / "usr/lib/postfix")}
        said = subprocess.run(command, env=libraries, capture_output=True, text=True, check=False)
        if "usage:" not in said.stderr:
            raise OSError(said.stderr.strip() or "it does not run here")
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(CACHE)  # what does not run must not be taken for it the next time
        raise
