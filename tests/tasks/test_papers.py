"""A summary as Word, PDF and HTML: what Nghị định 30/2020 and the party's form demand; sources."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any, ClassVar
from zipfile import ZipFile, ZipInfo

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from pypdf import PdfReader

from models.round import Round
from models.words import PaperKind, Regime
from tasks import paper_sample as sample
from tasks.paper_charts import charts_of
from tasks.paper_content import content_of
from tasks.paper_form import form_of, subject_of
from tasks.papers import paper, shipped_template
from tasks.period_names import names_of, period_of
from tasks.word_shipped import NAMES, shipped

pytestmark = pytest.mark.any_database

PARTY = sample.DIRECTIVE | {"regime": "party"}
HOSTILE = "<script>alert(1)</script> & {{ number }} \x0b“"


@cache
def written(kind: PaperKind, which: str = "state") -> bytes:
    figures, words, number = {
        "state": (sample.figures(), sample.WORDS, "8"),
        "party": (sample.a_review(directive=PARTY), sample.PARTY_WORDS, "12"),
        "old": (sample.first_format(), {}, ""),
        "hostile": (hostile(), {"signer": HOSTILE, "causes": HOSTILE}, HOSTILE),
    }[which]
    signed = sample.SIGNED if number else None
    return paper(figures, sample.annex(), kind, number=number, signed_on=signed, words=words)


def hostile() -> dict[str, Any]:
    """Figures whose texts were sent by somebody who means harm."""
    passage = sample.passage(sample.ReportPart.RESULTS, 1) | {"text": HOSTILE}
    figures = sample.figures(
        parts={"results": [{"text": HOSTILE, "figures": ["hoi-nghi"], "sources": [0]}]},
        passages={"results": [passage]},
    )
    return figures | {"late": [{"unit": HOSTILE, "days": 3}]}


def opened(which: str = "state") -> WordDocument:
    return Document(BytesIO(written(PaperKind.DOCX, which)))


def every_paragraph(document: WordDocument) -> Iterator[Paragraph]:
    return (Paragraph(p, document) for p in document.element.body.iter(qn("w:p")))


def texts(which: str = "state") -> list[str]:
    """Every line of the document, those of tables too, with plain spaces."""
    found = (" ".join(p.text.split()) for p in every_paragraph(opened(which)))
    return [text.strip("\u200b") for text in found if text.strip("\u200b")]


class TestForm:
    def test_is_a4_with_the_margins_of_the_rules(self) -> None:
        for section in opened().sections:
            assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
            assert round(section.top_margin.mm) == round(section.bottom_margin.mm) == 20
            assert (round(section.left_margin.mm), round(section.right_margin.mm)) == (30, 20)

    def test_numbers_pages_from_the_second_and_each_appendix_by_itself(self) -> None:
        document = opened()
        assert len(document.sections) == 4  # the text and three appendices
        for section in document.sections:
            assert section.different_first_page_header_footer
            assert 'w:instr="PAGE"' in section.header._element.xml
            assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"

    def test_is_in_times_new_roman_and_vietnamese(self) -> None:
        document = opened()
        fonts = document.styles["Normal"].element.rPr.rFonts
        assert {fonts.get(qn(f"w:{s}")) for s in ("ascii", "hAnsi", "cs", "eastAsia")} == {
            "Times New Roman"
        }
        assert document.core_properties.language == "vi-VN"
        assert document.core_properties.title.startswith("Báo cáo tình hình thực hiện Kế hoạch")

    @pytest.mark.parametrize(
        ("which", "text", "size", "style"),
        [
            ("state", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, "b"),
            ("state", "Độc lập - Tự do - Hạnh phúc", 13, "b"),
            ("state", "ỦY BAN NHÂN DÂN TỈNH", 12, "b"),
            ("state", "Số: 08/BC-UBND", 13, ""),
            ("state", "Thanh Hóa, ngày 08 tháng 01 năm 2026", 13, "i"),
            ("state", "BÁO CÁO", 14, "b"),
            ("state", "Tình hình thực hiện Kế hoạch", 14, "b"),
            ("state", "I. TÌNH HÌNH", 14, "b"),
            ("state", "Có 57/60", 14, ""),
            ("state", "Nơi nhận:", 12, "bi"),
            ("state", "- Như trên;", 11, ""),
            ("state", "TM. ỦY BAN NHÂN DÂN", 14, "b"),
            ("state", "CHỦ TỊCH", 14, "b"),
            ("state", "Phụ lục I", 14, "b"),
            ("state", "DANH SÁCH CƠ QUAN", 14, "b"),
            ("state", "(Kèm theo Báo cáo số 08/BC-UBND", 13, "i"),
            ("party", "ĐẢNG CỘNG SẢN VIỆT NAM", 15, "b"),
            ("party", "TỈNH ỦY THANH HÓA", 14, "b"),
            ("party", "Số 12-BC/TU", 14, ""),
            ("party", "T/M BAN THƯỜNG VỤ", 14, "b"),
            ("party", "- Như trên,", 12, ""),
        ],
    )
    def test_sizes_and_styles_are_those_of_the_form(
        self, which: str, text: str, size: int, style: str
    ) -> None:
        runs = (run for p in every_paragraph(opened(which)) for run in p.runs)
        run = next(run for run in runs if run.text.startswith(text))
        assert run.font.size == Pt(size)
        assert (run.bold, run.italic) == ("b" in style, "i" in style)

    def test_state(self) -> None:
        found = texts()
        at = found.index("BÁO CÁO")
        assert found[at + 1] == "Tình hình thực hiện Kế hoạch số 53/KH-UBND năm 2025"
        assert found[at + 2] == "Kính gửi: Thanh tra Chính phủ"
        assert found[at + 3].startswith(
            "Thực hiện Kế hoạch số 53/KH-UBND ngày 26 tháng 02 năm 2024 của UBND tỉnh Thanh Hóa về "
        )
        assert [x for x in found if re.match(r"[IV]+\. ", x)] == [
            "I. TÌNH HÌNH CHỈ ĐẠO, TRIỂN KHAI THỰC HIỆN",
            "II. KẾT QUẢ ĐẠT ĐƯỢC",
            "III. TỒN TẠI, HẠN CHẾ",
            "IV. NGUYÊN NHÂN",
            "V. PHƯƠNG HƯỚNG, NHIỆM VỤ VÀ KIẾN NGHỊ, ĐỀ XUẤT",
        ]
        (closing,) = [x for x in found if x.startswith("Trên đây là báo cáo")]
        assert closing.endswith("./.")
        assert found[found.index("Nơi nhận:") :][:5] == [
            "Nơi nhận:", "- Như trên;", "- Thường trực Tỉnh ủy (để báo cáo);",
            "- Các cơ quan, đơn vị;", "- Lưu: VT, NC.",
        ]  # fmt: skip

    def test_party(self) -> None:
        found = texts("party")
        assert found.index("TỈNH ỦY THANH HÓA") + 1 == found.index("*")
        assert found.index("T/M BAN THƯỜNG VỤ") + 1 == found.index("BÍ THƯ")
        assert "IV. NGUYÊN NHÂN VÀ BÀI HỌC KINH NGHIỆM" in found
        assert "Bài học kinh nghiệm" in found
        whole = "\n".join(found)
        for word in ("./.", "Số:", "CỘNG HÒA", "TM.", "Lưu:"):
            assert word not in whole

    @pytest.mark.parametrize(
        ("number", "regime", "shown"),
        [
            ("8", "state", "Số: 08/BC-UBND"),
            ("123", "party", "Số 123-BC/UBND"),
            ("45/BC-TTr", "state", "Số: 45/BC-TTr"),
            (
                "",
                "state",
                "Số: \u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0/BC-UBND",
            ),
        ],
    )
    def test_number_is_the_clerks(self, number: str, regime: str, shown: str) -> None:
        words = {"symbol": "UBND", "regime": regime}
        assert form_of(sample.figures(), number, None, words).number == shown

    @pytest.mark.parametrize(
        ("title", "subject"),
        [
            ("Báo cáo 6 tháng kết quả thực hiện Kế hoạch", "Kết quả thực hiện Kế hoạch số"),
            ("Báo cáo sơ kết việc thực hiện Kế hoạch", "Sơ kết việc thực hiện Kế hoạch số"),
            ("Xác nhận tiếp nhận Kế hoạch", "Kết quả xác nhận tiếp nhận Kế hoạch số"),
            ("Báo cáo quý về bồi dưỡng", "Về bồi dưỡng, thực hiện Kế hoạch số"),
        ],
    )
    def test_subject_names_the_directive(self, title: str, subject: str) -> None:
        found = subject_of(sample.figures(round=sample.ROUND | {"title": title}))
        assert found == f"{subject} 53/KH-UBND"

    def test_what_the_register_knows_of_the_issuer_stands_in_the_figures(self) -> None:
        issuer = {
            "regime": "state", "name": "Thanh tra tỉnh", "heading": "Thanh tra tỉnh",
            "superior": "UBND tỉnh Thanh Hóa", "reports_to": "UBND tỉnh", "symbol": "TTr",
            "capacity": ["Chánh Thanh tra"], "place": "Thanh Hóa",
        }  # fmt: skip
        form = form_of(sample.figures(issuer=issuer), "9", date(2026, 2, 1), {})
        assert (form.superior, form.body) == ("UBND TỈNH THANH HÓA", "THANH TRA TỈNH")
        assert (form.number, form.capacity) == ("Số: 09/BC-TTr", ("CHÁNH THANH TRA",))
        assert form.addressed == "UBND tỉnh"
        assert form.closing.endswith("; Thanh tra tỉnh kính báo cáo UBND tỉnh")


class TestContent:
    def test_figures_stand_in_tables_by_their_titles(self) -> None:
        tables = {t.rows[0].cells[1].text: t for t in opened().tables if len(t.columns) == 6}
        assert set(tables) == {"Nội dung", "Chỉ tiêu và số đo"}
        found = [[cell.text for cell in row.cells] for t in opened().tables for row in t.rows]
        for row in (
            ["1", "Số hội nghị quán triệt, tuyên truyền đã tổ chức", "hội nghị", "1.234", "1.100",
             "57/60"],
            ["", "– Trong đó: nữ", "lượt người", "45.678", "—", "57/60"],
            ["1", "Người có nghĩa vụ đã kê khai tài sản, thu nhập", "%", "5.670/5.700 (99,5%)",
             "5.400/5.600 (96,4%)", "57/60"],
            ["4", "Ngày ban hành kế hoạch", "", "từ 06/01/2025 đến 28/03/2025", "—", "57/60"],
            ["3", "Tự xếp loại mức độ hoàn thành", "",
             "Hoàn thành tốt: 40; Hoàn thành: 15; Chưa hoàn thành: 2", "—", "57/60"],
        ):  # fmt: skip
            assert row in found
        assert not any("Khó khăn, vướng mắc" in row for row in found)

    def test_targets_stand_with_what_is_demanded_and_their_trend(self) -> None:
        rows = content_of(sample.figures(), "", None, {}).targets
        assert [row["verdict"] for row in rows] == [
            "Chưa đạt", "Đạt", "Đạt", "Chưa đạt", "Đạt", "Không đặt ngưỡng",
        ]  # fmt: skip
        assert rows[2]["threshold"] == "≥\u00a060%"
        assert rows[2]["trend"] == "2022: 57,5%; 2023: 59,5%; 2024: 62,5%"

    def test_lists_are_appendices_with_the_papers_number(self) -> None:
        found = texts()
        for label, title in (
            ("Phụ lục I", "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU"),
            ("Phụ lục II", "DANH SÁCH CƠ QUAN, ĐƠN VỊ GỬI CHẬM"),
            ("Phụ lục III", "DANH SÁCH CƠ QUAN, ĐƠN VỊ CHƯA GỬI"),
        ):
            at = found.index(label)
            assert found[at + 1 : at + 3] == [
                title,
                "(Kèm theo Báo cáo số 08/BC-UBND ngày 08 tháng 01 năm 2026 của UBND tỉnh)",
            ]

    def test_one_appendix_alone_has_no_number(self) -> None:
        found = content_of(sample.figures(60, 4, 0, targets=[]), "", None, {})
        assert [one.label for one in found.appendices] == ["Phụ lục"]

    def test_what_the_office_adds_follows_what_is_composed(self) -> None:
        found = content_of(sample.figures(), "", None, {"limitations": "Một.\nHai."})
        said = [one.text for one in found.parts[2].paragraphs]
        assert said[0].startswith("Còn 4 cơ quan")
        assert said[-2:] == ["Một.", "Hai."]

    def test_a_summary_frozen_long_ago_still_gives_a_paper(self) -> None:
        found = texts("old")
        assert "THANH TRA TỈNH" in found
        assert any(x.startswith("Có 57/60 cơ quan, đơn vị đã gửi (95%)") for x in found)
        assert any(x.endswith("chồng chéo.” (Sở Nội vụ).") for x in found)

    def test_charts_are_pictures_with_words_for_who_cannot_see_them(self) -> None:
        document = opened()
        assert len(document.inline_shapes) == 2
        words = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
        assert "đúng hạn" in words[0]
        assert "Chỉ tiêu 1: 2022 92,3%" in words[1]

    def test_a_long_list_is_written_in_no_time(self) -> None:
        figures = sample.figures(3400, 20, 3321)
        begun = process_time()
        raw = paper(figures, {}, PaperKind.DOCX)
        assert process_time() - begun < 10
        assert len(Document(BytesIO(raw)).tables[-1]._tbl.tr_lst) == 3322

    def test_texts_of_units_do_nothing(self) -> None:
        found = "\n".join(texts("hostile"))
        assert "<script>alert(1)</script> & {{ number }}" in found
        page = written(PaperKind.HTML, "hostile").decode()
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ number }}" in page
        assert written(PaperKind.PDF, "hostile").startswith(b"%PDF")


class TestWhatItReplaces:
    REPLACES: ClassVar[dict[str, Any]] = {"number": "8", "signed": "05/01/2026", "version": 1,
                "changes": [f"Sở số {n}: 1 → 2" for n in range(40)]}  # fmt: skip

    def lines(self, template: bytes | None = None) -> list[str]:
        written = paper(
            sample.figures(replaces=self.REPLACES), {}, PaperKind.DOCX, words=sample.WORDS,
            template=template,
        )  # fmt: skip
        return [p.text for p in every_paragraph(Document(BytesIO(written)))]

    def test_is_said_first_and_the_changes_are_an_appendix(self) -> None:
        found = self.lines()
        said = found.index(
            "Báo cáo này thay thế Báo cáo số 08/BC-UBND ngày 05/01/2026; nội dung thay đổi tại "
            "Phụ lục IV kèm theo."
        )
        assert found[said + 1].startswith("Thực hiện Kế hoạch số 53/KH-UBND")
        assert found.index("Phụ lục IV") < found.index("Sở số 0: 1 → 2")
        assert "Sở số 30: 1 → 2" not in found
        assert "Và 10 thay đổi khác, ghi tại tệp Excel." in found

    @pytest.mark.parametrize("kind", [PaperKind.HTML, PaperKind.PDF])
    def test_stands_in_the_page_and_the_pdf(self, kind: PaperKind) -> None:
        raw = paper(sample.figures(replaces=self.REPLACES), {}, kind, words=sample.WORDS)
        if kind is PaperKind.PDF:
            pages = PdfReader(BytesIO(raw)).pages
            text = " ".join(" ".join(page.extract_text() for page in pages).split())
        else:
            text = raw.decode()
        assert "thay thế Báo cáo số 08/BC-UBND ngày 05/01/2026" in text
        assert "Sở số 29: 1 → 2" in text

    def test_is_never_lost_by_a_template_that_does_not_know_of_it(self) -> None:
        document = Document()
        for text in ("{{ title }}", "{%p for text in results %}", "{{ text }}", "{%p endfor %}"):
            document.add_paragraph(text)
        file = BytesIO()
        document.save(file)
        found = self.lines(file.getvalue())
        assert found[1].startswith("Báo cáo này thay thế Báo cáo số 08/BC-UBND")
        assert found[2] == "- Sở số 0: 1 → 2"


class TestFigures:
    def test_nobody_gave_are_no_zero(self) -> None:
        none = {"given": 0, "total": 0.0}
        asked = [
            sample.an_indicator("a", "Số vụ", **none),
            sample.an_indicator("b", "Có", "yes_no", given=0, numerator=0, denominator=60),
        ]
        target = sample.TARGETS[0] | {"code": "b", "numerator": 0, "denominator": 60}
        found = content_of(sample.figures(indicators=asked, targets=[target]), "", None, {})
        assert [row["result"] for row in found.tables[0].rows] == ["—", "—"]
        assert (found.targets[0]["result"], found.targets[0]["verdict"]) == ("—", "Chưa so được")

    def test_of_a_table_stand_together_however_they_alternate(self) -> None:
        asked = [
            sample.an_indicator(f"c{n}", f"Số {n}", table=f"Biểu 0{1 + n % 2}", total=n)
            for n in range(5)
        ]
        found = content_of(sample.figures(indicators=asked), "", None, {}).tables
        assert [(t.title, [row["code"] for row in t.rows]) for t in found] == [
            ("Biểu 01", ["c0", "c2", "c4"]), ("Biểu 02", ["c1", "c3"]),
        ]  # fmt: skip

    def test_of_earlier_months_are_told_by_month(self) -> None:
        point = {"year": 2026, "total": None, "met": None}
        trend = [
            point | {"title": f"Tháng {n}", "period": f"tháng {n}/2026", "share": 50.0 + n}
            for n in (8, 9)
        ]
        target = sample.TARGETS[0] | {"trend": trend}
        found = content_of(sample.figures(targets=[target]), "", None, {})
        assert found.targets[0]["trend"] == "tháng 8/2026: 58%; tháng 9/2026: 59%"
        words = charts_of(found.figures, {})[-1].words
        assert "tháng 8/2026 58%, tháng 9/2026 59%" in words

    def test_of_fourteen_digits_have_room_on_one_line(self) -> None:
        em = 12 * 25.4 / 72  # digits of Times are half an em wide, points a quarter
        wanted = 14 * em / 2 + 4 * em / 4 + 2 * 70 * 25.4 / 1440
        tables = [t for t in opened().tables if "Kết quả" in [c.text for c in t.rows[0].cells]]
        assert tables
        for one in tables:
            heads = one.rows[0].cells
            assert next(c.width.mm for c in heads if c.text == "Kết quả") >= wanted


class TestPeriods:
    @pytest.mark.parametrize(
        ("start", "cutoff", "title", "name"),
        [
            (date(2026, 8, 15), date(2026, 9, 14), "", "tháng 9/2026"),
            (date(2026, 7, 1), date(2026, 9, 30), "", "quý III/2026"),
            (date(2025, 12, 15), date(2026, 6, 14), "", "6 tháng đầu năm 2026"),
            (date(2025, 12, 15), date(2026, 12, 14), "", "năm 2026"),
            (None, date(2026, 10, 5), "Báo cáo quý III năm 2026", "quý III/2026"),
            (None, date(2026, 6, 14), "Báo cáo 6 tháng đầu năm 2026", "6 tháng đầu năm 2026"),
            (None, date(2026, 10, 5), "Báo cáo kết quả", "năm 2026"),
        ],
    )
    def test_have_the_name_a_clerk_gives_them(
        self, start: date | None, cutoff: date, title: str, name: str
    ) -> None:
        days: dict[str, Any] = {"period_start": start, "cutoff": cutoff, "due": cutoff}
        found = Round.model_construct(title=title, **days)
        assert period_of(found) == name

    def test_of_the_same_name_are_told_by_title(self) -> None:
        assert names_of([{"title": "Đợt 1", "year": 2026}, {"title": "Đợt 2", "year": 2026}]) == [
            "Đợt 1", "Đợt 2",
        ]  # fmt: skip


class TestPage:
    def test_stands_alone_and_runs_nothing(self) -> None:
        page = written(PaperKind.HTML).decode()
        assert page.startswith("<!DOCTYPE html>")
        assert '<html lang="vi">' in page
        assert "<script" not in page
        for found in re.findall(r'(?:src|href|action)="([^"]*)"', page):
            assert found.startswith("#"), found
        assert not re.search(r"@import|url\((?!#)", page)

    def test_every_figure_opens_the_column_of_all_units(self) -> None:
        page = written(PaperKind.HTML).decode()
        anchors = set(re.findall(r'href="#([^"]+)"', page))
        ids = set(re.findall(r'id="([^"]+)"', page))
        assert {x for x in anchors if not x.startswith("viec-")} <= ids
        assert '<a href="#so-lieu-hoi-nghi">1.234</a>' in page
        assert page.count('<tr id="viec-') == 60

    def test_a_count_of_units_opens_who_sent_what_when(self) -> None:
        page = written(PaperKind.HTML).decode()
        after = page[page.index("Có 57/60 cơ quan, đơn vị đã gửi") :]
        assert '<a href="#so-lieu">Trạng thái' in after[:300]

    def test_every_passage_opens_who_wrote_it(self) -> None:
        page = written(PaperKind.HTML).decode()
        row = '<a href="#viec-53-kh-ubnd.bao-cao.so-1">53-kh-ubnd/bao-cao/so-1</a>'
        assert f"<li><b>Sở số 1</b>, {row}, bản 2, nhận 09:30 18/12/2025" in page
        assert "Nội dung tương tự: UBND huyện Nga Sơn; UBND phường Sầm Sơn." in page

    def test_leads_to_the_portal_where_its_address_is_known(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from models.settings import settings

        monkeypatch.setenv("DONDOC_PORTAL_URL", "https://don-doc.tinh.example")
        settings.cache_clear()
        annex = sample.annex(1)
        annex["units"][0]["obligation_id"] = 17
        page = paper(sample.figures(), annex, PaperKind.HTML).decode()
        settings.cache_clear()
        assert '<a href="https://don-doc.tinh.example/obligations/17">' in page

    def test_charts_are_drawn_with_words_in_the_page(self) -> None:
        page = written(PaperKind.HTML).decode()
        assert page.count("<svg") == 2
        assert ">Đúng hạn</text>" in page


@cache
def pages(raw: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(raw)).pages]


class TestPdf:
    def test_has_the_pages_of_the_form(self) -> None:
        reader = PdfReader(BytesIO(written(PaperKind.PDF)))
        for page in reader.pages:
            box = page.mediabox
            assert (round(box.width / 72 * 25.4), round(box.height / 72 * 25.4)) == (210, 297)
        assert reader.trailer["/Root"]["/Lang"].startswith("vi")
        assert reader.metadata is not None
        assert str(reader.metadata.title).startswith("Báo cáo tình hình thực hiện Kế hoạch")
        titles = [str(one["/Title"]) for one in reader.outline if not isinstance(one, list)]
        assert titles[:2] == [
            "I. TÌNH HÌNH CHỈ ĐẠO, TRIỂN KHAI THỰC HIỆN", "II. KẾT QUẢ ĐẠT ĐƯỢC",
        ]  # fmt: skip

    def test_numbers_pages_from_the_second_and_each_appendix_by_itself(self) -> None:
        found = pages(written(PaperKind.PDF))
        first = next(at for at, page in enumerate(found) if "Phụ lục I " in page[:60])
        assert "CỘNG HÒA" in found[0][:120]
        numbers = [page.split()[-1] for page in found[1:first]]  # set last, above the text
        assert numbers == [str(n) for n in range(2, first + 1)]
        assert [page.startswith("Phụ lục") for page in found[first:]] == [True] * 3
        whole = " ".join(found)
        assert "Nơi nhận:" in whole
        assert "Số liệu của từng cơ quan, đơn vị có trong tệp Excel" in whole

    def test_a_list_too_long_for_a_table_is_running_text(self) -> None:
        raw = paper(sample.figures(300, 0, 300), {}, PaperKind.PDF)
        assert "300. UBND xã thiếu số 299 (7 ngày)." in " ".join(pages(raw))

    def test_its_letters_are_those_of_the_form(self) -> None:
        fonts = {
            str(font.get_object()["/BaseFont"])
            for page in PdfReader(BytesIO(written(PaperKind.PDF))).pages
            for font in page["/Resources"]["/Font"].values()
        }
        assert all("Serif" in font or "Times" in font for font in fonts), fonts


class TestShipped:
    @pytest.mark.parametrize("regime", list(Regime))
    def test_is_what_the_script_makes(self, regime: Regime) -> None:
        made, kept = (
            Document(BytesIO(raw)).element.xml
            for raw in (shipped(regime), shipped_template(NAMES[regime]))
        )
        assert made == kept, "run make word-templates"


needs_office = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="LibreOffice (libreoffice-writer) and pdftotext (poppler-utils) are not installed",
)


@needs_office
def test_libreoffice_prints_each_form(tmp_path: Path) -> None:
    """One run for all: it takes seconds to start."""
    files = []
    for which in ("state", "party", "old", "hostile"):
        files.append(tmp_path / f"{which}.docx")
        files[-1].write_bytes(written(PaperKind.DOCX, which))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, *map(str, files)], check=True, capture_output=True, timeout=180)
    state, party, old, odd = (pages(f.with_suffix(".pdf").read_bytes()) for f in files)
    assert "Số: 08/BC-UBND Thanh Hóa, ngày 08 tháng 01 năm 2026" in state[0]
    assert state[1].startswith("2 ")
    first = next(at for at, page in enumerate(state) if page.startswith("Phụ lục I "))
    assert "TM. ỦY BAN NHÂN DÂN" in state[first - 1]
    assert [page.startswith("Phụ lục") for page in state[first:]] == [True] * 3
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in party[0]
    assert len([page for page in party if page.startswith("Phụ lục")]) == 5
    assert "THANH TRA TỈNH" in old[0]
    assert "<script>alert(1)</script>" in " ".join(odd)


def test_a_word_file_does_not_tell_when_it_was_written() -> None:
    """So that one written again can be compared with the one that was signed."""
    with ZipFile(BytesIO(written(PaperKind.DOCX))) as file:
        assert {part.date_time for part in file.infolist()} == {ZipInfo("").date_time}
