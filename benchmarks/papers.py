"""From a closed round to its papers: figures, annex, DOCX, XLSX, HTML and PDF, part by part.

700 units × 40 indicators, the limit for all four papers being 5 seconds; then 3,321 units without
the PDF. Everything is imported before; of each the median of some runs, in seconds of the clock and
of the processor.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlmodel import select

from benchmarks.aggregates import fill
from benchmarks.board import MOMENT
from models.database import Database
from models.round import Round
from models.words import PaperKind
from tasks.annex_workbook import workbook
from tasks.papers import paper
from tasks.summary_annex import annex
from tasks.summary_figures import summary_figures

LIMIT, WHEN = 5.0, MOMENT + timedelta(days=10)
Taken = dict[str, tuple[float, float]]


def parts(database: Database, kinds: list[PaperKind]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each step from the round to its papers, in turn."""
    made: dict[str, Any] = {}

    def read(name: str, of: Callable[..., Any]) -> None:
        with database.read() as session:
            made[name] = of(session, session.exec(select(Round)).one(), WHEN)

    def written(kind: PaperKind) -> bytes:
        return paper(made["figures"], made["annex"], kind)

    yield "figures", partial(read, "figures", summary_figures)
    yield "annex", partial(read, "annex", annex)
    for kind in kinds:
        yield kind.value, partial(written, kind)
    yield PaperKind.XLSX.value, lambda: workbook(made["figures"], made["annex"])


def once(database: Database, kinds: list[PaperKind]) -> Taken:
    taken: Taken = {}
    for name, run in parts(database, kinds):
        clock, processor = time.perf_counter(), time.process_time()
        run()
        taken[name] = time.perf_counter() - clock, time.process_time() - processor
    return taken


def measure(units: int, kinds: list[PaperKind], repeats: int) -> float:
    """Prints the median of each part; gives that of all together, by the clock."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/domain.sqlite3")
        fill(database, units)
        once(database, kinds)
        runs = [once(database, kinds) for _n in range(repeats)]
        database.engine.dispose()
    together = (0.0, 0.0)
    for name in runs[0]:
        clock, processor = (statistics.median(run[name][n] for run in runs) for n in (0, 1))
        together = together[0] + clock, together[1] + processor
        print(f"{units:6} units  {name:8} {clock:6.2f} s  processor {processor:6.2f} s")
    print(f"{units:6} units  together {together[0]:6.2f} s  processor {together[1]:6.2f} s")
    return together[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=700)
    parser.add_argument("--many", type=int, default=3_321, help="0 leaves this part out")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    random.seed(6)
    every = [PaperKind.DOCX, PaperKind.HTML, PaperKind.PDF]
    taken = measure(given.units, every, given.repeats)
    if given.many:
        measure(given.many, every[:2], given.repeats)
    print(f"claim of {LIMIT} s for {given.units} units:",
          "holds" if taken <= LIMIT else "DOES NOT HOLD")  # fmt: skip


if __name__ == "__main__":
    main()
