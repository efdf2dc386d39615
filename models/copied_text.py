"""Texts that several units send alike: groups of nearly the same passages, and where they differ.

Two texts are compared by the runs of three words that they share: the similarity is the share of
the shorter one's words that stand in such runs. Numbers and the names of places and of the unit
itself count as equal, tone marks may stand on either vowel, case and punctuation do not matter.
What is quoted from the request (`known`) is not counted; a text with fewer than `least` words
besides is not compared at all.

Near-linear: equal texts are one; the others meet in an index by their rarest runs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.plain_words import RUN, Run, Words, quotes_of, runs_of, words_of

ALIKE = 0.8  # share of the shorter text from which two are nearly the same
LEAST = 12  # words that a text must have to be compared
LONGER = 2  # a text is not compared with one more than so many times as long
FEWEST, MOST = 8, 40  # runs of a text that are looked up in the index
CROWD, KEPT = 24, 3  # texts that one run leads to; of those that are one group already

Text = tuple[str, ...]  # the words of a text, which make it the same as another


@dataclass(frozen=True)
class Passage:
    """A part of a unit's answer. `names` are masked, as is that of the unit; `key` is what the
    caller knows it by.
    """

    unit: str
    period: str
    section: str
    text: str
    names: tuple[str, ...] = ()
    key: int = 0


@dataclass(frozen=True)
class Member:
    """A passage of a group, and how similar it is to the group's first."""

    passage: Passage
    similarity: float


@dataclass(frozen=True)
class Group:
    """Passages that say nearly the same; the first is the text that most of them have. Each is
    similar to another one of the group, so to the first it may be less.
    """

    members: tuple[Member, ...]

    @property
    def units(self) -> list[str]:
        """The units of the group, each once, in order."""
        return list(dict.fromkeys(member.passage.unit for member in self.members))


def groups_of(
    passages: Collection[Passage],
    known: Sequence[str] = (),
    alike: float = ALIKE,
    least: int = LEAST,
) -> list[Group]:
    """The groups of passages that say nearly the same, largest first; each passage is in one at
    most, and one unit in one period makes no group. The order of the passages changes nothing.
    """
    quotable = quotes_of(known)
    same: dict[Text, list[Passage]] = defaultdict(list)
    read: dict[Text, Words] = {}
    for passage in passages:
        words = words_of(passage.text, (passage.unit, *passage.names), quotable)
        if words.count >= least:
            same[words.words].append(passage)
            read[words.words] = words
    found = (
        _group([(read[text], same[text]) for text in texts])
        for texts in _connected(read, alike)
        if len({(p.unit, p.period) for text in texts for p in same[text]}) > 1
    )
    return sorted(found, key=lambda group: (-len(group.members), _order(group.members[0].passage)))


def similarity(first: Words, second: Words, alike: float = 0) -> float:
    """The share of the shorter text's words that stand in runs of both; 0 where one is much longer
    than the other, or where it is soon seen to be less than `alike`.
    """
    if first.words == second.words:
        return 1.0
    if (len(first.words), first.words) > (len(second.words), second.words):
        first, second = second, first
    if not first.count or second.count > LONGER * first.count:
        return 0.0
    both = first.runs & second.runs
    most = len(first.words) - RUN + 1 - len(first.runs) + len(both)
    if RUN * most < alike * first.count:
        return 0.0
    covered: set[int] = set()
    for start, run in enumerate(runs_of(first.words)):
        if run in both:
            covered.update(range(start, start + RUN))
    return len(covered) / first.count


def _order(passage: Passage) -> tuple[str, ...]:
    return passage.unit, passage.period, passage.section, passage.text


def _group(texts: Sequence[tuple[Words, Sequence[Passage]]]) -> Group:
    """The group of texts, each with its passages; first the text that most have."""
    order = sorted(texts, key=lambda pair: (-len(pair[1]), pair[0].words))
    model = order[0][0]
    return Group(
        tuple(
            Member(passage, similarity(model, words))
            for words, passages in order
            for passage in sorted(passages, key=_order)
        )
    )


class _Sets:
    """Texts by number in sets that grow together."""

    def __init__(self, size: int) -> None:
        self.above = list(range(size))

    def of(self, at: int) -> int:
        """The set of a text, by the number of one in it."""
        while self.above[at] != at:
            self.above[at] = at = self.above[self.above[at]]
        return at

    def join(self, one: int, other: int) -> None:
        self.above[self.of(one)] = self.of(other)


def _connected(read: Mapping[Text, Words], alike: float) -> Iterable[list[Text]]:
    """The texts in sets: two are in one where they, or others between them, are similar."""
    order = sorted(read)
    texts = [read[text] for text in order]
    sets, index = _Sets(len(order)), defaultdict[Run, list[int]](list)
    for at, runs in enumerate(_telling(texts)):
        for other in _met(index, runs):
            if (
                sets.of(at) != sets.of(other)
                and similarity(texts[at], texts[other], alike) >= alike
            ):
                sets.join(at, other)
        _add(index, runs, at, sets)
    groups: dict[int, list[Text]] = defaultdict(list)
    for at, text in enumerate(order):
        groups[sets.of(at)].append(text)
    return groups.values()


def _telling(texts: Sequence[Words]) -> Iterator[list[Run]]:
    """The rarest half of each text's runs that others have as well, within bounds."""
    held: Counter[Run] = Counter()
    for text in texts:
        held.update(text.runs)
    shared = frozenset(run for run, times in held.items() if times > 1)
    for text in texts:
        runs = sorted(sorted(text.runs & shared), key=held.__getitem__)
        yield runs[: min(MOST, max(FEWEST, len(runs) // 2))]


def _met(index: Mapping[Run, Sequence[int]], runs: Sequence[Run]) -> list[int]:
    """The texts that runs lead to, those met most often first."""
    met = Counter(at for run in runs for at in index.get(run, ()))
    return [at for at, _times in sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))]


def _add(index: dict[Run, list[int]], runs: Sequence[Run], at: int, sets: _Sets) -> None:
    """Lets runs lead to a text; of what has many alike, some stand for all."""
    mine = sets.of(at)
    for run in runs:
        here = index[run]
        few = len(here) < KEPT or sum(sets.of(other) == mine for other in here) < KEPT
        if len(here) < CROWD and few:
            here.append(at)
