import pytest

from models.register import Register
from tests.models.builders import (
    ASSIGNMENT,
    FaultsOf,
    a_question,
    a_round,
    asked_by,
    file_text,
    item,
    line_of,
    places,
    units,
)

A1 = ASSIGNMENT
R1 = "\n  - {code: R1, kinds: [báo cáo], to: [Tỉnh ủy], frequency: [year]}"


class TestCodes:
    @pytest.mark.parametrize(
        ("part", "one"),
        [
            ("targets", '\n  - {num: "1"}'),
            ("assignments", A1),
            ("reports", R1),
            ("phases", "\n  - {num: 1}"),
            ("recipients", "\n  - {num: 1, recipient: Như trên}"),
            ("indicators", "\n  - {code: so, label: Số, kind: count}"),
            ("questions", a_question(about="[issued]")),
            ("rounds", a_round()),
        ],
    )
    def test_a_code_standing_twice_is_refused_at_the_second(
        self, faults_of: FaultsOf, part: str, one: str
    ) -> None:
        text = file_text(**{part: one + one})
        second = text[: text.rindex(one.splitlines()[1])].count("\n") + 1
        assert (second, f"{part}[2]") in places(faults_of(text))

    def test_a_measure_standing_twice_is_refused_wherever_it_is(self, faults_of: FaultsOf) -> None:
        text = file_text(measures='\n  - num: "1"\n    measures:\n      - num: "1"  # lại')
        assert places(faults_of(text)) == [(line_of(text, "# lại"), "measures[1].measures[1].num")]

    def test_a_norm_standing_twice_is_refused(self, faults_of: FaultsOf) -> None:
        norm = '\n      - {num: "1.1", rule: must}'
        text = file_text(measures=f'\n  - num: "1"\n    norms:{norm}{norm}  # lại')
        assert places(faults_of(text)) == [(line_of(text, "# lại"), "measures[1].norms[2].num")]

    def test_two_series_never_give_rounds_of_one_code(self, faults_of: FaultsOf) -> None:
        yearly = a_round(when="{every: year, first: 2024, last: 2026, send_within: 5}")
        text = file_text(rounds=yearly + a_round(code="dot-2025"))
        assert places(faults_of(text)) == [(line_of(text, "code: dot-2025"), "rounds[2].code")]


class TestReferences:
    @pytest.mark.parametrize(
        ("parts", "field", "found"),
        [
            ({"rounds": a_round(units_of="[A1, A9]")}, "rounds[1].units_of[2]", "A9"),
            ({"rounds": a_round(basis="[reports/R9]")}, "rounds[1].basis[1]", "reports/R9"),
            ({"rounds": a_round(indicators="[so]")}, "rounds[1].indicators[1]", "so"),
            ({"rounds": asked_by("khong")}, "rounds[1].question", "khong"),
            ({"rounds": a_round(also_questions="[q]")}, "rounds[1].also_questions[1]", "q"),
            ({"questions": a_question()}, "questions[1].about[1]", "rounds/dot"),
            (
                {"indicators": '\n  - {code: so, label: Số, kind: count, target: "9"}'},
                "indicators[1].target",
                "9",
            ),
            (
                {"indicators": "\n  - {code: so, label: Số, kind: count, question: q}"},
                "indicators[1].question",
                "q",
            ),
            (
                {"reports": "\n  - {code: R1, kinds: [báo cáo], senders_of: A9}"},
                "reports[1].senders_of",
                "A9",
            ),
            (
                {"assignments": A1 + '\n    measures: ["9"]'},
                "assignments[1].measures[1]",
                "9",
            ),
            (
                {"assignments": A1 + "\n  - {id: A2, same_bodies_as: A9, role: lead}"},
                "assignments[2].same_bodies_as",
                "A9",
            ),
        ],
    )
    def test_one_that_names_nothing_is_refused(
        self, faults_of: FaultsOf, parts: dict[str, str], field: str, found: str
    ) -> None:
        (fault,) = faults_of(file_text(**parts))
        assert (fault.field, fault.found) == (field, found)

    def test_it_lists_what_there_is(self, faults_of: FaultsOf) -> None:
        (fault,) = faults_of(file_text(rounds=a_round(units_of="[A9]")))
        assert "A1" in fault.message

    def test_bodies_taken_in_a_circle_are_refused(self, faults_of: FaultsOf) -> None:
        circle = "\n  - {id: A1, same_bodies_as: A2, role: lead}" + (
            "\n  - {id: A2, same_bodies_as: A1, role: lead}"
        )
        found = [fault.field for fault in faults_of(file_text(assignments=circle))]
        assert found == ["assignments[1].same_bodies_as", "assignments[2].same_bodies_as"]

    def test_a_norm_is_no_ground_for_a_round(self, faults_of: FaultsOf) -> None:
        norms = '\n  - num: "1"\n    norms: [{num: "1.1", rule: must, quote: tận tụy}]'
        text = file_text(measures=norms, rounds=a_round(basis="[measures/1, measures/1.1]"))
        assert places(faults_of(text)) == [(line_of(text, "basis:"), "rounds[1].basis[2]")]


class TestRounds:
    @pytest.mark.parametrize("fields", ["role: request", "role: implement\n    binding: false"])
    def test_a_request_binds_nobody_and_calls_for_no_round(
        self, faults_of: FaultsOf, fields: str
    ) -> None:
        assignments = f"\n  - id: A1\n    bodies: [Sở A]\n    {fields}"
        text = file_text(assignments=assignments, rounds=a_round())
        assert places(faults_of(text)) == [(line_of(text, "units_of"), "rounds[1].units_of[1]")]

    def test_an_internal_assignment_sends_nothing_up(self, faults_of: FaultsOf) -> None:
        text = file_text(assignments=A1 + "\n    internal: true", rounds=a_round())
        (fault,) = faults_of(text)
        assert fault.field == "rounds[1].units_of[1]" and "internal" in fault.message

    def test_a_round_needs_a_date_from_its_question(self, faults_of: FaultsOf) -> None:
        question = a_question(proposed="{text: tùy}")
        text = file_text(rounds=asked_by(), questions=question)
        assert places(faults_of(text)) == [(line_of(text, "question: han"), "rounds[1].question")]

    def test_no_date_of_issue_and_no_question_about_it_is_refused(
        self, faults_of: FaultsOf
    ) -> None:
        (fault,) = faults_of(file_text(issued=None, rounds=a_round()))
        assert fault.field == "issued"

    def test_a_last_year_before_the_first_is_refused(self, faults_of: FaultsOf) -> None:
        backwards = "{every: year, first: 2026, last: 2024, send_within: 5}"
        (fault,) = faults_of(file_text(rounds=a_round(when=backwards)))
        assert (fault.field, fault.found) == ("rounds[1].when.last", "2024")

    def test_a_proposed_last_year_before_the_first_is_refused(self, faults_of: FaultsOf) -> None:
        backwards = "{month_day: 01-31, first: 2026, last: 2024}"
        text = file_text(rounds=asked_by(), questions=a_question(proposed=backwards))
        (fault,) = faults_of(text)
        assert (fault.line, fault.field) == (
            line_of(text, "proposed:"),
            "questions[1].proposed.last",
        )

    @pytest.mark.parametrize(("every", "last"), [("half", 2), ("quarter", 4), ("year", 1)])
    def test_a_period_the_year_does_not_have_is_refused(
        self, faults_of: FaultsOf, every: str, last: int
    ) -> None:
        when = f"{{every: {every}, first: 2024, last: 2026, send_within: 5, only: [1, {last + 1}]}}"
        (fault,) = faults_of(file_text(rounds=a_round(when=when)))
        assert (fault.field, fault.found) == ("rounds[1].when.only[2]", str(last + 1))


class TestBodies:
    REGISTER: Register = units({}, groups={"Các sở": "so"})

    @pytest.mark.parametrize("phrase", ["Sở A", "các sở", "SỞ A"])
    def test_a_name_or_phrase_of_the_register_is_known(
        self, anomalies_of: FaultsOf, phrase: str
    ) -> None:
        text = file_text(rounds=a_round(units_of=None, units=f"[{phrase}]"))
        assert anomalies_of(text, register=self.REGISTER) == ()

    def test_one_the_register_does_not_know_is_refused(self, faults_of: FaultsOf) -> None:
        text = file_text(
            assignments="\n  - {id: A1, bodies: [Sở A, Sở B], role: implement}",
            rounds=a_round(overseer="Sở D", units="[Sở C]"),
        )
        found = [(f.field, f.found) for f in faults_of(text, register=self.REGISTER)]
        assert found == [
            ("assignments[1].bodies[2]", "Sở B"),
            ("rounds[1].overseer", "Sở D"),
            ("rounds[1].units[1]", "Sở C"),
        ]

    def test_bodies_no_round_asks_need_not_be_known(self, anomalies_of: FaultsOf) -> None:
        unasked = A1 + "\n  - {id: A2, bodies: [phóng viên], role: coordinate}"
        text = file_text(assignments=unasked, rounds=a_round())
        assert anomalies_of(text, register=self.REGISTER) == ()


class TestQuotes:
    TEXT = "Mở đầu.\nSở A tổ chức\nthực hiện nghiêm.\nKết thúc."

    def quoting(self, quote: str, lines: str) -> str:
        return file_text(
            assignments=item({"id": "A1"}, bodies="[Sở A]", role="lead", quote=quote, lines=lines)
        )

    @pytest.mark.parametrize("lines", ["[2, 3]", "[1, 4]", "[]"])
    def test_words_of_the_text_are_found_across_its_lines(
        self, anomalies_of: FaultsOf, lines: str
    ) -> None:
        text = self.quoting("Sở A  tổ chức thực hiện", lines)
        assert anomalies_of(text, text=self.TEXT) == ()

    def test_words_that_do_not_stand_in_the_text_are_refused(self, faults_of: FaultsOf) -> None:
        text = self.quoting("Sở B tổ chức thực hiện", "[2]")
        (fault,) = faults_of(text, text=self.TEXT)
        assert (fault.line, fault.field) == (line_of(text, "quote:"), "assignments[1].quote")

    @pytest.mark.parametrize("lines", ["[1]", "[2]", "[4]", "[99]"])
    def test_words_on_other_lines_are_refused(self, faults_of: FaultsOf, lines: str) -> None:
        text = self.quoting("Sở A tổ chức thực hiện", lines)
        (fault,) = faults_of(text, text=self.TEXT)
        assert (fault.line, fault.field) == (line_of(text, "lines:"), "assignments[1].lines")

    def test_every_nested_quote_is_looked_at(self, faults_of: FaultsOf) -> None:
        text = file_text(
            assignments=None,
            quote="không có 1",
            horizon="{from: 2024, quote: không có 2}",
            phases="\n  - {num: 1, final_review: {when_text: cuối, quote: không có 3}}",
            measures='\n  - num: "1"\n    norms: [{num: "1.1", rule: head, quote: không có 4}]',
        )
        assert [fault.field for fault in faults_of(text, text=self.TEXT)] == [
            "quote",
            "horizon.quote",
            "phases[1].final_review.quote",
            "measures[1].norms[1].quote",
        ]
