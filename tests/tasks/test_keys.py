"""The keys of an installation: made once, kept from others, put aside and dropped."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import ServiceError
from tasks import keys

ROOT = Path(__file__).parents[2]
ASKING = """
import sys
from pathlib import Path
from tasks.keys import keys
print("ready", flush=True)
sys.stdin.readline()
print(*keys(Path(sys.argv[1])))
"""


class TestTheFirstKey:
    def test_is_made_when_it_is_asked_for_and_stays(self, tmp_path: Path) -> None:
        found = keys.keys(tmp_path / "data")
        assert len(found) == 1
        assert len(found[0]) >= keys.SHORTEST
        assert keys.keys(tmp_path / "data") == found

    def test_is_for_its_user_alone(self, tmp_path: Path) -> None:
        keys.keys(tmp_path)
        keys.rotate(tmp_path)
        assert (tmp_path / keys.NAME).stat().st_mode & 0o777 == 0o600

    def test_leaves_nothing_beside_it(self, tmp_path: Path) -> None:
        keys.keys(tmp_path)
        keys.rotate(tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == [keys.NAME]

    def test_is_another_in_another_installation(self, tmp_path: Path) -> None:
        assert keys.keys(tmp_path / "a") != keys.keys(tmp_path / "b")

    def test_is_the_same_for_processes_that_ask_at_once(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", ASKING, str(tmp_path / "data")]
        asking = [
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        for process in asking:
            assert process.stdout and process.stdout.readline() == "ready\n"
        for process in asking:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        found = {process.communicate()[0] for process in asking}
        assert len(found) == 1
        assert found == {f"{keys.keys(tmp_path / 'data')[0]}\n"}

    def test_gives_way_to_one_that_was_quicker(self, tmp_path: Path) -> None:
        """Another process makes the file after this one found none."""
        (first,) = keys.keys(tmp_path)
        keys._make(tmp_path / keys.NAME)
        assert keys.keys(tmp_path) == (first,)


class TestRotating:
    def test_puts_a_new_key_first_and_keeps_the_old(self, tmp_path: Path) -> None:
        before = keys.keys(tmp_path)
        assert keys.rotate(tmp_path) == 2
        found = keys.keys(tmp_path)
        assert found[1:] == before
        assert found[0] not in before

    def test_is_seen_at_once_however_often(self, tmp_path: Path) -> None:
        seen = set()
        for _ in range(50):
            keys.rotate(tmp_path, drop_old=True)
            seen.add(keys.keys(tmp_path))
        assert len(seen) == 50

    def test_can_drop_the_old(self, tmp_path: Path) -> None:
        before = keys.keys(tmp_path)
        assert keys.rotate(tmp_path, drop_old=True) == 1
        assert not set(keys.keys(tmp_path)) & set(before)

    def test_makes_the_first_where_there_is_none(self, tmp_path: Path) -> None:
        assert keys.rotate(tmp_path / "data", drop_old=True) == 1


class TestAFileThatIsNoKey:
    @pytest.mark.parametrize("text", ["", "\n", "short\n", "k" * 43 + "\nshort", "khóa" * 20])
    def test_is_said_by_name(self, tmp_path: Path, text: str) -> None:
        (tmp_path / keys.NAME).write_text(text, "utf-8")
        with pytest.raises(ServiceError, match=str(tmp_path / keys.NAME)):
            keys.keys(tmp_path)

    def test_of_any_bytes(self, tmp_path: Path) -> None:
        (tmp_path / keys.NAME).write_bytes(b"\xff" * 50)
        with pytest.raises(ServiceError):
            keys.keys(tmp_path)
