"""The units of an office server: their commands exist, their folders are writable, systemd reads
them.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from dondoc import parts
from dondoc.cli import app
from models.settings import Settings

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deployments/systemd"
OPERATORS = (ROOT / "docs/operators.md").read_text("utf-8")
PROGRAM = "/opt/dondoc/.venv/bin/dondoc"


def lines(name: str) -> Iterator[tuple[str, str]]:
    """The directives of a unit with their values."""
    for line in (UNITS / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _equals, value = line.partition("=")
            yield key, value


def seconds(span: str) -> int:
    found = re.fullmatch(r"(\d+)(s|min|h)", span)
    assert found
    return int(found[1]) * {"s": 1, "min": 60, "h": 3600}[found[2]]


@pytest.mark.parametrize("name", ["dondoc.service"])
class TestAService:
    def test_runs_a_command_of_ours(self, name: str) -> None:
        program, command, *options = dict(lines(name))["ExecStart"].split()
        group = typer.main.get_command(app)
        assert program == PROGRAM
        assert isinstance(group, TyperGroup)
        known = {option for given in group.commands[command].params for option in given.opts}
        assert {option for option in options if option.startswith("--")} <= known

    def test_runs_as_a_user_who_may_do_little(self, name: str) -> None:
        found = dict(lines(name))
        assert found["User"] == found["Group"] == "dondoc"
        for key, value in (
            ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("PrivateTmp", "yes"),
            ("NoNewPrivileges", "yes"), ("CapabilityBoundingSet", ""), ("UMask", "0077"),
        ):  # fmt: skip
            assert found[key] == value

    def test_may_write_where_folders_are_made_for_it(self, name: str) -> None:
        made = (UNITS / "dondoc.tmpfiles.conf").read_text("utf-8")
        for folder in dict(lines(name))["ReadWritePaths"].split():
            assert f"d {folder} 0700 dondoc dondoc" in made

    def test_is_accepted_by_systemd(self, name: str, tmp_path: Path) -> None:
        if not shutil.which("systemd-analyze"):
            pytest.skip("this machine has no systemd")
        for unit in UNITS.glob("*.*e*"):
            text = unit.read_text("utf-8").replace(PROGRAM, shutil.which("true") or "/bin/true")
            (tmp_path / unit.name).write_text(text, "utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")


class TestTheMainService:
    def test_waits_for_all_parts_to_end(self) -> None:
        found = parts.of(Settings(database_url="embedded"), own_relay=True)
        given = seconds(dict(lines("dondoc.service"))["TimeoutStopSec"])
        assert given > sum(part.stop_within for part in found)

    def test_lets_dondoc_end_its_parts_itself(self) -> None:
        assert dict(lines("dondoc.service"))["KillMode"] == "mixed"

    def test_is_told_when_it_is_up(self) -> None:
        assert dict(lines("dondoc.service"))["Type"] == "notify"


def test_the_guide_installs_every_file() -> None:
    for file in UNITS.iterdir():
        assert file.name in OPERATORS
