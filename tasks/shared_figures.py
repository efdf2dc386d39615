"""What the forms of two reports have in common: the same figures, the same sections.

The same figure is the same indicator of one directive, or one of another directive that goes by the
same `standard`, is counted on the same basis and in the same unit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from models.answer_explanations import explainable
from models.answer_values import is_given
from models.asked import Asked, Asks
from models.directive import Indicator
from models.round import Round, RoundIndicator
from models.vietnamese import phrase_key
from models.words import IndicatorKind, SubmissionKind
from tasks.asking import asks_of

ALMOST = timedelta(days=31)  # between the ends of periods that regimes cut differently
NEAR = timedelta(days=62)  # between the dates of two reports, where one has no period


@dataclass(frozen=True)
class Shape:
    """What the form of a round asks, and of which time; `standards` by the codes of figures."""

    asks: Asks
    standards: Mapping[str, str]
    period: tuple[date, date] | None
    due: date

    @property
    def figures(self) -> dict[str, Asked]:
        return {item.code: item for item in self.asks.figures}


def shapes(session: Session, rounds: Collection[int]) -> dict[int, Shape]:
    """The forms of the reports of some rounds."""
    standards: dict[int, dict[str, str]] = {}
    for round_id, code, standard in session.connection().execute(
        sa.select(*map(col, (RoundIndicator.round_id, Indicator.code, Indicator.standard)))
        .join(Indicator, col(Indicator.id) == col(RoundIndicator.indicator_id))
        .where(col(RoundIndicator.round_id).in_(rounds), col(Indicator.standard).is_not(None))
    ):
        standards.setdefault(round_id, {})[code] = standard
    columns = (Round.id, Round.period_start, Round.cutoff, Round.due)
    rows = session.connection().execute(
        sa.select(*map(col, columns)).where(col(Round.id).in_(rounds))
    )
    return {
        id_: Shape(
            asks_of(session, id_, SubmissionKind.REPORT),
            standards.get(id_, {}),
            (start, cutoff) if start and cutoff else None,
            due,
        )
        for id_, start, cutoff, due in rows
    }


def same_time(one: Shape, other: Shape) -> bool:
    """Whether two reports speak of about the same time."""
    if one.period and other.period:
        return all(abs(a - b) <= ALMOST for a, b in zip(one.period, other.period, strict=True))
    return abs(one.due - other.due) <= NEAR


def shared(source: Shape, target: Shape) -> dict[str, str]:
    """The figures of one form that another has as well: the code there by the code here."""
    by_id = {item.id: code for code, item in source.figures.items()}
    by_standard = {standard: code for code, standard in reversed([*source.standards.items()])}
    found: dict[str, str] = {}
    for code, item in target.figures.items():
        named = by_id.get(item.id) or by_standard.get(target.standards.get(code, ""))
        if named and _is_same(source.figures[named], item):
            found[code] = named
    return found


def _is_same(one: Asked, other: Asked) -> bool:
    money = one.kind is IndicatorKind.MONEY  # in millions here, in full there
    return (
        one.kind is other.kind
        and one.basis is other.basis
        and (not money or phrase_key(one.unit) == phrase_key(other.unit))
    )


def can_stand_for(source: Shape, target: Shape) -> bool:
    """Whether a report in one form gives all that another must have."""
    figures = shared(source, target)
    sections = {item.code for item in source.asks.outline}
    common = sections.intersection(item.code for item in target.asks.outline)
    return (
        bool(figures or common)
        and same_time(source, target)
        and all(item.code in figures for item in target.asks.figures if item.required)
        and all(item.code in sections for item in target.asks.outline if item.required)
    )


def restricted(payload: Mapping[str, Any], source: Shape, target: Shape) -> dict[str, Any]:
    """A report in one form, as far as another asks for it."""
    if payload.get("nothing_to_report"):
        return {"nothing_to_report": payload["nothing_to_report"]}
    given = payload.get("values") or {}
    codes = shared(source, target)
    found: dict[str, Any] = {"values": {
        here: given[there] for here, there in codes.items() if is_given(given.get(there))
    }}  # fmt: skip
    found |= _words(payload, source, target) | _explanations(payload, codes, target)
    return found | ({"issued_as": payload["issued_as"]} if payload.get("issued_as") else {})


def _words(payload: Mapping[str, Any], source: Shape, target: Shape) -> dict[str, Any]:
    """The sections that are asked for; where one narrative is, all of them below their titles."""
    sections = payload.get("sections") or {}
    if target.asks.outline:
        codes = [item.code for item in target.asks.outline]
        return {"sections": {c: sections[c] for c in codes if is_given(sections.get(c))}}
    titled = [
        f"{item.title}\n{sections[item.code]}"
        for item in source.asks.outline
        if is_given(sections.get(item.code))
    ]
    return {"narrative": payload.get("narrative") or "\n\n".join(titled)}


def _explanations(
    payload: Mapping[str, Any], codes: Mapping[str, str], target: Shape
) -> dict[str, Any]:
    """What was explained, by the names that the rules have in the other form."""
    said = payload.get("explanations") or {}
    found = {}
    for one in explainable(target.asks):
        rule, _colon, code = one.name.partition(":")
        name = f"{rule}:{codes[code]}" if code in codes else one.name
        if is_given(said.get(name)):
            found[one.name] = said[name]
    return {"explanations": found} if found else {}
