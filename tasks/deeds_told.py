"""A deed of the history as other systems are told of it: codes and facts, and nobody's name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.activity import Activity
from models.directive import Directive
from models.round import Obligation, Round
from models.succession import key_of
from models.unit import Unit
from models.words import Deed

# what a deed says that is a fact and nobody's words
_FACTS = frozenset({"version", "kind", "channel", "found", "quality", "due", "until", "granted",
                    "ending", "asked", "number", "to"})  # fmt: skip
_OF_ROUND = frozenset({Deed.OPENED, Deed.CLOSED, Deed.SUMMARISED, Deed.SIGNED})
# of the office's own people, and of other systems
NOT_TOLD = (Deed.SIGNED_IN, Deed.SIGNED_OUT, Deed.ACCOUNT, Deed.TOKEN, Deed.WEBHOOK, Deed.CORRECTED,
            Deed.ACCEPTED)  # fmt: skip


class Told(NamedTuple):
    """A deed by its number in the history."""

    number: int
    at: datetime
    deed: str
    directive: str | None
    round: str | None
    obligation: str | None
    unit: str | None
    facts: Mapping[str, Any]

    def as_data(self) -> dict[str, Any]:
        """The same as JSON has it; a code of what there is not is left out."""
        codes = {
            "number": self.number, "directive": self.directive, "round": self.round,
            "obligation": self.obligation, "unit": self.unit,
        }  # fmt: skip
        given = {name: value for name, value in codes.items() if value is not None}
        return given | {"facts": dict(self.facts)}


def deeds() -> sa.Select[Any]:
    """Selects deeds with the codes of what they are about, for `told`."""
    done, of_unit = Activity, aliased(Unit)
    columns = (done.id, done.at, done.deed, done.about, done.after, Directive.code, Round.code,
               Obligation.code, of_unit.province, of_unit.code)  # fmt: skip
    return (
        sa.select(*map(col, columns))
        .select_from(done)
        .outerjoin(Obligation, col(Obligation.id) == col(done.obligation_id))
        .outerjoin(Round, col(Round.id) == col(Obligation.round_id))
        .outerjoin(Directive, col(Directive.id) == col(done.directive_id))
        .outerjoin(of_unit, col(of_unit.id) == col(done.unit_id))
    )


def told(row: Any) -> Told:
    """A row of `deeds` as others are told of it."""
    number, at, deed, about, after, directive, of_round, obligation, province, unit = row
    facts = {name: value for name, value in (after or {}).items() if name in _FACTS}
    return Told(
        number, at, deed, directive, about if deed in _OF_ROUND else of_round, obligation,
        key_of(province, unit) if unit else None, facts,
    )  # fmt: skip
