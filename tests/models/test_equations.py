from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.equations import RELATIONS, NoEquation, equation_fault, operands, parsed, value
from models.words import IndicatorKind

NAMES = operands(
    [
        ("so-vu", IndicatorKind.COUNT),
        ("khoi-to", IndicatorKind.COUNT),
        ("2-nam", IndicatorKind.COUNT),
        ("kinh-phi", IndicatorKind.MONEY),
        ("ty-le", IndicatorKind.RATIO),
        ("da-xong", IndicatorKind.YES_NO),
        ("ghi-chu", IndicatorKind.TEXT),
    ]
)
FIGURES = {name: Decimal(n) for n, name in enumerate(sorted(NAMES), start=1)}


class TestEquation:
    @pytest.mark.parametrize(
        "text",
        [
            "khoi-to <= so-vu",
            "khoi-to + so-vu - 2-nam >= 0",
            "  so-vu   =\tkhoi-to  ",
            "ty-le.numerator <= ty-le.denominator",
            "kinh-phi > 0.5",
            "5 < so-vu",
        ],
    )
    def test_may_compare_sums_of_numbers(self, text: str) -> None:
        assert equation_fault(text, NAMES) is None

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "<="),
            ("so-vu", "<="),
            ("khoi-to<=so-vu", "<="),
            ("khoi-to <= so-vu <= 5", "<="),
            ("khoi-to == so-vu", "<="),
            ("khoi-to <=", "“”"),
            ("khoi-to + <= so-vu", "“khoi-to +”"),
            ("- khoi-to <= so-vu", "“- khoi-to”"),
            ("khoi-to so-vu <= 5", "“khoi-to so-vu”"),
            ("khoi-to * 2 <= so-vu", "“khoi-to * 2”"),
            ("khoito <= so-vu", "“khoito”"),
            ("khoi-to <= so-vu.numerator", "“so-vu.numerator”"),
            ("ty-le <= so-vu", "ty-le.numerator"),
            ("da-xong = 1", "“da-xong”"),
            ("ghi-chu = 1", "“ghi-chu”"),
            ("khoi-to <= 1e400", "“1e400”"),
            ("khoi-to <= -1", "“-1”"),
            ("khoi-to <= ١", "“١”"),
            ("1 <= 2", ""),
        ],
    )
    def test_that_is_none_is_told_by_its_words(self, text: str, said: str) -> None:
        fault = equation_fault(text, NAMES)
        assert fault is not None and said in fault

    def test_whose_figure_is_called_like_a_number_means_the_figure(self) -> None:
        assert value(parsed("5 = 2", {"5"}).left, {"5": Decimal(7)}) == 7

    def test_adds_as_people_do(self) -> None:
        tenths = {"a": Decimal("0.1"), "b": Decimal("0.2")}
        assert value(parsed("a + b = 0.3", tenths).left, tenths) == Decimal("0.3")

    def test_that_lacks_a_figure_has_no_value(self) -> None:
        with pytest.raises(KeyError):
            value(parsed("so-vu + khoi-to <= 5", NAMES).left, {"so-vu": Decimal(1)})


terms = st.one_of(
    st.sampled_from(sorted(NAMES)),
    st.integers(0, 10**9).map(str),
    st.decimals(0, 10**6, places=2).map(lambda found: f"{found:f}"),
)
sums = st.lists(st.tuples(st.sampled_from("+-"), terms), min_size=1, max_size=5)


def written(found: list[tuple[str, str]]) -> str:
    return " ".join(f"{sign} {term}" for sign, term in found).removeprefix("+ ")


def total(found: list[tuple[str, str]]) -> Decimal:
    sizes = [(1 if sign == "+" else -1, FIGURES.get(term)) for sign, term in found]
    numbers = [Decimal(term) if size is None else size
               for (_sign, term), (_one, size) in zip(found, sizes, strict=True)]  # fmt: skip
    return sum((one * n for (one, _), n in zip(sizes, numbers, strict=True)), Decimal(0))


class TestEveryEquation:
    @given(left=sums, relation=st.sampled_from(sorted(RELATIONS)), right=sums)
    def test_is_read_as_it_was_written(
        self, left: list[tuple[str, str]], relation: str, right: list[tuple[str, str]]
    ) -> None:
        left, right = [("+", left[0][1]), *left[1:]], [("+", right[0][1]), *right[1:]]
        text = f"{written(left)} {relation} {written(right)}"
        if not NAMES.intersection(term for _sign, term in left + right):
            assert equation_fault(text, NAMES)
            return
        found = parsed(text, NAMES)
        assert found.relation == relation
        assert value(found.left, FIGURES) == total(left)
        assert value(found.right, FIGURES) == total(right)

    @given(st.text(alphabet=st.one_of(st.sampled_from("ab-+<>=. 01"), st.characters())))
    def test_or_any_text_is_read_or_told_what_is_wrong(self, text: str) -> None:
        if equation_fault(text, NAMES) is None:
            found = parsed(text, NAMES)
            value(found.left, FIGURES)
            value(found.right, FIGURES)
        else:
            with pytest.raises(NoEquation):
                parsed(text, NAMES)
