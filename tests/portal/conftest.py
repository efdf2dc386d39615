"""An office with its pages, at a moment that a test may move."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import i18n
from models.database import Database
from models.settings import Settings
from portal.site import Site
from tests.conftest import Databases
from tests.portal import filled as an_office
from tests.portal import other_systems
from tests.portal.units import fill
from tests.portal.visitor import Clock
from tests.tasks.office import (
    INDICATORS,
    ISSUED,
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    a_round,
    at,
    in_force,
    issue,
    know,
    open_,
    report_file,
)


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
def desk(db: Database, tmp_path: Path, clock: Clock) -> Site:
    """A small office: KL-1/TU asks three departments for a report, overseen by one of them, and
    leaves another to be asked for; it is Wednesday 22 May 2024, twelve days before it is due.
    """
    asked = a_round(indicators=[i["code"] for i in INDICATORS], overseer="Đơn vị so-c")
    later = a_round("dot-xuat", title="Báo cáo đột xuất", when={"on_request": "yes"})
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B, SO_C)
        issue(session, report_file(rounds=[asked, later]))
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
    clock.moment = at(2024, 5, 22, 9)
    return Site(db, Settings(data=tmp_path), clock)


@pytest.fixture
def small(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Site]:
    """Two units that are asked for an answer of each stage, on either database."""
    template = databases.template("units_pages", fill, like=databases.migrated())
    for found in databases.like(template):
        yield Site(found, Settings(data=tmp_path), clock)


@pytest.fixture
def filled(small: Site, clock: Clock) -> Iterator[Site]:
    """The two units in the midst of their work, with something for every route to show."""
    an_office.fill(small)
    clock.moment = at(2024, 5, 28, 9)
    with in_force(small.database):
        yield small


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of connected offices lie, under their hashes."""
    return tmp_path_factory.mktemp("connected")


@pytest.fixture
def connected(databases: Databases, kept: Path, clock: Clock) -> Iterator[Site]:
    """The same two units, with something for every route of the API; it is made once a worker."""
    busy = at(2024, 5, 28, 9)

    def make(found: Database) -> None:
        fill(found)
        an_office.fill(Site(found, Settings(data=kept), Clock(ISSUED)))
        with in_force(found):
            other_systems.furnish(Site(found, Settings(data=kept), Clock(busy)))

    template = databases.template("connected", make, like=databases.migrated())
    clock.moment = busy
    for found in databases.like(template):
        with in_force(found):
            yield Site(found, Settings(data=kept), clock)
