"""The soak in its smallest form: it lives through its months, and keeps what it measured."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soak_samples import Sample, read, report

pytestmark = pytest.mark.xdist_group("faults")


@pytest.mark.long
def test_a_small_soak_measures_every_month(tmp_path: Path) -> None:
    size = ("--directives", "2", "--units", "3", "--months", "2", "--warm-up", "1")
    command = [sys.executable, "-m", "benchmarks.soak", *size, "--folder", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first, last = read(tmp_path / "samples.jsonl")
    assert (first.month, last.month) == ("10/2025", "11/2025")
    assert (first.obligations, last.obligations) == (2 * 3, 2 * 2 * 3)  # a round more each
    assert last.answers > 0
    assert last.mails > last.obligations
    assert set(last.memory) == {"prefect", "pages", "flows"}
    assert "bytes an obligation" in said


def sample(n: int, **other: object) -> Sample:
    found = {
        "month": f"{n}/2026", "seconds": n, "memory": {"pages": 100}, "obligations": 10 * n,
        "answers": 0, "mails": 0, "database": 1000 * n, "board_p50": 5, "board_p95": 10, "load": 1,
    } | other  # fmt: skip
    return Sample(**found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("last", "holds"),
    [
        ({}, True),
        ({"memory": {"pages": 111}}, False),
        ({"board_p95": 16}, False),
    ],
    ids=["flat", "memory grows", "the board slows down"],
)
def test_its_claims_compare_the_last_month_with_the_warm_up(
    last: dict[str, object], holds: bool
) -> None:
    warming = sample(1, memory={"pages": 50})  # what grows while it warms up does not count
    months = [warming, sample(2), sample(3, **last)]
    assert report(months, 2, lambda _line: None) is holds


def test_what_was_cut_off_claims_nothing() -> None:
    said: list[str] = []
    assert not report([sample(1)], 1, said.append)
    assert "cut off" in said[-1]
