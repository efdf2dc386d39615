"""Time and memory to refuse hostile uploads in a form's place.

The limit is a second each, with memory flat: of no file more is read than a form can need.
"""

import sys
import tempfile
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from models.database import Database
from models.errors import DondocError
from tasks.links import Links
from tasks.workbook import workbook
from tasks.workbook_read import read_workbook
from tests.tasks.forms import LINKS
from tests.tasks.hostile import EVERY, hostile
from tests.tasks.office import OFFICE, SO_A, at, issue, know, open_, owed, report_file

ASKED = at(2024, 5, 6)
LIMIT = 1.0  # seconds
MOST_MEMORY = 16_000_000  # bytes


def main() -> int:
    """Prints the worst of each kind; fails where a file is read, or refused too late."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'dondoc.sqlite3'}")
        db.migrate()
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file())
            open_(session, "kl-1", "bao-cao", ASKED)
        with db.read() as session:
            id_ = owed(session, "kl-1/bao-cao/so-a").id or 0
            form = workbook(session, id_, LINKS, ASKED)
            found = [(kind, *_measured(session, hostile(form, kind, n))) for kind, n in EVERY]
            _sent, honest, most, _refused = _measured(session, form)
        db.engine.dispose()
    _print(found)
    print(f"\nan honest form: {honest * 1000:.0f} ms, {most / 1e6:.1f} MB")
    worst = max(seconds for _kind, _size, seconds, _most, _refused in found)
    print(f"{len(found)} files, the slowest {worst * 1000:.0f} ms")
    most = max(most for _kind, _size, _seconds, most, _refused in found)
    return int(worst > LIMIT or most > MOST_MEMORY or not all(refused for *_rest, refused in found))


def _measured(session: Session, raw: bytes) -> tuple[int, float, int, bool]:
    """Bytes sent, seconds to refuse them, most bytes of memory meanwhile, whether refused."""
    begin = time.perf_counter()
    refused = _refuses(session, raw, LINKS)
    seconds = time.perf_counter() - begin
    tracemalloc.start()
    _refuses(session, raw, LINKS)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(raw), seconds, most, refused


def _refuses(session: Session, raw: bytes, links: Links) -> bool:
    try:
        read_workbook(session, raw, links, ASKED + timedelta(days=1))
    except DondocError:
        return True
    return False


def _print(found: list[tuple[str, int, float, int, bool]]) -> None:
    print(f"{'kind':20}{'files':>6}{'most sent':>12}{'slowest':>10}{'most memory':>13}  refused")
    for kind in dict.fromkeys(kind for kind, *_rest in found):
        own = [rest for name, *rest in found if name == kind]
        sent, seconds, most = (max(row[n] for row in own) for n in range(3))
        refused = sum(row[3] for row in own)
        print(
            f"{kind:20}{len(own):6}{sent / 1e3:9.0f} KB{seconds * 1000:7.0f} ms"
            f"{most / 1e6:10.1f} MB  {refused} of {len(own)}"
        )


if __name__ == "__main__":
    sys.exit(main())
