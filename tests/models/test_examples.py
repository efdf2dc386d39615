"""The five real directives: whole, true to their texts, and every round of theirs reaches units."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.calendar import vietnam
from models.directive_asks import RoundItem
from models.directive_check import quote_faults, quoted_parts
from models.directive_file import DirectiveFile
from models.directive_text import NormItem
from models.secrecy import is_marked_secret
from models.timetable import resolve, timetable
from models.vietnamese import collapse
from models.words import NormRule
from tests.texts import (
    EXAMPLE_FILES,
    EXAMPLES,
    checked,
    each_example,
    load,
    needs_texts,
    reading_of,
    register_of,
    text_of,
)

HA_TINH = EXAMPLES / "ha-tinh" / "kl-ky-luat-ky-cuong.yaml"
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# a section of the independent reading, and where the example file has it
SECTIONS = {
    "document": None,
    "signature": "signature",
    "published": "published",
    "horizon": "horizon",
    "participants": "participants",
    "parent_documents": "citations",
    "derived_documents": "derived",
    "targets": "targets",
    "tasks": "measures",
    "assignments": "assignments",
    "reports": "reports",
    "phases": "phases",
    "anomalies": "anomalies",
}
ROLES = {
    "chu_tri": "lead",
    "phoi_hop": "coordinate",
    "thuc_hien": "implement",
    "theo_doi_don_doc": "oversee",
    "theo_doi_tong_hop": "consolidate",
    "tham_muu": "advise",
    "lanh_dao_chi_dao": "direct",
    "chi_dao_dinh_huong": "guide",
    "de_nghi": "request",
}


def quotes(node: Any) -> Iterator[str]:
    """Every quote under a part of a YAML file, white space collapsed."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [collapse(value)] if key == "quote" else quotes(value)
    elif isinstance(node, list):
        for value in node:
            yield from quotes(value)


def numbers(node: Any, below: tuple[str, ...]) -> list[str]:
    """The numbers of measures, outer before inner; what has none in the text is left out."""
    found = []
    for part in node or []:
        found += [str(part["num"])] if "num" in part else []
        found += [n for name in below for n in numbers(part.get(name), below)]
    return found


def asked_of(file: DirectiveFile, item: RoundItem) -> list[str]:
    """The names and phrases a round is sent to."""
    given = [found for code in item.units_of if (found := file.assignment(code))]
    return [*item.units, *(phrase for one in given for phrase in file.bodies_of(one))]


def test_there_are_five() -> None:
    assert len(EXAMPLE_FILES) == 5


class TestFile:
    @each_example
    def test_has_no_fault(self, path: Path) -> None:
        assert checked(path).directive.rounds

    @each_example
    def test_every_quote_written_is_one_that_is_checked(self, path: Path) -> None:
        reached = [part.quote for _path, part in quoted_parts(checked(path).directive)]
        assert Counter(collapse(q) for q in reached if q) == Counter(quotes(load(path)))

    @each_example
    def test_what_the_office_adds_is_not_confirmed_for_it(self, path: Path) -> None:
        assert not any(question.is_confirmed for question in checked(path).directive.questions)

    @needs_texts
    @each_example
    def test_every_quote_stands_in_the_text_on_its_lines(self, path: Path) -> None:
        found = checked(path)
        assert [*map(str, quote_faults(found.document, found.directive, text_of(path)))] == []

    @needs_texts
    @each_example
    def test_the_text_speaks_of_secrets_without_being_one(self, path: Path) -> None:
        assert not is_marked_secret(text_of(path))


@needs_texts
class TestReading:
    """Nothing an independent reader found in the text is missing from the example."""

    @each_example
    def test_the_same_text_was_read(self, path: Path) -> None:
        source = checked(path).directive.source
        assert source is not None and source.sha256 == reading_of(path)["sha256"]

    @each_example
    @pytest.mark.parametrize("section", SECTIONS)
    def test_every_quote_of_a_section_is_there(self, path: Path, section: str) -> None:
        name, file = SECTIONS[section], load(path)
        given = file.get(name) if name else {"quote": file.get("quote")}
        assert Counter(quotes(given)) == Counter(quotes(reading_of(path).get(section)))

    @each_example
    @pytest.mark.parametrize(
        "section", [s for s in SECTIONS if s.endswith("s") and s != "participants"]
    )
    def test_every_item_of_a_section_is_there(self, path: Path, section: str) -> None:
        given = load(path).get(SECTIONS[section]) or []
        assert len(given) == len(reading_of(path).get(section) or [])

    @each_example
    def test_recipients_or_circulation_are_there(self, path: Path) -> None:
        sent, file = reading_of(path)["distribution"], load(path)
        given = file.get("recipients") or file.get("circulation")
        assert Counter(quotes(given)) == Counter(quotes(sent))
        if isinstance(sent, list):
            names = [(r["num"], r["recipient"]) for r in sent]
            assert [(r["num"], r["recipient"]) for r in file["recipients"]] == names

    @each_example
    def test_measures_keep_their_numbers(self, path: Path) -> None:
        read = numbers(reading_of(path)["tasks"], ("subtasks",))
        given = numbers(load(path)["measures"], ("measures", "norms"))
        assert set(read) <= set(given)

    @each_example
    def test_assignments_keep_their_code_role_and_bodies(self, path: Path) -> None:
        file = checked(path).directive
        for read, given in zip(reading_of(path)["assignments"], file.assignments, strict=True):
            bodies = read.get("body_group") or ([read["body"]] if "body" in read else [])
            assert (given.id, given.role.value) == (read["id"], ROLES[read["role"]])
            assert given.bodies == bodies
            assert given.same_bodies_as == read.get("body_group_ref")
            assert given.binding == read.get("binding", True)
            assert given.internal == read.get("internal", False)

    @each_example
    def test_targets_keep_their_figures(self, path: Path) -> None:
        file = checked(path).directive
        for read, given in zip(reading_of(path)["targets"], file.targets, strict=True):
            figures = (given.num, given.operator and given.operator.value, given.value, given.unit)
            assert figures == (
                read["num"],
                read.get("operator"),
                read.get("value"),
                read.get("unit"),
            )

    @each_example
    def test_citations_keep_their_symbol_and_date(self, path: Path) -> None:
        read = [(c["symbol"], c["date"]) for c in reading_of(path)["parent_documents"]]
        given = checked(path).directive.citations
        assert [(c.symbol, c.issued and c.issued.isoformat()) for c in given] == read

    @each_example
    def test_the_heading_is_the_texts_own(self, path: Path) -> None:
        read, file = reading_of(path)["document"], checked(path).directive
        assert (file.number, file.symbol) == (read["number"], read["symbol"])
        assert str(file.issued) == str(read["date"])
        assert (file.kind.value, file.regime.value) == (read["type_code"], read["regime"])
        assert (file.province, collapse(file.subject)) == (
            read["province"],
            collapse(read["subject"]),
        )


class TestNorms:
    def test_the_thirty_one_of_ha_tinh_are_kept_by_rule(self) -> None:
        rules = Counter(norm.rule for norm in checked(HA_TINH).directive.all_norms())
        assert rules == {NormRule.MUST: 11, NormRule.MUST_NOT: 10, NormRule.HEAD: 10}

    @each_example
    def test_none_is_the_ground_of_a_round(self, path: Path) -> None:
        file = checked(path).directive
        norms = {norm.num for norm in file.all_norms()}
        for item in file.rounds:
            for ref in item.basis:
                assert not isinstance(resolve(file, ref), NormItem)
                assert ref.removeprefix("measures/") not in norms

    @each_example
    def test_none_is_asked_or_quoted(self, path: Path) -> None:
        file = checked(path).directive
        rounds = timetable(file, vietnam()).rounds
        said = collapse(" ".join(str(step) for found in rounds for step in found.reason))
        asked = collapse(
            " ".join([*(i.asks for i in file.rounds), *(i.label for i in file.indicators)])
        )
        for norm in file.all_norms():
            assert norm.quote and collapse(norm.quote) not in said + asked


class TestReach:
    @each_example
    def test_every_phrase_of_a_round_reaches_units_on_the_day_it_opens(self, path: Path) -> None:
        file, register = checked(path).directive, register_of(path)
        items = {item.code: item for item in file.rounds}
        for found in timetable(file, vietnam()).rounds:
            for phrase in asked_of(file, items[found.series]):
                assert register.expand(phrase, found.opens), (found.code, phrase)

    @each_example
    def test_a_report_on_request_reaches_units_from_the_day_of_issue(self, path: Path) -> None:
        file, register = checked(path).directive, register_of(path)
        issued = file.issue_date()
        assert issued is not None
        for item in timetable(file, vietnam()).on_request:
            assert register.expand_all(asked_of(file, item), issued)

    @each_example
    def test_every_overseer_is_one_unit(self, path: Path) -> None:
        file, register = checked(path).directive, register_of(path)
        issued = file.issue_date()
        assert issued is not None
        for item in file.rounds:
            assert item.overseer and len(register.expand(item.overseer, issued)) == 1


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.rglob("*.*")), ids=lambda p: str(p.relative_to(EXAMPLES))
)
def test_no_address_could_reach_anybody(path: Path) -> None:
    found = EMAIL.findall(path.read_text(encoding="utf-8"))
    assert [address for address in found if not address.endswith(".example")] == []
