"""What an emulation movement (phong trào thi đua) ranks by and commends, as data of a round."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.directive_text import Line, Part, Slug, Text
from models.report_asks import Points
from models.words import Level, UnitKind

Times = Annotated[int, Field(ge=0, le=1_000)]


class BlockItem(Part):
    """Units that are ranked among themselves (khối thi đua): those of the names and phrases, of the
    level, of the kind; one that says nothing takes whoever is left. The first that fits counts.
    """

    name: Line
    units: list[Text] = []
    level: Level | None = None
    kind: UnitKind | None = None


class CommendationItem(Part):
    """A form of commendation: who is proposed for it has at least so many points and, with `first`,
    one of so many first places of its block.
    """

    form: Line
    points: Points
    first: Annotated[int, Field(ge=1, le=1_000)] | None = None


class ExclusionItem(Part):
    """What keeps a unit from being proposed: answers to the directive that came late, are missing
    or were given back more often than so; points it gave itself without file or document.
    """

    late: Times | None = None
    missing: Times | None = None
    given_back: Times | None = None
    without_evidence: bool = False


class EmulationItem(Part):
    """How the answers to a round are ranked. Its criteria are the round's indicators of kind score;
    those in `deducts` are taken off. The first commendation in the list that a unit has reached is
    proposed; `panel` is the body that gives points and proposes.
    """

    panel: Text | None = None
    deducts: list[Slug] = []
    blocks: list[BlockItem] = []
    commendations: list[CommendationItem] = []
    excludes: ExclusionItem = ExclusionItem()

    @model_validator(mode="after")
    def is_clear(self) -> Self:
        for names in ([b.name for b in self.blocks], [c.form for c in self.commendations]):
            if len(set(names)) < len(names):
                raise ValueError("emulation_name_twice")
        return self
