"""Every command of the operators' guide is run as it stands there, one after the other.

Its folders are moved under a folder of the test. What cannot run here or goes on for ever is named
with the test that runs it.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.test_docs import OPERATORS
from tests.dondoc.test_commands import ROOT, Shell, warm

pytestmark = pytest.mark.xdist_group("commands")

# how a line begins -> where it is run instead
ELSEWHERE = {
    "sudo apt-get install": ".ci/run",
    "make install": ".ci/run",
    "sudo install": "tests/deployments/test_systemd.py",
    "sudo systemd-sysusers": "tests/deployments/test_systemd.py",
    "sudo systemd-tmpfiles": "tests/deployments/test_systemd.py",
    "sudo systemctl": "tests/deployments/test_systemd.py",
    "sudo -u dondoc": "tests/dondoc/test_setup.py",
    "dondoc reconcile": "tests/flows/test_reconcile.py",
    "dondoc setup": "tests/dondoc/test_setup.py",
    "dondoc up": "tests/dondoc/test_up.py",
    "dondoc simulate": "tests/flows/test_lives.py",
    "dondoc webhook test": "tests/dondoc/test_api_commands.py",
    "dondoc deploy": "tests/deployments/test_many_machines.py",
    "dondoc pages": "tests/deployments/test_many_machines.py",
    "dondoc send": "tests/deployments/test_senders.py",
    "prefect worker start": "tests/deployments/test_many_machines.py",
    "prefect server": "tests/deployments/test_many_machines.py",
    "prefect --no-prompt deploy": "tests/deployments/test_many_machines.py",
    "cp deployments/proxy": "tests/deployments/test_proxies.py",
    "cp deployments/office.env.example": "tests/deployments/test_files.py",
}
MOVED = ("/srv/dondoc", "/backup", "/run/secrets", "/etc/dondoc")
COMMAND = re.compile(
    r"(\w+=\S+ )?(dondoc|prefect|\.venv/bin/dondoc|echo|mkdir|sudo|make|cp|sqlite3) "
)
DAYS_OFF = "day,kind,reason,source\n2027-01-01,decided,Lịch nghỉ,Thông báo\n"
PASSWORD = "mat khau thu nghiem dai\n"

OFFICES = {"53/KH-UBND": "thanh-hoa/53-kh-ubnd", "577/KH-UBND": "tay-ninh/577-kh-ubnd"}
ROUNDS = {
    "53/KH-UBND": ["bao-cao-nam-2024", "tiep-nhan", "ke-hoach"],
    "577/KH-UBND": ["tu-cham-diem"],
}

# what the guide's examples speak of: rounds that are over, mails that failed, replies
PREPARED = """
from datetime import timedelta
import sqlalchemy as sa
from models.database import database
from models.mail import Message, Received
from models.round import Round
from models.timers import CLOSES_AT, OPENS_AT, at
from tasks import lookup, rounds, summarising
from tests.tables.rows import FIRST
for code in ROUNDS:
    with database().write() as session:
        found = lookup.round_(session, DIRECTIVE, code)
        rounds.open_round(session, found, at(found.opens, OPENS_AT))
        if code == "bao-cao-nam-2024":
            summarising.summarise(session, found, at(found.closes, CLOSES_AT))
with database().write() as session:
    failed = sa.update(Message).where(Message.id.in_((118, 121)))
    session.execute(failed.values(state="failed", outcome="550"))
    for number in range(1, 8):
        reply = {**FIRST["received"], "id": number, "key": f"r{number}"}
        session.execute(sa.insert(Received), reply)
"""


class Line(NamedTuple):
    """A line of the guide as a shell would take it apart."""

    text: str
    environment: dict[str, str]
    words: list[str]
    given: str | None
    out: str | None


def blocks() -> Iterator[str]:
    """The blocks of the guide that are commands: those that name no language."""
    for language, block in re.findall(r"^```(.*)\n((?:.*\n)*?)```$", OPERATORS, re.MULTILINE):
        if not language and COMMAND.match(block):
            yield block


def lines() -> list[Line]:
    return [
        read(line)
        for block in blocks()
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip() and not line.startswith("#")
    ]


def read(text: str) -> Line:
    """Takes `VAR=x command … > file` and `echo '…' | command …` apart."""
    given, out, rest = None, None, text
    if " | " in text:
        told, rest = text.split(" | ", 1)
        given = shlex.split(told)[1] + "\n"
    words = shlex.split(rest)
    if ">" in words:
        out = words[words.index(">") + 1]
        words = words[: words.index(">")]
    environment = {}
    while "=" in words[0]:
        name, value = words.pop(0).split("=", 1)
        environment[name] = value
    words[0] = words[0].removeprefix(".venv/bin/")
    return Line(text, environment, words, given, out)


def elsewhere(line: Line) -> str | None:
    begins = " ".join(line.words)
    return next((place for name, place in ELSEWHERE.items() if begins.startswith(name)), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples and an office as the guide's examples suppose it."""
    found = tmp_path_factory.mktemp("guide")
    for name in ("examples", "templates"):
        (found / name).symlink_to(ROOT / name)
    for name in MOVED:
        (found / name[1:]).mkdir(parents=True)
    (found / "run/secrets/hung").write_text(PASSWORD)
    (found / "days-2027.csv").write_text(DAYS_OFF, "utf-8")
    return found


def moved(word: str, folder: Path) -> str:
    for name in MOVED:
        word = re.sub(rf"(?<![\w/]){name}\b", f"{folder}{name}", word)
    return word


def prepare(data: Path, directive: str) -> None:
    """An office that has registered a directive, some of whose rounds are open or over."""
    shell, path = Shell(data), ROOT / f"examples/{OFFICES[directive]}.yaml"
    province = re.findall(r"^province: (.*)$", path.read_text("utf-8"), re.MULTILINE)[0]
    for words in (
        ("import-units", path.parent, "--province", province, "--yes"),
        ("register", path),
        ("confirm", path.stem, "all", "--by", "Chánh Văn phòng"),
    ):
        done = shell(*words)
        assert done.returncode == 0, done.stderr
    code = f"DIRECTIVE = {directive!r}\nROUNDS = {ROUNDS[directive]}\n{PREPARED}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=shell.environment, check=True)


def run(line: Line, data: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**Shell(data).environment, "DONDOC_DATA": str(data), **line.environment}
    environment = {name: moved(value, folder) for name, value in environment.items()}
    words = [moved(word, folder) for word in line.words]
    if words[0] == "dondoc":
        given = line.given or (PASSWORD if words[1] == "account" else "")
        return warm().run(words[1:], environment, given, folder)
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_every_command_of_the_guide_does_what_it_says(folder: Path) -> None:
    data = {name: folder / "srv" / name.partition("/")[0] for name in OFFICES}
    data["53/KH-UBND"] = folder / "srv/dondoc"
    for name, place in data.items():
        prepare(place, name)
    failed = []
    ours = [line for line in lines() if elsewhere(line) is None]
    assert len(ours) > 40  # the guide was read
    for line in ours:
        office = next((name for name in OFFICES if name in line.words), "53/KH-UBND")
        done = run(line, data[office], folder)
        if line.out:
            (folder / line.out).write_text(done.stdout, "utf-8")
        if done.returncode:
            failed.append(f"{line.text}\n  {done.returncode}: {done.stderr.strip()[:300]}")
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_what_is_run_elsewhere_is(place: str) -> None:
    assert (ROOT / place).is_file()
