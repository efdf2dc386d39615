"""The whole of `dondoc up`: its parts are killed and come back, it ends well, leaving nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dondoc.part import State
from dondoc.prefect_server import is_ready
from dondoc.processes import free_port
from flows.timers import api_url
from tests.dondoc.test_processes import is_alive

ROOT = Path(__file__).parents[2]


def until(met: Callable[[], object]) -> None:
    """Waits for what may take long on a busy machine."""
    end = time.monotonic() + 240
    while not met():
        assert time.monotonic() < end
        time.sleep(0.2)


def parts(data: Path) -> dict[str, dict[str, Any]]:
    """How each part stands, as its supervisor wrote."""
    try:
        found = json.loads((data / "run/state.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return {part["name"]: part for part in found["parts"]}


def all_run(data: Path) -> bool:
    found = {name: part["state"] for name, part in parts(data).items()}
    return set(found.values()) == {State.RUNNING}  # and the task `reconcile` has ended


def test_up_begins_again_what_dies_and_ends_well(tmp_path: Path) -> None:
    data, ports = tmp_path / "data", (free_port(), free_port())
    environment = {
        **os.environ, "DONDOC_DATA": str(data), "DONDOC_LANG": "en",
        "DONDOC_PREFECT_PORT": str(ports[0]), "DONDOC_PORTAL_PORT": str(ports[1]),
        "DONDOC_PREFECT_AUTH": "van-phong:mot-hai-ba",
    }  # fmt: skip
    command = [sys.executable, "-m", "dondoc.cli", "up"]
    with (
        (tmp_path / "said").open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as up,
    ):
        try:
            until(lambda: up.poll() is not None or all_run(data))
            before = {name: part["pid"] for name, part in parts(data).items()}
            second = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            assert (second.returncode, "Another dondoc" in second.stderr) == (4, True)
            killed = ("prefect", "flows", "sender", "pages")
            for name in killed:
                os.kill(before[name], signal.SIGKILL)
            until(lambda: all(parts(data)[name]["restarts"] for name in killed) and all_run(data))
            after = {name: part["pid"] for name, part in parts(data).items()}
            assert is_ready(api_url(ports[0]))
            assert after["mailbox"] == before["mailbox"]
        finally:
            up.send_signal(signal.SIGTERM)
        assert up.wait() == 0
    assert {name for name in before if before[name] != after[name]} == set(killed)
    assert not [pid for pid in [*before.values(), *after.values()] if pid and is_alive(pid)]
    said = (tmp_path / "said").read_text("utf-8")
    for told in ("Running; Ctrl+C ends it.", "Prefect: ended, killed by SIGKILL.",
                 "Pages: running again.", "Ended."):  # fmt: skip
        assert told in said
    assert "Traceback" not in said
