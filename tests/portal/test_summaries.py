"""The page of a summary as the secretariat uses it: read, add words, sign, draw up, download."""

from hashlib import sha256
from io import BytesIO
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from models.round import Paper, Summary
from models.words import AccountRole, PaperKind
from portal.site import Site
from tasks import lookup
from tasks.summarising import summarise
from tests.portal.visitor import Clock, Visitor, signed_in
from tests.tasks.office import A_REPORT, answer, at, figures

pytestmark = pytest.mark.any_database

PAGE = "/directives/kl-1/rounds/bao-cao/summary"
PAPER = {"number": "45/BC-VP", "signed_on": "11/06/2024", "signed_by": "Nguyễn Văn B"}


@pytest.fixture
def closed(desk: Site, clock: Clock) -> Site:
    """The round has closed with one answer of three; it is the next morning."""
    answer(desk.database, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))
    with desk.database.write() as session:
        found = lookup.round_(session, "kl-1", "bao-cao")
        summarise(session, found, at(2024, 6, 10, 16))
    clock.moment = at(2024, 6, 11, 9)
    return desk


@pytest.fixture
def clerk(closed: Site) -> Visitor:
    return signed_in(closed, AccountRole.SECRETARIAT)


def late_answer(site: Site, clock: Clock, day: int) -> None:
    answer(site.database, "kl-1/bao-cao/so-b", figures(so_cuoc=4), at(2024, 6, day))
    clock.moment = at(2024, 6, day, 10)


def sign(clerk: Visitor, status: int = 200, **values: str) -> str:
    page = clerk.opens(PAGE)
    return clerk.sends(page, "/sign", status=status, **{**PAPER, **values}).text


class TestSigning:
    def test_is_recorded_with_the_files_as_they_were_signed(
        self, closed: Site, clerk: Visitor
    ) -> None:
        assert "The signing is recorded" in sign(clerk)
        page = clerk.opens(PAGE).text
        assert "signed: number 45/BC-VP, 11/06/2024, Nguyễn Văn B" in page
        with closed.database.read() as session:
            stored = {one.kind: one.sha256 for one in session.exec(select(Paper))}
        for kind in PaperKind:
            file = clerk.opens(f"{PAGE}/files/{kind.value}?version=1")
            assert sha256(file.content).hexdigest() == stored[kind]
            assert stored[kind] in page
            name = unquote(file.headers["content-disposition"])
            assert f"45-bc-vp_bao-cao_v1.{kind.value}" in name

    def test_shows_each_fault_beside_its_field_and_keeps_what_was_typed(
        self, clerk: Visitor
    ) -> None:
        page = sign(clerk, 422, number="", signed_on="11/06/2024")
        assert 'id="number-error"' in page
        assert 'value="Nguyễn Văn B"' in page
        both = sign(clerk, 422, signed_on="31/02/2024", number=" ")
        assert 'id="signed_on-error"' in both
        assert 'id="number-error"' in both
        assert 'value="31/02/2024"' in both
        assert 'id="signed_on-error"' in sign(clerk, 422, signed_on="12/06/2024")

    def test_of_a_round_that_changed_is_asked_for_twice(
        self, closed: Site, clerk: Visitor, clock: Clock
    ) -> None:
        late_answer(closed, clock, 11)
        page = clerk.opens(PAGE)
        assert "1 answer came in or changed" in page.text
        asked = clerk.sends(page, "/sign", status=409, **PAPER)
        assert "Số đơn vị đã gửi: 1 → 2" in asked.text
        assert "knowingly" in asked.text
        done = clerk.sends(asked, "/sign", knowingly="yes", **PAPER)
        assert "The signing is recorded" in done.text

    def test_is_done_by_the_first_of_two(self, closed: Site, clerk: Visitor) -> None:
        page = clerk.opens(PAGE)
        sign(clerk)
        refused = clerk.sends(page, "/sign", status=409, **{**PAPER, "number": "46/BC-VP"})
        assert "signed already: number 45/BC-VP" in refused.text


class TestDrawingUpAnew:
    def test_says_what_the_new_version_replaces(
        self, closed: Site, clerk: Visitor, clock: Clock
    ) -> None:
        sign(clerk)
        assert "/draw" not in clerk.opens(PAGE).text
        late_answer(closed, clock, 12)
        done = clerk.sends(clerk.opens(PAGE), "/draw")
        assert "Version 2: not signed yet" in done.text
        assert "thay thế Báo cáo số 45/BC-VP ngày 11/06/2024" in done.text
        assert "number 45/BC-VP, 11/06/2024" in done.text
        first = clerk.opens(f"{PAGE}?version=1").text
        assert "Version 1: signed" in first
        assert "summary/sign" not in first
        clerk.opens(f"{PAGE}?version=3", 404)

    def test_keeps_the_words_of_the_secretariat(
        self, closed: Site, clerk: Visitor, clock: Clock
    ) -> None:
        clerk.sends(clerk.opens(PAGE), "/words", causes="Do <b>mới</b> sắp xếp.\r\nDo thiếu người.")
        late_answer(closed, clock, 11)
        done = clerk.sends(clerk.opens(PAGE), "/draw")
        assert "Do &lt;b&gt;mới&lt;/b&gt; sắp xếp.\nDo thiếu người.</textarea>" in done.text
        with closed.database.read() as session:
            newest = session.exec(select(Summary).where(Summary.version == 2)).one()
            assert newest.words == {"causes": "Do <b>mới</b> sắp xếp.\nDo thiếu người."}


class TestReading:
    def test_shows_an_open_round_as_a_draft(self, desk: Site) -> None:
        reader = signed_in(desk, AccountRole.READER)
        page = reader.opens(PAGE).text
        assert "A draft as it would be now" in page
        assert "summary/sign" not in page
        assert "DU-THAO" in reader.opens(f"{PAGE}/files/xlsx").headers["content-disposition"]

    def test_gives_a_reader_no_forms_of_deeds(self, closed: Site, clock: Clock) -> None:
        late_answer(closed, clock, 11)
        page = signed_in(closed, AccountRole.READER).opens(PAGE).text
        assert "1 answer came in or changed" in page
        assert [word for word in ("/sign", "/draw", "/words") if f'{PAGE}{word}"' in page] == []

    def test_lists_what_waits_to_be_signed(self, closed: Site, clerk: Visitor) -> None:
        assert "summaries that wait to be signed" in clerk.opens("/").text
        assert "Wait to be signed (1)" in clerk.opens("/summaries").text
        sign(clerk)
        assert "summaries that wait to be signed" not in clerk.opens("/").text
        assert "Signed (1)" in clerk.opens("/summaries").text

    def test_refuses_a_file_that_was_changed(self, closed: Site, clerk: Visitor) -> None:
        sign(clerk)
        for path in (closed.settings.data / "papers").rglob("*"):
            if path.is_file():
                path.write_bytes(b"forged")
        page = clerk.opens(f"{PAGE}/files/pdf?version=1", 409)
        assert "missing or was changed" in page.text

    def test_gives_annexes_that_a_workbook_reader_opens(self, clerk: Visitor) -> None:
        book = load_workbook(BytesIO(clerk.opens(f"{PAGE}/files/xlsx").content))
        assert book.sheetnames[0] == "Tổng hợp"
