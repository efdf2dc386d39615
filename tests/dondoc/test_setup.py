"""The first settings, read from a file or asked for; pages that would not be safe do not start."""

import os
import pty
import re
import select
import signal
import stat
import sys
import termios
import time
from pathlib import Path

import pytest

from dondoc.processes import free_port
from models import settings_file
from models.settings import names
from tests.dondoc.test_commands import ROOT, Shell

HIDDEN = ("Password", "Repeat")
pytestmark = pytest.mark.xdist_group("commands")

OFFICE = """
DONDOC_MAIL_FROM="Văn phòng <vp@tinh.test>"
DONDOC_MAIL_DOMAIN=tinh.test
DONDOC_PORTAL_URL=https://don-doc.tinh.test
DONDOC_SMTP_HOST=127.0.0.1
DONDOC_SMTP_USER=van-phong
DONDOC_SMTP_PASSWORD="mật khẩu"
"""


@pytest.fixture
def dondoc(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    del shell.environment["DONDOC_SETTINGS"]
    return shell


@pytest.fixture
def office_env(tmp_path: Path) -> Path:
    (tmp_path / "office.env").write_text(OFFICE, "utf-8")
    return tmp_path / "office.env"


class TestSetupFromAFile:
    def test_writes_for_its_owner_only_what_every_command_then_reads(
        self, dondoc: Shell, office_env: Path, tmp_path: Path
    ) -> None:
        done = dondoc(
            "setup", "--from", office_env, "--no-check-relay",
            "--secretariat", "lan.nt=Nguyễn Thị Lan", "--operator", "van=Trần Văn",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        file = tmp_path / "data/settings.env"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert settings_file.read(file) == settings_file.read(office_env)
        assert len(re.findall(r"shown this once: \S{12,}", done.stdout)) == 2
        assert "mật khẩu" not in done.stdout + done.stderr
        listed = dondoc("account", "list").stdout
        assert "Nguyễn Thị Lan" in listed and "Trần Văn" in listed

    def test_again_keeps_what_is_not_given_and_makes_no_second_account(
        self, dondoc: Shell, office_env: Path, tmp_path: Path
    ) -> None:
        given = ("setup", "--from", office_env, "--no-check-relay", "--operator", "van=Trần Văn")
        assert dondoc(*given).returncode == 0
        office_env.write_text("DONDOC_SMTP_PORT=25\n", "utf-8")
        again = dondoc(*given)
        assert (again.returncode, "password" in again.stdout) == (0, False)
        found = settings_file.read(tmp_path / "data/settings.env")
        assert (found["DONDOC_SMTP_PORT"], found["DONDOC_MAIL_DOMAIN"]) == ("25", "tinh.test")

    def test_elsewhere_names_the_data_folder(
        self, dondoc: Shell, office_env: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "etc/settings.env"
        assert (
            dondoc("setup", "--from", office_env, "--no-check-relay", "--to", file).returncode == 0
        )
        assert settings_file.read(file)["DONDOC_DATA"] == str(tmp_path / "data")

    def test_says_that_the_relay_does_not_answer(self, dondoc: Shell, office_env: Path) -> None:
        with office_env.open("a", encoding="utf-8") as file:
            file.write("DONDOC_SMTP_PORT=9\n")
        done = dondoc("setup", "--from", office_env)
        assert done.returncode == 0
        assert "127.0.0.1 cannot be used yet" in done.stderr

    @pytest.mark.parametrize(
        ("line", "told"),
        [("DONDOC_SMTP_PORT=many", "DONDOC_SMTP_PORT"), ("DONDOC_SMTP_PROT=25", "SMTP_PORT?"),
         ("nonsense", ":9:")],
    )  # fmt: skip
    def test_refuses_a_file_with_faults_and_writes_nothing(
        self, line: str, told: str, dondoc: Shell, office_env: Path, tmp_path: Path
    ) -> None:
        with office_env.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
        done = dondoc("setup", "--from", office_env)
        assert (done.returncode, told in done.stderr) == (1, True)
        assert not (tmp_path / "data").exists()

    def test_without_terminal_and_file_says_what_is_missing(self, dondoc: Shell) -> None:
        done = dondoc("setup")
        assert (done.returncode, "--from" in done.stderr) == (4, True)


class TestEveryCommand:
    def test_tells_a_wrong_line_of_the_file(self, dondoc: Shell, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data/settings.env").write_text("DONDOC_SMPT_HOST=x\n", "utf-8")
        done = dondoc("status")
        assert done.returncode == 1
        assert "settings.env:1: " in done.stderr and "DONDOC_SMTP_HOST?" in done.stderr

    def test_warns_of_a_variable_that_is_no_setting(self, dondoc: Shell) -> None:
        dondoc.environment["DONDOC_SMPT_HOST"] = "x"
        done = dondoc("account", "list")
        assert done.returncode == 0
        assert "DONDOC_SMTP_HOST?" in done.stderr


class TestUp:
    def test_does_not_listen_beyond_this_machine_while_that_is_not_safe(
        self, dondoc: Shell, tmp_path: Path
    ) -> None:
        dondoc.environment |= {"DONDOC_LISTEN": "0.0.0.0", "DONDOC_PORTAL_PORT": str(free_port())}
        done = dondoc("up")
        assert done.returncode == 4
        told = done.stderr.splitlines()
        assert len(told) == 5  # the address, the sender, the domain, no account
        assert not (tmp_path / "data/prefect").exists()


def play(arguments: list[str], environment: dict[str, str], answers: list[tuple[str, str]]) -> str:
    """What a command says to somebody at a terminal who answers each question as it comes."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "dondoc.cli", *arguments], environment)
    said, at, waiting = "", 0, iter(answers)
    question, answer = next(waiting)
    while select.select([terminal], [], [], 60)[0]:
        try:
            said += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # it has ended
            break
        if question in said[at:]:
            if question in HIDDEN:  # what is typed before it hides what is typed is lost
                while termios.tcgetattr(terminal)[3] & termios.ECHO:
                    time.sleep(0.01)
            at = said.index(question, at) + len(question)
            os.write(terminal, f"{answer}\n".encode())
            question, answer = next(waiting, ("—", ""))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said


def test_somebody_at_a_terminal_is_asked_again_what_cannot_be(tmp_path: Path) -> None:
    environment = {
        **{k: v for k, v in os.environ.items() if k not in {*names(), settings_file.WHERE}},
        "DONDOC_DATA": str(tmp_path / "data"), "DONDOC_LANG": "en",
    }  # fmt: skip
    said = play(
        ["setup", "--no-check-relay"],
        environment,
        [
            ("Folder of the data", ""), ("Database", ""), ("Relay", "127.0.0.1"),
            ("Port of the relay", "many"), ("Port of the relay", "25"), ("User name", ""),
            ("Sender", "Văn phòng <vp@tinh.test>"), ("[tinh.test]", ""), ("https://", ""),
            ("is told when", ""), ("nightly copies", str(tmp_path / "copies")),
            ("Secretariat", "lan.nt"), ("Whose", "Nguyễn Thị Lan"), ("Password", "mot-hai-ba-bon"),
            ("Repeat", "mot-hai-ba-bon"), ("Operator", ""),
        ],
    )  # fmt: skip
    assert "DONDOC_SMTP_PORT cannot be “many”" in said
    assert settings_file.read(tmp_path / "data/settings.env") == {
        "DONDOC_SMTP_HOST": "127.0.0.1",
        "DONDOC_SMTP_PORT": "25",
        "DONDOC_MAIL_FROM": "Văn phòng <vp@tinh.test>",
        "DONDOC_MAIL_DOMAIN": "tinh.test",
        "DONDOC_BACKUP_DIR": str(tmp_path / "copies"),
    }
    assert "mot-hai-ba-bon" not in said
