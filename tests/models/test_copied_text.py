"""Texts that several units send alike: what is found, what is not, whatever the order."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.copied_text import Group, Passage, groups_of, similarity
from models.plain_words import compared, words_of

TEXT = (
    "Cấp ủy, chính quyền xã Hoằng Hóa đã tổ chức 12 hội nghị quán triệt, công khai thủ tục hành "
    "chính tại bộ phận một cửa và giao công chức theo dõi, đôn đốc từng việc theo tuần."
)
OTHER = (
    "Khó khăn lớn nhất là đường truyền chậm, máy tính cũ, người dân lớn tuổi chưa quen nộp hồ sơ "
    "qua mạng nên cán bộ phải làm thay, hồ sơ dồn vào cuối tháng."
)
SYLLABLES = [a + b for a in "bcdghklmnpstvx" for b in ("a", "an", "o", "ong", "u", "i", "inh", "e")]


def passages(*texts: str) -> list[Passage]:
    return [Passage(f"UBND xã Số {n}", "2026", "Kết quả", text) for n, text in enumerate(texts)]


def found(*texts: str) -> list[list[str]]:
    """The texts of each group, by the unit's number."""
    return [[m.passage.unit.split()[-1] for m in group.members] for group in in_order(*texts)]


def in_order(*texts: str) -> list[Group]:
    return groups_of(passages(*texts))


class TestTheSameText:
    @pytest.mark.parametrize(
        "other",
        [
            TEXT.upper().replace("XÃ HOẰNG HÓA", "xã Hoằng Hóa"),
            TEXT.replace(",", " ;").replace(".", ""),
            TEXT.replace("Cấp ủy", "Cấp uỷ").replace("Hóa", "Hoá"),
            TEXT.replace("xã Hoằng Hóa", "phường Đông Sơn"),
            TEXT.replace("12 hội nghị", "7 hội nghị"),
            f"  {TEXT}\t".replace(" ", "  "),
        ],
        ids=["case", "punctuation", "tone marks", "place", "number", "spaces"],
    )
    def test_is_found_however_it_is_typed(self, other: str) -> None:
        (group,) = in_order(TEXT, other, OTHER)
        assert [member.similarity for member in group.members] == [1, 1]

    def test_is_found_where_only_the_own_name_was_changed(self) -> None:
        texts = [
            Passage(name, "2026", "", f"{name} đã giao công chức theo dõi từng việc theo tuần.")
            for name in ("Sở Nội vụ", "Sở Khoa học và Công nghệ")
        ]
        assert len(groups_of(texts, least=8)) == 1

    def test_of_one_unit_alone_is_no_group_but_of_two_periods_is(self) -> None:
        once = Passage("A", "2025", "Kết quả", TEXT)
        twice = Passage("A", "2025", "Khó khăn", TEXT)
        later = Passage("A", "2026", "Kết quả", TEXT)
        assert groups_of([once, twice]) == []
        assert len(groups_of([once, later])) == 1


class TestNearlyTheSame:
    def test_is_a_text_with_sentences_of_its_own_added(self) -> None:
        longer = TEXT + " Riêng thôn xa trung tâm đã lập tổ lưu động."
        assert found(TEXT, OTHER, longer) == [["0", "2"]]

    def test_is_not_a_text_that_shares_turns_of_speech(self) -> None:
        similar = (
            "Cấp ủy, chính quyền đã tổ chức kiểm tra đột xuất ba phòng, lập biên bản hai trường "
            "hợp đi muộn và công khai thủ tục hành chính còn chậm ở lĩnh vực đất đai."
        )
        assert found(TEXT, similar) == []

    def test_is_not_a_sentence_that_everybody_writes(self) -> None:
        assert found("Không có.", "Không có.", "Không phát sinh.", "Không phát sinh.") == []

    def test_leaves_out_what_is_quoted_from_the_request(self) -> None:
        quoted = f"{TEXT} Ngoài ra đơn vị không phát sinh."
        assert groups_of(passages(quoted, quoted), known=[TEXT]) == []
        more = f"{TEXT} {OTHER}"
        (group,) = groups_of(passages(more, more), known=[TEXT])
        assert len(group.units) == 2

    def test_begins_where_the_setting_says(self) -> None:
        words = TEXT.split()
        changed = " ".join(w if n % 6 else "khác" for n, w in enumerate(words))
        assert groups_of(passages(TEXT, changed), alike=0.9) == []
        assert len(groups_of(passages(TEXT, changed), alike=0.7)) == 1


@st.composite
def a_text(draw: st.DrawFn) -> list[str]:
    seed, length = draw(st.integers(0, 10_000)), draw(st.integers(15, 80))
    return random.Random(seed).choices(SYLLABLES, k=length)


class TestProperties:
    @given(a_text(), st.data())
    @settings(max_examples=60, deadline=None)
    def test_a_changed_word_keeps_it_found(self, words: list[str], data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(words) - 1))
        changed = [*words[:at], "khác", *words[at + 1 :]]
        assert len(in_order(" ".join(words), " ".join(changed))) == 1

    @given(st.integers(0, 10_000))
    @settings(max_examples=30, deadline=None)
    def test_unrelated_texts_are_not_found(self, seed: int) -> None:
        rng = random.Random(seed)
        texts = [" ".join(rng.choices(SYLLABLES, k=rng.randint(15, 60))) for _n in range(20)]
        assert in_order(*texts) == []

    @given(st.lists(a_text(), min_size=2, max_size=6), st.randoms(use_true_random=False))
    @settings(max_examples=40, deadline=None)
    def test_the_order_changes_nothing(self, texts: list[list[str]], rng: random.Random) -> None:
        copies = [[*words[:5], "khác", *words[6:]] for words in texts]
        every = passages(*(" ".join(words) for words in (*texts, *copies, *texts)))
        shuffled = list(every)
        rng.shuffle(shuffled)
        assert groups_of(every) == groups_of(shuffled)

    @given(a_text(), a_text())
    @settings(max_examples=40, deadline=None)
    def test_similarity_is_of_both_sides_alike(self, one: list[str], other: list[str]) -> None:
        first, second = words_of(" ".join(one)), words_of(" ".join(one[:10] + other))
        assert similarity(first, second) == similarity(second, first)
        assert 0 <= similarity(first, second) <= 1

    def test_a_thousand_lightly_changed_copies_are_one_group(self) -> None:
        rng = random.Random(7)
        model = rng.choices(SYLLABLES, k=60)
        texts = []
        for _n in range(1_000):
            copy = list(model)
            copy[rng.randrange(60)] = rng.choice(SYLLABLES)
            texts.append(" ".join(copy))
        (group,) = in_order(*texts)
        assert len(group.members) == 1_000


class TestCompared:
    def test_shows_the_words_that_differ(self) -> None:
        pieces = compared("Đã tổ chức 12 hội nghị.", "Đã tổ chức 7 hội nghị.")
        assert [(p.text, p.same) for p in pieces] == [
            ("Đã tổ chức", True), ("12", False), ("hội nghị.", True),
        ]  # fmt: skip

    def test_is_all_the_same_for_the_same(self) -> None:
        assert [p.same for p in compared(TEXT, TEXT.upper())] == [True]
