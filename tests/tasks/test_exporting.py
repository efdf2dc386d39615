"""An export has everything an office owns, nothing secret, and says what each thing is."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from models.audit_triggers import lifted
from models.database import Database
from models.errors import NotAllowed
from models.tables import METADATA
from tasks import exporting_dictionary
from tasks.exporting import Exported, export
from tasks.exporting_tables import columns, exported
from tasks.exporting_words import LEFT_OUT, NOT_EXPORTED, TABLES, words_of
from tests.conftest import Databases
from tests.tables.rows import FIRST, table
from tests.tasks.copies import NOW, RAW, every_row, fill_folder, lived, settings_of

ROOT = Path(__file__).parents[2]
SECRET = "bí mật 12345"


def secretive(db: Database) -> None:
    """A row of every table; what is secret says so."""
    every_row(db)
    with db.engine.begin() as connection, lifted(connection):
        for name, column in (("account", "password"), ("approval", "digest"),
                             ("sign_in", "digest")):  # fmt: skip
            connection.execute(sa.update(table(name)).values({column: SECRET}))
        connection.execute(sa.update(table("message")).values(context={"digits": SECRET}))
        formula = '=HYPERLINK("http://a.example")'
        connection.execute(sa.update(table("relief")).values(reason=formula, words="-1"))
        connection.execute(sa.update(table("summary")).values(html="d" * 40_000))


@pytest.fixture
def filled(databases: Databases) -> Iterator[Database]:
    yield from databases.like(databases.template("secrets", secretive, like=databases.migrated()))


def of(db: Database, place: Path, form: str, directive: int | None = None) -> Exported:
    fill_folder(place / "data")
    return export(db, settings_of(db, place / "data"), place / "out", NOW, form, directive)


def read_csv(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_json(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return found


class TestWords:
    def test_say_of_every_table_what_it_is_or_why_it_is_left_out(self) -> None:
        assert TABLES.keys() | NOT_EXPORTED.keys() == METADATA.tables.keys()
        assert not TABLES.keys() & NOT_EXPORTED.keys()

    @pytest.mark.parametrize("name", sorted(TABLES))
    def test_say_of_every_column_what_it_is_or_why_it_is_left_out(self, name: str) -> None:
        unsaid = [
            column.name for column in METADATA.tables[name].c
            if words_of(name, column.name) is None
            and not {column.name, f"{name}.{column.name}"} & LEFT_OUT.keys()
        ]  # fmt: skip
        assert unsaid == []

    def test_name_no_column_twice(self) -> None:
        for one in exported():
            names = [column.name for column in columns(one)]
            assert len(names) == len(set(names)), one.name

    def test_are_in_the_guide_as_they_are_in_the_code(self) -> None:
        """`python -m tasks.exporting_dictionary > docs/export.md` writes it anew."""
        text = (ROOT / "docs/export.md").read_text("utf-8")
        assert text == exporting_dictionary.markdown()


class TestExport:
    @pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
    def test_has_every_row_and_file_and_no_secret(
        self, filled: Database, tmp_path: Path, form: str
    ) -> None:
        found = of(filled, tmp_path, form)
        with filled.engine.connect() as connection:
            assert found.rows == {
                name: connection.scalar(sa.select(sa.func.count()).select_from(table(name)))
                for name in TABLES
            }
        assert (found.files, found.missing) == (3, [])
        assert (tmp_path / "out/evidence/kl-1/dot-1/so-a").is_dir()
        contents = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
        assert contents.count(RAW) == 3
        assert not [content for content in contents if SECRET.encode() in content]
        assert (tmp_path / "out/data-dictionary.md").is_file()

    def test_as_csv_runs_no_formula(self, filled: Database, tmp_path: Path) -> None:
        of(filled, tmp_path, "csv")
        (row,) = read_csv(tmp_path / "out", "relief")
        assert (row["reason"][:2], row["words"]) == ("'=", "'-1")
        assert row["obligation"] == "kl-1/dot-1/so-a"
        assert (tmp_path / "out/relief.csv").read_bytes().startswith(b"\xef\xbb\xbf")

    def test_as_a_workbook_holds_texts_under_two_names(
        self, filled: Database, tmp_path: Path
    ) -> None:
        of(filled, tmp_path, "xlsx")
        book = openpyxl.load_workbook(tmp_path / "out/dondoc.xlsx")
        assert book.sheetnames == list(TABLES)
        label, name, value = (cell.value for cell in book["obligation"]["F"][:3])
        assert (label, name) == ("Mã", "code")
        assert value == "kl-1/dot-1/so-a"
        cells = {cell.value: cell for cell in book["relief"][2]}
        reason = book["relief"].cell(3, cells["reason"].column)
        assert (reason.data_type, reason.value[0]) == ("s", "=")
        html = {cell.value: cell for cell in book["summary"][2]}["html"]
        named = book["summary"].cell(3, html.column).value
        assert (tmp_path / "out" / named.removeprefix("→ ")).read_text() == "d" * 40_000

    def test_as_json_has_values_as_they_were(self, filled: Database, tmp_path: Path) -> None:
        of(filled, tmp_path, "json")
        (deed,) = read_json(tmp_path / "out", "activity")
        assert deed["after"]["lớn"] == 10**25
        assert deed["at"] == "2024-03-01T23:00:00.000001+07:00"
        assert deed["unit"] == FIRST["unit"]["code"]

    def test_leaves_a_folder_that_holds_something_alone(self, db: Database, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("mine")
        with pytest.raises(NotAllowed):
            export(db, settings_of(db, tmp_path), tmp_path, NOW)
        assert [path.name for path in tmp_path.iterdir()] == ["x"]


class TestOfALivedOffice:
    @pytest.fixture
    def living(self, databases: Databases) -> Iterator[Database]:
        yield from databases.like(databases.template("lived", lived, like=databases.migrated()))

    def test_says_where_each_task_stands_and_why_it_is_due_then(
        self, living: Database, tmp_path: Path
    ) -> None:
        of(living, tmp_path, "csv")
        rows = read_csv(tmp_path / "out", "obligation")
        assert {row["status"] for row in rows} >= {"on_time", "late", "declined", "waived"}
        assert all(row["why"] and row["unit_name"] and row["status_label"] for row in rows)
        owed = [int(row["overdue_days"]) for row in rows if row["status"] == "long_overdue"]
        assert owed
        assert all(days > 0 for days in owed)

    def test_may_be_of_one_directive(self, living: Database, tmp_path: Path) -> None:
        found = of(living, tmp_path / "a", "json", directive=1)
        other = of(living, tmp_path / "b", "json", directive=2)
        assert found.rows["obligation"] > 0
        assert found.rows["indicator_value"] > 0
        assert {name for name, count in other.rows.items() if count} <= {
            "unit", "unit_name", "contact", "succession", "unit_group", "group_member",
            "audit_entry",
        }  # fmt: skip
