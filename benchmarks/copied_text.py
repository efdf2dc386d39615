"""Near-duplicate search over the paragraphs of a round: 3,321 units × 5 paragraphs, in one run.

The texts are made: paragraphs of each unit's own, copies with only names and numbers changed,
copies with every twelfth word changed, copies with sentences added, and pieces (a third of a copy,
the rest its own), which must not be found. Told: how many of each are found, and how long it takes.

The limit for what can be found is brute force: every pair by the same measure. The peer is every
pair by `difflib.SequenceMatcher.ratio`, over words. Both on a sample: they grow with its square.
Times are of the processor.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from models.copied_text import ALIKE, Passage, groups_of, similarity
from models.plain_words import Words, words_of

UNITS, PARAGRAPHS, SAMPLE, SMALL = 3_321, 5, 600, 150
ONSETS = ("b", "c", "ch", "d", "đ", "g", "h", "kh", "l", "m", "n", "ng", "ph", "s", "t", "th", "tr")
RHYMES = (
    "a", "ai", "am", "an", "ang", "anh", "ao", "ăn", "ân", "âu", "e", "em", "ên", "i", "ia", "iêm",
    "iên", "inh", "o", "oa", "oai", "oi", "ong", "ô", "ôi", "ôn", "ông", "ơ", "ơi", "u", "ui",
    "ung", "uyên", "ư", "ươi", "ương",
)  # fmt: skip
TONES = ("", "\u0300", "\u0301", "\u0323")
SYLLABLES = [onset + rhyme + tone for rhyme in RHYMES for onset in ONSETS for tone in TONES]
COMMONNESS = [1 / (n + 20) for n in range(len(SYLLABLES))]
KINDS = ("own", "renamed", "light", "added", "piece")
COPIES = {"renamed": 0.06, "light": 0.06, "added": 0.04, "piece": 0.04}  # of all paragraphs

Pairs = set[tuple[int, int]]


@dataclass(frozen=True)
class Made:
    """A paragraph as it was made, and of which model it is a copy (-1: none)."""

    passage: Passage
    kind: str
    model: int


def _words(rng: random.Random, n: int) -> list[str]:
    return rng.choices(SYLLABLES, COMMONNESS, k=n)


def make(rng: random.Random, units: int, models: int) -> list[Made]:
    """The paragraphs of so many units; each model is copied by several of them."""
    texts = [_words(rng, rng.randint(40, 140)) for _n in range(models)]
    found: list[Made] = []
    for unit in range(units):
        name = f"UBND xã Đo Thử {unit}"
        for section in range(PARAGRAPHS):
            kind = rng.choices(KINDS, [1 - sum(COPIES.values()), *COPIES.values()])[0]
            model = -1 if kind == "own" else rng.randrange(models)
            body = _copy(rng, kind, [] if model < 0 else list(texts[model]))
            text = f"{name} đã thực hiện {rng.randint(2, 900)} việc {' '.join(body)}."
            key = len(found)
            found.append(Made(Passage(name, "", str(section), text, (), key), kind, model))
    return found


def _copy(rng: random.Random, kind: str, model: list[str]) -> list[str]:
    if kind == "own":
        return _words(rng, rng.randint(15, 140))
    if kind == "light":
        for at in range(rng.randrange(12), len(model), 12):
            model[at] = rng.choice(SYLLABLES)
    if kind == "added":
        model += _words(rng, len(model) // 4)
    if kind == "piece":
        third = len(model) // 3
        model = model[:third] + _words(rng, 2 * third)
    return model


def ours(made: Sequence[Made]) -> Pairs:
    """The pairs that stand in one group."""
    found: Pairs = set()
    for group in groups_of([one.passage for one in made]):
        found |= _pairs(member.passage.key for member in group.members)
    return found


def brute_force(made: Sequence[Made]) -> Pairs:
    """Every pair by the same measure: nothing can find more of them."""
    read = _read(made)
    return _joined(
        pair for pair in combinations(read, 2) if similarity(read[pair[0]], read[pair[1]]) >= ALIKE
    )


def by_difflib(made: Sequence[Made]) -> Pairs:
    """Every pair by the ratio of the standard library."""
    read = {key: words.words for key, words in _read(made).items()}
    return _joined(
        (one, other)
        for one, other in combinations(read, 2)
        if SequenceMatcher(None, read[one], read[other], False).ratio() >= ALIKE
    )


def _read(made: Sequence[Made]) -> dict[int, Words]:
    return {one.passage.key: words_of(one.passage.text, (one.passage.unit,)) for one in made}


def _joined(pairs: Iterable[tuple[int, int]]) -> Pairs:
    """Pairs as groups make them: who is like the same one is of one group."""
    above: dict[int, int] = {}

    def top(at: int) -> int:
        while above.setdefault(at, at) != at:
            at = above[at]
        return at

    for one, other in pairs:
        above[top(one)] = top(other)
    groups: dict[int, list[int]] = {}
    for at in above:
        groups.setdefault(top(at), []).append(at)
    return {pair for group in groups.values() for pair in _pairs(group)}


def _pairs(keys: Iterable[int]) -> Pairs:
    return set(combinations(sorted(keys), 2))


def wanted(made: Sequence[Made]) -> Pairs:
    """The pairs that were made as copies of one model; pieces are none."""
    by_model: dict[int, list[int]] = {}
    for one in made:
        if one.kind in ("renamed", "light", "added"):
            by_model.setdefault(one.model, []).append(one.passage.key)
    return {pair for keys in by_model.values() for pair in _pairs(keys)}


def measure(name: str, search: Callable[[Sequence[Made]], Pairs], made: Sequence[Made]) -> Pairs:
    begun = time.process_time()
    found = search(made)
    taken, right = time.process_time() - begun, wanted(made)
    kinds = {one.passage.key: one.kind for one in made}
    good = found & right
    by_kind = ", ".join(
        f"{kind} {_share(_of(good, kinds, kind), _of(right, kinds, kind))}" for kind in COPIES
        if kind != "piece"
    )  # fmt: skip
    print(f"{name:26} {len(made):>6} paragraphs {taken:8.2f} s  precision"
          f" {_share(len(good), len(found))}  recall {_share(len(good), len(right))} ({by_kind})",
          flush=True)  # fmt: skip
    return found


def _of(pairs: Pairs, kinds: dict[int, str], kind: str) -> int:
    return sum(kind in (kinds[one], kinds[other]) for one, other in pairs)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "—"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=UNITS)
    asked = parser.parse_args()
    every = make(random.Random(6), asked.units, 60)
    measure("ours", ours, every)
    some = make(random.Random(7), SAMPLE // PARAGRAPHS, 20)
    mine = measure("ours, a sample", ours, some)
    most = measure("brute force, same measure", brute_force, some)
    print(f"of what brute force finds, ours finds {_share(len(mine & most), len(most))}")
    few = make(random.Random(8), SMALL // PARAGRAPHS, 6)
    measure("ours, a small sample", ours, few)
    measure("difflib, every pair", by_difflib, few)


if __name__ == "__main__":
    main()
