"""A Postgres of our own: made once, at hand for every command, whatever was killed before.

Postgres does not run as root, so where the tests do it runs as somebody else.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models import embedded_postgres
from models.errors import NotAllowed

ROOT = Path(__file__).parents[2]
NOBODY = 65534
READ = """
import sys, time
from pathlib import Path
from sqlalchemy import text
from models.database import Database, is_there
from models import embedded_postgres
from models.settings import settings
there = is_there()
embedded_postgres.at_hand(settings().data)
found = Database(settings().url)
found.migrate()
with found.write() as session:
    session.execute(text("CREATE TABLE IF NOT EXISTS note (words text)"))
    session.execute(text("INSERT INTO note VALUES ('một')"))
    row = session.execute(text("SELECT count(*), lower('ĐÔN') FROM note")).one()
print(there, row, flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.fixture
def data() -> Iterator[Path]:
    with TemporaryDirectory(prefix="dondoc-embedded-") as folder:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield Path(folder) / "data"


def begin(data: Path, seconds: float = 0) -> subprocess.Popen[str]:
    """A command that writes a row and then stays for a while."""
    command = [sys.executable, "-c", READ, str(seconds)]
    if os.geteuid() == 0:
        # whoever runs them has put Python where others may not look
        keep = "+dac_override,+dac_read_search"
        command = [
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            f"--inh-caps={keep}", f"--ambient-caps={keep}", *command,
        ]  # fmt: skip
    environment = {**os.environ, "DONDOC_DATA": str(data), "DONDOC_DATABASE_URL": "embedded"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def run(data: Path) -> str:
    with begin(data) as process:
        said, _nothing = process.communicate(timeout=120)
        assert process.returncode == 0
    return said.strip()


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="nobody can be run as another user"
)
class TestACommand:
    def test_has_the_server_for_as_long_as_it_runs(self, data: Path) -> None:
        assert run(data) == "False (1, 'đôn')"
        assert not (data / "postgres/postmaster.pid").exists()
        # two at once: one waits for the other
        first, second = begin(data), begin(data)
        said = sorted((first.communicate(timeout=120)[0], second.communicate(timeout=120)[0]))
        assert [line.strip() for line in said] == ["True (2, 'đôn')", "True (3, 'đôn')"]
        # one that was killed leaves nothing in the way of the next
        with begin(data, seconds=600) as killed:
            assert killed.stdout is not None
            killed.stdout.readline()
            killed.send_signal(signal.SIGKILL)
        assert run(data) == "True (5, 'đôn')"


def test_asking_whether_it_is_there_makes_nothing(data: Path) -> None:
    assert not embedded_postgres.is_made(data)
    assert not data.exists()


def test_a_path_too_long_for_a_socket_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotAllowed, match="DONDOC_DATA"):
        embedded_postgres.prepare(tmp_path / ("x" * 100))


def test_root_is_told_to_be_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NotAllowed, match="root"):
        embedded_postgres.prepare(tmp_path)
