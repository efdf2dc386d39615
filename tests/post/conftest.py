"""The post office, one a module, so that another run of the tests can have it next.

Its tests are of one group, since a machine has room for one.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import Databases
from tests.post.post_office import PostOffice, post_office


@pytest.fixture
def databases(sqlites: Databases) -> Databases:
    """One kind of database: what differs between them is tried without the servers."""
    return sqlites


@pytest.fixture(scope="module")
def post() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running
