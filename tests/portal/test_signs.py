"""The page of signs: both texts side by side, a filter, the sheet, and who may look."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from models.words import AccountRole
from portal.site import Site
from tests.models.test_copied_text import TEXT
from tests.portal.reading import HOSTILE, links
from tests.portal.visitor import Visitor, signed_in
from tests.tasks.office import answer, at, figures

pytestmark = pytest.mark.any_database

PAGE = "/directives/kl-1/rounds/bao-cao/signs"


@pytest.fixture
def clerk(desk: Site) -> Visitor:
    """Two of three units sent the same, but for a word and a hostile one."""
    said = figures(kho_khan=None)
    own = TEXT.replace("quán triệt", HOSTILE)
    answer(desk.database, "kl-1/bao-cao/so-a", said | {"narrative": TEXT}, at(2024, 5, 20))
    answer(desk.database, "kl-1/bao-cao/so-b", said | {"narrative": own}, at(2024, 5, 21))
    return signed_in(desk, AccountRole.SECRETARIAT)


class TestThePage:
    def test_shows_both_texts_and_marks_what_differs(self, clerk: Visitor) -> None:
        page = clerk.opens(PAGE)
        assert "These are signs, no verdict." in page.text
        assert "2 units have nearly the same paragraph." in page.text
        assert "<mark>quán triệt," in page.text
        assert "<script>" not in page.text
        tasks = [href for href, _words in links(page) if "/obligations/" in href]
        assert len(set(tasks)) == 2

    def test_is_opened_from_the_round(self, clerk: Visitor) -> None:
        words = [text for href, text in links(clerk.opens("/rounds/1")) if href.endswith(PAGE)]
        assert words == ["Signs to be looked at in its answers"]

    def test_shows_one_kind(self, clerk: Visitor) -> None:
        assert "nearly the same paragraph." in clerk.opens(f"{PAGE}?sign=copied").text
        assert "Nothing of this kind was seen." in clerk.opens(f"{PAGE}?sign=unchanged").text
        clerk.opens(f"{PAGE}?sign=guilt", 404)

    def test_shows_a_past_day(self, clerk: Visitor) -> None:
        assert "Nothing of this kind was seen." in clerk.opens(f"{PAGE}?as_of=2024-05-20").text

    def test_downloads_as_a_sheet_without_formulas(self, clerk: Visitor) -> None:
        answer = clerk.opens(PAGE.replace("signs", "signs.xlsx"))
        assert "attachment" in answer.headers["content-disposition"]
        page = load_workbook(BytesIO(answer.content)).active
        assert page is not None
        assert page.max_row == 2 + 2
        assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)

    @pytest.mark.parametrize("role", [AccountRole.READER, AccountRole.OVERSEER])
    def test_is_open_to_who_reads_the_board(self, desk: Site, role: AccountRole) -> None:
        unit = 1 if role is AccountRole.OVERSEER else None
        signed_in(desk, role, unit).opens(PAGE)

    def test_is_closed_to_heads_of_units(self, desk: Site) -> None:
        signed_in(desk, AccountRole.UNIT_HEAD, 2).opens(PAGE, 403)
