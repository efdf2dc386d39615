import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from models.errors import Fault, RegisterError
from models.register import GROUP_COLUMNS, UNIT_COLUMNS, read_register
from models.succession import SUCCESSION_COLUMNS
from tests.models.builders import UNIT
from tests.texts import EXAMPLES

PROVINCES = sorted(path.parent for path in EXAMPLES.glob("*/units.csv"))
ROWS = [
    UNIT | {"begins": "2024-01-01", "aliases": "A; Sở của A"},
    UNIT | {"code": "so-b", "name": "Sở B", "parent": "so-a", "ends": "2025-06-30"},
]
GROUPS = [{"phrase": "Các sở", "members": "so"}]


def as_csv(folder: Path, rows: Sequence[dict[str, str]] = ROWS) -> Path:
    for name, columns, lines in (("units", UNIT_COLUMNS, rows), ("groups", GROUP_COLUMNS, GROUPS)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(lines)
    return folder


def as_xlsx(folder: Path, **sheets: Sequence[dict[str, Any]]) -> Path:
    """A workbook with the sheets given; dates stay dates, empty rows stay empty."""
    path = folder / "register.xlsx"
    columns = {"groups": GROUP_COLUMNS, "succession": SUCCESSION_COLUMNS}
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            header = columns.get(name, UNIT_COLUMNS)
            sheet.write_row(0, 0, header)
            for number, row in enumerate(rows, start=1):
                for column, value in row.items():
                    sheet.write(number, header.index(column), value)
    return path


def faults(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(RegisterError) as caught:
        read_register(path)
    return caught.value.faults


class TestBothFormats:
    @pytest.mark.parametrize("province", PROVINCES, ids=lambda path: path.name)
    def test_a_province_reads_the_same_from_csv_and_xlsx(
        self, tmp_path: Path, province: Path
    ) -> None:
        sheets = {}
        for name in ("units", "groups", "succession"):
            if not (province / f"{name}.csv").exists():
                continue
            with (province / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                sheets[name] = list(csv.DictReader(file))
        assert read_register(as_xlsx(tmp_path, **sheets)) == read_register(province)

    def test_dates_and_numbers_of_cells_read_as_their_text(self, tmp_path: Path) -> None:
        cells: list[dict[str, Any]] = [dict(row) for row in ROWS]
        cells[0] |= {"begins": datetime.fromisoformat("2024-01-01"), "telephone": 912345678}
        cells[1] |= {"ends": date(2025, 6, 30)}
        texts = [ROWS[0] | {"telephone": "912345678"}, ROWS[1]]
        found = read_register(as_xlsx(tmp_path, units=cells, groups=GROUPS))
        assert found == read_register(as_csv(tmp_path, texts))

    def test_a_wrong_value_has_the_same_line_and_column(self, tmp_path: Path) -> None:
        rows = [ROWS[0], ROWS[1] | {"kind": "ministry"}]
        (in_csv,) = faults(as_csv(tmp_path, rows))
        (in_xlsx,) = faults(as_xlsx(tmp_path, units=rows))
        assert (in_csv.line, in_csv.field) == (in_xlsx.line, in_xlsx.field) == (3, "kind")
        assert in_csv.where.endswith("units.csv") and in_xlsx.where.endswith("register.xlsx")

    def test_empty_rows_are_no_units_and_do_not_move_the_lines(self, tmp_path: Path) -> None:
        rows = [ROWS[0], {}, ROWS[1] | {"kind": "ministry"}, {}, {}]
        assert [(f.line, f.field) for f in faults(as_csv(tmp_path, rows))] == [(4, "kind")]
        assert [(f.line, f.field) for f in faults(as_xlsx(tmp_path, units=rows))] == [(4, "kind")]

    def test_missing_columns_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "units.csv").write_text("code,name\nso-a,Sở A\n", encoding="utf-8")
        (fault,) = faults(tmp_path)
        assert fault.line == 1 and "telephone" in fault.message and "code" not in fault.message
        with xlsxwriter.Workbook(tmp_path / "r.xlsx") as book:
            book.add_worksheet("units").write_row(0, 0, ["code", "name"])
        (fault,) = faults(tmp_path / "r.xlsx")
        assert "telephone" in fault.message and "code" not in fault.message


class TestCsv:
    def test_a_file_alone_brings_the_groups_beside_it(self, tmp_path: Path) -> None:
        folder = as_csv(tmp_path)
        assert read_register(folder / "units.csv") == read_register(folder)

    def test_groups_may_be_left_out(self, tmp_path: Path) -> None:
        (as_csv(tmp_path) / "groups.csv").unlink()
        assert read_register(tmp_path).groups == {}

    def test_a_byte_order_mark_of_excel_is_accepted(self, tmp_path: Path) -> None:
        path = as_csv(tmp_path) / "units.csv"
        before = read_register(tmp_path)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert read_register(tmp_path) == before

    def test_blank_lines_and_cells_of_several_lines_do_not_move_the_lines(
        self, tmp_path: Path
    ) -> None:
        path = as_csv(tmp_path) / "units.csv"
        header, first, second = path.read_text(encoding="utf-8").splitlines()
        long = first.replace("Sở A", '"Sở\nA"', 1)
        wrong = second.replace("department", "ministry")
        path.write_text(f"{header}\n\n{long}\n\n{wrong}\n", encoding="utf-8")
        (fault,) = faults(tmp_path)
        assert (fault.line, fault.field) == (6, "kind")

    @pytest.mark.parametrize("encoding", ["utf-16", "cp1258"])
    def test_another_encoding_is_refused(self, tmp_path: Path, encoding: str) -> None:
        path = as_csv(tmp_path) / "units.csv"
        path.write_bytes("code,name\nso-a,Đ\n".encode(encoding))
        (fault,) = faults(tmp_path)
        assert "UTF-8" in fault.message

    def test_semicolons_between_columns_are_refused(self, tmp_path: Path) -> None:
        path = as_csv(tmp_path) / "units.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
        (fault,) = faults(tmp_path)
        assert fault.line == 1 and "code" in fault.message

    def test_what_is_not_there_or_cannot_be_read_is_refused(self, tmp_path: Path) -> None:
        assert faults(tmp_path / "nowhere")
        assert faults(tmp_path / "nowhere.csv")
        (tmp_path / "units.csv").mkdir()
        assert faults(tmp_path)

    def test_a_cell_without_end_is_refused(self, tmp_path: Path) -> None:
        assert faults(as_csv(tmp_path, [ROWS[0] | {"name": "a" * 200_000}]))


class TestXlsx:
    def test_groups_may_be_left_out(self, tmp_path: Path) -> None:
        assert read_register(as_xlsx(tmp_path, units=ROWS)).groups == {}

    def test_a_single_sheet_may_have_any_name(self, tmp_path: Path) -> None:
        assert list(read_register(as_xlsx(tmp_path, Sheet1=ROWS)).units) == ["so-a", "so-b"]

    def test_without_a_sheet_of_units_it_is_refused(self, tmp_path: Path) -> None:
        (fault,) = faults(as_xlsx(tmp_path, groups=GROUPS, khac=[]))
        assert "units" in fault.message

    @pytest.mark.parametrize("content", [b"", b"code,name", b"PK\x03\x04 broken"])
    def test_what_is_no_workbook_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "r.xlsx").write_bytes(content)
        (fault,) = faults(tmp_path / "r.xlsx")
        assert "xlsx" in fault.message

    def test_one_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        assert faults(tmp_path / "nowhere.xlsx")

    def test_one_that_unpacks_too_large_is_refused_before_it_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("models.spreadsheet.MAX_UNPACKED", 100)
        (fault,) = faults(as_xlsx(tmp_path, units=ROWS))
        assert "too large" in fault.message

    def test_one_with_too_many_rows_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("models.spreadsheet.MAX_ROWS", 2)
        (fault,) = faults(as_xlsx(tmp_path, units=ROWS))
        assert "too large" in fault.message

    def test_a_formula_is_read_as_its_result(self, tmp_path: Path) -> None:
        path = tmp_path / "r.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("units")
            sheet.write_row(0, 0, UNIT_COLUMNS)
            sheet.write_row(1, 0, [ROWS[0].get(name, "") for name in UNIT_COLUMNS])
            sheet.write_formula(1, UNIT_COLUMNS.index("name"), '="Sở "&"C"', value="Sở C")
        assert read_register(path).units["so-a"].name == "Sở C"
