"""Keeps child processes alive: begins them in order, again when they die, ends them in reverse.

A part that dies is begun again at once; if it keeps dying, after 1, 2, 4 … 60 s. One that lives
and gives no answer for a minute is killed and begun again. All from one thread: Linux tells a
child of the death of the thread that began it.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dondoc.part import Pace, Part, State, how
from dondoc.processes import kill_group
from models.child import start
from models.errors import DondocError, ServiceError
from models.i18n import gettext as _

LOG_SIZE = 10_000_000  # bytes; the part before is kept too
PACE = Pace()


class Supervisor:
    """Parts in the order in which they begin. `say` tells people what happened, `write` others how
    it stands, `alive` is called all the time.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        say: Callable[[str], None],
        write: Callable[[Sequence[Part]], None],
        alive: Callable[[], None] = lambda: None,
        pace: Pace = PACE,
    ) -> None:
        self.parts: Mapping[str, Part] = {part.name: part for part in parts}
        self.say, self.write, self.alive, self.pace = say, write, alive, pace
        self.ending = False
        self._written: tuple[float, Any] = (0.0, None)

    def run(self, when_up: Callable[[], None]) -> None:
        """Keeps the parts alive until told to end; calls back once all have come up."""
        up = False
        try:
            while not self.ending:
                self.look()
                if not up and all(part.ready for part in self.parts.values()):
                    up = True
                    when_up()
                time.sleep(self.pace.look)
        finally:
            self.stop()

    def end(self, *_signal: object) -> None:
        """Makes `run` end; asked a second time, without waiting for anybody."""
        if self.ending:
            for part in self.parts.values():
                part.stop_within = 0
        self.ending = True

    def look(self) -> None:
        """Looks at every part once, and does what it needs."""
        for part in self.parts.values():
            now = time.monotonic()
            if part.process is not None:
                self._watch(part, part.process, now)
            elif not part.ready and now >= part.due and not self._lacking(part):
                self._begin(part, now)
        self._tell()
        self.alive()

    def stop(self) -> None:
        """Ends every part, the last first, each within its own time."""
        for part in reversed(tuple(self.parts.values())):
            self._stop(part)
            part.change(State.STOPPED, time.monotonic())
            self._tell()

    def _lacking(self, part: Part) -> list[str]:
        needed = [self.parts[name] for name in part.needs]
        return [other.title for other in needed if not other.ready]

    def _begin(self, part: Part, now: float) -> None:
        try:
            if part.prepare() and part.came_up:
                self._begin_anew_who_needs(part)
            with _log(part.log) as log:
                part.process = start(part.command(), start_new_session=True, **log)
        except (OSError, DondocError) as error:  # no room on the disk, no memory to begin it
            if part.essential and not part.came_up:
                raise
            self._failed(part, str(error), now)
            return
        part.change(State.STARTING, now)
        part.heard, part.asked = now, 0

    def _begin_anew_who_needs(self, part: Part) -> None:
        for other in reversed(tuple(self.parts.values())):
            if part.name in other.needs:
                self._stop(other)
                other.begin_anew()

    def _watch(self, part: Part, process: subprocess.Popen[bytes], now: float) -> None:
        code = process.poll()
        if code is not None:
            self._ended(part, code, now)
            return
        if part.state is State.RUNNING and now - part.since > self.pace.calm:
            part.deaths, part.problem = 0, ""
        running = part.state is State.RUNNING
        if not part.task and now - part.asked >= (self.pace.ask if running else 0):
            self._ask(part, process, now)

    def _ask(self, part: Part, process: subprocess.Popen[bytes], now: float) -> None:
        part.asked = now
        patience = part.silence if part.state is State.RUNNING else self.pace.start
        if part.answers():
            self._answered(part)
        elif now - part.heard > patience:
            words = _("{part}: no answer for {n} s, so it is killed.")
            self.say(words.format(part=part.title, n=round(now - part.heard)))
            kill_group(process.pid)  # what hangs does not listen

    def _answered(self, part: Part) -> None:
        part.heard = time.monotonic()
        if part.state is State.STARTING:
            part.change(State.RUNNING, part.heard)
            if part.came_up:
                self.say(_("{part}: running again.").format(part=part.title))
            part.came_up = True

    def _ended(self, part: Part, code: int, now: float) -> None:
        part.process = None
        if part.task and code == 0:
            part.done, part.problem, part.came_up = True, "", True
            part.change(State.STOPPED, now)
        elif part.essential and not part.came_up:
            words = _("{part} did not start; its log is {log}.")
            raise ServiceError(words.format(part=part.title, log=part.log))
        else:
            self._failed(part, how(code), now)

    def _failed(self, part: Part, problem: str, now: float) -> None:
        calm = part.state is State.RUNNING and now - part.since > self.pace.calm
        part.deaths = 1 if calm else part.deaths + 1
        part.restarts, part.problem = part.restarts + 1, problem
        wait = self.pace.wait(part.deaths)
        part.due = now + wait
        part.change(State.WAITING, now)
        if part.task and part.deaths >= part.tries:
            part.done = True
            when = _("It is left at that.")
        elif lacking := self._lacking(part):
            when = _("It begins again when these run: {parts}.").format(parts=", ".join(lacking))
        elif wait:
            when = _("It begins again in {n} s.").format(n=round(wait))
        else:
            when = _("It begins again at once.")
        ended = _("{part}: ended, {problem}.").format(part=part.title, problem=problem)
        self.say(f"{ended} {when}")

    def _stop(self, part: Part) -> None:
        process, part.process = part.process, None
        if process is None:
            return
        process.send_signal(part.end_with)
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < part.stop_within:
            time.sleep(0.05)
            self.alive()
        kill_group(process.pid)  # what does not end, and what it left
        process.wait()

    def _tell(self) -> None:
        """Writes how it stands: at each change, and from time to time."""
        now, parts = time.monotonic(), tuple(self.parts.values())
        stands = [(part.state, part.restarts, part.problem) for part in parts]
        at, written = self._written
        if stands != written or now - at > self.pace.write:
            self._written = now, stands
            with suppress(OSError):  # a full disk must not be the end of it
                self.write(parts)
                for part in parts:
                    _keep_short(part.log)


@contextmanager
def _log(file: Path | None) -> Iterator[dict[str, Any]]:
    """Where a part's output goes: to its log, or where ours does."""
    if file is None:
        yield {}
        return
    with file.open("ab") as log:
        yield {"stdout": log, "stderr": log}


def _keep_short(log: Path | None) -> None:
    """Begins a log anew that has grown long; who writes to it appends, and so goes on."""
    if log is not None and log.exists() and log.stat().st_size > LOG_SIZE:
        shutil.copy(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as file:
            file.truncate()
