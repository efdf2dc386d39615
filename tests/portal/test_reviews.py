"""The dossier of a review in the portal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.settings import Settings
from models.words import AccountRole
from portal.site import Site
from tests.conftest import Databases
from tests.portal.conftest import Clock
from tests.portal.visitor import Visitor, signed_in
from tests.tasks.a_full_round import STATE, live, the_file
from tests.tasks.office import at

pytestmark = [pytest.mark.xdist_group("summary-content"), pytest.mark.any_database]


@pytest.fixture
def clerk(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Visitor]:
    template = databases.template(
        "full_state", lambda db: live(db, the_file(**STATE)), like=databases.migrated()
    )
    for db in databases.like(template):
        clock.moment = at(2026, 1, 5, 16)
        yield signed_in(Site(db, Settings(data=tmp_path), clock), AccountRole.SECRETARIAT)


class TestDossier:
    def test_lists_everything_with_links(self, clerk: Visitor) -> None:
        page = clerk.opens("/directives/kl-1/reviews/so-ket").text
        assert "/directives/kl-1/rounds/nam-2024" in page
        assert "Sở Tư pháp" in page
        assert "Người đứng đầu trực tiếp chỉ đạo" in page
        assert "26 cuộc" in page

    def test_is_of_reviews_only(self, clerk: Visitor) -> None:
        answer = clerk.client.get("/directives/kl-1/reviews/nam-2025", follow_redirects=False)
        assert answer.headers["location"] == "/directives/kl-1/rounds/nam-2025/summary"

    def test_is_found_from_the_summary_of_a_review(self, clerk: Visitor) -> None:
        page = clerk.opens("/directives/kl-1/rounds/so-ket/summary").text
        assert "/directives/kl-1/reviews/so-ket" in page
        page = clerk.opens("/directives/kl-1/rounds/nam-2025/summary").text
        assert "/directives/kl-1/reviews/" not in page
        assert "/directives/kl-1/rounds/nam-2025/figures/so-cuoc" in page
