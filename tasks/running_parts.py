"""What `dondoc up` says of its parts, in `DONDOC_DATA/run/state.json`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from models.check import Check, ill, odd, well
from models.i18n import gettext as _
from models.settings import Settings
from models.vietnamese import show_instant
from models.words import PartState, Watched, label

SILENT = timedelta(seconds=60)  # it writes every ten seconds
SLOW = timedelta(minutes=2)  # that a part takes to start, at most
NEW = timedelta(
    minutes=10
)  # since its last start, within which a part that died often is looked at
OFTEN = 3


@dataclass(frozen=True)
class RunningPart:
    """A part of `dondoc up`: what it does since when, how often it was restarted, what ails it."""

    name: str
    state: PartState
    since: datetime
    restarts: int
    problem: str


@dataclass(frozen=True)
class Running:
    """All parts of `dondoc up`, as it saw them at an instant."""

    at: datetime
    parts: Sequence[RunningPart]


def state_file(settings: Settings) -> Path:
    """Where `dondoc up` writes it."""
    return settings.data / "run" / "state.json"


def running(settings: Settings) -> Running | None:
    """What `dondoc up` said last; None where it never ran in this folder."""
    try:
        found = json.loads(state_file(settings).read_text("utf-8"))
        parts = [_part(each) for each in found["parts"]]
        return Running(datetime.fromisoformat(found["at"]), parts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _part(found: Mapping[str, Any]) -> RunningPart:
    return RunningPart(
        name=str(found["name"]),
        state=PartState(found["state"]),
        since=datetime.fromisoformat(found["since"]),
        restarts=int(found["restarts"]),
        problem=str(found["problem"]),
    )


def check(settings: Settings, as_of: datetime) -> Check:
    """Whether `dondoc up` and each of its parts run."""
    found = running(settings)
    if found is None:
        return well(Watched.PARTS, _("`dondoc up` has not run here; the parts run elsewhere."))
    if as_of - found.at > SILENT or all(part.state is PartState.STOPPED for part in found.parts):
        words = _("`dondoc up` does not run; its last sign of life was at {moment}.")
        advice = _("Start it: `systemctl start dondoc`, or `dondoc up`. Nothing is lost meanwhile.")
        moment = show_instant(found.at)
        return ill(Watched.PARTS, words.format(moment=moment), advice, found.at)
    down = [part for part in found.parts if part.state is not PartState.RUNNING]
    dying = [part for part in found.parts if part.restarts >= OFTEN and as_of - part.since < NEW]
    if not (down or dying):
        names = ", ".join(part.name for part in found.parts)
        return well(Watched.PARTS, _("All run: {names}.").format(names=names))
    return _troubled(down, dying, as_of)


def _troubled(down: Sequence[RunningPart], dying: Sequence[RunningPart], as_of: datetime) -> Check:
    advice = _("It is started again by itself. If it stays so, look at its log.")
    said = _("{name}: {state}, restarted {n} times. {problem}")
    words = " ".join(
        said.format(name=p.name, state=label(p.state), n=p.restarts, problem=p.problem).strip()
        for p in {part.name: part for part in (*down, *dying)}.values()
    )
    since = min(part.since for part in (*down, *dying))
    long = any(as_of - part.since > SLOW for part in down)
    return (ill if long else odd)(Watched.PARTS, words, advice, since)
