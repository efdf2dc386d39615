"""The head's approval on the page of the unit, with the code that was mailed."""

import pytest

from models.settings import settings
from portal.site import Site
from tasks import approving, lookup
from tests.portal.units import REPORTED, TASK, path_to
from tests.portal.visitor import Visitor, visitor
from tests.tasks.office import owed

pytestmark = pytest.mark.any_database


def sent(site: Site) -> tuple[Visitor, str]:
    """A clerk who has sent a report that the head has to approve."""
    with site.database.write() as session:
        lookup.round_(session, "kl-1", "bao-cao").needs_head = True
    found, path = visitor(site), path_to(site, TASK["bao-cao"])
    page = found.sends(found.opens(path), do="send", **REPORTED)
    assert "A code of six digits went to the head" in page.text
    return found, path


def code(site: Site) -> str:
    with site.database.read() as session:
        id_ = lookup.id_of(owed(session, TASK["bao-cao"]))
        return approving.digits(session, id_, 1, settings()) or ""


class TestTheHeadsCode:
    def test_approves_the_answer_on_the_page(self, small: Site) -> None:
        found, path = sent(small)
        assert "It waits for the approval" in found.opens(path).text
        receipt = found.opens(f"{path}/receipt/1")
        done = found.sends(receipt, do="approve", code=code(small))
        assert "Approved by the head" in done.text
        with small.database.read() as session:
            assert owed(session, TASK["bao-cao"]).answered_at is not None

    def test_that_is_wrong_is_counted_and_told_beside_its_field(self, small: Site) -> None:
        found, path = sent(small)
        receipt = found.opens(f"{path}/receipt/1")
        for said in ("", "12", f"{(int(code(small).replace(' ', '')) + 1) % 1_000_000:06}"):
            page = found.sends(receipt, status=422, do="approve", code=said)
            assert 'id="code-error"' in page.text
        with small.database.read() as session:
            assert owed(session, TASK["bao-cao"]).answered_at is None

    def test_is_sent_again_after_a_while(self, small: Site) -> None:
        found, path = sent(small)
        receipt = found.opens(f"{path}/receipt/1")
        page = found.sends(receipt, status=422, do="again")
        assert "five minutes later" in page.text

    def test_of_another_version_opens_nothing(self, small: Site) -> None:
        found, path = sent(small)
        assert found.client.post(f"{path}/approval/7", data={"do": "approve"}).status_code in (
            404,
            422,
        )
        assert found.client.post(f"{path}/approval/7", data={"do": "again"}).status_code == 404
