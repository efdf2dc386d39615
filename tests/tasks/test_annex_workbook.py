"""The annexes of a summary, read again as another program reads them; and what two versions differ
in, in words.
"""

import copy
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from models.words import Status, label_vi
from tasks.annex_workbook import workbook
from tasks.summary_changes import differences, is_same

HOSTILE = "=cmd|' /C calc'!A1"
COLUMNS = [
    {"code": "so", "label": "Số cuộc", "kind": "count", "unit": "cuộc", "table": "Biểu 1"},
    {"code": "ty-le", "label": "Việc đã xong", "kind": "ratio", "unit": "", "table": "Biểu 1"},
    {"code": "co", "label": "Có kế hoạch", "kind": "yes_no", "unit": "", "table": ""},
    {"code": "ngay", "label": "Ngày ban hành", "kind": "date", "unit": "", "table": ""},
    {"code": "muc", "label": "Mức", "kind": "choice", "unit": "", "table": ""},
    {"code": "kho", "label": "Khó khăn", "kind": "text", "unit": "", "table": ""},
]
TOTALS: list[dict[str, Any]] = [
    {"total": 7.0, "before": {"total": 5.0}},
    {"numerator": 9.0, "denominator": 12.0, "before": {"numerator": 1, "denominator": 2}},
    {"numerator": 1, "denominator": 3},
    {"first": "2024-05-02", "last": "2024-05-20"},
    {"choices": {"Tốt": 2}},
    {},
]


def unit(name: str, status: str, values: list[Any] | None, **facts: Any) -> dict[str, Any]:
    given = {"received": "2024-05-20T09:00:00+07:00", "submission": 1, "version": 1}
    return {
        "unit": name, "level": "province", "obligation": f"kl-1/x/{name}", "status": status,
        "due": "2024-06-03", "days_late": 0, "received": None, "submission": None, "version": None,
        "values": values or [None] * len(COLUMNS), **(given if values else {}), **facts,
    }  # fmt: skip


def annex() -> dict[str, Any]:
    first = [4.0, {"numerator": 4.0, "denominator": 6.0}, True, "2024-05-02", "Tốt", HOSTILE]
    second = [3.0, {"numerator": 5.0, "denominator": 6.0}, False, "2024-05-20", "Tốt", None]
    units = [
        unit("Sở A", "Đã gửi đúng hạn", first),
        unit("Sở B", "Gửi muộn", second, days_late=3, submission=2),
        unit(HOSTILE, label_vi(Status.OVERDUE), None, days_late=7),
    ]
    return {"columns": COLUMNS, "units": units}


def figures(**changes: Any) -> dict[str, Any]:
    indicators = [
        {**column, **total, "target_id": None, "given": 2, "expected": 3, "missing": 1, "late": 1}
        for column, total in zip(COLUMNS, TOTALS, strict=True)
    ]
    target = {
        "number": "1", "indicator": "Tỷ lệ việc đã xong", "measured_by": "Việc đã xong",
        "operator": ">=", "threshold": 80.0, "unit": "%", "numerator": 9.0, "denominator": 12.0,
        "total": None, "met": False,
        "trend": [{"title": "Năm 2023", "year": 2023, "share": 50.0, "total": None, "met": False}],
    }  # fmt: skip
    tally = {"asked": 3, "expected": 3, "received": 2, "on_time": 1, "late": 1, "declined": 0,
             "missing": 1, "waived": 0, "passed_on": 0, "lapsed": 0}  # fmt: skip
    passage = {
        "unit": "Sở A", "obligation": "kl-1/x/Sở A", "submission": 1, "version": 1,
        "received": "09:00 20/05/2024", "section": "Hạn chế", "text": HOSTILE, "also": ["Sở B"],
    }  # fmt: skip
    return {
        "format": 2,
        "directive": {"kind": "Kết luận", "symbol": "1-KL/TU", "issued": "26/02/2024",
                      "issuer": "Tỉnh ủy", "subject": "x"},
        "round": {"title": "Báo cáo năm 2024", "due": "03/06/2024"},
        "as_of": "16:00 10/06/2024", "tally": tally,
        "late": [{"unit": "Sở B", "days": 3}],
        "missing": [{"unit": HOSTILE, "days": 7, "telephone": "0"}],
        "declined": [], "bodies": [], "handovers": [], "lapsed": ["Sở Z"],
        "reliefs": {"extension": {"granted": [{"unit": "Sở C", "until": "10/06/2024",
                                               "reason": "Sắp xếp"}]}, "waiver": {"granted": []}},
        "indicators": indicators, "targets": [target],
        "passages": {"limitations": [passage]}, "history": [], "is_final": False,
    } | changes  # fmt: skip


def opened(said: dict[str, Any], by_unit: dict[str, Any], **options: Any) -> Workbook:
    return load_workbook(BytesIO(workbook(said, by_unit, **options)))


def rows(book: Workbook, name: str) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


class TestTheWorkbook:
    def test_has_an_annex_for_each_list(self) -> None:
        assert opened(figures(), annex()).sheetnames == [
            "Tổng hợp", "Theo đơn vị", "Chỉ tiêu", "Chưa gửi", "Gửi chậm",
            "Từ chối, miễn, gia hạn", "Đoạn trích",
        ]  # fmt: skip
        review = {"rounds": [{"title": "Năm 2023", "expected": 3, "late": 1}],
                  "lateness": [{"unit": "Sở B", "times": 2, "days": 9}]}  # fmt: skip
        replaces = {"number": "1/BC", "signed": "01/06/2024", "changes": ["Đã gửi: 1 → 2"]}
        more = opened(figures(review=review, replaces=replaces), annex())
        assert more.sheetnames[-2:] == ["Sơ kết", "Thay đổi"]
        assert ["Sở B", 2, 9] in [row[:3] for row in rows(more, "Sơ kết")]
        assert [1, "Đã gửi: 1 → 2"] in rows(more, "Thay đổi")

    def test_names_the_report_it_belongs_to(self) -> None:
        signed = opened(figures(), annex(), number="45/BC-VP", signed_on=date(2024, 6, 12))
        wanted = "(Kèm theo Báo cáo số 45/BC-VP ngày 12 tháng 06 năm 2024)"
        assert [sheet["A2"].value for sheet in signed] == [wanted] * 7
        assert "số … ngày …" in str(opened(figures(), annex())["Tổng hợp"]["A2"].value)

    def test_gives_each_figure_with_who_is_missing_and_what_was_before(self) -> None:
        found = rows(opened(figures(), annex()), "Tổng hợp")
        assert [1, "Số cuộc", "cuộc", "Biểu 1", 7, None, None, 5, 2, 1, 1] in found
        assert [2, "Việc đã xong", None, "Biểu 1", 9, 12, 0.75, "50,0%", 2, 1, 1] in found
        assert [5, "Mức", None, None, "Tốt: 2", None, None, None, 2, 1, 1] in found

    def test_says_how_many_are_in_the_figures_of_those_above_where_any_are(self) -> None:
        said = figures()
        said["indicators"][0] |= {"included": 1}
        found = rows(opened(said, annex()), "Tổng hợp")
        assert [1, "Số cuộc", "cuộc", "Biểu 1", 7, None, None, 5, 2, 1, 1, 1] in found

    def test_has_no_zero_where_nobody_gave_a_figure_and_each_table_once(self) -> None:
        asked = [
            one | {"table": f"Biểu {at % 2}"} for at, one in enumerate(figures()["indicators"])
        ]
        asked[0] |= {"given": 0, "total": 0}
        found = rows(opened(figures(indicators=asked), annex()), "Tổng hợp")
        counted = [row for row in found if str(row[3]).startswith("Biểu ")]
        assert counted[0][4] == "—"
        assert [row[3] for row in counted] == sorted(one["table"] for one in asked)

    def test_has_a_row_for_each_unit_and_two_columns_for_a_ratio(self) -> None:
        sheet = opened(figures(), annex())["Theo đơn vị"]
        found = [[cell.value for cell in row] for row in sheet.iter_rows()]
        heads = next(row for row in found if row[0] == "TT")
        assert heads[7:10] == ["Số cuộc (cuộc)", "Việc đã xong: số đạt", "Việc đã xong: tổng số"]
        second = next(row for row in found if row[1] == "Sở B")
        assert second[4:7] == [datetime(2024, 6, 3), datetime(2024, 5, 20), 3]
        assert second[7:] == [3, 5, 6, "Không", datetime(2024, 5, 20), "Tốt", None]
        assert found[-1][1] == "Toàn tỉnh"
        assert found[-1][7:11] == [7, 9, 12, "1/3"]
        assert sheet.freeze_panes == "C8"
        assert sheet.print_title_rows == "$6:$7"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)

    def test_shows_targets_by_period_with_their_threshold(self) -> None:
        found = rows(opened(figures(), annex()), "Chỉ tiêu")
        assert found[-1] == [
            "1", "Tỷ lệ việc đã xong", "Việc đã xong", "≥", 0.8, 0.5, 0.75, "Chưa đạt",
        ]  # fmt: skip

    def test_has_charts_of_its_own(self) -> None:
        with ZipFile(BytesIO(workbook(figures(), annex()))) as file:
            charts = [name for name in file.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == 2

    def test_holds_no_formula_whatever_units_wrote(self) -> None:
        book = opened(figures(), annex())
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
        assert sum(cell.value == HOSTILE for cell in cells) == 4

    def test_is_the_same_file_each_time(self) -> None:
        assert workbook(figures(), annex()) == workbook(figures(), annex())

    def test_takes_figures_of_the_format_before(self) -> None:
        old = figures(passages=[{"unit": "Sở A", "text": "Thiếu người."}])
        del old["format"]
        for item in old["indicators"]:
            for name in ("missing", "late", "table", "before"):
                item.pop(name, None)
        del old["targets"][0]["trend"]
        book = opened(old, {})
        assert "Theo đơn vị" not in book.sheetnames
        assert "Thiếu người." in rows(book, "Đoạn trích")[-1]


class TestDifferences:
    def test_are_none_for_what_moves_by_itself(self) -> None:
        later, by_unit = copy.deepcopy(figures()), annex()
        later["as_of"] = "09:00 20/06/2024"
        later["missing"][0] |= {"days": 17, "telephone": "1"}
        by_unit["units"][2] |= {"days_late": 17, "status": label_vi(Status.LONG_OVERDUE)}
        assert is_same(figures(), later, annex(), by_unit)
        assert differences(figures(), later, annex(), by_unit) == []

    def test_tell_units_that_came_in_and_figures_that_were_corrected(self) -> None:
        later, by_unit = copy.deepcopy(figures()), annex()
        later["tally"] |= {"received": 3, "late": 2, "missing": 0}
        later["missing"] = []
        later["indicators"][0] |= {"total": 9.0, "given": 3}
        later["targets"][0] |= {"numerator": 11.0, "met": True}
        by_unit["units"][2] |= {"status": "Gửi muộn", "received": "2024-06-12", "submission": 5}
        by_unit["units"][0] |= {"submission": 6}
        by_unit["units"][0]["values"][0] = 6.0
        assert not is_same(figures(), later, annex(), by_unit)
        told = differences(figures(), later, annex(), by_unit)
        for line in (
            "Số đơn vị đã gửi: 2 → 3", "Số cuộc: 7 cuộc → 9 cuộc",
            "Chỉ tiêu 1 “Tỷ lệ việc đã xong”: chưa đạt → đạt (9/12 (75%) → 11/12 (91,7%))",
            "Sở A đã sửa bài gửi: Số cuộc 4 → 6",
        ):  # fmt: skip
            assert line in told
        assert any(line.endswith(f"sang “Gửi muộn” (1): {HOSTILE}") for line in told)
