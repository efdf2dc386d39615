"""`dondoc emulation`: the ranking in the terminal, for programs, and as files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from dondoc.cli import app
from models import i18n
from models.database import Database
from tests.tasks.emulation import begin, judges, sends
from tests.tasks.office import in_force

DAY = ("--as-of", "2024-06-20")


@pytest.fixture
def movement(db: Database) -> Iterator[Database]:
    """A is proposed for a commendation, B has its own points alone."""
    begin(db)
    sends(db, "so-a", 55, 38)
    sends(db, "so-b", 58, 40)
    judges(db, "so-a", 55, 38, 0)
    with in_force(db), i18n.speaking("en"):
        yield db


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["emulation", "KL-1/TU", *map(str, arguments)])


def test_shows_the_units_of_each_block_by_rank(movement: Database) -> None:
    shown = run("thi-dua", *DAY)
    assert shown.exit_code == 0
    lines = [line for line in shown.stdout.splitlines() if line.strip()]
    assert lines[0] == "Khối A, B"
    assert lines[2].split()[:2] == ["1", "Đơn"] and "so-b" in lines[2]
    assert "Bằng khen" in shown.stdout


def test_gives_programs_the_same(movement: Database) -> None:
    first, second, *_ = json.loads(run("thi-dua", "--json", *DAY).stdout)
    assert (first["unit"], first["rank"], first["proposed"]) == ("so-b", 1, None)
    assert (second["total"], second["proposed"]) == (93, "Bằng khen")
    assert second["criteria"]["tc-1"] == {"own": 55, "panel": 55}


def test_writes_both_files(movement: Database, tmp_path: Path) -> None:
    xlsx, docx = tmp_path / "a.xlsx", tmp_path / "a.docx"
    assert run("thi-dua", "--xlsx", xlsx, "--docx", docx, *DAY).exit_code == 0
    assert xlsx.read_bytes()[:2] == docx.read_bytes()[:2] == b"PK"


def test_before_the_panel_has_judged_writes_the_workbook_and_says_why_there_is_no_list(
    db: Database, tmp_path: Path
) -> None:
    begin(db)
    sends(db, "so-a", 55, 38)
    xlsx, docx = tmp_path / "a.xlsx", tmp_path / "a.docx"
    with in_force(db), i18n.speaking("en"):
        both = run("thi-dua", "--xlsx", xlsx, "--docx", docx, *DAY)
        alone = run("thi-dua", "--docx", docx, *DAY)
    assert both.exit_code == 0
    assert "Khối A, B" in both.stdout
    assert "Nobody is proposed yet" in both.stderr
    assert xlsx.read_bytes()[:2] == b"PK"
    assert not docx.exists()
    assert alone.exit_code == 4
    assert "Nobody is proposed yet" in alone.output


def test_of_a_round_that_is_not_ranked_says_so(movement: Database) -> None:
    shown = run("bao-cao")
    assert shown.exit_code == 4
    assert "not ranked" in shown.output
