"""An office with its pages, at a moment that a test may move."""

from pathlib import Path

import pytest

from models import i18n
from models.database import Database
from models.settings import Settings
from portal.site import Site
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
