"""The pages of a round's figures: together, in parts, their sources, contradictions, targets."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from models.settings import Settings
from models.words import AccountRole
from portal.site import Site
from tests.conftest import Databases
from tests.portal.reading import links
from tests.portal.visitor import Clock, Visitor, signed_in
from tests.tasks.test_aggregating import NOW, live

pytestmark = [pytest.mark.xdist_group("aggregating"), pytest.mark.any_database]
HERE = "/directives/kl-1/rounds/bao-cao"


@pytest.fixture
def clerk(databases: Databases, tmp_path: Path) -> Iterator[Visitor]:
    template = databases.template("aggregating", live, like=databases.migrated())
    for found in databases.like(template):
        site = Site(found, Settings(data=tmp_path), Clock(NOW))
        yield signed_in(site, AccountRole.SECRETARIAT)


class TestFigures:
    def test_stand_beside_how_many_gave_them(self, clerk: Visitor) -> None:
        page = clerk.opens(f"{HERE}/figures").text
        assert "<b>18 cuộc</b>" in page
        assert "A unit answers for those below it" in page

    def test_open_unit_by_unit(self, clerk: Visitor) -> None:
        page = clerk.opens(f"{HERE}/figures")
        opened = clerk.opens(next(h for h, n in links(page) if n == "Đơn vị van-phong"))
        names = [name for _href, name in links(opened)]
        assert "Đơn vị so-a" in names
        assert "its own" in opened.text

    @pytest.mark.parametrize("by", ["level", "kind"])
    def test_are_shown_in_parts(self, clerk: Visitor, by: str) -> None:
        assert clerk.opens(f"{HERE}/figures?by={by}")

    def test_are_those_of_a_past_day(self, clerk: Visitor) -> None:
        assert "<b>15 cuộc</b>" in clerk.opens(f"{HERE}/figures?as_of=2024-06-04").text

    def test_are_narrowed_to_a_level(self, clerk: Visitor) -> None:
        assert "<b>8 cuộc</b>" in clerk.opens(f"{HERE}/figures?level=commune").text

    @pytest.mark.parametrize("words", ["by=x", "unit=999", "unit=x", "level=x"])
    def test_that_there_are_not_are_said_so(self, clerk: Visitor, words: str) -> None:
        clerk.opens(f"{HERE}/figures?{words}", status=404)

    def test_download_with_all_they_were_made_of(self, clerk: Visitor) -> None:
        book = load_workbook(BytesIO(clerk.opens(f"{HERE}/figures.xlsx").content))
        assert book.sheetnames == ["Figures", "Up the tree", "Units", "Answers"]


class TestAFigure:
    def test_opens_its_answers_and_what_was_left_out(self, clerk: Visitor) -> None:
        page = clerk.opens(f"{HERE}/figures/so-cuoc")
        assert "left out: included in the answer of Đơn vị so-a" in page.text
        assert "kl-1/bao-cao/so-b1" in page.text
        tasks = [href for href, _name in links(page) if "/obligations/" in href]
        assert len(tasks) == 2 + 2 + 2 + 1  # counted, left out, missing, late
        assert clerk.opens(tasks[0])

    def test_that_is_not_asked_is_not_found(self, clerk: Visitor) -> None:
        clerk.opens(f"{HERE}/figures/khac", status=404)


class TestContradictions:
    def test_are_counted_on_the_round_and_listed(self, clerk: Visitor) -> None:
        shown = clerk.opens(f"{HERE}/contradictions").text
        assert "Kỳ trước nhầm." in shown
        count = shown.split("<tbody>")[1].count("<tr>")
        assert f"Contradictions ({count})" in clerk.client.get(HERE).text
