"""What a round asks of an answer, and what is known beside it when the answer is checked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from models.report_asks import CheckItem, OutlineItem
from models.words import Basis, IndicatorKind


@dataclass(frozen=True)
class Asked:
    """An indicator as a round asks for it; `part_of` is the code of the whole, `table` the title of
    its table, `unit` that of measurement.
    """

    id: int
    code: str
    label: str
    kind: IndicatorKind
    required: bool
    basis: Basis = Basis.PERIOD
    choices: Sequence[str] = ()
    part_of: str = ""
    adds_up: bool = False
    points: float | None = None
    table: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure given for an indicator; only the parts of its kind are filled in."""

    indicator_id: int
    number: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    yes: bool | None = None
    text: str | None = None
    day: date | None = None
    choice: str | None = None


@dataclass(frozen=True)
class Known:
    """Figures beside an answer, by indicator code: the unit's own of the last period and of a year
    before, and those of the units below it together.
    """

    last_period: Mapping[str, Figure] = field(default_factory=dict)
    last_year: Mapping[str, Figure] = field(default_factory=dict)
    below: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Asks:
    """Everything an answer is checked against. `numbers` are the names of the measures and targets
    that the rows of a plan may give as theirs; `has_evidence`: files came with the answer;
    `with_subordinates`: its figures include those of the units below.
    """

    figures: Sequence[Asked] = ()
    outline: Sequence[OutlineItem] = ()
    checks: Sequence[CheckItem] = ()
    numbers: Collection[str] | None = None
    known: Known = field(default_factory=Known)
    has_evidence: bool = False
    with_subordinates: bool = False
