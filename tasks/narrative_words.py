"""What the sentences of a summary are made of: paragraphs, the words of its regime, quotations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from models.vietnamese import show_number
from models.words import Regime, Stage

ALIKE_NAMED = 3  # units that say the same as one quoted, by name

_BODIES = {Regime.PARTY: "cấp ủy, cơ quan, đơn vị", Regime.STATE: "cơ quan, đơn vị"}
_ANSWERS = {
    Stage.DISSEMINATION: "xác nhận tiếp nhận",
    Stage.PLANNING: "kế hoạch thực hiện",
    Stage.EXECUTION: "kết quả thực hiện",
    Stage.REPORTING: "báo cáo",
}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with the codes of the figures and the places of the passages it rests on; an
    `item` belongs to the list below the paragraph before.
    """

    text: str
    figures: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()
    item: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The paragraph as a summary keeps it."""
        return {
            "text": self.text,
            "figures": list(self.figures),
            "sources": list(self.sources),
            "item": self.item,
        }


@dataclass(frozen=True)
class Words:
    """How the regime calls those who are asked, and what they send at this stage."""

    bodies: str
    answer: str

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> Self:
        regime = Regime(figures["directive"]["regime"])
        return cls(_BODIES[regime], _ANSWERS[Stage(figures["round"]["asked_for"])])


def listed(units: Sequence[str], most: int | None = None, bodies: str = "") -> str:
    """Units by name; of more than `most`, how many, since the list follows the text."""
    if most is not None and len(units) > most:
        return f"{show_number(len(units))} {bodies} (danh sách kèm theo)"
    return "; ".join(units)


def quotes(passages: Sequence[Mapping[str, Any]]) -> Iterator[Paragraph]:
    """Each passage in the words of its unit, and who says nearly the same."""
    for place, passage in enumerate(passages):
        said = f"{passage['unit']}: “{passage['text']}”"
        yield Paragraph(said + _also(passage["also"]), sources=(place,))


def _also(units: Sequence[str]) -> str:
    if not units:
        return ""
    who = listed(units) if len(units) <= ALIKE_NAMED else f"{len(units)} đơn vị khác"
    return f" (nội dung tương tự: {who})."
