"""Which measure or target a row of an action plan is about.

A row may name it by `number`; else the words of `measure` begin with it ("2.1. Hoàn thiện …",
"(3) …", "Chỉ tiêu 2a: …"), or are the measure's own. What names none is a thing of the unit's own.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from models.vietnamese import collapse, phrase_key

_TARGET = "Chỉ tiêu "
_ENOUGH = 20  # characters by which a measure is known, where a row has only its beginning


class Part(NamedTuple):
    """A measure or target of a directive, by its number."""

    is_target: bool
    number: str

    @property
    def name(self) -> str:
        """How a row's `number` names it: measures and targets may be numbered alike."""
        return f"{_TARGET}{self.number}" if self.is_target else self.number


class Parts:
    """The measures and targets of a directive, to be found by what rows say of them."""

    def __init__(self, measures: Mapping[str, str], targets: Iterable[str]) -> None:
        found = [Part(False, number) for number in measures]
        found += [Part(True, number) for number in targets]
        self._named = {_plain(part.name): part for part in found}
        self._texts = {phrase_key(text): Part(False, n) for n, text in measures.items() if text}
        longest = sorted(self._named, key=len, reverse=True)  # "2.1" before "2"
        names = "|".join(map(re.escape, longest)) or r"(?!)"
        # a number, and not how many: what follows it ends it
        self._begins = re.compile(rf"\(?({names})(?:\)|[.:,](?!\d)|\s+[-–](?=\s)|$)")

    @property
    def names(self) -> list[str]:
        """What may stand as a row's `number`."""
        return [part.name for part in self._named.values()]

    def of(self, row: Mapping[str, Any]) -> Part | None:
        """What a row is about; None, where it names nothing of the directive."""
        number = row.get("number")
        if number:
            return self._named.get(_plain(str(number)))
        said = str(row.get("measure", ""))
        begins = self._begins.match(_plain(said))
        if begins:
            return self._named[begins[1]]
        words = phrase_key(said)
        if words in self._texts:
            return self._texts[words]
        if len(words) < _ENOUGH:
            return None
        return next((part for text, part in self._texts.items() if text.startswith(words)), None)


def _plain(text: str) -> str:
    return collapse(text).casefold()
