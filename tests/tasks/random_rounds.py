"""Random trees of units and what they answered, as rows of a database, for the tests of figures."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlmodel import Session

from models.directive import Directive, Indicator
from models.round import (
    Appraisal,
    IndicatorValue,
    Obligation,
    Round,
    RoundIndicator,
    Submission,
)
from models.unit import Succession, Unit
from models.words import (
    Appraised,
    Channel,
    Ending,
    IndicatorKind,
    Kind,
    Level,
    Quality,
    Regime,
    Stage,
    SubmissionKind,
    SuccessionKind,
    UnitKind,
    Verdict,
)
from tests.tasks.office import SMALL, at

OPENED, DUE, AS_OF = at(2024, 5, 6), date(2024, 6, 3), at(2024, 6, 10, 12)
ENDED, ACTS = date(2024, 5, 31), date(2024, 6, 1)
KINDS = tuple(IndicatorKind)
CHOICES = ["tốt", "khá", "kém"]
KNOWN = (UnitKind.DEPARTMENT, UnitKind.PEOPLE_COMMITTEE, UnitKind.SCHOOL)


@dataclass(frozen=True)
class Answered:
    """A version of an answer: after so many hours, what it was and what was found of it."""

    hours: int
    kind: SubmissionKind
    accepted: bool
    returned: bool
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Body:
    """A unit below an earlier one, or at the top; that ended in other units, or in none."""

    above: int | None
    level: Level
    kind: UnitKind
    asked: bool
    ended: bool
    heirs: tuple[int, ...]
    waived: bool
    answers: tuple[Answered, ...]


_values = st.tuples(
    st.none() | st.integers(0, 9),  # count
    st.none() | st.tuples(st.integers(0, 5), st.integers(5, 9)),  # ratio
    st.none() | st.booleans(),
    st.none() | st.integers(0, 4_000).map(lambda n: n / 4),  # money
    st.none() | st.sampled_from(["Thiếu người.", "=1+1"]),
    st.none() | st.dates(date(2024, 1, 1), date(2024, 6, 1)),
    st.none() | st.sampled_from(CHOICES),
    st.none() | st.integers(0, 20).map(lambda n: n / 2),  # score
)
_answers = st.builds(
    Answered,
    hours=st.integers(1, 1_000),  # some come after the moment that is asked for
    kind=st.sampled_from([SubmissionKind.REPORT] * 5 + [SubmissionKind.DECLINE]),
    accepted=st.sampled_from([True] * 4 + [False]),
    returned=st.sampled_from([False] * 3 + [True]),
    values=_values,
)


def _above(n: int) -> st.SearchStrategy[int | None]:
    """Mostly below another: figures are included, and left empty, over several levels."""
    return st.one_of(st.none(), *[st.integers(0, n - 1)] * 3)


@st.composite
def bodies(draw: st.DrawFn) -> list[Body]:
    """A tree of up to nine units."""
    count = draw(st.integers(1, 9))
    found = []
    for n in range(count):
        ended = count > 1 and draw(st.sampled_from([False] * 3 + [True]))
        others = st.integers(0, count - 1).filter(lambda k, n=n: k > n)
        heirs = draw(st.lists(others, max_size=2, unique=True)) if ended and n < count - 1 else []
        found.append(
            Body(
                above=draw(_above(n)) if n else None,
                level=draw(st.sampled_from(list(Level))),
                kind=draw(st.sampled_from(KNOWN)),
                asked=draw(st.sampled_from([True] * 5 + [False])),
                ended=ended,
                heirs=tuple(heirs),
                waived=draw(st.sampled_from([False] * 6 + [True])),
                answers=tuple(sorted(draw(st.lists(_answers, max_size=3)), key=lambda a: a.hours)),
            )
        )
    return found


def a_directive(session: Session) -> tuple[int, list[int]]:
    """A directive with an indicator of every kind: its id, and theirs in the order of `KINDS`."""
    owner = Directive(
        code="kl-1", symbol="KL-1/TU", kind=Kind.CONCLUSION, regime=Regime.PARTY, issuer="Tỉnh ủy",
        province=SMALL, issued=date(2024, 2, 26), subject="thử", search="thu",
        registered_at=at(2024, 2, 26), file={},
    )  # fmt: skip
    session.add(owner)
    session.flush()
    items = [
        Indicator(
            directive_id=owner.id or 0, code=kind.value, label=kind.value, kind=kind,
            required=False,
            choices=CHOICES if kind is IndicatorKind.CHOICE else None,
            points=10 if kind is IndicatorKind.SCORE else None,
        )
        for kind in KINDS
    ]  # fmt: skip
    session.add_all(items)
    session.flush()
    return owner.id or 0, [item.id or 0 for item in items]


def lay_out(
    session: Session, owner: int, items: list[int], tree: list[Body], with_subordinates: bool
) -> Round:
    """A round that asks the units of a tree, and what they answered."""
    found = Round(
        directive_id=owner, code="bao-cao", series="bao-cao", stage=Stage.REPORTING,
        title="Báo cáo", asks="Gửi báo cáo.", opens=OPENED.date(), due=DUE, closes=DUE,
        by_level={}, reason=[], binding=True, opened_at=OPENED,
        with_subordinates=with_subordinates,
    )  # fmt: skip
    session.add(found)
    session.flush()
    round_id = found.id or 0
    _put(session, RoundIndicator, [
        {"round_id": round_id, "indicator_id": id_, "position": n, "title": ""}
        for n, id_ in enumerate(items)
    ])  # fmt: skip
    units = _units(session, tree)
    for body, unit in zip(tree, units, strict=True):
        if body.asked:
            _ask(session, round_id, unit, body, items)
    session.flush()
    return found


def _units(session: Session, tree: list[Body]) -> list[Unit]:
    units = [
        Unit(
            province=SMALL, code=f"u{n}", name=f"Đơn vị {n}", search=f"don vi {n}", kind=body.kind,
            level=body.level, ends=ENDED if body.ended else None,
        )
        for n, body in enumerate(tree)
    ]  # fmt: skip
    session.add_all(units)
    session.flush()
    for body, unit in zip(tree, units, strict=True):
        unit.parent_id = units[body.above].id if body.above is not None else None
        for heir in body.heirs:
            kind = SuccessionKind.MERGE if len(body.heirs) == 1 else SuccessionKind.SPLIT
            session.add(
                Succession(unit_id=unit.id or 0, successor_id=units[heir].id, day=ACTS, kind=kind,
                           rule="Nghị quyết")
            )  # fmt: skip
    session.flush()
    return units


def _ask(session: Session, round_id: int, unit: Unit, body: Body, items: list[int]) -> None:
    owed = Obligation(
        round_id=round_id, unit_id=unit.id or 0, code=f"kl-1/bao-cao/{unit.code}", due=DUE,
        opened_at=OPENED, urged_from=OPENED.date(), reason=[],
    )  # fmt: skip
    session.add(owed)
    session.flush()
    for version, one in enumerate(body.answers, start=1):
        received = OPENED + timedelta(hours=one.hours, seconds=version)
        _give(session, owed, version, received, one, items)
    if body.waived and owed.answered_at is None:
        owed.ended_at, owed.ending = at(2024, 5, 30), Ending.WAIVED
    elif body.ended and owed.answered_at is None and owed.ended_at is None:
        owed.ended_at = at(2024, 6, 1)
        owed.ending = Ending.PASSED_ON if body.heirs else Ending.LAPSED


def _give(
    session: Session, owed: Obligation, version: int, received: datetime, one: Answered,
    items: list[int],
) -> None:  # fmt: skip
    """A version, with what follows for the obligation as `tasks.answering` has it."""
    given = Submission(
        obligation_id=owed.id or 0, version=version, kind=one.kind, received_at=received,
        verdict=Verdict.ACCEPTED if one.accepted else Verdict.REFUSED, sender="văn thư",
        payload={}, faults=[], channel=Channel.PAGE,
    )  # fmt: skip
    session.add(given)
    session.flush()
    if not one.accepted:
        return
    if one.kind is SubmissionKind.DECLINE:
        if owed.answered_at is None:
            owed.ended_at, owed.ending = received, Ending.DECLINED
        return
    owed.answered_at = owed.answered_at or received
    owed.ended_at = owed.ending = None
    rows = [
        _row(given.id or 0, id_, kind, value)
        for id_, kind, value in zip(items, KINDS, one.values, strict=True)
        if value is not None
    ]
    _put(session, IndicatorValue, rows)
    if one.returned:
        owed.answered_at = None
    found = Appraised.RETURNED if one.returned else Appraised.ACCEPTED
    session.add(
        Appraisal(
            submission_id=given.id or 0, found=found, at=received + timedelta(minutes=1), by="A",
            quality=None if one.returned else Quality.GOOD, words="Sửa lại.",
            before=DUE if one.returned else None,
        )
    )  # fmt: skip


def _row(submission: int, indicator: int, kind: IndicatorKind, value: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(
        ("number", "numerator", "denominator", "yes", "text", "day", "choice")
    ) | {"submission_id": submission, "indicator_id": indicator}
    match kind:
        case IndicatorKind.RATIO:
            return row | {"numerator": value[0], "denominator": value[1]}
        case IndicatorKind.YES_NO:
            return row | {"yes": value}
        case IndicatorKind.TEXT:
            return row | {"text": value}
        case IndicatorKind.DATE:
            return row | {"day": value}
        case IndicatorKind.CHOICE:
            return row | {"choice": value}
        case _:
            return row | {"number": value}


def _put(session: Session, table: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(sa.insert(table), rows)
