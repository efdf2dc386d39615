"""A part of `dondoc up`: what is begun, what it needs, when it is well."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from signal import SIGTERM, Signals

from models.i18n import gettext as _


class State(StrEnum):
    """What a part is doing."""

    WAITING = "waiting"  # for what it needs, or for the time to try again
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Pace:
    """Seconds: between two looks, and two questions to who runs; before the second try; between
    tries at most; after which a part's deaths are forgotten; for starting; between two writings.
    """

    look: float = 0.25
    ask: float = 5
    first: float = 1
    most: float = 60
    calm: float = 60
    start: float = 180
    write: float = 10

    def wait(self, deaths: int) -> float:
        """Before a part is begun again that has died so many times in a row: none after the
        first.
        """
        return min(self.first * 2 ** min(deaths - 2, 30), self.most) if deaths > 1 else 0


@dataclass
class Part:
    """A child to keep alive; or a task, which is to end well once before those who need it."""

    name: str
    title: str  # as people read it
    command: Callable[[], Sequence[str]]
    # what the process needs is made ready; True where what it knew is lost
    prepare: Callable[[], bool] = lambda: False
    answers: Callable[[], bool] = lambda: True
    needs: tuple[str, ...] = ()
    log: Path | None = None
    silence: float = 60  # seconds without an answer, after which it is killed
    end_with: Signals = SIGTERM
    stop_within: float = 20  # seconds
    essential: bool = False  # without it nothing begins: its first failure is everybody's end
    task: bool = False
    tries: int = 3  # of a task; then those who need it go on without

    state: State = State.WAITING
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    since: float = 0  # when it changed its state, by time.monotonic()
    due: float = 0
    asked: float = 0
    heard: float = 0
    deaths: int = 0  # in a row
    restarts: int = 0
    problem: str = ""
    done: bool = False  # of a task
    came_up: bool = False

    @property
    def ready(self) -> bool:
        """Whether those who need it may begin."""
        return self.done or (self.state is State.RUNNING and not self.task)

    def change(self, state: State, now: float) -> None:
        if state is not self.state:
            self.state, self.since = state, now

    def begin_anew(self) -> None:
        """Makes it wait to be begun as if for the first time."""
        self.state, self.done, self.due, self.deaths = State.WAITING, False, 0, 0


def how(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return _("killed by {signal}").format(signal=Signals(-code).name)
    return _("exit code {code}").format(code=code)
