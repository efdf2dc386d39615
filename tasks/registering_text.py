"""The text of a directive, written into tables part by part."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, delete, select, update

from models.directive import (
    Assignment,
    Citation,
    Indicator,
    Measure,
    Norm,
    Phase,
    Question,
    Recipient,
    Target,
)
from models.directive_asks import Confirmation
from models.directive_file import DirectiveFile
from models.directive_text import AssignmentItem, MeasureItem
from models.register import Register
from models.status import day_of
from models.timers import OPENS_AT, at
from tasks.registering_figures import write_indicators
from tasks.registering_rows import as_json, sync
from tasks.units import keys_of


def write_text(session: Session, owner: int, file: DirectiveFile, register: Register) -> None:
    _release(session, owner, file)
    sync(session, Citation, owner, "number", (
        {
            "number": n,
            "symbol": c.symbol,
            "title": " ".join(filter(None, (c.kind, c.symbol, c.issuer))) or (c.quote or ""),
            "issued": c.issued,
            "relation": c.relation,
        }
        for n, c in enumerate(file.citations, start=1)
    ))  # fmt: skip
    sync(session, Target, owner, "number", (
        {
            "number": t.num,
            "indicator": t.indicator or t.quote or "",
            "operator": t.operator if t.value is not None else None,
            "value": t.value if t.operator is not None else None,
            "unit": t.unit,
            "frequency": t.frequency,
            "deadline": t.deadline,
        }
        for t in file.targets
    ))  # fmt: skip
    _write_measures(session, owner, file)
    sync(session, Norm, owner, "number", (
        {"number": n.num, "rule": n.rule, "text": n.quote or ""} for n in file.all_norms()
    ))  # fmt: skip
    sync(session, Phase, owner, "number", (
        {
            "number": p.num,
            "first_year": _year(p.start),
            "last_year": _year(p.end),
            "preliminary_review": p.preliminary_review and p.preliminary_review.when_text,
            "final_review": p.final_review and p.final_review.when_text,
        }
        for p in file.phases
    ))  # fmt: skip
    sync(session, Recipient, owner, "number", (
        {"number": r.num, "name": r.recipient, "purpose": r.purpose} for r in file.recipients
    ))  # fmt: skip
    sync(session, Question, owner, "code", (
        {"code": q.id, "asks": q.asks, "proposed": as_json(q.proposed)} for q in file.questions
    ))  # fmt: skip
    _write_confirmations(session, owner, file)
    write_indicators(session, owner, file)
    _write_assignments(session, owner, file, register)


def _release(session: Session, owner: int, file: DirectiveFile) -> None:
    """Lets go of what a changed file may drop; what it keeps is referred to again when written."""
    session.exec(delete(Assignment).where(col(Assignment.directive_id) == owner))
    session.exec(update(Measure).where(col(Measure.directive_id) == owner).values(parent_id=None))
    session.exec(
        update(Indicator).where(col(Indicator.directive_id) == owner).values(part_of_id=None)
    )
    dropped = select(Target.id).where(
        Target.directive_id == owner, col(Target.number).not_in([t.num for t in file.targets])
    )
    session.exec(update(Indicator).where(col(Indicator.target_id).in_(dropped)).values(
        target_id=None))  # fmt: skip


def _write_confirmations(session: Session, owner: int, file: DirectiveFile) -> None:
    """Who confirmed each reading and when; the instant stays for as long as person and day do."""
    said = {q.id: q.confirmed for q in file.questions}
    for row in session.exec(select(Question).where(Question.directive_id == owner)):
        confirmed = said[row.code]
        if not isinstance(confirmed, Confirmation):
            row.confirmed_by, row.confirmed_at = None, None
        elif (row.confirmed_by, row.confirmed_at and day_of(row.confirmed_at)) != (
            confirmed.by, confirmed.on,
        ):  # fmt: skip
            row.confirmed_by, row.confirmed_at = confirmed.by, at(confirmed.on, OPENS_AT)


def _year(value: Any) -> int | None:
    return value if value is None or isinstance(value, int) else value.year


def _write_measures(session: Session, owner: int, file: DirectiveFile) -> None:
    rows = file.all_measures()
    sync(session, Measure, owner, "number", (
        {"number": m.num, "text": m.quote or ""} for m in rows
    ))  # fmt: skip
    stored = {
        m.number: m for m in session.exec(select(Measure).where(Measure.directive_id == owner))
    }
    for number, parent in _parents(file.measures, None):
        stored[number].parent_id = stored[parent].id if parent else None
    session.flush()


def _parents(
    measures: Iterable[MeasureItem], parent: str | None
) -> Iterable[tuple[str, str | None]]:
    for measure in measures:
        yield measure.num, parent
        yield from _parents(measure.measures, measure.num)


def _write_assignments(
    session: Session, owner: int, file: DirectiveFile, register: Register
) -> None:
    issued = file.issue_date()
    assert issued is not None
    province = file.province
    units = keys_of(session, province)
    measures = dict(
        session.exec(select(Measure.number, Measure.id).where(Measure.directive_id == owner)).all()
    )
    for item in file.assignments:
        for entry in register.expand_all(file.bodies_of(item), issued):
            session.add_all(
                Assignment(
                    directive_id=owner,
                    code=item.id,
                    unit_id=units[entry.code],
                    measure_id=measures[number] if number else None,
                    role=item.role,
                    binding=item.binding,
                    text=item.quote or "",
                )
                for number in _measures_of(item)
            )


def _measures_of(item: AssignmentItem) -> list[str | None]:
    """The measures an assignment names; none means the whole directive."""
    return [*item.measures] or [None]
