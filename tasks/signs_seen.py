"""What the answers of a round hold, as the search for signs compares it: paragraphs and figures."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models.asked import Asked
from models.copied_text import Passage
from models.directive import Directive
from models.i18n import gettext as _
from models.round import Evidence, Obligation, Round, Submission
from models.unit import Succession, Unit, UnitName
from models.vietnamese import show_number
from models.words import Basis, Channel, IndicatorKind, SubmissionKind
from tasks import lookup
from tasks.asking import asks_of
from tasks.running_totals import year_of
from tasks.standing import counts, standing

NUMBERS = (IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.RATIO, IndicatorKind.SCORE)

Values = tuple[tuple[str, float, float], ...]  # label, number or numerator, denominator


@dataclass(frozen=True)
class Answer:
    """An answer of a round that counts; `stands`: no later one has taken its place."""

    id: int
    obligation_id: int
    obligation: str
    opened_at: datetime
    unit_id: int
    unit: str
    version: int
    kind: SubmissionKind
    channel: Channel
    sender: str
    received_at: datetime
    payload: Mapping[str, Any]
    stands: bool
    files: int


@dataclass(frozen=True)
class Answers:
    """The answers to a round with what it asks."""

    round: Round
    asked: Sequence[Asked]
    given: Sequence[Answer]
    names: Mapping[int, tuple[str, ...]]

    @property
    def standing(self) -> list[Answer]:
        return [answer for answer in self.given if answer.stands]

    def passages(self) -> list[Passage]:
        """The paragraphs of the answers that stand, each known by the number of its obligation."""
        return [passage for answer in self.standing for passage in self.passages_of(answer)]

    def passages_of(self, answer: Answer) -> Iterator[Passage]:
        """The paragraphs of an answer."""
        names = self.names.get(answer.unit_id, ())
        for section, text in self._texts(answer.payload):
            for part in text.splitlines():
                if part.strip():
                    period = self.round.title
                    key = answer.obligation_id
                    yield Passage(answer.unit, period, section, part.strip(), names, key)

    def _texts(self, payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What an answer says in words, each with the name of its field."""
        titles = {item["code"]: item["title"] for item in self.round.outline}
        yield _("Results"), str(payload.get("narrative") or "")
        for code, text in (payload.get("sections") or {}).items():
            yield titles.get(code, code), str(text or "")
        values = payload.get("values") or {}
        for item in self.asked:
            if item.kind is IndicatorKind.TEXT:
                yield item.label, str(values.get(item.code) or "")
        for row in payload.get("rows") or []:
            yield _("Row of the plan"), f"{row.get('measure', '')}: {row.get('product', '')}"

    def figures(self, answer: Answer) -> Values:
        """The figures of an answer that are not zero, in the order of the form."""
        return tuple((item.label, number, of) for item, number, of in self._numbers(answer))

    def weight(self, answer: Answer, since: Round) -> float:
        """How much it tells that all the figures of an answer are as in an earlier round: a running
        total that stands still says only that nothing happened, and counts for half.
        """
        same_year = year_of(self.round) == year_of(since)
        runs_on = {Basis.PERIOD: False, Basis.CUMULATIVE: True, Basis.YEAR: same_year}
        return sum(0.5 if runs_on[item.basis] else 1 for item, *_ in self._numbers(answer))

    def _numbers(self, answer: Answer) -> Iterator[tuple[Asked, float, float]]:
        values = answer.payload.get("values") or {}
        for item in self.asked:
            value = values.get(item.code)
            if item.kind is IndicatorKind.RATIO and isinstance(value, dict):
                if value["denominator"]:
                    yield item, value["numerator"], value["denominator"]
            elif item.kind in NUMBERS and value:
                yield item, value, 0


def shown(figures: Values) -> str:
    """Figures as a person reads them, one a line."""
    lines = []
    for label, number, of in figures:
        value = show_number(number) + (f"/{show_number(of)}" if of else "")
        lines.append(f"{label}: {value}")
    return "\n".join(lines)


def answers(session: Session, found: Round, as_of: datetime) -> Answers:
    """The answers to a round as they were at an instant."""
    stands = standing(as_of, col(Round.id) == found.id)
    files = sa.select(sa.func.count()).where(col(Evidence.submission_id) == col(Submission.id))
    rows = session.connection().execute(
        sa.select(
            *map(col, (Submission.id, Obligation.id, Obligation.code, Obligation.opened_at)),
            *map(col, (Unit.id, Unit.name, Submission.version, Submission.kind)),
            *map(col, (Submission.channel, Submission.sender, Submission.received_at)),
            *(col(Submission.payload), stands.c.id.is_not(None), files.scalar_subquery()),
        )
        .join(Obligation, col(Obligation.id) == col(Submission.obligation_id))
        .join(Round, col(Round.id) == col(Obligation.round_id))
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .outerjoin(stands, stands.c.id == col(Submission.id))
        .where(col(Round.id) == found.id, counts(as_of))
        .order_by(col(Unit.id), col(Submission.version))
    )
    given = [Answer(*row) for row in rows]
    asked = asks_of(session, lookup.id_of(found), SubmissionKind.REPORT).figures
    return Answers(found, asked, given, _names(session, found))


def _names(session: Session, found: Round) -> dict[int, tuple[str, ...]]:
    """What each unit of a round is called besides its name."""
    rows = session.exec(
        select(UnitName.unit_id, UnitName.name)
        .join(Obligation, col(Obligation.unit_id) == col(UnitName.unit_id))
        .where(Obligation.round_id == found.id)
        .order_by(col(UnitName.id))
    )
    names: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for unit_id, name in rows:
        names[unit_id] += (name,)
    return names


def forebears(session: Session, as_of: datetime) -> dict[int, set[int]]:
    """The units in whose place each stands, through every link up to a day."""
    links = session.exec(
        select(Succession.successor_id, Succession.unit_id).where(
            col(Succession.successor_id).is_not(None), Succession.day <= as_of.date()
        )
    )
    above: dict[int, set[int]] = defaultdict(set)
    for heir, unit_id in links:
        above[heir or 0].add(unit_id)
    return {heir: _all_above(heir, above) for heir in list(above)}


def _all_above(heir: int, above: Mapping[int, set[int]]) -> set[int]:
    found: set[int] = set()
    ahead = {heir}
    while ahead:
        found |= ahead
        ahead = {one for here in ahead for one in above.get(here, ())} - found
    return found - {heir}


def request_texts(session: Session, found: Round) -> list[str]:
    """What units may quote without copying: the directive, and what the round asks."""
    file = session.get_one(Directive, found.directive_id).file
    of_round = asks_of(session, lookup.id_of(found), SubmissionKind.REPORT).figures
    asked = (item.label for item in of_round)
    return [*_strings(file), *_strings(found.outline), found.title, found.asks, *asked]


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for inner in data.values():
            yield from _strings(inner)
    elif isinstance(data, list):
        for inner in data:
            yield from _strings(inner)
