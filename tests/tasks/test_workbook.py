"""The form as a workbook: what it shows and lets write, and what is read of a filled one."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlmodel import Session

from models.answer_sheet import Unread
from models.database import Database
from models.errors import WorkbookRefused
from models.i18n import speaking
from models.words import Channel, SubmissionKind
from tasks.answering import record_answer
from tasks.links import BadLink, LinkPurpose, Links, take_back
from tasks.workbook import workbook
from tasks.workbook_cells import Cell
from tasks.workbook_layout import How
from tasks.workbook_read import FORM, HIDDEN, LISTS, Read, read_workbook
from tasks.workbook_values import value_of
from tests.conftest import Databases
from tests.tasks.forms import LINKS, by_libreoffice, by_strict_excel, filled
from tests.tasks.hostile import SHEET, STRINGS, edited, other, parts_of
from tests.tasks.office import (
    A_REPORT,
    INDICATORS,
    OFFICE,
    SO_A,
    SO_B,
    a_file,
    a_round,
    at,
    issue,
    know,
    open_,
    owed,
)

pytestmark = [pytest.mark.xdist_group("forms"), pytest.mark.any_database]
on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

ASKED = at(2024, 5, 6)
STAGES = {"xac-nhan": "dissemination", "ke-hoach": "planning", "tien-do": "execution",
          "bao-cao": "reporting"}  # fmt: skip
ACK, PLAN, PROGRESS, REPORT = (f"kl-1/{code}/so-a" for code in STAGES)


def asking_for_each_stage(db: Database) -> None:
    """Two units are asked for an answer of every stage."""
    figures = [i["code"] for i in INDICATORS]
    rounds = [
        a_round(code, stage=stage, indicators=figures if code in ("tien-do", "bao-cao") else [])
        for code, stage in STAGES.items()
    ]
    measures = [
        {"num": "1", "quote": "(1) Tuyên truyền, phổ biến", "measures": [
            {"num": "1.1", "quote": "tổ chức hội nghị"}]},
        {"num": "2", "quote": "Kiểm tra, giám sát"},
    ]  # fmt: skip
    targets = [{"num": "1", "indicator": "cơ quan có quy chế", "quote": "100% cơ quan"}]
    file = a_file(indicators=INDICATORS, rounds=rounds, measures=measures, targets=targets)
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, file)
        for code in STAGES:
            open_(session, "kl-1", code, ASKED)


@pytest.fixture
def session(databases: Databases) -> Iterator[Session]:
    """A transaction that is not kept."""
    name = databases.template("each_stage", asking_for_each_stage, like=databases.migrated())
    with Session(databases.shared(name).engine) as found, speaking("en"):
        yield found
        found.rollback()


def form_of(session: Session, code: str, as_of: datetime = ASKED) -> bytes:
    return workbook(session, owed(session, code).id or 0, LINKS, as_of)


def read(session: Session, raw: bytes, as_of: datetime = ASKED) -> Read:
    return read_workbook(session, raw, LINKS, as_of)


def answered(session: Session, code: str, cells: dict[str, Any]) -> Read:
    return read(session, filled(form_of(session, code), cells))


def opened(form: bytes) -> Workbook:
    return load_workbook(io.BytesIO(form))


def number(written: str) -> Cell:
    return Cell("n", written)


def text(written: str) -> Cell:
    return Cell("s", written)


def iso(written: str) -> Cell:
    return Cell("d", written)


def texts(sheet: Worksheet) -> str:
    return "\n".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None)


def told(found: Read) -> list[tuple[str, str]]:
    return [(fault.where, fault.message) for fault in found.faults]


FULL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    ACK: (
        {"C16": datetime(2024, 5, 6), "C17": "Hội nghị quán triệt"},
        {"received_on": "2024-05-06", "brought_to_staff": "Hội nghị quán triệt"},
    ),
    PLAN: (
        {"C17": "12/KH-SA", "C18": datetime(2024, 5, 5), "C23": "Kế hoạch", "D23": "Ông A",
         "E23": datetime(2024, 12, 1), "B24": None,
         "B28": "Việc khác", "C28": "Báo cáo", "D28": "Bà B", "E28": "1/12/2025"},
        {"issued_as": {"document": "12/KH-SA", "issued": "2024-05-05"},
         "rows": [{"measure": "(1) Tuyên truyền, phổ biến", "product": "Kế hoạch", "who": "Ông A",
                   "by": "2024-12-01"},
                  {"measure": "Việc khác", "product": "Báo cáo", "who": "Bà B",
                   "by": "2025-12-01"}]},
    ),
    PROGRESS: (
        {"C16": 100, "C17": "Xong.", "D22": "Có", "D23": 3, "D24": 9, "E24": 10,
         "D25": 1_500_000.5, "B31": "12/BC", "C31": datetime(2024, 5, 5)},
        {"percent": 100, "narrative": "Xong.",
         "values": {"co-ke-hoach": True, "so-cuoc": 3,
                    "ty-le": {"numerator": 9, "denominator": 10}, "kinh-phi": 1_500_000.5},
         "evidence": [{"document": "12/BC", "issued": "2024-05-05"}]},
    ),
    REPORT: (
        {"C16": "Đơn vị đã hoàn thành.", "D21": "Có", "D22": 3, "D23": 9, "E23": 10,
         "D24": "1.500.000", "D25": "Thiếu người."},
        A_REPORT,
    ),
}  # fmt: skip


@on_sqlite
class TestForm:
    @pytest.mark.parametrize("code", FULL)
    def test_says_what_is_asked_by_when_and_why(self, session: Session, code: str) -> None:
        words = texts(opened(form_of(session, code))[FORM])
        for said in (code, "KL-1/TU", "Đơn vị so-a", "Đề nghị gửi báo cáo.", "Thứ Hai, 03/06/2024",
                     "Ngày ấn định: 03/06/2024.", "KHÔNG THỰC HIỆN ĐƯỢC"):  # fmt: skip
            assert said in words

    @pytest.mark.parametrize("code", FULL)
    def test_lets_only_its_fields_be_written(self, session: Session, code: str) -> None:
        sheet = opened(form_of(session, code))[FORM]
        assert sheet.protection.sheet
        open_ones = {c.coordinate for row in sheet.iter_rows() for c in row
                     if not c.protection.locked and type(c).__name__ == "Cell"}  # fmt: skip
        assert FULL[code][0].keys() <= open_ones
        yellow = {c.coordinate for row in sheet.iter_rows() for c in row
                  if c.fill.fgColor.rgb == "FFFFF8DC" and type(c).__name__ == "Cell"}  # fmt: skip
        assert open_ones == yellow

    def test_checks_in_its_cells_and_offers_the_measures(self, session: Session) -> None:
        book = opened(form_of(session, PLAN))
        checks = {str(v.sqref): v for v in book[FORM].data_validations.dataValidation}
        assert checks["E23"].type == "date"
        assert checks["B23"].formula1 == f"'{LISTS}'!$A$1:$A$4"
        assert [c.value for (c,) in book[LISTS].iter_rows()] == [
            "(1) Tuyên truyền, phổ biến",
            "1.1. tổ chức hội nghị",
            "2. Kiểm tra, giám sát",
            "Chỉ tiêu 1: cơ quan có quy chế",
        ]

    def test_begins_a_plan_with_what_the_unit_is_assigned(self, session: Session) -> None:
        sheet = opened(form_of(session, PLAN))[FORM]
        rows = [sheet[f"B{n}"].value for n in range(23, 27)]
        assert rows == ["(1) Tuyên truyền, phổ biến", "2. Kiểm tra, giám sát", None, None]

    @pytest.mark.parametrize("code", FULL)
    def test_holds_the_last_answer_that_stands(self, session: Session, code: str) -> None:
        record_answer(session, code, FULL[code][1], "văn thư", ASKED)
        later = ASKED + timedelta(days=1)
        record_answer(session, code, {"x": 1}, "văn thư", later)  # has faults: it does not stand
        form = form_of(session, code, later)
        assert "Lần 1, lúc 08:00 06/05/2024" in texts(opened(form)[FORM])
        assert read(session, form, later).payload == FULL[code][1]

    def test_has_room_for_all_that_was_answered_before(self, session: Session) -> None:
        many = [{"document": f"{n}/BC", "issued": "2024-05-05"} for n in range(30)]
        answer = FULL[PROGRESS][1] | {"evidence": many, "narrative": "Dòng một\x0b\nDòng _hai_"}
        record_answer(session, PROGRESS, answer, "văn thư", ASKED)
        found = read(session, form_of(session, PROGRESS)).payload
        assert found["evidence"] == many
        assert found["narrative"] == "Dòng một\nDòng _hai_"

    def test_keeps_words_that_look_like_formulas_as_words(self, session: Session) -> None:
        answer = {"received_on": "2024-05-06", "brought_to_staff": "=1+1"}
        record_answer(session, ACK, answer, "văn thư", ASKED)
        form = form_of(session, ACK)
        assert b"<f>" not in parts_of(form)[SHEET]
        assert read(session, form).payload == answer

    def test_holds_its_token_where_nobody_looks(self, session: Session) -> None:
        book = opened(form_of(session, ACK))
        assert book[HIDDEN].sheet_state == "veryHidden"
        token = str(book[HIDDEN]["A1"].value)
        assert LINKS.read(session, LinkPurpose.WORKBOOK, token, ASKED) == owed(session, ACK).id


@on_sqlite
class TestReading:
    @pytest.mark.parametrize("code", FULL)
    def test_gives_the_answer_of_the_stage(self, session: Session, code: str) -> None:
        cells, payload = FULL[code]
        found = answered(session, code, cells)
        assert (found.payload, told(found)) == (payload, [])
        assert (found.code, found.decline, found.why) == (code, False, "")

    @pytest.mark.parametrize("written", [by_libreoffice, by_strict_excel])
    @pytest.mark.parametrize("code", FULL)
    def test_is_of_forms_however_they_were_saved(
        self, session: Session, code: str, written: Callable[[bytes, dict[str, Any]], bytes]
    ) -> None:
        cells, payload = FULL[code]
        found = read(session, written(form_of(session, code), cells))
        assert (found.payload, told(found)) == (payload, [])
        with_formula = dict.fromkeys(cells, "=1+1")
        found = read(session, written(form_of(session, code), with_formula))
        assert {place for place, _message in told(found)} >= {c for c in cells if cells[c]}

    @pytest.mark.parametrize("code", FULL)
    def test_of_an_empty_form_tells_every_cell_to_fill_in(
        self, session: Session, code: str
    ) -> None:
        form = form_of(session, code)
        cells = {place for place, _message in told(read(session, form))}
        assert cells
        assert all(re.fullmatch(r"[A-E]\d+", place) for place in cells)
        assert not any("2024-02-26" in message for _place, message in told(read(session, form)))

    def test_takes_a_reason_for_declining(self, session: Session) -> None:
        found = answered(session, PLAN, {"C51": "Không thuộc chức năng."})
        assert found.kind is SubmissionKind.DECLINE
        assert found.payload == {"reason": "Không thuộc chức năng."}
        assert not found.faults

    def test_takes_no_answer_that_also_declines(self, session: Session) -> None:
        found = answered(session, ACK, FULL[ACK][0] | {"C21": "Không thuộc chức năng."})
        assert [place for place, _message in told(found)] == ["C21"]
        assert not found.decline

    def test_takes_nothing_to_report_and_a_reason_for_correcting(self, session: Session) -> None:
        found = answered(session, REPORT, {"C34": "Không phát sinh vụ việc.", "C41": "Bổ sung"})
        assert found.payload == {"nothing_to_report": "Không phát sinh vụ việc."}
        assert (found.why, told(found)) == ("Bổ sung", [])

    @pytest.mark.parametrize(
        "formula", ["=1+1", '=HYPERLINK("http://ngoai.example")', "=cmd|' /C calc'!A0", "=[1]x!A1"]
    )
    def test_takes_no_formula_and_names_its_cell(self, session: Session, formula: str) -> None:
        found = answered(session, REPORT, FULL[REPORT][0] | {"D22": formula})
        ((place, message),) = told(found)
        assert place == "D22"
        assert "formula" in message

    def test_does_not_take_eighty_percent_for_less_than_one(self, session: Session) -> None:
        found = answered(session, PROGRESS, FULL[PROGRESS][0] | {"C16": 0.8})
        assert [place for place, _message in told(found)] == ["C16"]

    def test_tells_the_cell_of_a_row_below_an_empty_one(self, session: Session) -> None:
        cells = FULL[PLAN][0] | {"E28": "31/02/2025", "D28": None}
        assert {place for place, _message in told(answered(session, PLAN, cells))} == {"E28", "D28"}

    def test_asks_for_evidence_in_its_first_cell(self, session: Session) -> None:
        cells = FULL[PROGRESS][0] | {"B31": None, "C31": None}
        ((place, _message),) = told(answered(session, PROGRESS, cells))
        assert place == "B31"

    def test_believes_no_value_that_a_formula_left_behind(self, session: Session) -> None:
        form = filled(form_of(session, REPORT), FULL[REPORT][0])
        cell = re.search(r'<c r="D22"[^>]*><v>3</v></c>', parts_of(form)[SHEET].decode())
        assert cell
        forged = edited(form, SHEET, cell[0], '<c r="D22"><f>A1</f><v>3</v></c>')
        assert [place for place, _message in told(read(session, forged))] == ["D22"]

    def test_counts_days_from_1904_where_the_file_does(self, session: Session) -> None:
        form = filled(form_of(session, ACK), {"C16": 45418 - 1462, "C17": "Họp"})
        part = "xl/workbook.xml"
        of_a_mac = edited(form, part, "<workbookPr", '<workbookPr date1904="1"')
        assert read(session, of_a_mac).payload["received_on"] == "2024-05-06"

    def test_lets_links_that_were_typed_pass(self, session: Session) -> None:
        book = load_workbook(io.BytesIO(form_of(session, ACK)))
        book[FORM]["C17"].hyperlink = "http://so-a.example"
        book[FORM]["C17"].value = "Đăng tại http://so-a.example"
        out = io.BytesIO()
        book.save(out)
        assert "so-a.example" in read(session, out.getvalue()).payload["brought_to_staff"]

    def test_takes_text_in_pieces_and_leaves_out_how_it_is_heard(self, session: Session) -> None:
        record_answer(session, ACK, FULL[ACK][1], "văn thư", ASKED)
        form = form_of(session, ACK)
        rich = "<r><t>Họp</t></r><r><rPr><b/></rPr><t> cơ quan</t></r><rPh><t>hop</t></rPh>"
        strings = parts_of(form)[STRINGS].decode().replace("<t>Hội nghị quán triệt</t>", rich)
        assert rich in strings
        found = read(session, other(form, {STRINGS: strings.encode()}))
        assert found.payload["brought_to_staff"] == "Họp cơ quan"


class TestValues:
    @pytest.mark.parametrize(
        "cell",
        [
            number("45418"), number("45418.75"), text("06/05/2024"), text("6/5/2024"),
            text("6-5-2024"), text(" 06.05.2024 "), text("2024-05-06"), iso("2024-05-06T23:59:00"),
        ],
    )  # fmt: skip
    def test_dates_are_taken_as_people_write_them(self, cell: Cell) -> None:
        assert value_of(cell, How.DATE, from_1904=False) == "2024-05-06"

    @pytest.mark.parametrize(
        "cell",
        [
            text("31/02/2024"), text("02/26/2024"), text("6/5/24"), text("hôm qua"),
            text("9" * 999),
            number("2024"), number("-1"), number("1e9"), number("nan"), number("x"),
            Cell("e", "#REF!"), Cell("b", "1"), Cell("f", "=TODAY()", formula=True),
        ],
    )  # fmt: skip
    def test_other_dates_are_not(self, cell: Cell) -> None:
        assert isinstance(value_of(cell, How.DATE, from_1904=False), Unread)

    @pytest.mark.parametrize(
        ("cell", "read_as"),
        [
            (number("3"), 3), (number("3.5"), 3.5), (number("1E3"), 1000), (text("3"), 3),
            (text("1234,5"), 1234.5), (text("1.234,5"), 1234.5), (text("1.234.567"), 1_234_567),
            (text("1,234,567.5"), 1_234_567.5), (text("1 234 567"), 1_234_567),
            (text("0,125"), 0.125), (text("12.5"), 12.5), (text("1.234"), 1234), (text("-1"), -1),
        ],
    )  # fmt: skip
    def test_numbers_are_taken_as_offices_write_them(self, cell: Cell, read_as: float) -> None:
        assert value_of(cell, How.NUMBER, from_1904=False) == read_as

    @pytest.mark.parametrize(
        "written", ["1,234", "12,34,5", "ba", "1e5", "½", "-", "1.23.4", "nan", "inf", "9" * 999]
    )
    def test_what_can_be_read_in_two_ways_is_no_number(self, written: str) -> None:
        assert isinstance(value_of(text(written), How.NUMBER, from_1904=False), Unread)

    @pytest.mark.parametrize(
        ("cell", "read_as"),
        [(number("80"), 80), (text("80%"), 80), (text("80 %"), 80), (number("0"), 0)],
    )
    def test_shares_are_taken_with_their_sign_or_without(self, cell: Cell, read_as: int) -> None:
        assert value_of(cell, How.PERCENT, from_1904=False) == read_as

    @pytest.mark.parametrize(
        ("cell", "read_as"),
        [
            (text("Có"), True), (text("không"), False), (text(" KHÔNG "), False),
            (Cell("b", "1"), True), (Cell("b", "0"), False),
        ],
    )  # fmt: skip
    def test_yes_is_taken_in_words_or_as_the_spreadsheet_has_it(
        self, cell: Cell, read_as: bool
    ) -> None:
        assert value_of(cell, How.YES_NO, from_1904=False) is read_as


@on_sqlite
class TestToken:
    def test_is_of_one_obligation(self, session: Session) -> None:
        assert read(session, form_of(session, "kl-1/bao-cao/so-b")).code == "kl-1/bao-cao/so-b"

    def test_is_not_taken_once_it_is_taken_back(self, session: Session) -> None:
        form = form_of(session, ACK)
        take_back(session, owed(session, ACK))
        with pytest.raises(BadLink):
            read(session, form)
        assert read(session, form_of(session, ACK)).code == ACK

    def test_is_not_taken_after_its_last_day(self, session: Session) -> None:
        with pytest.raises(BadLink):
            read(session, form_of(session, ACK), at(2025, 5, 6))

    def test_of_other_keys_is_not_taken(self, session: Session) -> None:
        form = form_of(session, ACK)
        with pytest.raises(BadLink):
            read_workbook(session, form, Links(("z" * 40,), ""), ASKED)
        assert read_workbook(session, form, Links(("z" * 40, "k" * 40), ""), ASKED).code == ACK

    def test_of_a_link_is_not_taken_for_a_form(self, session: Session) -> None:
        book = load_workbook(io.BytesIO(form_of(session, ACK)))
        id_ = owed(session, ACK).id or 0
        book[HIDDEN]["A1"].value = LINKS.token(LinkPurpose.TASK, id_, 0, date(2026, 1, 1))
        out = io.BytesIO()
        book.save(out)
        with pytest.raises(BadLink):
            read(session, out.getvalue())

    def test_fits_no_form_of_another_stage(self, session: Session) -> None:
        report, plan = (opened(form_of(session, code)) for code in (REPORT, PLAN))
        plan[HIDDEN]["A1"].value = report[HIDDEN]["A1"].value
        out = io.BytesIO()
        plan.save(out)
        with pytest.raises(WorkbookRefused):
            read(session, out.getvalue())


@on_sqlite
def test_a_form_is_small(session: Session) -> None:
    form = form_of(session, PLAN)
    assert len(form) < 30_000
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        assert sum(part.file_size for part in archive.infolist()) < 300_000


@on_sqlite
def test_what_is_read_is_recorded_by_its_cells(session: Session) -> None:
    found = answered(session, ACK, {"C16": "31/02/2024"})
    recorded = record_answer(
        session, found.code, found.payload, "văn thư", ASKED,
        channel=Channel.WORKBOOK, sheet=found.sheet,
    )  # fmt: skip
    assert [fault.where for fault in recorded.faults] == ["C16", "C17"]


@pytest.mark.skipif(not shutil.which("localc"), reason="libreoffice-calc is not installed")
def test_a_form_that_libreoffice_saved_is_read(session: Session, tmp_path: Path) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("what LibreOffice writes does not depend on the database")
    cells, payload = FULL[REPORT]
    (tmp_path / "form.xlsx").write_bytes(filled(form_of(session, REPORT), cells))
    command = [
        "localc", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
        "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), str(tmp_path / "form.xlsx"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = read(session, (tmp_path / "saved/form.xlsx").read_bytes())
    assert found.faults == ()
    assert found.payload == payload
