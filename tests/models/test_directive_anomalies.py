import pytest

from models.register import Register
from tests.models.builders import (
    ASSIGNMENT,
    FaultsOf,
    a_question,
    a_round,
    file_text,
    line_of,
    places,
    units,
)

REPORT = "\n  - {code: R1, kinds: [báo cáo], to: [Tỉnh ủy], frequency: [year]}"


class TestSymbol:
    @pytest.mark.parametrize(
        ("regime", "kind", "symbol"),
        [
            ("party", "KL", "2664-KL/TU"),
            ("party", "CV", "1248-CV/TU"),
            ("party", "QĐ", "399-QĐ/TW"),
            ("state", "KH", "53/KH-UBND"),
            ("state", "CV", "123/UBND-NC"),
        ],
    )
    def test_of_its_regime_is_accepted(
        self, anomalies_of: FaultsOf, regime: str, kind: str, symbol: str
    ) -> None:
        assert anomalies_of(file_text(regime=regime, kind=kind, symbol=symbol)) == ()

    @pytest.mark.parametrize(
        ("regime", "kind", "symbol", "wanted"),
        [
            ("party", "KL", "2664/KL-TU", "-KL/"),
            ("party", "KL", "2664-KH/TU", "-KL/"),
            ("party", "CV", "123/UBND-NC", "-CV/"),
            ("state", "KH", "53-KH/UBND", "/KH-"),
            ("state", "QĐ", "53/KH-UBND", "/QĐ-"),
        ],
    )
    def test_of_another_regime_or_kind_looks_odd(
        self, anomalies_of: FaultsOf, regime: str, kind: str, symbol: str, wanted: str
    ) -> None:
        (odd,) = anomalies_of(file_text(regime=regime, kind=kind, symbol=symbol))
        assert (odd.field, odd.found) == ("symbol", symbol) and wanted in odd.message

    def test_may_be_unknown(self, anomalies_of: FaultsOf) -> None:
        assert anomalies_of(file_text(symbol=None)) == ()


class TestCitations:
    def test_a_cited_document_later_than_the_directive_looks_odd(
        self, anomalies_of: FaultsOf
    ) -> None:
        cited = "\n  - {symbol: 12-KL/TW, relation: basis, issued: 2024-02-27}"
        text = file_text(citations=cited)
        (odd,) = anomalies_of(text)
        assert (odd.line, odd.field) == (line_of(text, "12-KL"), "citations[1].issued")
        assert "27/02/2024" in odd.message and "26/02/2024" in odd.message

    def test_one_of_the_same_day_does_not(self, anomalies_of: FaultsOf) -> None:
        cited = "\n  - {symbol: 12-KL/TW, relation: basis, issued: 2024-02-26}"
        assert anomalies_of(file_text(citations=cited)) == ()

    def test_a_doubt_the_reader_noted_is_shown(self, anomalies_of: FaultsOf) -> None:
        cited = "\n  - {symbol: 28-KH/TU, relation: basis, flag: năm đáng ngờ}"
        (odd,) = anomalies_of(file_text(citations=cited))
        assert odd.field == "citations[1].flag" and "năm đáng ngờ" in odd.message


class TestPhases:
    @pytest.mark.parametrize(
        ("ends", "begins"),
        [("2026", "2026"), ("2026-06-30", "2026-06-30"), ("2026", "2026-12-31")],
    )
    def test_that_overlap_look_odd(self, anomalies_of: FaultsOf, ends: str, begins: str) -> None:
        text = file_text(phases=f"\n  - {{num: 1, to: {ends}}}\n  - {{num: 2, from: {begins}}}")
        (odd,) = anomalies_of(text)
        assert (odd.line, odd.field) == (line_of(text, "num: 2"), "phases[2].from")

    @pytest.mark.parametrize(
        ("ends", "begins"), [("2025", "2026"), ("2026-06-30", "2026-07-01"), ("2025", "2026-01-01")]
    )
    def test_that_follow_each_other_do_not(
        self, anomalies_of: FaultsOf, ends: str, begins: str
    ) -> None:
        phases = f"\n  - {{num: 1, to: {ends}}}\n  - {{num: 2, from: {begins}}}"
        assert anomalies_of(file_text(phases=phases)) == ()

    def reviewed(self, when: str) -> str:
        review = f"{{when_text: cuối kỳ, {when}}}"
        return file_text(
            phases=f"\n  - num: 1\n    to: 2026\n    preliminary_review: {review}",
            rounds=a_round(basis="[phases/1/preliminary_review]"),
        )

    @pytest.mark.parametrize("when", ["on: 2025-12-31", "window: [2025-10-01, 2025-12-31]"])
    def test_a_review_before_the_end_looks_odd(self, anomalies_of: FaultsOf, when: str) -> None:
        text = self.reviewed(when)
        (odd,) = anomalies_of(text)
        assert (odd.line, odd.field) == (
            line_of(text, "preliminary_review"),
            "phases[1].preliminary_review",
        )

    @pytest.mark.parametrize("when", ["on: 2026-12-31", "window: [2026-10-01, 2027-03-31]"])
    def test_a_review_at_the_end_does_not(self, anomalies_of: FaultsOf, when: str) -> None:
        assert anomalies_of(self.reviewed(when)) == ()


class TestReports:
    CARRIED = a_round(basis="[reports/R1]")

    def test_a_whole_one_is_accepted(self, anomalies_of: FaultsOf) -> None:
        assert anomalies_of(file_text(reports=REPORT, rounds=self.CARRIED)) == ()

    @pytest.mark.parametrize(
        ("fields", "missing"),
        [
            ("frequency: [year]", "recipient"),
            ("to_inferred: [Tỉnh ủy], frequency: [year]", "recipient"),
            ("to: [Tỉnh ủy]", "frequency"),
            ("to: [Tỉnh ủy], frequency: [year], frequency_inferred: true", "frequency"),
        ],
    )
    def test_what_the_text_leaves_out_is_shown(
        self, anomalies_of: FaultsOf, fields: str, missing: str
    ) -> None:
        report = f"\n  - {{code: R1, kinds: [báo cáo], {fields}}}"
        text = file_text(reports=report, rounds=self.CARRIED)
        (odd,) = anomalies_of(text)
        assert (odd.line, odd.field) == (line_of(text, "code: R1"), "reports[1]")
        assert missing in odd.message

    def test_one_no_round_asks_for_is_shown(self, anomalies_of: FaultsOf) -> None:
        (odd,) = anomalies_of(file_text(reports=REPORT, rounds=a_round()))
        assert odd.field == "reports[1]" and "no round" in odd.message

    def test_a_review_no_round_asks_for_is_shown(self, anomalies_of: FaultsOf) -> None:
        phases = "\n  - {num: 1, final_review: {when_text: năm 2031}}"
        (odd,) = anomalies_of(file_text(phases=phases, rounds=a_round()))
        assert odd.field == "phases[1].final_review" and "no round" in odd.message


class TestRecipients:
    REGISTER: Register = units(
        {},
        {"code": "so-b", "name": "Sở B", "aliases": "Sở Bê"},
        {"code": "bao", "name": "Báo tỉnh", "groups": "bao"},
        groups={"Các sở": "so"},
    )

    def sent(self, bodies: str, *names: str) -> str:
        lines = [f"\n  - {{num: {n}, recipient: {name}}}" for n, name in enumerate(names, start=1)]
        assignments = f"\n  - {{id: A1, bodies: [{bodies}], role: implement}}"
        return file_text(assignments=assignments, recipients="".join(lines))

    @pytest.mark.parametrize(
        ("bodies", "name"),
        [("Sở A", "Các sở"), ("Các sở", "các SỞ"), ("Sở B", "Sở Bê"), ("Sở A", "Sở A")],
    )
    def test_a_body_reached_by_name_or_phrase_is_accepted(
        self, anomalies_of: FaultsOf, bodies: str, name: str
    ) -> None:
        assert anomalies_of(self.sent(bodies, name), register=self.REGISTER) == ()

    def test_a_body_with_a_role_left_out_is_shown(self, anomalies_of: FaultsOf) -> None:
        text = self.sent("Sở A, Báo tỉnh", "Các sở")
        (odd,) = anomalies_of(text, register=self.REGISTER)
        assert places([odd]) == [(line_of(text, "id: A1"), "assignments[1]")]
        assert odd.found == "Báo tỉnh" and "Báo tỉnh" in odd.message

    def test_of_a_phrase_only_those_left_out_are_named(self, anomalies_of: FaultsOf) -> None:
        (odd,) = anomalies_of(self.sent("Các sở", "Sở A"), register=self.REGISTER)
        assert odd.message.endswith(": Sở B")

    def test_a_coordinating_body_counts_too(self, anomalies_of: FaultsOf) -> None:
        with_press = ASSIGNMENT + "\n    coordinating: [Báo tỉnh]"
        text = file_text(assignments=with_press, recipients="\n  - {num: 1, recipient: Sở A}")
        (odd,) = anomalies_of(text, register=self.REGISTER)
        assert odd.found == "Báo tỉnh"

    def test_without_a_list_of_recipients_nobody_is_left_out(self, anomalies_of: FaultsOf) -> None:
        assert anomalies_of(file_text(), register=self.REGISTER) == ()


class TestAnomalies:
    def test_stop_nothing_and_come_together(self, anomalies_of: FaultsOf) -> None:
        text = file_text(
            symbol="1/KL-TU",
            citations="\n  - {symbol: 12-KL/TW, relation: basis, issued: 2025-01-01}",
            reports="\n  - {code: R1, kinds: [báo cáo]}",
            questions=a_question(about="[issued]"),
        )
        fields = [odd.field for odd in anomalies_of(text)]
        assert fields == ["symbol", "citations[1].issued", *["reports[1]"] * 3]
