from datetime import date

import pytest

from models.errors import Fault, RegisterError
from models.register import Register, UnitEntry, build
from tests.models.builders import UNIT, units

DAY = date(2024, 2, 26)
REGISTER = units(
    {"name": "Uỷ ban nhân dân huyện Hòa Bình", "aliases": "UBND huyện Hòa Bình", "groups": "ubnd"},
    {"code": "so-b", "name": "Sở Y tế", "aliases": "SYT; Ngành y tế"},
    {"code": "so-c", "name": "Sở Tư pháp", "groups": "so;noi-chinh"},
    groups={"Các sở, ban, ngành": "so", "Khối nội chính": "noi-chinh;so-b", "Các cấp": "so;ubnd"},
)


def codes(found: list[UnitEntry]) -> list[str]:
    return [unit.code for unit in found]


def faults(*rows: dict[str, str], groups: list[dict[str, str]] | None = None) -> tuple[Fault, ...]:
    with pytest.raises(RegisterError) as caught:
        build(
            [UNIT | row for row in rows],
            groups or [],
            (),
            ("units.csv", "groups.csv", "succession.csv"),
        )
    return caught.value.faults


class TestExpand:
    @pytest.mark.parametrize(
        "name",
        [
            "Uỷ ban nhân dân huyện Hòa Bình",
            "Ủy ban nhân dân huyện Hoà Bình",
            "UỶ BAN NHÂN DÂN HUYỆN HÒA BÌNH",
            "  ủy ban  nhân dân huyện hoà bình ",
            "ubnd huyện Hoà Bình",
        ],
    )
    def test_finds_a_unit_by_any_way_to_write_its_name(self, name: str) -> None:
        assert codes(REGISTER.expand(name, DAY)) == ["so-a"]
        assert REGISTER.knows(name)

    def test_finds_a_unit_by_each_alias(self) -> None:
        assert codes(REGISTER.expand("SYT", DAY)) == ["so-b"]
        assert codes(REGISTER.expand("ngành y tế", DAY)) == ["so-b"]

    def test_tones_tell_names_apart(self) -> None:
        assert not REGISTER.knows("So Y te")
        assert REGISTER.expand("Sở Ý tế", DAY) == []

    def test_a_phrase_stands_for_its_tags_and_codes_in_the_registers_order(self) -> None:
        assert codes(REGISTER.expand("các SỞ, ban, ngành", DAY)) == ["so-b", "so-c"]
        assert codes(REGISTER.expand("Khối nội chính", DAY)) == ["so-b", "so-c"]
        assert codes(REGISTER.expand("Các cấp", DAY)) == ["so-a", "so-b", "so-c"]

    def test_several_phrases_name_each_unit_once(self) -> None:
        found = REGISTER.expand_all(["Sở Tư pháp", "Các sở, ban, ngành", "SYT"], DAY)
        assert sorted(codes(found)) == ["so-b", "so-c"]

    def test_an_unknown_phrase_stands_for_nobody(self) -> None:
        assert REGISTER.expand("Các trường", DAY) == []
        assert not REGISTER.knows("Các trường")


class TestDates:
    DATED = units(
        {"begins": "2024-01-01", "ends": "2025-06-30"},
        {"code": "so-b", "name": "Sở B", "begins": "2025-07-01"},
        groups={"Các sở": "so"},
    )

    @pytest.mark.parametrize(
        ("day", "alive"),
        [
            (date(2023, 12, 31), []),
            (date(2024, 1, 1), ["so-a"]),
            (date(2025, 6, 30), ["so-a"]),
            (date(2025, 7, 1), ["so-b"]),
            (date(2031, 1, 1), ["so-b"]),
        ],
    )
    def test_a_phrase_stands_for_those_alive_that_day(self, day: date, alive: list[str]) -> None:
        assert codes(self.DATED.expand("Các sở", day)) == alive

    def test_a_name_is_known_even_when_its_unit_is_gone(self) -> None:
        assert self.DATED.knows("Sở A")
        assert self.DATED.expand("Sở A", date(2026, 1, 1)) == []


class TestFaults:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("code", ""),
            ("code", "Sở A"),
            ("code", "so--a"),
            ("name", " "),
            ("kind", "ministry"),
            ("level", "village"),
            ("begins", "26/02/2024"),
            ("ends", "2024-02-31"),
            ("email", ""),
            ("email", "vanthu"),
            ("email", "vanthu@so-a"),
            ("email", "a@so-a.example, b@so-a.example"),
            ("email", "Văn thư <a@so-a.example>"),
            ("email", "nội.vụ@so-a.example"),
            ("email", "vanthu@sở-a.example"),
            ("telephone", ""),
            ("parent", "so-z"),
        ],
    )
    def test_a_wrong_value_has_its_line_and_column(self, column: str, value: str) -> None:
        right = {"code": "so-b", "name": "Sở B"}
        found = faults(right, {column: value})
        assert {(f.where, f.line, f.field) for f in found} == {("units.csv", 3, column)}

    def test_a_unit_does_not_end_before_it_begins(self) -> None:
        (fault,) = faults({"begins": "2025-07-01", "ends": "2025-06-30"})
        assert fault.field == "ends"

    def test_allowed_words_are_listed(self) -> None:
        (fault,) = faults({"kind": "ministry"})
        assert fault.found == "ministry" and "department" in fault.message

    def test_a_code_standing_twice_is_refused_at_the_second(self) -> None:
        (fault,) = faults({}, {"name": "Sở B"})
        assert (fault.line, fault.field, fault.found) == (3, "code", "so-a")

    def test_what_else_is_wrong_with_the_first_keeps_its_line(self) -> None:
        found = faults({"parent": "so-z"}, {"name": "Sở B"})
        assert [(f.line, f.field) for f in found] == [(2, "parent"), (3, "code")]

    def test_a_circle_of_parents_is_refused_at_each_of_its_units(self) -> None:
        found = faults(
            {"parent": "so-b"},
            {"code": "so-b", "name": "Sở B", "parent": "so-a"},
            {"code": "so-c", "name": "Sở C", "parent": "so-a"},
            {"code": "so-d", "name": "Sở D", "parent": "so-d"},
        )
        assert [(f.line, f.field) for f in found] == [(2, "parent"), (3, "parent"), (5, "parent")]

    @pytest.mark.parametrize("other", [{"name": "SỞ A"}, {"name": "Sở B", "aliases": "x; sở a"}])
    def test_two_units_do_not_share_a_name(self, other: dict[str, str]) -> None:
        (fault,) = faults({}, {"code": "so-b", **other})
        assert (fault.line, fault.field) == (3, "name") and "so-a" in fault.message

    def test_both_tone_mark_styles_are_one_name(self) -> None:
        found = faults({"name": "Uỷ ban A"}, {"code": "so-b", "name": "Ủy ban A"})
        assert [f.line for f in found] == [3]

    def test_every_fault_of_every_row_comes_at_once(self) -> None:
        found = faults({"kind": "x", "email": "x"}, {"code": "so-b", "name": "", "level": "x"})
        assert [(f.line, f.field) for f in found] == [
            (2, "email"),
            (2, "kind"),
            (3, "name"),
            (3, "level"),
        ]


class TestGroupFaults:
    @pytest.mark.parametrize(
        ("group", "column"),
        [
            ({"phrase": "Các sở", "members": "so;huyen"}, "members"),
            ({"phrase": "Các sở", "members": " ; "}, "phrase"),
            ({"phrase": "", "members": "so"}, "phrase"),
            ({"phrase": "SỞ A", "members": "so"}, "phrase"),
        ],
    )
    def test_a_wrong_group_has_its_line_and_column(
        self, group: dict[str, str], column: str
    ) -> None:
        right = {"phrase": "Tất cả", "members": "so"}
        (fault,) = faults({}, groups=[right, group])
        assert (fault.where, fault.line, fault.field) == ("groups.csv", 3, column)

    def test_a_phrase_standing_twice_is_refused(self) -> None:
        twice = [{"phrase": p, "members": "so"} for p in ("Các uỷ ban", "các Ủy ban")]
        (fault,) = faults({}, groups=twice)
        assert (fault.line, fault.field) == (3, "phrase")

    def test_a_group_may_name_units_and_tags(self) -> None:
        register: Register = units({}, groups={"Các sở": "so-a"})
        assert register.groups == {"Các sở": ("so-a",)}


class TestControlCharacters:
    @pytest.mark.parametrize("column", ["name", "aliases", "head", "clerk", "telephone"])
    @pytest.mark.parametrize("found", ["Sở\0A", "Sở\x1b[31m", "\x7f"])
    def test_are_refused_where_they_stand(self, column: str, found: str) -> None:
        """No mail could be written to such a unit."""
        (fault,) = faults({column: found})
        assert fault.field == column

    @pytest.mark.parametrize("address", ["a\x01@b.example", "\0a@b.example"])
    def test_are_no_part_of_an_address(self, address: str) -> None:
        assert {fault.field for fault in faults({"email": address})} == {"email"}
