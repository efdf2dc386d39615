"""Places, totals and proposals of an emulation, by rule."""

from hypothesis import given
from hypothesis import strategies as st

from models import i18n
from models.emulation import (
    Conduct,
    Criterion,
    Score,
    left_out,
    own_total,
    proposed,
    ranked,
    total,
)
from models.emulation_asks import CommendationItem, ExclusionItem

POINTS = st.integers(-1_000, 10_000).map(lambda n: n / 100)
UNITS = st.dictionaries(st.integers(1, 60), POINTS, min_size=1, max_size=40)
FORMS = st.lists(
    st.builds(
        CommendationItem,
        form=st.uuids().map(str),
        points=st.integers(1, 100).map(float),
        first=st.none() | st.integers(1, 10),
    ),
    max_size=4,
)


class TestPlaces:
    def test_are_shared_by_equals_and_go_on_behind_all_of_them(self) -> None:
        found = ranked({"a": 90.0, "b": 80.0, "c": 80.0, "d": 79.99})
        assert found == {"a": 1, "b": 2, "c": 2, "d": 4}

    @given(UNITS)
    def test_are_a_total_order_by_points(self, points: dict[int, float]) -> None:
        places = ranked(points)
        assert places.keys() == points.keys()
        for one, mine in points.items():
            assert places[one] == 1 + sum(other > mine for other in points.values())

    @given(UNITS, st.data())
    def test_do_not_depend_on_the_order_of_the_units(
        self, points: dict[int, float], data: st.DataObject
    ) -> None:
        shuffled = data.draw(st.permutations(list(points.items())))
        assert ranked(dict(shuffled)) == ranked(points)

    @given(UNITS, st.data(), st.integers(0, 5_000))
    def test_never_get_worse_with_more_points(
        self, points: dict[int, float], data: st.DataObject, more: int
    ) -> None:
        one = data.draw(st.sampled_from(sorted(points)))
        raised = {**points, one: points[one] + more / 100}
        before, after = ranked(points), ranked(raised)
        assert after[one] <= before[one]
        assert all(after[other] >= before[other] for other in points if other != one)

    @given(UNITS, FORMS, st.data(), st.integers(0, 5_000))
    def test_nor_does_the_commendation_that_is_proposed(
        self,
        points: dict[int, float],
        forms: list[CommendationItem],
        data: st.DataObject,
        more: int,
    ) -> None:
        one = data.draw(st.sampled_from(sorted(points)))
        raised = {**points, one: points[one] + more / 100}
        before = proposed(forms, points[one], ranked(points)[one])
        after = proposed(forms, raised[one], ranked(raised)[one])
        assert before is None or (after and forms.index(after) <= forms.index(before))


def a_score(most: float, own: float | None, *, deducts: bool = False) -> Score:
    return Score(Criterion(1, "a", "A", most, deducts), own)


class TestTotal:
    def test_takes_deductions_off(self) -> None:
        scores = [a_score(50, 40.25), a_score(50, 30.5), a_score(10, 2, deducts=True)]
        assert total(scores) == own_total(scores) == 68.75

    def test_counts_what_is_not_given_as_nothing(self) -> None:
        assert total([a_score(50, None)]) == 0

    def test_of_decimals_is_what_a_person_would_add_up(self) -> None:
        assert total([a_score(1, 0.1), a_score(1, 0.2)]) == 0.3


class TestProposals:
    def test_are_of_the_first_form_that_is_reached(self) -> None:
        forms = [
            CommendationItem(form="Bằng khen", points=90, first=2),
            CommendationItem(form="Biểu dương", points=80),
        ]
        found = [proposed(forms, *case) for case in ((95, 2), (95, 3), (90, 1), (80, 9), (79.9, 1))]
        assert [one and one.form for one in found] == [
            "Bằng khen", "Biểu dương", "Bằng khen", "Biểu dương", None,
        ]  # fmt: skip


class TestExclusion:
    def test_begins_beyond_the_number_allowed(self) -> None:
        rules = ExclusionItem(late=1, missing=0, given_back=0, without_evidence=True)
        with i18n.speaking("en"):
            assert list(left_out(rules, Conduct(late=1), has_evidence=True)) == []
            assert list(left_out(rules, Conduct(2, 1, 1), has_evidence=False)) == [
                "answered late 2 times",
                "1 answer is missing",
                "1 answer was given back",
                "gives itself points without a document or file",
            ]

    def test_by_nothing_where_nothing_is_said(self) -> None:
        assert list(left_out(ExclusionItem(), Conduct(9, 9, 9), has_evidence=False)) == []
