"""What the soak measures at the end of each simulated month: memory, database, the board."""

import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import col, func, select

from models.database import Database
from models.mail import Message
from models.round import Obligation, Submission
from models.words import MessageState

BOARDS = 25  # requests a sample
WARM = 3
GROWTH = 0.10  # the most a process may grow after the warm-up
FLAT = 1.5  # the most the board's p95 may rise above that of the first month measured


@dataclass(frozen=True)
class Sample:
    """A month: memory in bytes by process, rows, the database's bytes, the board in ms."""

    month: str
    seconds: float
    memory: dict[str, int]
    obligations: int
    answers: int
    mails: int
    database: int
    board_p50: float
    board_p95: float
    load: float
    board_cpu: float = 0  # ms of the processor a request: where others use the machine, this counts


class Sampler:
    """Takes samples and keeps them in a file at once, so that a run cut off still has them."""

    def __init__(
        self, database: Database, processes: Mapping[str, int],
        client: httpx.Client, boards: Sequence[str], kept: Path,
    ) -> None:  # fmt: skip
        self.database, self.processes, self.client = database, processes, client
        self.boards, self.kept, self.begun = boards, kept, time.monotonic()

    def take(self, month: date) -> Sample:
        """A sample as things are."""
        before = processor(self.processes["pages"])
        p50, p95 = self._board()
        cpu = 1_000 * (processor(self.processes["pages"]) - before) / (WARM + BOARDS)
        with self.database.read() as session:
            rows = [
                session.exec(select(func.count()).select_from(table)).one()
                for table in (Obligation, Submission)
            ]
            sent = col(Message.state) == MessageState.SENT
            mails = session.exec(select(func.count()).where(sent)).one()
        found = Sample(
            f"{month:%m/%Y}", time.monotonic() - self.begun,
            {name: memory(pid) for name, pid in self.processes.items()},
            rows[0], rows[1], mails, size(self.database), p50, p95, os.getloadavg()[0], cpu,
        )  # fmt: skip
        with self.kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(found)) + "\n")
        return found

    def _board(self) -> tuple[float, float]:
        taken = []
        for n in range(WARM + BOARDS):
            begun = time.perf_counter()
            page = self.client.get(self.boards[n % len(self.boards)])
            assert page.status_code == 200, page.text[-500:]
            taken.append(1_000 * (time.perf_counter() - begun))
        found = sorted(taken[WARM:])
        return statistics.median(found), found[int(0.95 * len(found))]


def memory(pid: int) -> int:
    """What a process holds in memory now."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def processor(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def size(database: Database) -> int:
    """Bytes of a database, with what is not yet in its main file."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite":
        path = Path(make_url(url).database or "")
        return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    with database.engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0)


def read(kept: Path) -> list[Sample]:
    lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
    return [Sample(**json.loads(line)) for line in lines]


def line(one: Sample) -> str:
    """A month in words."""
    held = "  ".join(f"{name} {n / 2**20:.0f}" for name, n in one.memory.items())
    return (
        f"{one.month} after {one.seconds:.0f} s: {one.obligations:,} obligations, "
        f"{one.answers:,} answers, {one.mails:,} mails; database {one.database / 2**20:.1f} MiB; "
        f"board p50 {one.board_p50:.0f} p95 {one.board_p95:.0f} ms, "
        f"of the processor {one.board_cpu:.0f} ms; "
        f"MiB of memory: {held}; "
        f"load {one.load:.1f}"
    )


def report(samples: Sequence[Sample], warm_up: int, say: Callable[[str], None] = print) -> bool:
    """Prints the months and the claims; whether all hold from the end of the warm-up on."""
    for one in samples:
        say(line(one))
    if len(samples) <= warm_up:
        say("cut off before the warm-up was over: nothing can be said of growth")
        return False
    first, last = samples[warm_up - 1], samples[-1]
    grown = {name: last.memory[name] / first.memory[name] - 1 for name in first.memory}
    say(f"memory from {first.month} to {last.month}, less than {GROWTH:.0%}: " + ", ".join(
        f"{name} {share:+.1%}" for name, share in grown.items()))  # fmt: skip
    per = last.database / max(1, last.obligations)
    say(f"database: {per:,.0f} bytes an obligation, with its answer, mails and history")
    rise = last.board_p95 / first.board_p95
    say(f"board p95: {rise:.2f} of that of {first.month}; flat: at most {FLAT}")
    holds = all(share < GROWTH for share in grown.values()) and rise <= FLAT
    say(f"claims: {'hold' if holds else 'DO NOT HOLD'}")
    return holds
