"""The figures that a directive and its rounds ask for, written into tables."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, delete, select

from models.directive import Directive, Indicator, Target
from models.directive_asks import RoundItem
from models.directive_file import DirectiveFile
from models.report_asks import IndicatorItem
from models.round import Round, RoundIndicator
from tasks import lookup
from tasks.registering_rows import sync


def write_round_indicators(
    session: Session, row: Directive, target: Round, file: DirectiveFile, item: RoundItem
) -> None:
    """The figures a round asks for; one that rests on an unconfirmed question is not asked."""
    indicators = session.exec(select(Indicator).where(Indicator.directive_id == row.id))
    ids = {indicator.code: lookup.id_of(indicator) for indicator in indicators}
    asked = [
        (ids[code], title)
        for title, i in file.figures_of(item)
        if i.question is None or ((q := file.question(i.question)) and q.is_confirmed)
        for code in (i.code, *(f"{i.code}-{part.code}" for part in i.parts))
    ]
    session.exec(delete(RoundIndicator).where(col(RoundIndicator.round_id) == target.id))
    session.add_all(
        RoundIndicator(
            round_id=lookup.id_of(target), indicator_id=id_, position=position, title=title
        )
        for position, (id_, title) in enumerate(asked)
    )


def write_indicators(session: Session, owner: int, file: DirectiveFile) -> None:
    targets = dict(
        session.exec(select(Target.number, Target.id).where(Target.directive_id == owner)).all()
    )
    items = file.all_indicators()
    rows = [_indicator(item, targets.get(item.target or "")) for item in items]
    rows += [
        {**_indicator(item, None), "code": f"{item.code}-{part.code}", "label": part.label,
         "standard": item.standard and f"{item.standard}-{part.code}", "adds_up": False}
        for item in items for part in item.parts
    ]  # fmt: skip
    sync(session, Indicator, owner, "code", rows)
    _set_wholes(session, owner, items)


def _indicator(item: IndicatorItem, target_id: int | None) -> dict[str, Any]:
    return {
        "code": item.code,
        "label": item.label,
        "kind": item.kind,
        "unit": item.unit,
        "target_id": target_id,
        "required": item.required,
        "basis": item.basis,
        "choices": list(item.choices) or None,
        "adds_up": item.adds_up and bool(item.parts),
        "standard": item.standard,
        "points": item.points,
    }


def _set_wholes(session: Session, owner: int, items: Iterable[IndicatorItem]) -> None:
    """Which indicator each part is some of."""
    rows = session.exec(select(Indicator).where(Indicator.directive_id == owner)).all()
    by_code = {row.code: row for row in rows}
    whole = {f"{i.code}-{part.code}": by_code[i.code].id for i in items for part in i.parts}
    for row in rows:
        row.part_of_id = whole.get(row.code)
    session.flush()
