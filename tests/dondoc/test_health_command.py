"""`dondoc health`: what it says and how it ends, where `dondoc up` does not run."""

import json
from pathlib import Path

import pytest

from tests.dondoc.test_commands import Shell, dondoc, office_data  # noqa: F401

pytestmark = pytest.mark.xdist_group("commands")


class TestHealth:
    def test_of_nothing_makes_nothing(self, dondoc: Shell) -> None:  # noqa: F811
        done = dondoc("health", "--json")
        assert done.returncode == 5
        found = json.loads(done.stdout)
        assert found["status"] == "ill"
        assert found["checks"][0]["name"] == "database"
        assert not Path(dondoc.environment["DONDOC_DATA"]).exists()

    def test_of_an_office_where_nothing_has_run_yet_is_looked_at(
        self,
        dondoc: Shell,  # noqa: F811
        office_data: Path,  # noqa: F811
    ) -> None:
        dondoc.environment["DONDOC_DATA"] = str(office_data)
        done = dondoc("health", "--all")
        assert done.returncode in (0, 5)  # rounds of a past year wait for a confirmation or not
        assert "It has not run yet." in done.stdout
        assert "Database" in done.stdout
        # where the command alone has loaded what it needs, every check is asked, not the first few
        assert "The clocks agree." in done.stdout
        assert "Database" not in dondoc("health").stdout
        assert "Cơ sở dữ liệu" in dondoc("health", "--all", lang="vi").stdout
