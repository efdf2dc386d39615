"""What `dondoc up` keeps alive: parts that die, hang, need each other, and end in order."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dondoc import run_state
from dondoc.part import Pace, Part, State
from dondoc.processes import end_leftovers, marked
from dondoc.supervisor import LOG_SIZE, Supervisor
from models.errors import ServiceError
from tests.dondoc.test_processes import is_alive

QUICK = Pace(look=0.01, ask=0, first=0.05, most=0.4, calm=60, start=20, write=60)
LIVES = "import time; time.sleep(600)"
DIES = "raise SystemExit(3)"


def python(code: str, *arguments: object) -> Callable[[], Sequence[str]]:
    """The command of a part that runs a few lines of Python."""
    return lambda: [sys.executable, "-S", "-c", code, *map(str, arguments)]


def pid_of(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


class Watched:
    """A supervisor that a test looks through step by step."""

    def __init__(self, *parts: Part, pace: Pace = QUICK) -> None:
        self.said: list[str] = []
        self.written: list[list[State]] = []
        self.supervisor = Supervisor(
            parts,
            self.said.append,
            lambda found: self.written.append([part.state for part in found]),
            pace=pace,
        )

    def until(self, met: Callable[[], object]) -> None:
        """Looks again and again, until it is so."""
        end = time.monotonic() + 60
        while not met():
            assert time.monotonic() < end, self.said
            self.supervisor.look()
            time.sleep(0.01)

    def up(self) -> None:
        self.until(lambda: all(part.ready for part in self.supervisor.parts.values()))


Begin = Callable[..., Watched]


@pytest.fixture
def watched() -> Iterator[Begin]:
    """Makes supervisors whose parts end with the test."""
    found: list[Watched] = []

    def begin(*parts: Part, pace: Pace = QUICK) -> Watched:
        found.append(Watched(*parts, pace=pace))
        return found[-1]

    yield begin
    for one in found:
        for part in one.supervisor.parts.values():
            part.stop_within = 1
        one.supervisor.stop()


class TestAPartThatDies:
    def test_begins_again_at_once_and_it_is_told(self, watched: Begin) -> None:
        part = Part("pages", "Pages", python(LIVES))
        look = watched(part)
        look.up()
        before = pid_of(part)
        os.kill(before, signal.SIGKILL)
        look.until(lambda: part.restarts == 1 and part.ready)
        assert pid_of(part) != before
        assert "SIGKILL" in look.said[0]
        assert "Pages" in look.said[1]

    def test_waits_longer_and_longer_if_it_keeps_dying(self, watched: Begin) -> None:
        part = Part("flows", "Flows", python(DIES))
        look = watched(part)
        look.until(lambda: part.restarts == 4)
        assert part.state is State.WAITING
        assert part.due - part.since == pytest.approx(QUICK.wait(4))
        assert "3" in part.problem

    def test_is_waited_for_a_minute_at_most(self) -> None:
        waits = [Pace().wait(deaths) for deaths in range(1, 11)]
        assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert Pace().wait(100_000) == 60

    def test_begins_at_once_again_after_a_calm_time(self, watched: Begin) -> None:
        part = Part("flows", "Flows", python(LIVES))
        look = watched(part, pace=Pace(look=0.01, calm=0.2))
        look.up()
        part.deaths, part.problem = 7, "killed by SIGKILL"
        look.until(lambda: part.deaths == 0)
        assert part.problem == ""

    def test_that_cannot_be_begun_is_tried_again(self, watched: Begin) -> None:
        part = Part("pages", "Pages", lambda: ["/no/such/program"])
        look = watched(part)
        look.until(lambda: part.restarts == 2)
        assert "/no/such/program" in part.problem

    def test_for_good_at_its_first_start_is_an_error_that_names_its_log(
        self, watched: Begin, tmp_path: Path
    ) -> None:
        log = tmp_path / "server.log"
        part = Part(
            "prefect", "Prefect", python(DIES), answers=lambda: False, essential=True, log=log
        )
        with pytest.raises(ServiceError, match=r"server\.log"):
            watched(part).until(lambda: part.restarts)


class TestAPartThatHangs:
    def test_is_killed_and_begun_again(self, watched: Begin, tmp_path: Path) -> None:
        well = tmp_path / "well"
        well.touch()
        part = Part("prefect", "Prefect", python(LIVES), answers=well.exists, silence=0.2)
        look = watched(part)
        look.up()
        before = pid_of(part)
        os.kill(before, signal.SIGSTOP)  # it would not heed a gentle word
        well.unlink()
        look.until(lambda: part.restarts == 1)
        assert not is_alive(before)
        well.touch()
        look.until(lambda: part.ready)
        assert pid_of(part) != before


class TestAPartThatNeedsAnother:
    def test_begins_when_the_other_answers(self, watched: Begin, tmp_path: Path) -> None:
        well = tmp_path / "well"
        server = Part("prefect", "Prefect", python(LIVES), answers=well.exists)
        flows = Part("flows", "Flows", python(LIVES), needs=("prefect",))
        look = watched(server, flows)
        look.until(lambda: server.state is State.STARTING)
        look.supervisor.look()
        assert flows.process is None
        well.touch()
        look.up()
        assert flows.process

    def test_waits_for_it_again_if_both_die_and_says_so(
        self, watched: Begin, tmp_path: Path
    ) -> None:
        well = tmp_path / "well"
        well.touch()
        server = Part("prefect", "Prefect", python(LIVES), answers=well.exists)
        flows = Part("flows", "Flows", python(LIVES), needs=("prefect",))
        look = watched(server, flows)
        look.up()
        well.unlink()
        for part in (server, flows):
            os.kill(pid_of(part), signal.SIGKILL)
        look.until(lambda: flows.restarts and server.state is State.STARTING)
        assert flows.process is None
        assert look.said[-1].endswith("Prefect.")
        well.touch()
        look.up()

    def test_begins_anew_where_the_other_lost_what_it_knew(self, watched: Begin) -> None:
        server = Part("prefect", "Prefect", python(LIVES), lambda: True)
        timers = Part("reconcile", "Timers", python("pass"), needs=("prefect",), task=True)
        flows = Part("flows", "Flows", python(LIVES), needs=("prefect", "reconcile"))
        look = watched(server, timers, flows)
        look.up()
        before = pid_of(flows)
        os.kill(pid_of(server), signal.SIGKILL)
        look.until(lambda: server.restarts and timers.state is not State.STOPPED)
        look.up()
        assert pid_of(flows) != before
        assert not is_alive(before)


class TestATask:
    def test_ends_before_those_who_need_it_begin_and_is_not_begun_again(
        self, watched: Begin, tmp_path: Path
    ) -> None:
        told = tmp_path / "told"
        code = "import sys; open(sys.argv[1], 'a').write('once ')"
        task = Part("reconcile", "Timers", python(code, told), task=True)
        flows = Part("flows", "Flows", python(LIVES), needs=("reconcile",))
        look = watched(task, flows)
        look.up()
        for _ in range(20):
            look.supervisor.look()
        assert told.read_text() == "once "

    def test_that_fails_three_times_is_left_at_that(self, watched: Begin) -> None:
        task = Part("reconcile", "Timers", python(DIES), task=True)
        flows = Part("flows", "Flows", python(LIVES), needs=("reconcile",))
        look = watched(task, flows)
        look.up()
        assert task.restarts == 3
        assert task.problem


ENDING = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], 'a').write(sys.argv[2] + ' ')
    raise SystemExit
signal.signal(signal.SIGTERM, end if len(sys.argv) == 3 else signal.SIG_IGN)
open(sys.argv[1] + sys.argv[2], 'w').close()
time.sleep(600)
"""


class TestTheEnd:
    def test_comes_in_the_reverse_of_the_beginning(self, watched: Begin, tmp_path: Path) -> None:
        told = tmp_path / "told"
        parts = [
            Part(
                name, name, python(ENDING, told, name),
                answers=(tmp_path / f"told{name}").exists, needs=needs,
            )
            for name, needs in (("prefect", ()), ("flows", ("prefect",)), ("pages", ()))
        ]  # fmt: skip
        look = watched(*parts)
        look.up()
        look.supervisor.stop()
        assert told.read_text() == "pages flows prefect "
        assert look.written[-1] == [State.STOPPED] * 3

    def test_does_not_wait_for_who_does_not_end(self, watched: Begin, tmp_path: Path) -> None:
        told = tmp_path / "told"
        part = Part(
            "deaf", "Deaf", python(ENDING, told, "deaf", "ignores"),
            answers=(tmp_path / "tolddeaf").exists, stop_within=0.2,
        )  # fmt: skip
        look = watched(part)
        look.up()
        pid = pid_of(part)
        look.supervisor.stop()
        assert not is_alive(pid)

    def test_is_told_from_outside_and_twice_means_at_once(self, watched: Begin) -> None:
        part = Part("pages", "Pages", python(LIVES), stop_within=600)
        look = watched(part)
        look.supervisor.end()
        look.supervisor.end()
        look.supervisor.run(lambda: None)
        assert part.stop_within == 0
        assert part.state is State.STOPPED

    def test_takes_along_what_an_earlier_one_left(self, tmp_path: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", LIVES], env={**os.environ, **marked(tmp_path)}
        ) as left:
            other = tmp_path / "other"
            assert end_leftovers(other, 0) == 0
            assert left.poll() is None
            assert end_leftovers(tmp_path, 0) == 1
            assert left.wait() == -signal.SIGTERM


class TestHowItStands:
    def test_is_written_at_each_change(self, watched: Begin) -> None:
        look = watched(Part("pages", "Pages", python(LIVES)))
        look.up()
        look.supervisor.stop()
        assert look.written == [[State.STARTING], [State.RUNNING], [State.STOPPED]]

    def test_that_cannot_be_written_is_not_the_end(self) -> None:
        def full(_parts: Sequence[Part]) -> None:
            raise OSError("No space left on device")

        supervisor = Supervisor([Part("pages", "Pages", python(LIVES))], print, full)
        supervisor.look()
        supervisor.stop()

    def test_leaves_out_a_task_that_has_ended(self, tmp_path: Path) -> None:
        task = Part("reconcile", "Timers", python(DIES), task=True, done=True)
        flows = Part("flows", "Flows", python(LIVES))
        run_state.write(tmp_path, [task, flows], datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
        found = json.loads((tmp_path / "run/state.json").read_text("utf-8"))
        assert [part["name"] for part in found["parts"]] == ["flows"]

    def test_is_a_file_that_others_read(self, tmp_path: Path) -> None:
        part = Part("flows", "Flows", python(LIVES), restarts=2, problem="exit code 1")
        run_state.write(tmp_path, [part], datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
        (tmp_path / "run/state.json").chmod(0o600)
        found = json.loads((tmp_path / "run/state.json").read_text("utf-8"))
        assert found == {
            "at": "2026-11-23T08:00:00+00:00",
            "pid": os.getpid(),
            "parts": [
                {"name": "flows", "pid": None, "since": "2026-11-23T08:00:00+00:00",
                 "restarts": 2, "state": "waiting", "problem": "exit code 1"},
            ],
        }  # fmt: skip

    def test_a_log_that_grew_long_begins_anew(self, watched: Begin, tmp_path: Path) -> None:
        log = tmp_path / "server.log"
        log.write_bytes(b"x" * (LOG_SIZE + 1))
        look = watched(Part("prefect", "Prefect", python(LIVES), log=log))
        look.up()
        assert log.stat().st_size == 0
        assert (tmp_path / "server.log.1").stat().st_size == LOG_SIZE + 1
