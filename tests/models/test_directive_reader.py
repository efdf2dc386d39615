from pathlib import Path

import pytest

from models.directive_reader import read_directive
from models.document import MAX_BYTES
from models.errors import DirectiveFileError
from tests.models.builders import (
    FaultsOf,
    a_question,
    a_round,
    asked_by,
    directive,
    file_text,
    line_of,
    places,
)


class TestShape:
    def test_the_smallest_file_may_be_registered(self, anomalies_of: FaultsOf) -> None:
        assert anomalies_of(file_text(rounds=a_round())) == ()

    def test_every_fault_comes_at_once_in_the_order_of_lines(self, faults_of: FaultsOf) -> None:
        text = file_text(
            kind="XX",
            issued="26/02/2024",
            horizon="{from: 2024, until: 2030}",
            assignments="\n  - {id: A1, bodies: [Sở A], role: boss}",
            rounds=a_round(asks=None),
        )
        assert places(faults_of(text)) == [
            (line_of(text, "kind:"), "kind"),
            (line_of(text, "issued:"), "issued"),
            (line_of(text, "role: boss"), "assignments[1].role"),
            (line_of(text, "horizon:"), "horizon.until"),
            (line_of(text, "code: dot"), "rounds[1].asks"),
        ]

    @pytest.mark.parametrize(
        ("part", "value", "field", "found", "allowed"),
        [
            ("kind", "XX", "kind", "XX", "'KL'"),
            ("regime", "church", "regime", "church", "'party', 'state'"),
            ("format", "dondoc/directive/9", "format", "dondoc/directive/9", "dondoc/directive/1"),
            ("code", "Mã Số", "code", "Mã Số", "a-z0-9"),
            ("number", "0", "number", "0", "0"),
            ("number", "1.5", "number", "1.5", "whole number"),
            ("issued", "2024-02-31", "issued", "2024-02-31", "2024-02-26"),
            ("issued", "26/02/2024", "issued", "26/02/2024", "2024-02-26"),
            ("subject", "''", "subject", "", "empty"),
            ("issuer", "[a]", "issuer", "list", "text"),
            ("assignments", "Sở A", "assignments", "Sở A", "list"),
            ("horizon", "{from: 1800}", "horizon.from", "1800", "1945"),
        ],
    )
    def test_a_wrong_value_says_what_is_allowed(
        self, faults_of: FaultsOf, part: str, value: str, field: str, found: str, allowed: str
    ) -> None:
        text = file_text(**{part: value})
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (line_of(text, f"{part}:"), field)
        assert fault.found == found
        assert allowed in fault.message

    def test_an_unknown_field_lists_those_allowed_there(self, faults_of: FaultsOf) -> None:
        (fault,) = faults_of(file_text(horizon="{from: 2024, until: 2030}"))
        assert fault.field == "horizon.until"
        assert "final_review, from, lines" in fault.message and "to" in fault.message

    def test_an_unknown_field_at_the_top_is_named(self, faults_of: FaultsOf) -> None:
        text = file_text(deadline="2024-03-01")
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (line_of(text, "deadline:"), "deadline")
        assert "horizon" in fault.message

    def test_a_number_unquoted_must_be_put_between_quotes(self, faults_of: FaultsOf) -> None:
        text = file_text(measures='\n  - num: "2.1"\n  - num: 2.10')
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (line_of(text, "2.10"), "measures[2].num")
        assert "quotes" in fault.message

    def test_a_year_or_day_says_it_may_be_either(self, faults_of: FaultsOf) -> None:
        (fault,) = faults_of(file_text(horizon="{from: 31/02/2024}"))
        assert "whole number" in fault.message and "date" in fault.message

    def test_a_nested_part_keeps_its_place(self, faults_of: FaultsOf) -> None:
        text = file_text(measures='\n  - num: "1"\n    measures:\n      - num: "1.1"\n        x: 1')
        assert places(faults_of(text)) == [(line_of(text, "x: 1"), "measures[1].measures[1].x")]

    def test_bodies_are_named_or_taken_from_another_not_both(self, faults_of: FaultsOf) -> None:
        neither = "\n  - {id: A1, role: implement}"
        both = "\n  - {id: A1, role: implement, bodies: [Sở A], same_bodies_as: A1}"
        for assignments in (neither, both):
            (fault,) = faults_of(file_text(assignments=assignments))
            assert fault.field == "assignments[1]" and "same_bodies_as" in fault.message

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"units_of": None}, "units_of"),
            ({"when": None}, "question"),
            ({"question": "han"}, "question"),
            ({"review": "final", "stage": "planning"}, "reporting"),
        ],
    )
    def test_an_incomplete_round_says_what_it_lacks(
        self, faults_of: FaultsOf, fields: dict[str, str | None], named: str
    ) -> None:
        (fault,) = faults_of(file_text(rounds=a_round(**fields), questions=a_question()))
        assert fault.field == "rounds[1]" and named in fault.message


class TestDateRules:
    @pytest.mark.parametrize(
        ("when", "field"),
        [
            ("{on: 2024-02-31}", "on"),
            ("{on: mai}", "on"),
            ("{on: 2024-03-01, fixed: maybe}", "fixed"),
            ("{working_days: nhiều}", "working_days"),
            ("{working_days: 3, after: hôm nào}", "after"),
            ("{every: week, first: 2024, last: 2030, send_within: 5}", "every"),
            ("{every: year, first: 1, last: 2030, send_within: 5}", "first"),
            ("{every: year, first: 2024, last: 2030, send_within: 0}", "send_within"),
            ("{every: year, first: 2024, last: 2030, regime: ND 09}", "regime"),
            ("{every: year, first: 2024, last: 2030, send_within: 5, only: [13]}", "only[1]"),
            ("{month_day: 13-01, first: 2024, last: 2025}", "month_day"),
            ("{month_day: 02-29, first: 2024, last: 2028}", "month_day"),
            ("{month_day: 01-31, first: 2024}", "last"),
            ("{on_request: always}", "on_request"),
        ],
    )
    def test_a_fault_in_a_rule_names_its_own_field(
        self, faults_of: FaultsOf, when: str, field: str
    ) -> None:
        text = file_text(rounds=a_round(when=when))
        assert places(faults_of(text)) == [(line_of(text, "when:"), f"rounds[1].when.{field}")]

    def test_a_rule_over_several_lines_gives_the_line_of_the_field(
        self, faults_of: FaultsOf
    ) -> None:
        when = "\n      every: year\n      first: 2024\n      last: x\n      send_within: 5"
        text = file_text(rounds=a_round(when=when))
        assert places(faults_of(text)) == [(line_of(text, "last: x"), "rounds[1].when.last")]

    def test_an_unknown_field_of_a_rule_lists_those_allowed(self, faults_of: FaultsOf) -> None:
        when = "{every: year, first: 2024, last: 2030, send_within: 5, until: 2031}"
        (fault,) = faults_of(file_text(rounds=a_round(when=when)))
        assert fault.field == "rounds[1].when.until"
        assert "every, first, last, only, regime, send_within" in fault.message

    def test_an_unknown_rule_lists_the_rules(self, faults_of: FaultsOf) -> None:
        (fault,) = faults_of(file_text(rounds=a_round(when="{each: year}")))
        assert fault.field == "rounds[1].when"
        assert "on, working_days, every, month_day, on_request" in fault.message

    def test_words_are_no_date_of_a_round(self, faults_of: FaultsOf) -> None:
        (fault,) = faults_of(file_text(rounds=a_round(when="{text: tùy}")))
        assert fault.field == "rounds[1].when"

    def test_a_confirmation_needs_a_name_and_a_day(self, faults_of: FaultsOf) -> None:
        question = a_question(confirmed="{by: Bà Hoa}")
        text = file_text(rounds=asked_by(), questions=question)
        found = places(faults_of(text))
        assert (line_of(text, "confirmed:"), "questions[1].confirmed.on") in found
        assert {field for _line, field in found} <= {
            "questions[1].confirmed",
            "questions[1].confirmed.on",
        }

    def test_a_date_may_be_quoted_or_not(self) -> None:
        assert directive(issued="'2024-02-26'").issued == directive(issued="2024-02-26").issued


class TestYaml:
    def test_a_key_written_twice_is_refused_at_its_second_line(self, faults_of: FaultsOf) -> None:
        text = file_text() + "issuer: khác\n"
        (fault,) = faults_of(text)
        assert fault.line == line_of(text, "issuer: khác") and "issuer" in fault.message

    @pytest.mark.parametrize("wrong", ["subject: [a", "subject: 'a", "\tsubject: a", "a: b: c"])
    def test_a_syntax_error_has_its_line(self, faults_of: FaultsOf, wrong: str) -> None:
        head = file_text(subject=None, assignments=None)
        (fault,) = faults_of(head + wrong + "\n")
        assert fault.line is not None
        assert fault.line >= head.count("\n") + 1

    def test_bytes_that_are_not_utf8_have_their_line(self, faults_of: FaultsOf) -> None:
        text = file_text()
        content = text.encode() + "ghi chú: đ\n".encode("utf-16")
        (fault,) = faults_of(content)
        assert fault.line == text.count("\n") + 1 and "UTF-8" in fault.message

    def test_a_byte_order_mark_is_accepted(self, anomalies_of: FaultsOf) -> None:
        assert anomalies_of(file_text().encode("utf-8-sig")) == ()

    def test_windows_line_ends_are_accepted(self, anomalies_of: FaultsOf) -> None:
        assert anomalies_of(file_text().replace("\n", "\r\n")) == ()

    @pytest.mark.parametrize("text", ["", "# chỉ có chú thích\n", "- a\n- b\n", "lời\n", "5\n"])
    def test_what_is_no_mapping_is_refused(self, faults_of: FaultsOf, text: str) -> None:
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (1, "") and "mapping" in fault.message

    def test_aliases_that_unfold_without_end_are_refused(self, faults_of: FaultsOf) -> None:
        bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for n in range(1, 6):
            bomb += f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n"
        (fault,) = faults_of(bomb)
        assert "too large" in fault.message

    @pytest.mark.parametrize(
        "text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "a: " + "{a: " * 1000, "[" * 100_000]
    )
    def test_endless_nesting_is_refused(self, faults_of: FaultsOf, text: str) -> None:
        assert faults_of(text)

    def test_an_alias_used_once_is_read(self) -> None:
        bodies = (
            "\n  - {id: A1, bodies: &b [Sở A], role: lead}\n  - {id: A2, bodies: *b, role: lead}"
        )
        assert [a.bodies for a in directive(assignments=bodies).assignments] == [["Sở A"]] * 2

    def test_a_merge_key_is_read(self, anomalies_of: FaultsOf) -> None:
        text = file_text(measures='\n  - &m {num: "1", urgency: gấp}\n  - {<<: *m, num: "2"}')
        assert anomalies_of(text) == ()

    def test_too_large_a_file_is_refused_unread(self, faults_of: FaultsOf) -> None:
        (fault,) = faults_of(b"#" * (MAX_BYTES + 1))
        assert "too large" in fault.message

    def test_a_control_character_is_refused(self, faults_of: FaultsOf) -> None:
        assert faults_of(file_text(subject='"a\x00b"'))

    def test_a_file_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(DirectiveFileError, match="cannot be read"):
            read_directive(Path("/nowhere/directive.yaml"))
