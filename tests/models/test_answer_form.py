"""The form of a page and the payload of an answer are two writings of the same."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.answer_form import faults_of, filled, own_fields, typed, without_row
from models.asked import Asked, Asks
from models.report_asks import OutlineItem
from models.typed import Unreadable, typed_day, typed_number
from models.words import Basis, IndicatorKind, ReportPart, SubmissionKind

OUTLINE = [OutlineItem(code=part.value, title=part.value, part=part) for part in ReportPart]
ASKED = Asks(
    [Asked(n, kind.value.replace("_", "-"), kind.value, kind, False, Basis.CUMULATIVE,
           choices=["Một", "Hai, ba"], points=10) for n, kind in enumerate(IndicatorKind)],
    OUTLINE,
)  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(str)
WHOLE = st.integers(0, 10**15)
NUMBERS = WHOLE | st.decimals(0, 10**6, places=4, allow_nan=False).map(float)
DOCUMENT = st.fixed_dictionaries({"document": WORDS, "issued": DAYS})
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "count": WHOLE,
        "money": NUMBERS,
        "ratio": st.fixed_dictionaries({"numerator": WHOLE, "denominator": WHOLE}),
        "yes-no": st.booleans(),
        "text": WORDS,
        "date": DAYS,
        "choice": st.sampled_from(["Một", "Hai, ba"]),
        "score": NUMBERS,
    },
)
SECTIONS = st.dictionaries(st.sampled_from([o.code for o in OUTLINE]), WORDS, min_size=1)
REASONS = st.dictionaries(st.sampled_from(["last:count", "below:ratio", "khop"]), WORDS, min_size=1)
ROW = st.fixed_dictionaries({"measure": WORDS, "product": WORDS, "who": WORDS, "by": DAYS})
PAYLOADS: dict[SubmissionKind, st.SearchStrategy[dict[str, Any]]] = {
    SubmissionKind.ACKNOWLEDGEMENT: st.fixed_dictionaries(
        {"received_on": DAYS, "brought_to_staff": WORDS}
    ),
    SubmissionKind.ACTION_PLAN: st.fixed_dictionaries(
        {"rows": st.lists(ROW, min_size=1, max_size=4)}, optional={"issued_as": DOCUMENT}
    ),
    SubmissionKind.PROGRESS: st.fixed_dictionaries(
        {"percent": NUMBERS, "narrative": WORDS, "evidence": st.lists(DOCUMENT, max_size=3)}
    ),
    SubmissionKind.REPORT: st.fixed_dictionaries(
        {"sections": SECTIONS, "values": VALUES},
        optional={"issued_as": DOCUMENT, "explanations": REASONS},
    ),
    SubmissionKind.DECLINE: st.fixed_dictionaries({"reason": WORDS}),
}


@given(st.sampled_from(list(PAYLOADS)).flatmap(lambda k: st.tuples(st.just(k), PAYLOADS[k])))
def test_a_form_filled_in_with_an_answer_gives_the_answer(
    pair: tuple[SubmissionKind, dict[str, Any]],
) -> None:
    kind, payload = pair
    found = typed(kind, own_fields(filled(payload)), ASKED)
    assert found.payload == payload
    assert found.unread == {}


@given(st.dictionaries(st.text(max_size=30) | st.sampled_from(
    ["rows[1].by", "rows[999].who", "values.ratio.numerator", "percent", "received_on", "way.1"]
), st.text(max_size=30)), st.sampled_from(list(SubmissionKind)))  # fmt: skip
def test_whatever_is_typed_is_either_an_answer_or_has_faults(
    fields: dict[str, str], kind: SubmissionKind
) -> None:
    own = own_fields(fields)
    faults = faults_of(kind, typed(kind, own, ASKED), ASKED, date(2024, 6, 3))
    assert all(messages for messages in faults.values())
    assert own_fields(own) == own


def test_empty_rows_are_taken_out_and_the_others_count_anew() -> None:
    given_ = {"rows[1].who": " ", "rows[3].who": "A", "rows[4].number": "2", "rows[7].by": "x"}
    assert own_fields(given_) == {"rows[1].who": "A", "rows[2].by": "x"}


def test_a_row_is_taken_out_and_those_behind_move_up() -> None:
    given_ = {"rows[1].who": "A", "rows[2].who": "B", "rows[3].who": "C", "narrative": "x"}
    assert without_row(given_, "rows", 2) == {
        "rows[1].who": "A", "rows[2].who": "C", "narrative": "x",
    }  # fmt: skip


def test_nothing_to_report_beside_figures_is_a_fault() -> None:
    fields = {"nothing_to_report": "Không", "values.count": "3"}
    found = typed(SubmissionKind.REPORT, fields, ASKED)
    assert "values" in faults_of(SubmissionKind.REPORT, found, ASKED, date(2024, 6, 3))


@pytest.mark.parametrize(
    ("said", "number"),
    [("1.234,5", 1234.5), ("1234,5", 1234.5), ("1,234,567.5", 1234567.5), ("1 234", 1234),
     ("1.234", 1234), ("1,2340", 1.234), ("0,125", 0.125)],
)  # fmt: skip
def test_numbers_are_read_as_offices_write_them(said: str, number: float) -> None:
    assert typed_number(said) == number


@pytest.mark.parametrize("said", ["1,234", "", "x", "1.2.3", "--1", "1e3", "٣"])
def test_what_is_no_number_or_two_is_not_read(said: str) -> None:
    with pytest.raises(Unreadable):
        typed_number(said)


@pytest.mark.parametrize(
    "said", ["26/02/2024", "26.2.2024", "26-02-2024", "2024-02-26", " 26 / 2 / 2024"]
)
def test_days_are_read_as_offices_write_them(said: str) -> None:
    assert typed_day(said) == date(2024, 2, 26)


@pytest.mark.parametrize("said", ["31/02/2024", "20240226", "2024", "26/02/24", "hôm nay", ""])
def test_what_is_no_day_is_not_read(said: str) -> None:
    with pytest.raises(Unreadable):
        typed_day(said)
