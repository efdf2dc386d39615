"""Child processes end with their parent; a folder has one dondoc at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dondoc.processes import alone_in
from flows.timers import belongs_to
from models.errors import NotAllowed

PARENT = """
import sys, time
from models.child import start
print(start([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be read of does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    """Whether a process ends within half a minute."""
    end = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_alive(pid)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=str)
def test_children_do_not_outlive_their_parent(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(how)
    assert ends(child)


def test_a_child_heeds_interrupts_though_its_parent_was_begun_in_the_background() -> None:
    """As a shell begins it: with SIGINT ignored."""
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{PARENT}"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.5)  # the child has to have begun Python
        os.kill(child, signal.SIGINT)
        ended = ends(child)
        parent.kill()
    assert ended


def test_a_folder_has_one_at_a_time(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path / "data"),
        pytest.raises(NotAllowed, match="data"),
        alone_in(tmp_path / "data"),
    ):
        pass
    with alone_in(tmp_path / "data"):
        assert (tmp_path / "data").is_dir()


def test_nobody_belongs_where_nobody_answers(tmp_path: Path) -> None:
    assert not belongs_to("http://127.0.0.1:9/api", tmp_path)
