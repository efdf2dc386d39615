from enum import StrEnum

import pytest

from models.words import (
    STAGE_KIND,
    Every,
    Handled,
    Kind,
    MessageState,
    Purpose,
    ReceivedKind,
    Regime,
    Relation,
    Review,
    Role,
    Stage,
    Status,
    SubmissionKind,
    label,
    label_vi,
)

SHOWN: list[type[StrEnum]] = [
    Kind,
    Regime,
    Role,
    Stage,
    Review,
    Relation,
    Every,
    Status,
    MessageState,
    ReceivedKind,
    Handled,
    Purpose,
    SubmissionKind,
]


class TestLabels:
    @pytest.mark.parametrize("word", [word for kind in SHOWN for word in kind], ids=repr)
    def test_every_word_that_is_shown_has_one(self, word: StrEnum) -> None:
        assert label(word) and label_vi(word)

    @pytest.mark.parametrize("kind", SHOWN)
    def test_no_two_words_of_a_kind_read_alike(self, kind: type[StrEnum]) -> None:
        labels = [label(word) for word in kind]
        assert len(set(labels)) == len(labels)

    def test_words_that_share_a_value_keep_their_own(self) -> None:
        assert Purpose.OPEN.value == Status.OPEN.value
        assert label(Purpose.OPEN) != label(Status.OPEN)


def test_every_stage_is_answered_in_its_own_way() -> None:
    assert set(STAGE_KIND) == set(Stage)
    assert len(set(STAGE_KIND.values())) == len(Stage)
