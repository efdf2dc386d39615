"""`dondoc account` and `dondoc keys`, as an operator uses them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from sqlmodel import col, select
from typer.testing import CliRunner

from dondoc.cli import app
from models import i18n, passwords
from models.activity import Activity
from models.clock import now
from models.database import Database
from tasks import accounts, keys
from tests.tasks.office import OFFICE, SO_A, in_force, know

Run = Callable[..., Result]
PASSWORD = "núi Nưa sông Mã"
ADD = ("account", "add", "lan.nt", "--name", "Nguyễn Thị Lan", "--role")


@pytest.fixture
def dondoc(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command line on a database, in English; what is given goes to standard input."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))

    def run(*arguments: str, given: str = f"{PASSWORD}\n") -> Result:
        with i18n.speaking("en"):
            return CliRunner().invoke(app, list(arguments), input=given)

    with in_force(db, DONDOC_DATA=str(tmp_path)):
        yield run


def enters(db: Database, password: str = PASSWORD) -> bool:
    with db.write() as session:
        return isinstance(accounts.sign_in(session, "lan.nt", password, "", now()), str)


def test_an_account_is_made_changed_and_ended(dondoc: Run, db: Database, tmp_path: Path) -> None:
    made = dondoc(*ADD, "secretariat")
    assert (made.exit_code, made.stdout) == (
        0,
        "Nguyễn Thị Lan signs in as “lan.nt”: Secretariat.\n",
    )
    assert enters(db)
    file = tmp_path / "password"
    file.write_text("một mật khẩu khác\r\nnothing\n", "utf-8")
    assert dondoc("account", "password", "lan.nt", "--password-file", str(file)).exit_code == 0
    assert enters(db, "một mật khẩu khác")
    assert dondoc("account", "disable", "lan.nt", "--by", "Quản trị").exit_code == 0
    assert not enters(db, "một mật khẩu khác")
    (listed,) = json.loads(dondoc("account", "list", "--json").stdout)
    assert (listed["role"], listed["unit"]) == ("secretariat", "")
    assert "disabled" in dondoc("account", "list").stdout
    assert "password" not in listed
    assert dondoc("account", "enable", "lan.nt").exit_code == 0
    assert enters(db, "một mật khẩu khác")
    with db.read() as session:
        by = session.exec(select(Activity.by).order_by(col(Activity.id))).all()
    assert by.count("Quản trị") == 1
    assert by.count("người vận hành") == 3


def test_what_is_wrong_is_said_and_nothing_made(dondoc: Run, db: Database) -> None:
    with db.write() as session:
        know(session, OFFICE, SO_A)
    for arguments, given, words in (
        ((*ADD, "secretariat"), "ngắn\n", "12 to 200 characters"),
        ((*ADD, "secretariat"), "", "12 to 200 characters"),
        ((*ADD, "unit_head"), PASSWORD, "act for a unit"),
        ((*ADD, "reader", "--unit", "so-a"), PASSWORD, "act for a unit"),
        ((*ADD, "unit_head", "--unit", "so-x"), PASSWORD, "so-x"),
        (("account", "password", "ai.do"), PASSWORD, "dondoc account list"),
    ):
        done = dondoc(*arguments, given=given)
        assert done.exit_code == 4
        assert words in done.stderr
    assert "dondoc account add" in dondoc("account", "list").stdout
    assert dondoc(*ADD, "unit_head", "--unit", "so-a").exit_code == 0


def test_keys_are_rotated_and_dropped(dondoc: Run, db: Database, tmp_path: Path) -> None:
    first = keys.keys(tmp_path)
    assert "2 keys" in dondoc("keys", "rotate").stdout
    assert first[0] in keys.keys(tmp_path)
    assert dondoc("keys", "rotate", "--drop-old").exit_code == 0
    assert len(keys.keys(tmp_path)) == 1
    with db.read() as session:
        assert session.exec(select(Activity.deed)).all() == ["revoked"]
