"""A report with outline, tables, parts and rules: the same by command, in Excel and by reply."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import Session, col, select

from models.directive import Indicator
from models.i18n import speaking
from models.round import IndicatorValue, Submission
from models.words import Channel, Verdict
from tasks.answering import Recorded, record_answer
from tasks.workbook import workbook
from tasks.workbook_read import FORM, LISTS, Read, read_workbook
from tests.conftest import Databases
from tests.tasks.forms import LINKS, by_libreoffice, filled
from tests.tasks.office import OFFICE, SO_A, SO_B, at, issue, know, open_, owed
from tests.tasks.reports import RIGHT, changed, whole_report_file

pytestmark = pytest.mark.any_database

CODE, NOW = "kl-1/bao-cao/so-a", at(2024, 5, 6)
EXCEL = {
    "sections.tinh-hinh": "Đã quán triệt.\nĐã phân công.",
    "sections.ket-qua": "Đã phát hiện 5 vụ.",
    "values.so-vu": 5,
    "values.so-vu-thanh-tra": "2",
    "values.so-vu-to-cao": 3,
    "values.da-xu-ly": 4,
    "values.ke-khai.numerator": 9,
    "values.ke-khai.denominator": 10,
    "values.ngay": "02/05/2024",
    "values.muc-do": "chưa hoàn thành, lý do khách quan",
    "values.tu-cham": "17,5",
}


@pytest.fixture
def session(databases: Databases) -> Iterator[Session]:
    """Two units are asked for it; nothing is kept."""

    def ask(db: Any) -> None:
        with db.write() as found:
            know(found, OFFICE, SO_A, SO_B)
            issue(found, whole_report_file())
            open_(found, "kl-1", "bao-cao", NOW)

    name = databases.template("whole_report", ask, like=databases.migrated())
    with Session(databases.shared(name).engine) as found, speaking("en"):
        yield found
        found.rollback()


def by_command(session: Session, payload: dict[str, Any]) -> Recorded:
    return record_answer(session, CODE, payload, "văn thư", NOW)


def form_of(session: Session) -> bytes:
    return workbook(session, owed(session, CODE).id or 0, LINKS, NOW)


def in_excel(session: Session, given: dict[str, Any]) -> Read:
    form = form_of(session)
    cells = read_workbook(session, form, LINKS, NOW).sheet.cells
    written = filled(form, {cells[name]: value for name, value in given.items()})
    return read_workbook(session, written, LINKS, NOW)


def faults(found: Recorded | Read) -> list[str]:
    return [fault.field for fault in found.faults]


class TestARightReport:
    def test_by_command_is_stored_figure_by_figure(self, session: Session) -> None:
        assert by_command(session, RIGHT).verdict is Verdict.ACCEPTED
        rows = session.exec(
            select(Indicator.code, IndicatorValue)
            .join(IndicatorValue, col(IndicatorValue.indicator_id) == col(Indicator.id))
            .order_by(col(Indicator.id))
        )
        stored: dict[str, IndicatorValue] = dict(rows.all())
        assert stored.keys() == RIGHT["values"].keys()
        assert stored["so-vu-to-cao"].number == 3
        assert str(stored["ngay"].day) == "2024-05-02"
        assert stored["muc-do"].choice == RIGHT["values"]["muc-do"]
        assert stored["tu-cham"].number == 17.5

    def test_in_excel_says_the_same(self, session: Session) -> None:
        read = in_excel(session, EXCEL)
        assert read.faults == ()
        assert read.payload == RIGHT

    def test_in_excel_begins_with_what_was_sent(self, session: Session) -> None:
        more = {"values": RIGHT["values"] | {"da-xu-ly": 6}}
        said = RIGHT | more | {"explanations": {"xu-ly-it-hon": "Vụ năm trước."}}
        assert by_command(session, said).verdict is Verdict.ACCEPTED
        assert read_workbook(session, form_of(session), LINKS, NOW).payload == said

    def test_keeps_no_reason_that_its_figures_do_not_need(self, session: Session) -> None:
        said = {"last:so-vu": "Tách vụ", "xu-ly-it-hon": "Vụ năm trước."}
        assert by_command(session, RIGHT | {"explanations": said}).verdict is Verdict.ACCEPTED
        given = session.exec(select(Submission.payload)).one()
        assert given == RIGHT


class TestTheSheet:
    def test_has_sections_tables_and_parts_in_their_order(self, session: Session) -> None:
        sheet = load_workbook(io.BytesIO(form_of(session)))[FORM]
        said = [str(row[0].value or row[1].value or "") for row in sheet.iter_rows()]
        order = ["1. Tình hình triển khai *", "Biểu 1. Phát hiện, xử lý", "1.1", "1.2",
                 "Biểu 2. Phòng ngừa, tự đánh giá"]  # fmt: skip
        at_row = [next(n for n, line in enumerate(said) if line.startswith(o)) for o in order]
        assert at_row == sorted(at_row)
        words = [str(cell.value) for row in sheet.iter_rows() for cell in row]
        assert "Trong đó: qua thanh tra *" in words
        assert "Điểm tự chấm * (tối đa 20 điểm)" in words

    def test_offers_the_choices(self, session: Session) -> None:
        book = load_workbook(io.BytesIO(form_of(session)))
        offered = {row[1].value for row in book[LISTS].iter_rows()}
        assert offered == {"Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành, lý do khách quan"}
        kinds = [check.formula1 for check in book[FORM].data_validations.dataValidation]
        assert f"'{LISTS}'!$B$1:$B$3" in kinds


class TestAFault:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"values.so-vu-thanh-tra": 9}, "values.so-vu-thanh-tra"),
            ({"values.so-vu-thanh-tra": 1}, "values.so-vu"),
            ({"values.ngay": "31/02/2024"}, "values.ngay"),
            ({"values.muc-do": "Tạm được"}, "values.muc-do"),
            ({"values.tu-cham": 21}, "values.tu-cham"),
            ({"sections.ket-qua": None}, "sections.ket-qua"),
            ({"values.da-xu-ly": 6}, "explanations.xu-ly-it-hon"),
        ],
    )
    def test_in_excel_is_told_at_its_cell(
        self, session: Session, given: dict[str, Any], field: str
    ) -> None:
        read = in_excel(session, EXCEL | given)
        assert field in faults(read)
        (told,) = (fault for fault in read.faults if fault.field == field)
        assert told.where == read.sheet.cell(field) != ""

    def test_of_a_soft_rule_is_gone_with_its_explanation_in_its_row(self, session: Session) -> None:
        given = EXCEL | {"values.da-xu-ly": 6, "explanations.xu-ly-it-hon": "Vụ năm trước."}
        read = in_excel(session, given)
        assert read.faults == ()
        assert read.payload["explanations"] == {"xu-ly-it-hon": "Vụ năm trước."}

    def test_by_reply_is_told_by_cell_in_the_unit_s_words(self, session: Session) -> None:
        read = in_excel(session, EXCEL | {"values.da-xu-ly": 6, "values.so-vu-to-cao": 3})
        record_answer(session, CODE, read.payload, "a", NOW, channel=Channel.REPLY,
                      sheet=read.sheet)  # fmt: skip
        refused = session.exec(select(Submission)).one()
        assert refused.verdict is Verdict.REFUSED
        assert [fault["field"] for fault in refused.faults] == ["explanations.xu-ly-it-hon"]

    def test_by_command_is_the_same(self, session: Session) -> None:
        assert faults(by_command(session, changed(da_xu_ly=6))) == ["explanations.xu-ly-it-hon"]
        zero = {"numerator": 0, "denominator": 0}
        assert faults(by_command(session, changed(ke_khai=zero))) == ["values.ke-khai.denominator"]


def test_a_form_that_libreoffice_saved_says_the_same(session: Session) -> None:
    form = form_of(session)
    cells = read_workbook(session, form, LINKS, NOW).sheet.cells
    raw = by_libreoffice(form, {cells[name]: value for name, value in EXCEL.items()})
    assert read_workbook(session, raw, LINKS, NOW).payload == RIGHT
