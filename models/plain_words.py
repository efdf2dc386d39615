"""A text as its words, so that two can be compared: what is only typed differently, and what every
unit fills in with its own (numbers, names of places), counts as equal.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from models.vietnamese import collapse, phrase_key

RUN = 3  # words of a run that two texts share
QUOTE = 5  # words in a row from which a text quotes another
NUMBER, NAME, QUOTED = "#", "@", ""

_WORD = re.compile(r"@|\d[\d.,/-]*|[^\W\d_]+")
_LETTERS = map(chr, (*range(0xC0, 0x1B1), *range(0x1E00, 0x1EFA)))
_CAPITAL = "A-Z" + "".join(letter for letter in _LETTERS if letter.isupper())
# as in "xã Hoằng Hóa", "Phường 5": at most four syllables, so that a line in capitals is not lost
_PLACE = re.compile(
    r"\b(?i:xã|phường|thị trấn|thị xã|thành phố|huyện|quận|tỉnh|đặc khu|thôn|bản|làng|xóm|ấp"
    rf"|khu phố|tổ dân phố)\s+((?:[{_CAPITAL}]\w*|\d+)(?:[ -][{_CAPITAL}]\w*){{0,3}})"
)

Run = tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """The words of a text that count; what it quotes is left out, with a gap in its place."""

    words: tuple[str, ...]

    @cached_property
    def count(self) -> int:
        """How many words count."""
        return len(self.words) - self.words.count(QUOTED)

    @cached_property
    def runs(self) -> frozenset[Run]:
        """The runs of words."""
        found = frozenset(runs_of(self.words))
        return (
            frozenset(run for run in found if QUOTED not in run) if QUOTED in self.words else found
        )


def words_of(
    text: str, names: Collection[str] = (), quotable: frozenset[Run] = frozenset()
) -> Words:
    """The words of a text, with `names` and what is `quotable` masked."""
    plain = f" {' '.join(_keys(text))} "
    for name in _masked(tuple(names)):
        plain = plain.replace(f" {name} ", f" {NAME} ")
    words = plain.split()
    return Words(tuple(_without_quotes(words, quotable) if quotable else words))


def quotes_of(texts: Iterable[str]) -> frozenset[Run]:
    """What of some texts others may quote, as `words_of` takes it."""
    return frozenset(run for text in texts for run in runs_of(_keys(text), QUOTE))


def runs_of(words: Sequence[str], length: int = RUN) -> Iterable[Run]:
    """Every so many words in a row."""
    return zip(*(words[start:] for start in range(length)), strict=False)


def _keys(text: str) -> list[str]:
    masked = _PLACE.sub(f" {NAME} ", collapse(text))
    return [_key(word) for word in _WORD.findall(masked)]


@lru_cache(maxsize=50_000)
def _key(word: str) -> str:
    return NUMBER if word[0].isdigit() else phrase_key(word)


@lru_cache(maxsize=10_000)
def _masked(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as words, and the places they name, longest first."""
    found = {" ".join(_keys(name)) for name in names}
    found |= {" ".join(_keys(place)) for name in names for place in _PLACE.findall(name)}
    return tuple(sorted(found - {"", NAME, NUMBER}, key=lambda name: (-len(name), name)))


def _without_quotes(words: Sequence[str], quotable: frozenset[Run]) -> Iterable[str]:
    quoted: set[int] = set()
    for start, run in enumerate(runs_of(words, QUOTE)):
        if run in quotable:
            quoted.update(range(start, start + QUOTE))
    for at, word in enumerate(words):
        if at not in quoted:
            yield word
        elif at - 1 not in quoted:
            yield QUOTED


@dataclass(frozen=True)
class Piece:
    """Some words of a text, as they are written; whether the other text has them as well."""

    text: str
    same: bool


def compared(text: str, other: str) -> tuple[Piece, ...]:
    """A text in pieces: what the other has too, and what only this one has."""
    mine, theirs = collapse(text).split(" "), collapse(other).split(" ")
    match = SequenceMatcher(None, list(map(_written, mine)), list(map(_written, theirs)), False)
    found: list[Piece] = []
    for way, start, end, _start, _end in match.get_opcodes():
        if start < end:
            found.append(Piece(" ".join(mine[start:end]), way == "equal"))
    return tuple(found)


def _written(word: str) -> str:
    """A word as two texts are shown to differ by it: its numbers and names do count here."""
    return phrase_key(word.strip(".,;:!?()“”\"'…-–"))
