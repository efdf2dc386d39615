"""What tests of the steps share beyond the databases."""

from collections.abc import Iterator

import pytest

from models.database import Database
from tests.conftest import Databases
from tests.tasks.office import OFFICE, SO_A, SO_B, at, issue, know, open_, report_file


@pytest.fixture
def asking(databases: Databases) -> Iterator[Database]:
    """Two units, so-a and so-b, are asked for a report by 3 June 2024."""

    def fill(found: Database) -> None:
        with found.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            issue(session, report_file())
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))

    yield from databases.like(databases.template("asking", fill, like=databases.migrated()))


@pytest.fixture
def post(databases: Databases) -> Iterator[Database]:
    """A database with units and a directive to write to them of, and an empty outbox."""

    def fill(found: Database) -> None:
        with found.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file())

    yield from databases.like(databases.template("post", fill, like=databases.migrated()))
