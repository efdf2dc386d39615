"""Signs of formalism, as data: what was seen, at whom, and in which words it is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeVar

from models.errors import UnknownName
from models.i18n import N_
from models.i18n import gettext as _
from models.settings import Settings
from tasks.signs_seen import Answer

Key = TypeVar("Key")


class SignKind(StrEnum):
    """What was seen."""

    COPIED = "copied"
    REPEATED = "repeated"
    SAME_FIGURES = "same_figures"
    UNCHANGED = "unchanged"
    FULL_EARLY = "full_early"
    NO_EVIDENCE = "no_evidence"
    OLD_EVIDENCE = "old_evidence"
    SAME_DOCUMENT = "same_document"
    ONE_SENDER = "one_sender"


_NAMES = {
    SignKind.COPIED: N_("Paragraphs that several units have alike"),
    SignKind.REPEATED: N_("Paragraphs of the period before"),
    SignKind.SAME_FIGURES: N_("The same figures at several units"),
    SignKind.UNCHANGED: N_("Figures unchanged since the period before"),
    SignKind.FULL_EARLY: N_("Completed right after the opening"),
    SignKind.NO_EVIDENCE: N_("Completed without evidence to look at"),
    SignKind.OLD_EVIDENCE: N_("Evidence older than the directive"),
    SignKind.SAME_DOCUMENT: N_("One document as evidence of several units"),
    SignKind.ONE_SENDER: N_("Sent at once by one person for several units"),
}
# how much one unit counts: what is said of results before what is said in words
_WEIGHTS = {
    SignKind.NO_EVIDENCE: 6, SignKind.FULL_EARLY: 5, SignKind.UNCHANGED: 4, SignKind.COPIED: 4,
    SignKind.SAME_FIGURES: 3, SignKind.OLD_EVIDENCE: 3, SignKind.REPEATED: 2,
    SignKind.SAME_DOCUMENT: 2, SignKind.ONE_SENDER: 1,
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What was seen at one unit: in which part of its answer, and the words or figures."""

    unit_id: int
    unit: str
    obligation_id: int
    obligation: str
    where: str
    text: str
    similarity: float | None = None


@dataclass(frozen=True)
class Sign:
    """Something to be looked at again; where there are several sides, the others are like the
    first. `words` say what it is.
    """

    kind: SignKind
    words: str
    seen: tuple[Seen, ...]

    @property
    def units(self) -> list[str]:
        """The units it concerns, each once."""
        return list(dict.fromkeys(seen.unit for seen in self.seen))

    @property
    def weight(self) -> int:
        """How far up in the list it stands: by kind, and by how many units it concerns."""
        return _WEIGHTS[self.kind] * len({seen.unit_id for seen in self.seen})


def name_of(kind: SignKind) -> str:
    """The kind in the reader's language."""
    return _(_NAMES[kind])


def of_kind(found: Iterable[Sign], kind: str) -> list[Sign]:
    """The signs of a kind, or all for an empty one; raises UnknownName."""
    if kind and kind not in list(SignKind):
        message = _("There is no “{name}”. There are: {known}")
        raise UnknownName(message.format(name=kind, known=", ".join(SignKind)))
    return [sign for sign in found if kind in ("", sign.kind)]


def as_dict(sign: Sign) -> dict[str, Any]:
    """A sign as a program reads it."""
    return asdict(sign) | {"weight": sign.weight}


def seen_at(
    answer: Answer, where: str, text: str, period: str = "", alike: float | None = None
) -> Seen:
    """What was seen in an answer, in a part of it; `period` where that is not plain."""
    place = f"{where} · {period}" if period else where
    return Seen(
        answer.unit_id, answer.unit, answer.obligation_id, answer.obligation, place, text, alike
    )


def many(
    found: Iterable[Answer], key: Callable[[Answer], Key], limits: Settings
) -> list[tuple[Key, list[Answer]]]:
    """Answers with the same key, where they are of many units."""
    groups: dict[Key, list[Answer]] = defaultdict(list)
    for answer in found:
        groups[key(answer)].append(answer)
    return [pair for pair in groups.items() if is_many(pair[1], limits)]


def is_many(found: Iterable[Answer], limits: Settings) -> bool:
    """Whether answers are of as many units as the operator has set."""
    return len({answer.unit_id for answer in found}) >= limits.sign_units


COLUMNS = (
    N_("What was seen"), N_("Group"), N_("Text or figures"), N_("Unit"), N_("Task"),
    N_("Similarity in per cent"), N_("Part of the answer"),
)  # fmt: skip


def rows_of(found: Iterable[Sign]) -> Iterator[tuple[str | int | None, ...]]:
    """Signs as a sheet has them, a row a unit, in the order of `COLUMNS`."""
    for number, sign in enumerate(found, start=1):
        for seen in sign.seen:
            alike = None if seen.similarity is None else round(100 * seen.similarity)
            yield (
                f"{name_of(sign.kind)}: {sign.words}", number, seen.text, seen.unit,
                seen.obligation, alike, seen.where,
            )  # fmt: skip
