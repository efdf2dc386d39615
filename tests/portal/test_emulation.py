"""The pages of an emulation: who sees and gives points, what is typed stays, what is downloaded."""

from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlmodel import select

from models.database import Database
from models.settings import Settings
from models.unit import Unit
from models.words import AccountRole
from portal.site import Site
from tests.portal.visitor import Clock, signed_in
from tests.tasks.emulation import JUDGED, begin, judges, sends, unit

pytestmark = pytest.mark.any_database

PLACE = "/directives/kl-1/rounds/thi-dua/emulation"


@pytest.fixture
def movement(db: Database, tmp_path: Path, clock: Clock) -> Site:
    """A and B have given themselves points, A the more of them; C oversees."""
    begin(db)
    sends(db, "so-a", 55, 38)
    sends(db, "so-b", 50, 40, proves=False)
    clock.moment = JUDGED
    return Site(db, Settings(data=tmp_path), clock)


def overseer(site: Site, code: str) -> int:
    with site.database.read() as session:
        return session.exec(select(Unit.id).where(Unit.code == code)).one() or 0


class TestRankingPage:
    def test_shows_places_points_evidence_and_why_not(self, movement: Site) -> None:
        judges(movement.database, "so-a", 55, 38, 0)
        shown = signed_in(movement, AccountRole.READER).opens(PLACE).text
        for words in ("Khối A, B", "12/BC-so-a, 17/05/2024", "Bằng khen", "not considered"):
            assert words in shown
        assert shown.index("Đơn vị so-a") < shown.index("Đơn vị so-b")

    def test_is_narrowed_to_a_block_and_a_state(self, movement: Site) -> None:
        reader = signed_in(movement, AccountRole.READER)
        assert "Đơn vị so-a" not in reader.opens(f"{PLACE}?block=Khác").text
        assert "No unit fits" in reader.opens(f"{PLACE}?state=proposed").text
        reader.opens(f"{PLACE}?state=nothing", 404)

    def test_of_a_past_day_is_empty_of_what_came_later(self, movement: Site) -> None:
        reader = signed_in(movement, AccountRole.READER)
        assert "12/BC-so-a" not in reader.opens(f"{PLACE}?as_of=2024-05-10").text

    def test_is_linked_from_a_round_that_is_ranked(self, movement: Site) -> None:
        reader = signed_in(movement, AccountRole.READER)
        assert PLACE in reader.client.get("/directives/kl-1/rounds/thi-dua").text
        assert "/emulation" not in reader.client.get("/directives/kl-1/rounds/bao-cao").text
        reader.opens(PLACE.replace("thi-dua", "bao-cao"), 404)


class TestPanelsForm:
    def test_records_points_in_the_name_of_who_gives_them(self, movement: Site) -> None:
        clerk = signed_in(movement, AccountRole.SECRETARIAT)
        page = clerk.opens(f"{PLACE}/so-a")
        said = clerk.sends(
            page, "so-a", points=["50,5", "38", "0"], words=["Thiếu biên bản", "", ""]
        )
        assert "The points are recorded." in said.text
        found = unit(movement.database, "so-a")
        assert (found.total, found.is_judged) == (88.5, True)
        assert found.scores[0].panel and found.scores[0].panel.by == "Cán bộ secretariat"

    def test_as_it_opens_agrees_with_the_unit(self, movement: Site) -> None:
        clerk = signed_in(movement, AccountRole.SECRETARIAT)
        clerk.sends(clerk.opens(f"{PLACE}/so-a"), "so-a")
        assert unit(movement.database, "so-a").total == 93
        again = clerk.sends(clerk.opens(f"{PLACE}/so-a"), "so-a")
        assert "Nothing was changed." in again.text

    def test_keeps_what_was_typed_beside_what_is_wrong(self, movement: Site) -> None:
        clerk = signed_in(movement, AccountRole.SECRETARIAT)
        page = clerk.opens(f"{PLACE}/so-a")
        typed = {"points": ["61", "ba mươi", "0"], "words": ["Vượt <b>khung</b>", "", ""]}
        told = clerk.sends(page, "so-a", status=422, **typed)
        assert 'value="ba mươi"' in told.text
        assert "Vượt &lt;b&gt;khung&lt;/b&gt;" in told.text
        assert 'id="points-tc-2-error"' in told.text
        assert unit(movement.database, "so-a").judged == 0

    def test_is_only_of_today_and_of_who_has_answered(self, movement: Site) -> None:
        clerk = signed_in(movement, AccountRole.SECRETARIAT)
        for place in ("so-a?as_of=2024-05-21", "so-d"):
            assert "Points of the panel" not in clerk.opens(f"{PLACE}/{place}").text
        clerk.opens(f"{PLACE}/so-x", 404)

    def test_is_of_the_overseer_but_not_for_itself_nor_of_another(self, movement: Site) -> None:
        sends(movement.database, "so-c", 50, 40)
        mine = signed_in(movement, AccountRole.OVERSEER, overseer(movement, "so-c"))
        mine.sends(mine.opens(f"{PLACE}/so-a"), "so-a")
        assert "Points of the panel" not in mine.opens(f"{PLACE}/so-c").text
        other = signed_in(movement, AccountRole.OVERSEER, overseer(movement, "so-b"))
        shown = other.opens(f"{PLACE}/so-a")
        assert "Points of the panel" not in shown.text
        csrf = shown.text.split('name="csrf" value="')[1].split('"')[0]
        asked = {"csrf": csrf, "criterion": "tc-1", "points": "1", "words": "x"}
        headers = {"origin": "https://testserver"}
        assert other.client.post(f"{PLACE}/so-a", data=asked, headers=headers).status_code == 403
        assert unit(movement.database, "so-a").total == 93

    def test_is_not_a_readers(self, movement: Site) -> None:
        reader = signed_in(movement, AccountRole.READER)
        assert "Points of the panel" not in reader.opens(f"{PLACE}/so-a").text


class TestDownloads:
    def test_the_workbook_has_points_ranking_and_proposals(self, movement: Site) -> None:
        judges(movement.database, "so-a", 55, 38, 0)
        reader = signed_in(movement, AccountRole.READER)
        book = load_workbook(BytesIO(reader.opens(f"{PLACE}.xlsx").content))
        points, ranking, proposals = book.worksheets
        first = [cell.value for cell in points[3]]
        assert first[:2] + first[-4:] == [
            "Đơn vị so-a", "Khối A, B", 93, 93, 1, "12/BC-so-a, 17/05/2024",
        ]  # fmt: skip
        assert [row[2].value for row in ranking.iter_rows(min_row=3)] == [1, 2, "", ""]
        assert [cell.value for cell in proposals[3]][:5] == [
            "Đơn vị so-a", "Khối A, B", "Bằng khen", 93, 1,
        ]  # fmt: skip

    def test_the_list_is_an_appendix_in_vietnamese(self, movement: Site) -> None:
        judges(movement.database, "so-a", 55, 38, 0)
        reader = signed_in(movement, AccountRole.READER)
        found = Document(BytesIO(reader.opens(f"{PLACE}.docx").content))
        lines = [p.text for p in found.paragraphs if p.text]
        assert lines[:2] == ["Phụ lục", "DANH SÁCH TẬP THỂ ĐỀ NGHỊ KHEN THƯỞNG"]
        assert "Kèm theo Tờ trình số:" in lines[2]
        assert "I. Bằng khen (01 tập thể)" in lines
        row = [cell.text for cell in found.tables[0].rows[1].cells]
        assert row == ["1", "Đơn vị so-a", "Khối A, B", "93", "1", "1/1"]

    def test_there_is_no_list_of_nobody(self, movement: Site) -> None:
        reader = signed_in(movement, AccountRole.READER)
        assert "Nobody is proposed yet" in reader.opens(f"{PLACE}.docx", 409).text
