"""A unit's page where one report serves several duties, and where figures are known already."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from models.settings import Settings
from models.words import AccountRole
from portal.site import Site
from tasks.lookup import id_of
from tasks.workbook import workbook
from tests.conftest import Databases, Fill
from tests.portal.units import accepted, path_to, versions
from tests.portal.visitor import Clock, forms, signed_in, visitor
from tests.tasks.office import answer, at, owed
from tests.tasks.several_duties import FULL, OTHER, SENT, SHORT, a_full_report, fill
from tests.tasks.trees import fill as fill_tree
from tests.tasks.trees import given

pytestmark = pytest.mark.any_database

TYPED: dict[str, Any] = {
    "values.so-vu": "12",
    "values.ty-le.numerator": "3",
    "values.ty-le.denominator": "4",
    "sections.ket-qua": "Đã xử lý 12 vụ.",
    "sender": "Lê Thị A",
}


def _site(
    databases: Databases, name: str, fill: Fill, folder: Path, clock: Clock
) -> Iterator[Site]:
    clock.moment = SENT
    for found in databases.like(databases.template(name, fill, like=databases.migrated())):
        yield Site(found, Settings(data=folder), clock)


@pytest.fixture
def several(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Site]:
    yield from _site(databases, "several", fill, tmp_path, clock)


def number(site: Site, code: str) -> int:
    with site.database.read() as session:
        return id_of(owed(session, code))


def ticks(site: Site, *codes: str) -> dict[str, Any]:
    return {f"covers.{number(site, code)}": "on" for code in codes}


class TestOneReportForSeveral:
    def test_is_offered_recorded_and_shown_on_every_page(self, several: Site) -> None:
        found = visitor(several)
        page = found.opens(path_to(several, FULL))
        assert "Báo cáo phòng, chống tham nhũng" in page.text
        done = found.sends(page, do="send", **TYPED, **ticks(several, SHORT, OTHER))
        assert f"{OTHER}#1" in done.text and f"{SHORT}#1" in done.text
        assert accepted(several, OTHER)[0]["values"] == {"vu-viec": 12}
        assert "“Báo cáo” (KL-1/TU), version 1" in found.opens(path_to(several, OTHER)).text
        office = signed_in(several, AccountRole.SECRETARIAT)
        seen = office.opens(f"/obligations/{number(several, OTHER)}").text
        assert "“Báo cáo” (KL-1/TU), version 1" in seen
        assert OTHER in office.opens(f"/obligations/{number(several, FULL)}").text

    def test_is_told_beforehand_what_another_duty_would_refuse(self, several: Site) -> None:
        found = visitor(several)
        page = found.opens(path_to(several, FULL))
        typed = TYPED | {"values.so-vu": "101"} | ticks(several, OTHER)
        again = found.sends(page, status=422, do="send", **typed)
        assert "Không quá 100 vụ." in again.text
        assert versions(several, FULL) == []
        name = f"covers.{number(several, OTHER)}"
        assert forms(again)[0].fields[name] == ["on"]

    @pytest.mark.parametrize("code", ["kl-1/nhanh/so-b", "kl-2/rong/so-a", FULL])
    def test_cannot_be_what_was_not_offered(self, several: Site, code: str) -> None:
        found = visitor(several)
        page = found.opens(path_to(several, FULL))
        found.sends(page, status=422, do="send", **TYPED, **ticks(several, code))
        assert versions(several, FULL) == [] and versions(several, code) == []

    def test_may_be_said_once_it_was_sent(self, several: Site) -> None:
        found = visitor(several)
        found.sends(found.opens(path_to(several, FULL)), do="send", **TYPED)
        page = found.opens(path_to(several, FULL))
        found.sends(page, do="send", sender="Lê Thị A", **ticks(several, SHORT))
        assert len(versions(several, FULL)) == 1
        assert accepted(several, SHORT)[0]["values"] == {"so-vu": 12}

    def test_lists_before_a_correction_what_is_recorded_with_it(self, several: Site) -> None:
        found = visitor(several)
        page = found.opens(path_to(several, FULL))
        found.sends(page, do="send", **TYPED, **ticks(several, SHORT))
        page = found.opens(path_to(several, FULL))
        typed = TYPED | {"values.so-vu": "13", "why": "Đếm lại."} | ticks(several, OTHER)
        review = found.sends(page, do="send", **typed)
        assert "Báo cáo nhanh" in review.text and "Báo cáo phòng, chống tham nhũng" in review.text
        assert "Báo cáo rộng" not in review.text
        found.sends(review, do="confirm", sender="Lê Thị A", why="Đếm lại.")
        assert accepted(several, SHORT)[-1]["values"] == {"so-vu": 13}
        assert accepted(several, OTHER)[-1]["values"] == {"vu-viec": 13}

    def test_is_told_of_in_the_workbook(self, several: Site) -> None:
        moment = at(2024, 5, 21)
        with several.database.read() as session:
            for code, told in ((FULL, True), (SHORT, False)):
                raw = workbook(session, id_of(owed(session, code)), several.links, moment)
                cells = load_workbook(io.BytesIO(raw)).worksheets[0].iter_rows(values_only=True)
                said = any("dùng được cho nhiều việc" in str(v) for row in cells for v in row)
                assert said is told, code

    def test_lends_its_figures_to_a_form_that_asks_for_more(self, several: Site) -> None:
        answer(several.database, FULL, a_full_report(), SENT)
        page = visitor(several).opens(path_to(several, "kl-2/rong/so-a"))
        fields = forms(page)[0].fields
        assert fields["values.vu-viec"] == ["12"] and fields["values.rieng"] == [""]
        assert "“Báo cáo” (KL-1/TU), version 1: 12" in page.text


class TestTheUnitsBelow:
    @pytest.fixture
    def tree(self, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Site]:
        yield from _site(databases, "tree", fill_tree, tmp_path, clock)

    def test_fill_the_form_and_are_corrected_only_with_a_reason(self, tree: Site) -> None:
        code = "kl-1/bao-cao/huyen"
        given(tree.database, "xa-1", 3)
        found = visitor(tree)
        page = found.opens(path_to(tree, code))
        assert forms(page)[0].fields["values.so-vu"] == ["3"]
        assert "1/2" in page.text and "Đơn vị xa-2" in page.text
        typed: dict[str, Any] = {"values.so-vu": "5", "narrative": "Có.", "sender": "Lê Thị A"}
        again = found.sends(page, status=422, do="send", **typed)
        assert "explanations.below:so-vu" in again.text
        why: dict[str, Any] = {"explanations.below:so-vu": "Xã 2 báo cáo bằng giấy."}
        found.sends(again, do="send", **typed, **why)
        assert accepted(tree, code)[0]["explanations"] == {"below:so-vu": "Xã 2 báo cáo bằng giấy."}

    def test_fill_the_workbook(self, tree: Site) -> None:
        given(tree.database, "xa-1", 3)
        with tree.database.read() as session:
            id_ = id_of(owed(session, "kl-1/bao-cao/huyen"))
            raw = workbook(session, id_, tree.links, at(2024, 5, 21))
        sheet = load_workbook(io.BytesIO(raw)).worksheets[0]
        cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert 3 in cells
        assert any("tổng của 1/2 đơn vị trực thuộc" in str(value) for value in cells)
