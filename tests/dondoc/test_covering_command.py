"""`dondoc answer --covers`: one report that stands for another duty as well."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dondoc.cli import app
from models.database import Database
from tests.conftest import Databases
from tests.tasks.office import in_force, owed
from tests.tasks.several_duties import FULL, OTHER, SHORT, a_full_report, fill


@pytest.fixture
def several(databases: Databases) -> Iterator[Database]:
    yield from databases.like(databases.template("several", fill, like=databases.migrated()))


class TestCovers:
    def test_records_each_and_says_so(self, several: Database, tmp_path: Path) -> None:
        file = tmp_path / "bao-cao.json"
        file.write_text(json.dumps(a_full_report()))
        covers = ("--covers", SHORT, "--covers", OTHER)
        with in_force(several, DONDOC_LANG="en"):
            shown = CliRunner().invoke(app, ["answer", FULL, str(file), *covers, "--json"])
        assert shown.exit_code == 0, shown.output
        done = json.loads(shown.stdout)
        assert [one["obligation"] for one in done["covered"]] == [SHORT, OTHER]
        with several.read() as session:
            assert owed(session, OTHER).answered_at is not None

    def test_refuses_another_units_duty_and_records_nothing(
        self, several: Database, tmp_path: Path
    ) -> None:
        file = tmp_path / "bao-cao.json"
        file.write_text(json.dumps(a_full_report()))
        other = "kl-1/nhanh/so-b"
        with in_force(several, DONDOC_LANG="en"):
            shown = CliRunner().invoke(app, ["answer", FULL, str(file), "--covers", other])
        assert shown.exit_code != 0 and other in shown.stderr
        with several.read() as session:
            assert owed(session, FULL).answered_at is None
