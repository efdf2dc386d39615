"""The life of each of the five directives: run twice it gives the same rows and mails.

All five up to August 2025, over the reorganisation of 1 July, take minutes: `make test-long` runs
them. Else one runs so far, and two up to the close of an early round. The demo runs one whole.
"""

import hashlib
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from dondoc.environment import environment
from dondoc.mailbox import HOST, mailbox
from dondoc.simulation.life import Life, issue, live
from dondoc.simulation.run import neighbours_of
from models.database import database
from models.directive_check import check_file
from models.register import read_register
from models.tables import METADATA
from tests.flows.conftest import forget_runs
from tests.tasks.office import at

ROOT = Path(__file__).parents[2]
SEED = 7
END = at(2025, 8, 1)
# two groups, so that two workers share the lives
LIVES = [
    pytest.param(
        name, until, marks=[pytest.mark.xdist_group(group), *marks], id=f"{name} {until:%Y-%m}"
    )
    for name, until, group, *marks in (
        ("kien-giang/1248-cv-tu", END, "lives"),
        ("ha-tinh/kl-ky-luat-ky-cuong", at(2024, 5, 1), "lives"),
        ("tay-ninh/577-kh-ubnd", at(2024, 7, 1), "prefect"),
        ("thanh-hoa/53-kh-ubnd", END, "lives", pytest.mark.long),
        ("thanh-hoa/2664-kl-tu", END, "prefect", pytest.mark.long),
        ("ha-tinh/kl-ky-luat-ky-cuong", END, "lives", pytest.mark.long),
        ("tay-ninh/577-kh-ubnd", END, "prefect", pytest.mark.long),
    )
]


async def run(name: str, until: datetime, folder: Path) -> tuple[Life, dict[str, str]]:
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
        database.cache_clear()
    await forget_runs()
    return life, prints


def fingerprints(folder: Path) -> dict[str, str]:
    found = {
        mail.name: hashlib.sha256(mail.read_bytes()).hexdigest()
        for mail in (folder / "mail").iterdir()
    }
    with database().engine.connect() as connection:
        for table in METADATA.sorted_tables:
            rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).all()
            found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def done(life: Life) -> dict[str, int]:
    """What a life did. Prefect's own count of task runs lags behind by its recorder's pause."""
    return {name: n for name, n in life.counts.items() if not name.endswith(" runs")}


@pytest.mark.usefixtures("prefect")
@pytest.mark.parametrize(("name", "until"), LIVES)
async def test_twice_gives_the_same_rows_and_mails(
    name: str, until: datetime, tmp_path: Path
) -> None:
    life, first = await run(name, until, tmp_path / "first")
    again, second = await run(name, until, tmp_path / "second")
    assert first == second
    assert done(life) == done(again)
    assert {run["state"] for run in life.runs} == {"Completed"}
    assert len(first) > len(METADATA.tables)  # there are mails too
