"""The letter as a Word file: what Nghị định 30/2020 and the party's form demand of it."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from time import process_time

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from models.words import Regime, Stage
from tasks.issuing import Issuer
from tasks.official_letter import Cited, LateItem, Letter, listed, rows, write
from tasks.word_form import long_date

pytestmark = pytest.mark.any_database

PARTY, STATE = Regime.PARTY, Regime.STATE
each_regime = pytest.mark.parametrize("regime", [STATE, PARTY])
ISSUERS = {
    STATE: Issuer(STATE, "Thanh tra tỉnh", "Thanh tra tỉnh", "UBND tỉnh Thanh Hóa", "UBND tỉnh",
                  ("Chánh Thanh tra",), "Thanh Hóa", ""),
    PARTY: Issuer(PARTY, "Ban Thường vụ Tỉnh ủy", "Tỉnh ủy Thanh Hóa", "", "",
                  ("T/M Ban Thường vụ", "Bí thư"), "Thanh Hóa", "TU"),
}  # fmt: skip
REMINDED = (date(2025, 12, 11), date(2025, 12, 17), date(2026, 1, 3))


def an_item(unit: str, **fields: object) -> LateItem:
    item = LateItem(unit, "Báo cáo năm 2025", Stage.REPORTING, date(2025, 12, 20), 16, REMINDED)
    return replace(item, **fields)  # type: ignore[arg-type]


def a_letter(regime: Regime = STATE, late: Sequence[LateItem] = (an_item("Sở A"),)) -> Letter:
    return Letter(
        issuer=ISSUERS[regime],
        directive=Cited(
            "Kế hoạch số 53/KH-UBND ngày 26 tháng 02 năm 2024 của UBND tỉnh về phòng ngừa",
            "Kế hoạch số 53/KH-UBND",
            "Kế hoạch",
        ),
        day=date(2026, 1, 5),
        answer_by=date(2026, 1, 12),
        late=tuple(late),
    )


def bodies(count: int) -> list[LateItem]:
    return [an_item(f"Sở số {number}") for number in range(1, count + 1)]


def opened(letter: Letter) -> WordDocument:
    return Document(BytesIO(write(letter)))


def every_paragraph(document: WordDocument) -> list[Paragraph]:
    return [Paragraph(p, document) for p in document.element.body.iter(qn("w:p"))]


def texts(letter: Letter) -> list[str]:
    """Every line of the document, the tables' too, with plain spaces."""
    return [" ".join(p.text.split()) for p in every_paragraph(opened(letter)) if p.text.strip()]


def run_of(document: WordDocument, text: str) -> Run:
    """The first piece of text that begins so."""
    runs = (run for paragraph in every_paragraph(document) for run in paragraph.runs)
    return next(run for run in runs if run.text.startswith(text))


class TestPaper:
    @each_regime
    def test_is_a4_with_the_margins_of_the_rules(self, regime: Regime) -> None:
        for section in opened(a_letter(regime)).sections:
            assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
            assert round(section.top_margin.mm) == round(section.bottom_margin.mm) == 20
            assert (round(section.left_margin.mm), round(section.right_margin.mm)) == (30, 20)

    def test_numbers_pages_from_the_second_and_the_appendix_by_itself(self) -> None:
        document = opened(a_letter())
        assert len(document.sections) == 2
        for section in document.sections:
            assert section.different_first_page_header_footer
            assert 'w:instr="PAGE"' in section.header._element.xml
            assert section.first_page_header.paragraphs[0].text == ""
        (start,) = document.element.body.iter(qn("w:pgNumType"))
        assert start.get(qn("w:start")) == "1"

    def test_is_in_times_new_roman_and_vietnamese(self) -> None:
        normal = opened(a_letter()).styles["Normal"]
        fonts = normal.element.rPr.rFonts
        assert {fonts.get(qn(f"w:{s}")) for s in ("ascii", "hAnsi", "cs", "eastAsia")} == {
            "Times New Roman"
        }
        assert "vi-VN" in normal.element.xml


@pytest.mark.parametrize(
    ("regime", "text", "size", "style"),
    [
        (STATE, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, "b"),
        (STATE, "Độc lập - Tự do - Hạnh phúc", 13, "b"),
        (STATE, "UBND TỈNH THANH HÓA", 12, ""),
        (STATE, "THANH TRA TỈNH", 12, "b"),
        (STATE, "Số:", 13, ""),
        (STATE, "Thanh Hóa, ngày 05 tháng 01 năm 2026", 13, "i"),
        (STATE, "V/v đôn đốc", 12, ""),
        (STATE, "Kính gửi:", 14, ""),
        (STATE, "Thực hiện Kế hoạch", 14, ""),
        (STATE, "CHÁNH THANH TRA", 14, "b"),
        (STATE, "Nơi nhận:", 12, "bi"),
        (STATE, "- Như trên;", 11, ""),
        (STATE, "Phụ lục", 14, "b"),
        (PARTY, "ĐẢNG CỘNG SẢN VIỆT NAM", 15, "b"),
        (PARTY, "TỈNH ỦY THANH HÓA", 14, "b"),
        (PARTY, "Thanh Hóa, ngày 05 tháng 01 năm 2026", 14, "i"),
        (PARTY, "về việc đôn đốc", 12, "i"),
        (PARTY, "Thực hiện Kế hoạch", 14, ""),
        (PARTY, "T/M BAN THƯỜNG VỤ", 14, "b"),
        (PARTY, "- Như trên,", 12, ""),
    ],
)
def test_sizes_and_styles_are_those_of_the_form(
    regime: Regime, text: str, size: int, style: str
) -> None:
    run = run_of(opened(a_letter(regime)), text)
    assert run.font.size == Pt(size)
    assert (run.bold, run.italic) == ("b" in style, "i" in style)


class TestTheTwoForms:
    def test_state(self) -> None:
        found = texts(a_letter(STATE))
        assert "Số: /…-…" in found
        assert "V/v đôn đốc gửi báo cáo thực hiện Kế hoạch số 53/KH-UBND" in found
        assert "Đề nghị các cơ quan, đơn vị nghiêm túc thực hiện./." in found
        assert [x for x in found if x.startswith("- ")] == [
            "- Như trên;", "- UBND tỉnh (để báo cáo);", "- Lưu: VT.",
        ]  # fmt: skip
        assert "*" not in found

    def test_party(self) -> None:
        found = texts(a_letter(PARTY))
        assert found.index("TỈNH ỦY THANH HÓA") + 1 == found.index("*")
        assert "Số -CV/TU" in found
        assert "về việc đôn đốc gửi báo cáo thực hiện Kế hoạch số 53/KH-UBND" in found
        assert found.index("T/M BAN THƯỜNG VỤ") + 1 == found.index("BÍ THƯ")
        whole = "\n".join(found)
        for word in ("V/v", "./.", "Số:", "CỘNG HÒA", "TM."):
            assert word not in whole

    @pytest.mark.parametrize(
        ("day", "words"),
        [
            (date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
            (date(2026, 2, 10), "ngày 10 tháng 02 năm 2026"),
            (date(2026, 3, 31), "ngày 31 tháng 3 năm 2026"),
        ],
    )
    def test_dates_have_their_zeros(self, day: date, words: str) -> None:
        assert long_date(day) == words

    def test_the_rule_under_the_body_is_a_third_to_a_half_of_its_name(self) -> None:
        lines = every_paragraph(opened(a_letter()))
        rule = next(p for p in lines if p._p.find(".//" + qn("w:pBdr")) is not None)
        indent = rule.paragraph_format.left_indent
        assert indent is not None
        name = 34  # mm, "THANH TRA TỈNH" in bold Times of 12 points
        assert name / 3 <= Mm(66).mm - 2 * indent.mm <= name / 2


class TestAddressees:
    def test_one_stands_on_the_line(self) -> None:
        assert "Kính gửi: Sở A" in texts(a_letter())

    @each_regime
    def test_a_few_stand_below_each_other(self, regime: Regime) -> None:
        found = texts(a_letter(regime, bodies(6)))
        at = found.index("Kính gửi:")
        mark = {STATE: ";", PARTY: ","}[regime]
        assert found[at + 1] == f"- Sở số 1{mark}"
        assert found[at + 6] == "- Sở số 6."

    def test_more_are_those_of_the_appendix(self) -> None:
        found = texts(a_letter(late=bodies(7)))
        assert "Kính gửi: Các cơ quan, đơn vị có tên trong Phụ lục kèm theo" in found

    def test_a_body_late_twice_is_addressed_once(self) -> None:
        twice = [an_item("Sở A"), an_item("Sở A", asked="Kế hoạch", stage=Stage.PLANNING)]
        assert "Kính gửi: Sở A" in texts(a_letter(late=twice))


class TestText:
    def test_says_what_was_done_what_lacks_and_what_is_asked(self) -> None:
        found = texts(a_letter(late=bodies(7)))
        at = next(at for at, text in enumerate(found) if text.startswith("Thực hiện"))
        ground, fact, request, _end = found[at : at + 4]
        assert "26 tháng 02 năm 2024 của UBND tỉnh về phòng ngừa, các cơ quan" in ground
        assert ground.endswith("bằng thư điện tử các ngày 11, 17/12/2025; 03/01/2026.")
        assert fact.startswith("Tính đến hết ngày 05 tháng 01 năm 2026, còn 07 cơ quan, đơn vị")
        assert "chậm nhất ngày 12 tháng 01 năm 2026" in request

    @pytest.mark.parametrize(
        ("days", "words"),
        [
            ((10, 3), "chưa gửi báo cáo thực hiện Kế hoạch (danh sách"),
            ((11, 10), "Kế hoạch, trong đó 01 cơ quan, đơn vị quá hạn trên 10 ngày (danh sách"),
            ((11, 30), "Kế hoạch, đều quá hạn trên 10 ngày (danh sách"),
        ],
    )
    def test_counts_who_is_long_overdue(self, days: tuple[int, int], words: str) -> None:
        late = [an_item(f"Sở {n}", days=n) for n in days]
        assert words in "\n".join(texts(a_letter(late=late)))

    def test_claims_no_reminder_that_was_not_given(self) -> None:
        whole = "\n".join(texts(a_letter(late=[an_item("Sở A", reminded=())])))
        assert "đã được đôn đốc" not in whole
        assert "theo dõi việc gửi báo cáo thực hiện Kế hoạch" in whole

    def test_counts_reminders_too_many_to_list(self) -> None:
        many = tuple(date(2025, 12, n) for n in range(1, 9))
        whole = "\n".join(texts(a_letter(late=[an_item("Sở A", reminded=many)])))
        assert "bằng thư điện tử 8 lần, gần nhất ngày 08/12/2025." in whole

    def test_names_all_it_urges_where_rounds_differ(self) -> None:
        late = [an_item("Sở A"), an_item("Sở B", stage=Stage.PLANNING)]
        assert "V/v đôn đốc gửi báo cáo, kết quả thực hiện Kế hoạch số 53/KH-UBND" in texts(
            a_letter(late=late)
        )


class TestAppendix:
    def test_lists_who_is_late_with_what_and_how_often_reminded(self) -> None:
        table = opened(a_letter(late=[an_item("Sở A"), an_item("Sở B", reminded=())])).tables[-1]
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            ["TT", "Cơ quan, đơn vị", "Nội dung phải gửi", "Hạn", "Số ngày quá hạn",
             "Các lần đã đôn đốc"],
            ["1", "Sở A", "Báo cáo năm 2025", "20/12/2025", "16", "11, 17/12/2025; 03/01/2026"],
            ["2", "Sở B", "Báo cáo năm 2025", "20/12/2025", "16", "—"],
        ]  # fmt: skip
        heads = [row._tr.find(".//" + qn("w:tblHeader")) is not None for row in table.rows]
        assert heads == [True, False, False]

    def test_is_headed_with_the_letter_it_belongs_to(self) -> None:
        found = texts(a_letter())
        at = found.index("Phụ lục")
        assert found[at + 1].startswith("DANH SÁCH CƠ QUAN, ĐƠN VỊ CHƯA GỬI BÁO CÁO")
        assert found[at + 2] == (
            "(Kèm theo Văn bản số /…-… ngày 05 tháng 01 năm 2026 của Thanh tra tỉnh)"
        )

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("</w:t><w:b/>&amp; & <x>", "</w:t><w:b/>&amp; & <x>"),
            ("Sở\x00 A\x1b\x0b\ufffe\ud800", "Sở  A    "),
            ("Sở " + "dài " * 500, "Sở " + "dài " * 500),
        ],
        ids=["markup", "control", "long"],
    )
    @each_regime
    def test_shows_any_name_as_it_is(self, regime: Regime, name: str, shown: str) -> None:
        letter = a_letter(regime, [an_item(name, asked=name)])
        odd = replace(letter.issuer, name=name, heading=name, place=name)
        document = opened(replace(letter, issuer=odd))
        assert [cell.text for cell in document.tables[-1].rows[1].cells][1:3] == [shown, shown]
        assert shown.strip() in "\n".join(p.text for p in document.paragraphs)

    def test_takes_3321_rows_in_no_time(self) -> None:
        letter = a_letter(late=bodies(3321))
        begun = process_time()
        written = write(letter)
        assert process_time() - begun < 5  # half a second; cell by cell it took 15
        table = Document(BytesIO(written)).tables[-1]
        assert len(table._tbl.tr_lst) == 3322
        assert rows(letter.late)[-1][:2] == ("3321", "Sở số 3321")


def test_days_are_listed_month_by_month() -> None:
    assert listed(REMINDED) == "11, 17/12/2025; 03/01/2026"
    assert listed([date(2025, 12, 1), date(2026, 12, 2)]) == "01/12/2025; 02/12/2026"


needs_office = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="LibreOffice (libreoffice-writer) and pdftotext (poppler-utils) are not installed",
)


def printed(letter: Letter, folder: Path) -> list[str]:
    """The text of each page that LibreOffice prints."""
    (folder / "letter.docx").write_bytes(write(letter))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run(
        [*command, str(folder / "letter.docx")], check=True, capture_output=True, timeout=120
    )
    shown = subprocess.run(
        ["pdftotext", "-layout", str(folder / "letter.pdf"), "-"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [" ".join(page.split()) for page in shown.stdout.split("\f")[:-1]]


@needs_office
@each_regime
def test_prints_as_one_page_and_its_appendix(regime: Regime, tmp_path: Path) -> None:
    letter, *appendix = printed(a_letter(regime, bodies(60)), tmp_path)
    assert "Kính gửi: Các" in letter
    assert "Nơi nhận:" in letter
    assert appendix[0].startswith("Phụ lục DANH SÁCH")  # and no number above it
    assert len(appendix) > 1
    for number, page in enumerate(appendix[1:], 2):
        assert page.startswith(f"{number} ")
        assert "Nội dung phải gửi" in page
    assert "Sở số 60 " in appendix[-1]
