"""An office with its pages, at a moment that a test may move."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import i18n
from models.database import Database
from models.settings import Settings
from portal.site import Site
from tests.conftest import Databases
from tests.portal.units import fill
from tests.portal.visitor import Clock
from tests.tasks.office import ISSUED


@pytest.fixture(autouse=True)
def _english() -> object:
    """Tests read the language of the code."""
    with i18n.speaking("en"):
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock(ISSUED)


@pytest.fixture
def site(office: Database, tmp_path: Path, clock: Clock) -> Site:
    """53/KH-UBND registered and confirmed, on either database."""
    return Site(office, Settings(data=tmp_path), clock)


@pytest.fixture
def small(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Site]:
    """Two units that are asked for an answer of each stage, on either database."""
    template = databases.template("units_pages", fill, like=databases.migrated())
    for found in databases.like(template):
        yield Site(found, Settings(data=tmp_path), clock)
