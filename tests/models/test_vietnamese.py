import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.vietnamese import (
    collapse,
    fold,
    phrase_key,
    show_date,
    show_instant,
    show_number,
    show_percent,
    slugify,
)

LETTERS = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậđìíỉĩịùúủũụừứửữự ĐÀẢÂ", max_size=20)


class TestFold:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("Uỷ ban", "uy ban"),
            ("Ủy  BAN", "uy ban"),
            ("Đôn đốc", "don doc"),
            ("ĐƯỜNG", "duong"),
            ("Nghị quyết số 53/KH-UBND", "nghi quyet so 53/kh-ubnd"),
        ],
    )
    def test_drops_case_and_diacritics(self, text: str, key: str) -> None:
        assert fold(text) == key

    @given(LETTERS)
    def test_does_not_depend_on_how_letters_are_composed(self, text: str) -> None:
        assert fold(unicodedata.normalize("NFD", text)) == fold(text) == fold(text.upper())

    @given(LETTERS)
    def test_is_ascii_and_folds_no_further(self, text: str) -> None:
        assert fold(text).isascii()
        assert fold(fold(text)) == fold(text)


class TestPhraseKey:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("uỷ ban", "ủy ban"),
            ("Thanh Hoá", "Thanh Hóa"),
            ("hoà bình", "hòa bình"),
            ("hóa", "hoá"),
            ("Thuỷ lợi", "THỦY  LỢI"),
            ("khoẻ", "khỏe"),
        ],
    )
    def test_meets_both_tone_mark_styles(self, one: str, other: str) -> None:
        assert phrase_key(one) == phrase_key(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("ban", "bàn"),
            ("bàn", "bán"),
            ("Hoa", "Hóa"),
            ("dân", "đân"),
            ("tinh", "tỉnh"),
            ("o", "ô"),
            ("u", "ư"),
            ("a", "ă"),
            ("ủy ban", "uy bản"),
            ("sở y tế", "sởy tế"),
        ],
    )
    def test_keeps_different_names_apart(self, one: str, other: str) -> None:
        assert phrase_key(one) != phrase_key(other)

    @given(LETTERS)
    def test_does_not_depend_on_case_spacing_or_composition(self, text: str) -> None:
        spaced = "  ".join(["", *unicodedata.normalize("NFD", text.upper()).split(" "), ""])
        assert phrase_key(spaced) == phrase_key(text)

    @given(LETTERS, LETTERS)
    def test_names_with_one_key_fold_alike(self, one: str, other: str) -> None:
        assert phrase_key(one) != phrase_key(other) or fold(one) == fold(other)


class TestText:
    def test_collapse_makes_every_run_of_white_space_one_space(self) -> None:
        assert collapse("  a\n\tb\u00a0 c ") == "a b c"
        assert collapse(unicodedata.normalize("NFD", "Tỉnh ủy")) == "Tỉnh ủy"

    @pytest.mark.parametrize(
        ("text", "slug"),
        [
            ("53/KH-UBND", "53-kh-ubnd"),
            ("2664-KL/TU", "2664-kl-tu"),
            (" Quyết định số 12 (Đ) ", "quyet-dinh-so-12-d"),
        ],
    )
    def test_slug_is_an_ascii_name(self, text: str, slug: str) -> None:
        assert slugify(text) == slug


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (0, "0"),
            (7.0, "7"),
            (100, "100"),
            (1000, "1.000"),
            (1234567.5, "1.234.567,5"),
            (0.25, "0,25"),
            (-1234.5, "-1.234,5"),
        ],
    )
    def test_numbers_have_points_for_thousands_and_a_comma(self, value: float, shown: str) -> None:
        assert show_number(value) == shown

    @pytest.mark.parametrize(
        ("numerator", "denominator", "shown"),
        [(39, 40, "97,5%"), (40, 40, "100%"), (0, 40, "0%"), (1, 3, "33,3%"), (0, 0, "—")],
    )
    def test_shares_are_shown_in_percent(
        self, numerator: int, denominator: int, shown: str
    ) -> None:
        assert show_percent(numerator, denominator) == shown

    def test_dates_have_the_day_first(self) -> None:
        assert show_date(date(2024, 2, 6)) == "06/02/2024"

    def test_instants_are_shown_as_they_are_in_vietnam(self) -> None:
        assert show_instant(datetime(2024, 6, 14, 17, 5, tzinfo=UTC)) == "00:05 15/06/2024"
