"""The form of a report on a unit's page: outline, tables, parts, every kind, explanations."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.database import Database
from models.settings import Settings
from portal.site import Site
from tests.conftest import Databases
from tests.portal.units import accepted, path_to, versions
from tests.portal.visitor import Clock, forms, visitor
from tests.tasks.office import ISSUED, OFFICE, SO_A, SO_B, issue, know, open_
from tests.tasks.reports import RIGHT, whole_report_file

pytestmark = pytest.mark.any_database

TASK = "kl-1/bao-cao/so-a"
TYPED: dict[str, Any] = {
    "sections.tinh-hinh": "Đã quán triệt.\nĐã phân công.",
    "sections.ket-qua": "Đã phát hiện 5 vụ.",
    "values.so-vu": "5",
    "values.so-vu-thanh-tra": "2",
    "values.so-vu-to-cao": "3",
    "values.da-xu-ly": "4",
    "values.ke-khai.numerator": "9",
    "values.ke-khai.denominator": "10",
    "values.ngay": "02/05/2024",
    "values.muc-do": "Chưa hoàn thành, lý do khách quan",
    "values.tu-cham": "17,5",
    "sender": "Lê Thị A",
}


def _ask(db: Database) -> None:
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, whole_report_file())
        open_(session, "kl-1", "bao-cao", ISSUED)


@pytest.fixture
def asking(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Site]:
    template = databases.template("whole_report_page", _ask, like=databases.migrated())
    for found in databases.like(template):
        yield Site(found, Settings(data=tmp_path), clock)


def test_shows_the_outline_then_tables_with_parts_below_their_whole(asking: Site) -> None:
    page = visitor(asking).opens(path_to(asking, TASK)).text
    words = [
        "1. Tình hình triển khai", "Chỉ đạo, phân công, quán triệt", "3. Nguyên nhân – if any",
        "Biểu 1. Phát hiện, xử lý", "Số vụ việc phát hiện từ đầu năm (vụ)",
        "Of which: qua thanh tra (vụ)", "Số vụ việc đã xử lý", "Biểu 2. Phòng ngừa",
        "At most 20 points",
    ]  # fmt: skip
    places = [page.index(word) for word in words]
    assert places == sorted(places)
    assert 'name="narrative"' not in page
    assert 'name="explanations' not in page
    assert 'type="date"' in page


def test_records_what_was_typed(asking: Site) -> None:
    found = visitor(asking)
    found.sends(found.opens(path_to(asking, TASK)), do="send", **TYPED)
    assert accepted(asking, TASK) == [RIGHT]
    fields = forms(found.opens(path_to(asking, TASK)))[0].fields
    again = TYPED | {"values.ngay": "2024-05-02"}
    assert all(fields[name] == [said] for name, said in again.items() if name != "sender")


def test_asks_beside_the_figure_for_the_reason_of_what_is_odd(asking: Site) -> None:
    found = visitor(asking)
    odd = TYPED | {"values.da-xu-ly": "6"}
    page = found.sends(found.opens(path_to(asking, TASK)), status=422, do="send", **odd)
    field = "explanations.xu-ly-it-hon"
    assert f'name="{field}"' in page.text
    assert 'href="#explanations-xu-ly-it-hon"' in page.text
    assert page.text.index('name="values.da-xu-ly"') < page.text.index(f'name="{field}"')
    assert versions(asking, TASK) == []
    more: dict[str, Any] = {field: "Vụ năm trước.", "sender": ""}
    page = found.sends(page, status=422, do="send", **more)
    assert forms(page)[0].fields[field] == ["Vụ năm trước."]
    found.sends(page, do="send", sender="Lê Thị A")
    (said,) = accepted(asking, TASK)
    assert said["explanations"] == {"xu-ly-it-hon": "Vụ năm trước."}


def test_tells_parts_and_kinds_at_their_fields(asking: Site) -> None:
    found = visitor(asking)
    wrong = TYPED | {
        "values.so-vu-thanh-tra": "1", "values.ngay": "31/02/2024", "values.muc-do": "",
        "values.tu-cham": "21", "sections.ket-qua": "",
    }  # fmt: skip
    page = found.sends(found.opens(path_to(asking, TASK)), status=422, do="send", **wrong)
    for name in ("values-so-vu", "values-ngay", "values-muc-do", "values-tu-cham",
                 "sections-ket-qua"):  # fmt: skip
        assert f'href="#{name}"' in page.text
        assert f'id="{name}-error"' in page.text
    assert "come to 4, the whole says 5" in page.text
