"""Succession: who stands in the place of a unit that ended; and the country's own of 01/7/2025."""

import csv
import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from models.errors import Fault, RegisterError
from models.register import GROUP_COLUMNS, UNIT_COLUMNS, Register, build, read_register
from models.succession import SUCCESSION_COLUMNS, key_of
from models.vietnamese import collapse
from models.words import SuccessionKind
from tests.models.builders import UNIT
from tests.texts import EXAMPLES, TEXTS

EVE, DAY, LATER = date(2025, 6, 30), date(2025, 7, 1), date(2026, 1, 1)
FILES = ("units.csv", "groups.csv", "succession.csv")

COMMUNES = TEXTS.parent / "units" / "communes-old-to-new-2025-07-01.json"
needs_communes = pytest.mark.skipif(
    not COMMUNES.is_file(), reason=f"the table of old and new communes is not here: {COMMUNES}"
)
NEW_COMMUNES = 3_321
# special zones made of districts that had no commune, so that no old commune leads to them:
# Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, Lý Sơn, Côn Đảo
WITHOUT_OLD_COMMUNES = 5


def unit(code: str, **fields: str) -> dict[str, str]:
    return UNIT | {"code": code, "name": f"Đơn vị {code}"} | fields


def ends(code: str, successor: str = "", **fields: str) -> dict[str, str]:
    """A row of the succession: the unit ends before 01/7/2025, in its successor if it has one."""
    kind = "merge" if successor else "end"
    row = {"code": code, "successor": successor, "day": "2025-07-01", "kind": kind, "rule": "NQ 1"}
    return row | fields


def register(
    codes: str, *links: dict[str, str], phrases: dict[str, str] | None = None, **dated: Any
) -> Register:
    """Units by the letters of their codes, their succession, and the dates of some of them."""
    rows = [unit(code, **dated.get(code, {})) for code in codes.split()]
    groups = [{"phrase": p, "members": m} for p, m in (phrases or {}).items()]
    return build(rows, groups, links)


def heirs(found: Register, code: str, on: date) -> list[str]:
    return [heir.code for heir in found.heirs(code, on)]


class TestHeirs:
    def test_of_a_living_unit_are_itself(self) -> None:
        found = register("a b", ends("a", "b"))
        assert heirs(found, "a", EVE) == ["a"]
        assert found.heirs("a", EVE)[0].path == ()

    def test_stand_in_its_place_from_the_day_on(self) -> None:
        found = register("a b", ends("a", "b"))
        assert heirs(found, "a", DAY) == heirs(found, "a", LATER) == ["b"]
        (link,) = found.heirs("a", DAY)[0].path
        assert (link.code, link.day, link.kind, link.rule) == (
            "a", DAY, SuccessionKind.MERGE, "NQ 1",
        )  # fmt: skip

    def test_of_many_may_be_one_and_of_one_many(self) -> None:
        found = register("a b c d", ends("a", "b"), ends("c", "d"), ends("c", "b", kind="split"))
        assert heirs(found, "a", DAY) == ["b"]
        assert heirs(found, "c", DAY) == ["d", "b"]

    def test_are_found_through_chains_with_every_link_kept(self) -> None:
        links = ends("a", "b", day="2025-01-01"), ends("b", "c", day="2025-03-01"), ends("c", "d")
        found = register("a b c d", *links)
        assert [heirs(found, "a", day) for day in (
            date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 1), EVE, DAY
        )] == [["a"], ["b"], ["c"], ["c"], ["d"]]  # fmt: skip
        assert [link.code for link in found.heirs("a", DAY)[0].path] == ["a", "b", "c"]

    def test_by_two_ways_are_one(self) -> None:
        """a was split into b and c, which both went into d."""
        early = {"day": "2025-01-01", "kind": "split"}
        found = register(
            "a b c d", ends("a", "b", **early), ends("a", "c", **early), ends("b", "d"),
            ends("c", "d"),
        )  # fmt: skip
        assert heirs(found, "a", EVE) == ["b", "c"]
        assert heirs(found, "a", DAY) == ["d"]

    def test_may_be_living_ones_and_the_heirs_of_ended_ones(self) -> None:
        early = {"day": "2025-01-01", "kind": "split"}
        found = register(
            "a b c d", ends("a", "b", **early), ends("a", "c", **early), ends("b", "d")
        )
        assert sorted(heirs(found, "a", DAY)) == ["c", "d"]

    def test_are_none_after_an_end_though_at_the_end_of_a_chain(self) -> None:
        found = register("a b", ends("a", "b", day="2025-01-01"), ends("b"))
        assert heirs(found, "a", EVE) == ["b"]
        assert heirs(found, "a", DAY) == heirs(found, "b", DAY) == []

    def test_are_none_between_a_unit_s_end_and_the_day(self) -> None:
        """The link's day is still to come: nobody has taken over yet."""
        found = register("a b", ends("a", "b"), a={"ends": "2025-05-31"})
        assert heirs(found, "a", date(2025, 5, 31)) == ["a"]
        assert heirs(found, "a", EVE) == []
        assert heirs(found, "a", DAY) == ["b"]

    def test_of_a_unit_that_was_revived_are_itself_whatever_was_said_before(self) -> None:
        found = register("a b", ends("a", "b"))
        living = Register(register("a b").units, {}, found.links)
        assert heirs(living, "a", DAY) == ["a"]

    def test_are_none_of_a_unit_that_has_not_begun(self) -> None:
        found = register("a b", ends("a", "b"), a={"begins": "2025-01-01"})
        assert heirs(found, "a", date(2024, 12, 31)) == []

    def test_are_not_units_of_a_register_that_is_not_there(self) -> None:
        found = register("a", ends("a", "a", successor_province="An Giang"))
        assert found.links["a"][0].successor == "an-giang:a"
        assert heirs(found, "a", DAY) == []


class TestEndingOfUnits:
    def test_follows_from_the_link_where_the_file_leaves_it_empty(self) -> None:
        found = register("a b c", ends("a", "b"), ends("c", day="2025-03-01"))
        assert {code: u.ends for code, u in found.units.items()} == {
            "a": EVE, "b": None, "c": date(2025, 2, 28),
        }  # fmt: skip

    def test_stays_as_the_file_has_it(self) -> None:
        found = register("a b", ends("a", "b"), a={"ends": "2025-05-31"})
        assert found.units["a"].ends == date(2025, 5, 31)


class TestPhrases:
    FOUND = register(
        "a b c d",
        ends("a", "c", kind="split"),
        ends("a", "d", kind="split"),
        ends("b", "c"),
        phrases={"Các huyện": "a;b", "Các xã": "c;d"},
        c={"begins": "2025-07-01"},
        d={"begins": "2025-07-01"},
    )

    def test_call_their_members_until_these_end_and_then_the_successors_each_once(self) -> None:
        called = {day: [u.code for u in self.FOUND.expand("Các huyện", day)] for day in (EVE, DAY)}
        assert called == {EVE: ["a", "b"], DAY: ["c", "d"]}

    def test_know_every_way_by_which_a_unit_was_come_to(self) -> None:
        called = self.FOUND.called(["Các huyện", "Các xã"], DAY)
        ways = {code: [[x.code for x in h.path] for h in found] for code, found in called.items()}
        assert ways == {"c": [["a"], ["b"], []], "d": [["a"], []]}

    def test_call_the_successor_by_the_old_name(self) -> None:
        assert [u.code for u in self.FOUND.expand("Đơn vị b", LATER)] == ["c"]


class TestFaults:
    RIGHT = ends("b", "c")

    def faults(self, *links: dict[str, str], **dated: Any) -> tuple[Fault, ...]:
        """Of a register with the units a, b, c and d, whose first link is right."""
        rows = [unit(code, **dated.get(code, {})) for code in "abcd"]
        with pytest.raises(RegisterError) as caught:
            build(rows, [], [self.RIGHT, *links], FILES)
        return caught.value.faults

    @pytest.mark.parametrize(
        ("link", "column", "words"),
        [
            (ends("x", "c"), "code", "no unit"),
            (ends("", "c"), "code", "no unit"),
            (ends("a", "x"), "successor", "no unit"),
            (ends("a", "c", kind="fusion"), "kind", "fusion"),
            (ends("a", "c", kind=""), "kind", "merge"),
            (ends("a", "c", kind="end"), "successor", "end"),
            (ends("a", kind="merge"), "successor", "end"),
            (ends("a", "c", day="01/07/2025"), "day", "01/07/2025"),
            (ends("a", "c", day="2025-06-31"), "day", "2025-06-31"),
            (ends("a", "c", day=""), "day", "2024-02-26"),
            (ends("a", "c", rule=" "), "rule", "empty"),
            (ends("b", "d", day="2025-03-01"), "day", "2025-07-01"),
            (ends("b", "c", kind="rename"), "successor", "twice"),
            (ends("a", "a"), "successor", "itself"),
        ],
    )
    def test_have_their_line_and_column_and_say_why(
        self, link: dict[str, str], column: str, words: str
    ) -> None:
        (fault,) = self.faults(link)
        assert (fault.where, fault.line, fault.field) == ("succession.csv", 3, column)
        assert words in fault.message

    def test_a_unit_does_not_live_on_when_others_have_taken_over(self) -> None:
        (fault,) = self.faults(ends("a", "c"), a={"ends": "2025-07-01"})
        assert (fault.line, fault.field) == (3, "day") and "2025-07-01" in fault.message

    @pytest.mark.parametrize("dates", [{"begins": "2025-07-02"}, {"ends": "2025-06-30"}])
    def test_a_successor_lives_on_the_day(self, dates: dict[str, str]) -> None:
        (fault,) = self.faults(ends("a", "d"), d=dates)
        assert (fault.line, fault.field) == (3, "successor")

    @pytest.mark.parametrize("begins", ["2025-07-01", "2026-01-01"])
    def test_a_unit_begins_before_others_take_over(self, begins: str) -> None:
        """Else it would end before it begins."""
        (fault,) = self.faults(ends("a", "c"), a={"begins": begins})
        assert (fault.where, fault.line, fault.field) == ("succession.csv", 3, "day")

    def test_a_circle_is_said_at_each_of_its_units(self) -> None:
        early = ends("a", "b", day="2025-01-01"), ends("c", "a", day="2026-01-01")
        found = self.faults(*early)
        assert [(f.line, f.field) for f in found] == [(2, "successor"), (3, "successor"),
                                                      (4, "successor")]  # fmt: skip
        assert {f.found for f in found} == {"a", "b", "c"}

    def test_come_all_at_once(self) -> None:
        found = self.faults(ends("x", "y", day="?", rule=""), ends("x", "y"))
        assert {(f.line, f.field) for f in found} == {
            (3, "day"), (3, "rule"), (4, "code"), (4, "successor"),
        }  # fmt: skip

    def test_of_a_file_keep_the_lines_of_the_file(self, tmp_path: Path) -> None:
        tables: dict[str, tuple[Iterable[str], list[dict[str, str]]]] = {
            "units": (UNIT_COLUMNS, [unit(code) for code in "ab"]),
            "groups": (GROUP_COLUMNS, []),
            "succession": (SUCCESSION_COLUMNS, [{}, ends("a", "b", kind="fusion")]),
        }
        for name, (columns, rows) in tables.items():
            with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(columns))
                writer.writeheader()
                writer.writerows(rows)
        with pytest.raises(RegisterError) as caught:
            read_register(tmp_path)
        (fault,) = caught.value.faults
        assert fault.where.endswith("succession.csv")
        assert (fault.line, fault.field) == (3, "kind")


@cache
def country() -> list[dict[str, Any]]:
    """The 63 provinces of before 01/7/2025, each with what became of it and of its communes."""
    found: list[dict[str, Any]] = json.loads(COMMUNES.read_text(encoding="utf-8"))["data"]
    return found


def passages() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every old province and commune: its code, its name, the codes and names of its successors."""
    found = []
    for province in country():
        for prefix, id_, old in (
            ("tinh", "level1_id", province),
            *(("xa", "level3_id", commune) for commune in province["level3s"]),
        ):
            new = [(f"{prefix}-{s['new_id']}", collapse(s["name"])) for s in old["splits"]]
            found.append((f"{prefix}-{old[id_]}", collapse(old["name"]), new))
    return found


@cache
def kept() -> set[str]:
    """The codes of the units that go on: codes were given again, so the name must be the same."""
    return {code for code, name, splits in passages() if splits == [(code, name)]}


def old_key(code: str) -> str:
    return code if code in kept() else f"{code}-cu"


@cache
def national() -> Register:
    """A register of the whole country, before and after."""
    rows: dict[str, dict[str, str]] = {}
    links: list[dict[str, str]] = []
    for code, name, splits in passages():
        old = old_key(code)
        rows[old] = unit(old, name=f"{name} {old}")
        if code in kept():
            continue
        kind = "split" if len(splits) > 1 else "merge"
        links += [ends(old, new, kind=kind) for new, _name in splits]
    for *_, splits in passages():
        for new, name in splits:
            rows.setdefault(new, unit(new, name=f"{name} {new}", begins="2025-07-01"))
    return build(list(rows.values()), [], links)


@needs_communes
class TestTheReorganisationOf2025:
    def test_leads_every_old_commune_and_province_to_living_ones(self) -> None:
        found = passages()
        assert sum(code.startswith("xa-") for code, *_ in found) == 10_047
        assert sum(code.startswith("tinh-") for code, *_ in found) == 63
        register = national()
        for code, _name, splits in found:
            key = old_key(code)
            assert heirs(register, key, EVE) == [key]
            assert heirs(register, key, DAY) == [new for new, _ in splits]

    def test_reaches_every_new_one_that_had_communes_before(self) -> None:
        on = national().units.values()
        living = {u.code for u in on if u.lives_on(DAY)}
        reached = {
            heir for code, *_ in passages() for heir in heirs(national(), old_key(code), DAY)
        }
        assert reached == living
        assert sum(code.startswith("tinh-") for code in reached) == 34
        communes = sum(code.startswith("xa-") for code in reached)
        assert communes == NEW_COMMUNES - WITHOUT_OLD_COMMUNES
        names = {name for *_, splits in passages() for _, name in splits}
        islands = ("Bạch Long Vĩ", "Cồn Cỏ", "Hoàng Sa", "Lý Sơn", "Côn Đảo")
        assert not {f"Đặc khu {name}" for name in islands} & names

    def test_calls_the_heirs_of_a_group_of_ten_thousand_each_once(self) -> None:
        register = national()
        old = [code for code, u in register.units.items() if u.lives_on(EVE) and code[0] == "x"]
        whole = Register(register.units, {"Các xã": tuple(old)}, register.links)
        assert len(whole.expand("Các xã", EVE)) == 10_047
        assert len(whole.expand("Các xã", DAY)) == NEW_COMMUNES - WITHOUT_OLD_COMMUNES


class TestThanhHoa:
    FOUND = read_register(EXAMPLES / "thanh-hoa")
    DISTRICTS = "UBND các huyện, thị xã, thành phố"

    @pytest.mark.parametrize(
        ("day", "count", "level"),
        [
            (date(2024, 12, 31), 27, "district"),
            (EVE, 26, "district"),
            (DAY, 166, "commune"),
        ],
    )
    def test_has_districts_and_then_communes(self, day: date, count: int, level: str) -> None:
        found = self.FOUND.expand(self.DISTRICTS, day)
        assert len(found) == len({u.code for u in found}) == count
        assert {u.level for u in found} == {level}

    def test_dong_son_goes_through_the_city(self) -> None:
        city = "ubnd-thanh-pho-thanh-hoa"
        assert heirs(self.FOUND, "ubnd-huyen-dong-son", date(2025, 1, 1)) == [city]
        found = self.FOUND.heirs("ubnd-huyen-dong-son", DAY)
        assert [link.successor for link in found[0].path] == [city, found[0].code]
        assert {heir.code for heir in found} == set(heirs(self.FOUND, city, DAY))

    def test_party_groups_have_living_successors_or_nobody(self) -> None:
        groups = [c for c in self.FOUND.units if c.startswith(("dang-doan-", "ban-can-su-dang-"))]
        assert len(groups) >= 9
        for code in groups:
            assert heirs(self.FOUND, code, date(2025, 2, 10)) == [code]
            found = heirs(self.FOUND, code, DAY)
            assert all(self.FOUND.units[heir].lives_on(DAY) for heir in found)
            assert not set(found) & set(groups)
            assert found or self.FOUND.links[code][0].kind is SuccessionKind.END

    def test_nobody_is_lost_but_by_an_end(self) -> None:
        assert_nobody_is_lost(self.FOUND)


class TestKienGiang:
    FOUND = read_register(EXAMPLES / "kien-giang")

    def joined(self) -> Register:
        """With the units of An Giang under its name, as the database has them."""
        an_giang = read_register(EXAMPLES / "an-giang").units
        others = {key_of("An Giang", code): entry for code, entry in an_giang.items()}
        return Register({**self.FOUND.units, **others}, self.FOUND.groups, self.FOUND.links)

    def test_has_no_unit_of_its_own_on_the_day(self) -> None:
        assert not [u.code for u in self.FOUND.units.values() if u.lives_on(DAY)]

    def test_goes_over_into_an_giang_but_for_what_ends(self) -> None:
        found = self.joined()
        ended = [c for c, links in found.links.items() if links[0].kind is SuccessionKind.END]
        assert len(ended) == 3
        for code in self.FOUND.units:
            successors = heirs(found, code, DAY)
            assert bool(successors) is (code not in ended), code
            assert all(heir.startswith("an-giang:") for heir in successors)

    def test_nobody_is_lost_but_by_an_end(self) -> None:
        assert_nobody_is_lost(self.joined())


def assert_nobody_is_lost(found: Register) -> None:
    """Every unit that ended resolves on the next day, or a row says that it only ended."""
    for code, entry in found.units.items():
        if entry.ends is None:
            continue
        day = date.fromordinal(entry.ends.toordinal() + 1)
        only_ended = found.links[code][0].kind is SuccessionKind.END
        assert bool(heirs(found, code, day)) is not only_ended, code
