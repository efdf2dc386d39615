"""How `dondoc up` stands, for whoever watches: `DONDOC_DATA/run/state.json`."""

import json
import os
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dondoc.part import Part, State


def write(data: Path, parts: Sequence[Part], as_of: datetime) -> None:
    """Replaces the file whole, so that nobody reads half of it."""
    file = data / "run" / "state.json"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    stands = {
        "at": as_of.isoformat(),
        "pid": os.getpid(),
        # a task that has ended is nobody's to watch: what it was for has a check of its own
        "parts": [_as_data(part, as_of) for part in parts if not part.done],
    }
    new = file.with_suffix(".new")
    new.write_text(json.dumps(stands, ensure_ascii=False, indent=1), encoding="utf-8")
    new.replace(file)


def _as_data(part: Part, as_of: datetime) -> dict[str, object]:
    since = as_of - timedelta(seconds=time.monotonic() - part.since) if part.since else as_of
    return {
        "name": part.name,
        "pid": part.process.pid if part.process else None,
        "since": since.isoformat(timespec="seconds"),
        "restarts": part.restarts,
        "state": part.state.value,
        "problem": part.problem,
    }


def in_words(parts: Sequence[Part]) -> str:
    """One line: what does not run, or that all does."""
    wanting = [part for part in parts if not part.ready]
    if not wanting:
        return f"{sum(not part.task for part in parts)} parts run"
    return ", ".join(f"{part.name} {_state(part)}" for part in wanting)


def _state(part: Part) -> str:
    return "running" if part.task and part.state is State.STARTING else part.state.value
