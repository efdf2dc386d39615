"""`dondoc token` and `dondoc webhook`, as an operator uses them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from dondoc.cli import app
from models import i18n
from models.clock import now
from models.database import Database
from models.words import Scope
from tasks import tokens
from tests.conftest import Databases
from tests.tasks.office import OFFICE, SO_A, in_force, know

Run = Callable[..., Result]
BY = ("--by", "Lê Thị A")


@pytest.fixture
def databases(sqlites: Databases) -> Databases:
    """One kind is enough: what is written is tried elsewhere."""
    return sqlites


@pytest.fixture
def dondoc(db: Database, tmp_path: Path) -> Iterator[Run]:
    """The command line on a database, in English."""

    def run(*arguments: str) -> Result:
        with i18n.speaking("en"):
            return CliRunner().invoke(app, list(arguments))

    with db.write() as session:
        know(session, OFFICE, SO_A)
    with in_force(db, DONDOC_DATA=str(tmp_path)):
        yield run


def test_a_token_is_made_shown_once_and_taken_back(dondoc: Run, db: Database) -> None:
    made = dondoc("token", "add", "bc", "--scope", "read", "--scope", "submissions:write",
                  "--unit", "so-a", "--expires", "2090-01-01", *BY)  # fmt: skip
    assert made.exit_code == 0, made.output
    token = made.stdout.splitlines()[0]
    with db.read() as session:
        found = tokens.holder(session, token, now())
        assert found is not None
        assert found[0].scopes == {Scope.READ, Scope.SUBMISSIONS_WRITE}
    listed = dondoc("token", "list", "--json").stdout
    assert token not in listed and "digest" not in listed
    assert json.loads(listed)[0]["unit"] == "Đơn vị so-a"
    assert "01/01/2090" in dondoc("token", "list").stdout
    assert dondoc("token", "revoke", "bc", *BY).exit_code == 0
    assert dondoc("token", "revoke", "bc", *BY).exit_code == 4
    assert dondoc("token", "add", "bc", "--scope", "read", *BY).exit_code == 4
    assert "taken back" in dondoc("token", "list").stdout
    with db.read() as session:
        assert tokens.holder(session, token, now()) is None


def test_a_webhook_is_added_tried_and_removed(dondoc: Run) -> None:
    added = dondoc("webhook", "add", "truc", "https://nobody.invalid/", *BY)
    assert added.exit_code == 0, added.output
    secret = added.stdout.splitlines()[0]
    assert secret.startswith("whsec_")
    assert secret not in dondoc("webhook", "list", "--json").stdout
    tried = dondoc("webhook", "test", "truc")
    assert (tried.exit_code, "has no address" in tried.output) == (4, True)
    assert "0 deeds" in dondoc("webhook", "retry", "truc", *BY).stdout
    assert "truc" in dondoc("webhook", "list").stdout
    assert dondoc("webhook", "add", "noi-bo", "https://10.0.0.1/", *BY).exit_code == 4
    assert dondoc("webhook", "remove", "truc", *BY).exit_code == 0
    assert dondoc("webhook", "remove", "truc", *BY).exit_code == 4
    assert (
        dondoc("webhook", "list").stdout == "There is no webhook: `dondoc webhook add` makes one.\n"
    )
