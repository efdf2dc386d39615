"""The life of each of the five directives: run twice it gives the same rows and mails, and what was
signed in it is as the form of documents asks.

All five over their whole lives take minutes: `make test-long` runs them. Else one that is short is
lived once, and its papers are looked at.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from dondoc.environment import environment
from dondoc.mailbox import HOST, mailbox
from dondoc.simulation.life import Life, issue, live
from dondoc.simulation.run import neighbours_of
from models.database import Database, database
from models.directive_check import check_file
from models.register import read_register
from models.tables import METADATA
from tasks import audit
from tests.flows.conftest import forget_runs
from tests.flows.signed_papers import check_all, signed_of
from tests.tables.rows import CHAIN
from tests.tasks.office import at

ROOT = Path(__file__).parents[2]
SEED = 7
Look = Callable[[Database, Path], None]
END = at(2025, 8, 1)
SHORT = "kien-giang/1248-cv-tu"
EXAMPLES = (
    SHORT,
    "ha-tinh/kl-ky-luat-ky-cuong",
    "tay-ninh/577-kh-ubnd",
    "thanh-hoa/53-kh-ubnd",
    "thanh-hoa/2664-kl-tu",
)


async def run(
    name: str, until: datetime | None, folder: Path, look: Look | None = None
) -> tuple[Life, dict[str, str]]:
    """A life in a folder of its own, and the fingerprint of every table and of every mail."""
    path = ROOT / "examples" / f"{name}.yaml"
    units = read_register(path.parent)
    with (
        mailbox(folder / "mail", SEED) as port,
        environment(
            {
                "DONDOC_DATA": str(folder / "data"),
                "DONDOC_SMTP_HOST": HOST,
                "DONDOC_SMTP_PORT": str(port),
            }
        ),
    ):
        checked = check_file(path, units)
        issue(checked, units, neighbours_of(units))
        life = await live(checked, SEED, lambda *_: None, until)
        prints = fingerprints(folder)
        with database().snapshot() as session:
            verified = audit.verify(session)
        assert (verified.found, verified.unnoted) == ((), 0)
        if look:
            look(database(), folder)
        database.cache_clear()
    await forget_runs()
    return life, prints


def fingerprints(folder: Path) -> dict[str, str]:
    found = {
        mail.name: hashlib.sha256(mail.read_bytes()).hexdigest()
        for mail in (folder / "mail").iterdir()
    }
    with database().engine.connect() as connection:
        # entries of the chain say when they were sealed, by the clock
        for table in (one for one in METADATA.sorted_tables if one.name not in CHAIN):
            rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).all()
            found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def done(life: Life) -> dict[str, int]:
    """What a life did. Prefect's own count of task runs lags behind by its recorder's pause."""
    return {name: n for name, n in life.counts.items() if not name.endswith(" runs")}


@pytest.mark.long
@pytest.mark.xdist_group("lives")
@pytest.mark.usefixtures("prefect")
@pytest.mark.parametrize("name", EXAMPLES)
async def test_twice_gives_the_same_rows_and_mails(name: str, tmp_path: Path) -> None:
    life, first = await run(name, END, tmp_path / "first")
    again, second = await run(name, END, tmp_path / "second")
    assert first == second
    assert done(life) == done(again)
    assert {run["state"] for run in life.runs} == {"Completed"}
    assert len(first) > len(METADATA.tables)  # there are mails too


@pytest.mark.usefixtures("prefect")
@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.xdist_group("prefect")) if name == SHORT
    else pytest.param(name, marks=[pytest.mark.xdist_group("prefect"), pytest.mark.long])
    for name in EXAMPLES
])  # fmt: skip
async def test_what_is_signed_in_a_whole_life_is_in_form(name: str, tmp_path: Path) -> None:
    def look(db: Database, folder: Path) -> None:
        found = signed_of(db, folder / "data")
        assert found
        check_all(found, folder / "papers")

    life, _prints = await run(name, None, tmp_path / "life", look)
    assert life.counts["summaries signed"] > 0
    assert life.counts["summaries drawn up anew"] > 0  # late answers came after the signing
