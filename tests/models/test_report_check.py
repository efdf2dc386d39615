"""What a directive file says wrong about the reports it asks for, at its line."""

import pytest
from ruamel.yaml import YAML

from models.directive_file import DirectiveFile
from models.report_check import form_faults
from models.report_forms import shipped
from tests.models.builders import FaultsOf, a_round, file_text, line_of, places

COUNTS = """
  - {code: vu, label: Vụ, kind: count, parts: [{code: moi, label: mới}]}
  - {code: ty-le, label: Tỷ lệ, kind: ratio}
  - {code: ghi, label: Ghi chú, kind: text}"""


def asking(checks: str, indicators: str = COUNTS) -> str:
    return file_text(
        indicators=indicators, rounds=a_round(indicators="[vu, ty-le, ghi]", checks=checks)
    )


def test_the_shipped_forms_have_no_fault() -> None:
    assert {form.code: list(form_faults(form)) for form in shipped().values()} == {
        code: [] for code in shipped()
    }


@pytest.mark.parametrize(
    ("check", "field", "told"),
    [
        ('equation: "vu <= la"', "equation", "vu-moi"),
        ('equation: "vu<=vu-moi"', "equation", "blanks"),
        ('equation: "ty-le <= vu"', "equation", "ty-le.numerator"),
        ("jump: {of: la}", "jump.of", "vu, ty-le, vu-moi"),
        ("jump: {of: ghi}", "jump.of", "vu, ty-le, vu-moi"),
        ("evidence: la", "evidence", "ghi"),
    ],
)
def test_a_rule_of_figures_not_asked_is_refused(
    faults_of: FaultsOf, check: str, field: str, told: str
) -> None:
    text = asking(f"\n      - {{code: a, {check}}}")
    (fault,) = faults_of(text)
    assert (fault.line, fault.field) == (line_of(text, "code: a,"), f"rounds[1].checks[1].{field}")
    assert told in fault.message


def test_a_part_may_not_take_the_code_of_another_figure(faults_of: FaultsOf) -> None:
    text = file_text(indicators=COUNTS + "\n  - {code: vu-moi, label: Vụ mới, kind: count}")
    (fault,) = faults_of(text)
    assert (fault.line, fault.field) == (line_of(text, "mới}"), "indicators[1].parts[1].code")
    assert "vu-moi" in fault.message


def test_what_stands_twice_is_refused_at_the_second(faults_of: FaultsOf) -> None:
    outline = "[{code: a, title: A, part: results}, {code: a, title: B, part: results}]"
    text = file_text(rounds=a_round(outline=outline))
    assert places(faults_of(text)) == [(line_of(text, "outline"), "rounds[1].outline[2]")]


def test_a_table_names_figures_there_are(faults_of: FaultsOf) -> None:
    form = """
  - code: mau
    title: Mẫu
    source: Tự đặt
    tables:
      - {code: b1, title: Biểu 1, indicators: [vu, la]}"""
    text = file_text(indicators=COUNTS, report_forms=form)
    (fault,) = faults_of(text)
    assert fault.field == "report_forms[1].tables[1].indicators[2]"
    assert (fault.line, fault.found) == (line_of(text, "code: b1"), "la")


A_FORM = """
  - code: mau
    title: Mẫu
    source: Tự đặt
    indicators: [{code: rieng, label: Riêng, kind: count}]
    tables:
      - {code: b1, title: Biểu 1, indicators: [vu, rieng]}
    checks: [{code: c, CHECK}]"""


def with_form(check: str) -> str:
    form = A_FORM.replace("CHECK", check)
    return file_text(indicators=COUNTS, report_forms=form, rounds=a_round(form="mau"))


def test_a_figure_of_the_file_that_a_table_of_the_form_names_is_asked(
    anomalies_of: FaultsOf,
) -> None:
    text = with_form('equation: "rieng <= vu-moi"')
    assert anomalies_of(text) is not None  # it may be registered
    found = DirectiveFile.model_validate(YAML(typ="safe").load(text))
    asked = [(title, item.code) for title, item in found.figures_of(found.rounds[0])]
    assert asked == [("Biểu 1", "vu"), ("Biểu 1", "rieng")]


def test_a_rule_of_a_form_about_what_its_round_does_not_ask_is_refused(
    faults_of: FaultsOf,
) -> None:
    (fault,) = faults_of(with_form("evidence: ghi"))
    assert fault.field == "rounds[1].form"
    assert fault.found == "ghi"
