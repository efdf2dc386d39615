"""`dondoc rehearse` as a person uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from dondoc import commands_rehearse
from dondoc.environment import environment
from models import i18n
from models.database import database
from tests.models.builders import a_round, file_text
from tests.texts import EXAMPLES

DRAFT = EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml"


@pytest.fixture(autouse=True)
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own without a database; messages in English."""
    monkeypatch.chdir(tmp_path)
    nowhere = {"DONDOC_DATA": "data", "DONDOC_DATABASE_URL": ""}
    with environment(nowhere), i18n.speaking("en"):
        database.cache_clear()
        yield


def rehearse(*arguments: object) -> Result:
    app = typer.Typer()
    commands_rehearse.add_to(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_writes_a_page_named_after_the_draft_and_nothing_else(tmp_path: Path) -> None:
    done = rehearse(DRAFT)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "53-kh-ubnd-rehearsal.html"
    assert [path.name for path in tmp_path.iterdir()] == ["53-kh-ubnd-rehearsal.html"]
    assert "</html>" in Path("53-kh-ubnd-rehearsal.html").read_text("utf-8")


def test_writes_where_it_is_told_and_prints_what_to_look_at() -> None:
    done = rehearse(DRAFT, "--out", "thu.html")
    assert "01/02/2027 is within 10 days before the Lunar New Year holiday" in done.stdout
    assert Path("thu.html").exists()


def test_prints_no_more_than_a_screen_of_warnings(tmp_path: Path) -> None:
    many = tmp_path / "many.yaml"
    rounds = "".join(a_round(code=f"d-{n}", when="{on: 2025-01-20}") for n in range(30))
    many.write_text(file_text(rounds=rounds), "utf-8")
    done = rehearse(many)
    assert done.stdout.count("to look at: ") == commands_rehearse.SHOWN
    assert "20 more: they stand on the page" in done.stdout


def test_refuses_a_secret_and_leaves_no_page(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text(DRAFT.read_text("utf-8") + "\nsecrecy: Tối mật\n", "utf-8")
    assert rehearse(secret).exit_code == 3
    assert not list(tmp_path.glob("*.html"))
