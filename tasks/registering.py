"""Registering a directive: its text into tables, its timetable into rounds; confirming questions.

Registering again is safe: what has not changed stays, what has been opened is never moved.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, delete, select, update

from models.calendar import Calendar
from models.directive import (
    Assignment,
    Citation,
    Directive,
    Indicator,
    Measure,
    Norm,
    Phase,
    Question,
    Recipient,
    Target,
)
from models.directive_asks import Confirmation, RoundItem
from models.directive_file import DirectiveFile
from models.directive_text import AssignmentItem, MeasureItem, Part
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.register import Register
from models.report_asks import IndicatorItem
from models.round import IndicatorValue, Round, RoundIndicator
from models.status import day_of
from models.timers import OPENS_AT, at
from models.timetable import PlannedRound, timetable
from models.unit import Unit, UnitName
from models.vietnamese import fold, phrase_key, show_date
from models.words import Deed
from tasks import activities, lookup
from tasks.units import keys_of


def register_directive(
    session: Session,
    file: DirectiveFile,
    register: Register,
    calendar: Calendar,
    as_of: datetime,
    by: str = "",
) -> Directive:
    """The directive, stored with all its text and the rounds of its timetable."""
    issued = file.issue_date()
    if issued is None:
        raise NotAllowed(_("The date of issue is unknown."))
    _refuse_twice(session, file, issued)
    found = session.exec(select(Directive).where(Directive.code == file.code)).first()
    row = found or Directive(registered_at=as_of, **_heading(file, issued))
    if found is not None:
        file = _keep_confirmations(found, file)
        for name, value in _heading(file, issued).items():
            setattr(row, name, value)
    row.file = _as_json(file)
    session.add(row)
    session.flush()
    assert row.id is not None
    _write_text(session, row.id, file, register)
    plan_rounds(session, row, calendar)
    activities.note(
        session,
        Deed.REGISTERED,
        by or activities.system(),
        as_of,
        directive=row.id,
        about=row.symbol,
        after={"again": found is not None},
    )
    return row


def _refuse_twice(session: Session, file: DirectiveFile, issued: date) -> None:
    """One document under two codes would be asked for twice, and found under neither by symbol."""
    same = session.exec(
        select(Directive.code).where(
            Directive.symbol == file.display_symbol,
            Directive.issuer == file.issuer,
            Directive.issued == issued,
            Directive.code != file.code,
        )
    ).first()
    if same is not None:
        message = _("{symbol} of {issued} is registered already, under the code {code}.")
        shown = message.format(symbol=file.display_symbol, issued=show_date(issued), code=same)
        raise NotAllowed(shown)


def confirm(
    session: Session, name: str, codes: Iterable[str], by: str, calendar: Calendar, as_of: datetime
) -> list[str]:
    """Confirms questions ("all" for every open one) in a person's name; returns those confirmed.

    Rounds that rested only on them become binding.
    """
    if not by.strip():
        raise NotAllowed(_("Say who confirms: a confirmation stands in a person's name."))
    row = lookup.directive(session, name)
    file = DirectiveFile.model_validate(row.file)
    known = {q.id for q in file.questions}
    wanted = list(codes)
    if wanted == ["all"]:
        wanted = [q.id for q in file.questions if not q.is_confirmed]
    for code in wanted:
        if code not in known:
            message = _("{directive} has no question “{name}”. It has: {known}")
            raise UnknownName(
                message.format(directive=row.symbol, name=code, known=", ".join(sorted(known)))
            )
    stamp = Confirmation(by=by, on=day_of(as_of))
    questions = [
        q.model_copy(update={"confirmed": stamp}) if q.id in wanted and not q.is_confirmed else q
        for q in file.questions
    ]
    row.file = _as_json(file.model_copy(update={"questions": questions}))
    for question in session.exec(select(Question).where(Question.directive_id == row.id)):
        if question.code in wanted and question.confirmed_by is None:
            question.confirmed_by, question.confirmed_at = by, as_of
    session.flush()
    plan_rounds(session, row, calendar)
    if wanted:
        about = ", ".join(wanted)
        activities.note(session, Deed.CONFIRMED, by, as_of, directive=row.id, about=about)
    return wanted


def plan_rounds(session: Session, row: Directive, calendar: Calendar) -> None:
    """Brings the rounds to the timetable: what has opened stays, the others follow the file."""
    file = DirectiveFile.model_validate(row.file)
    planned = {found.code: found for found in timetable(file, calendar).rounds}
    items = {item.code: item for item in file.rounds}
    overseers = ids_by_name(session, row.province)
    present = {r.code: r for r in session.exec(select(Round).where(Round.directive_id == row.id))}
    for code, found in present.items():
        if code not in planned and found.opened_at is None:
            session.exec(delete(RoundIndicator).where(col(RoundIndicator.round_id) == found.id))
            session.delete(found)
    session.flush()
    for code, plan in planned.items():
        if code in present and present[code].opened_at is not None:
            continue
        item = items[plan.series]
        target = present.get(code)
        values = round_values(plan, file, item, overseers)
        if target is None:
            target = Round(directive_id=lookup.id_of(row), **values)
        for name, value in values.items():
            setattr(target, name, value)
        session.add(target)
        session.flush()
        write_round_indicators(session, row, target, file, item)


def round_values(
    plan: PlannedRound, file: DirectiveFile, item: RoundItem, units: Mapping[str, int]
) -> dict[str, Any]:
    """A planned round as its row has it; `units` gives the ids by the keys of their names."""
    return {
        "code": plan.code,
        "series": plan.series,
        "stage": plan.stage,
        "review": plan.review,
        "title": plan.title,
        "asks": item.asks,
        "overseer_id": units.get(phrase_key(item.overseer or "")),
        "period_start": plan.period.start if plan.period else None,
        "cutoff": plan.period.cutoff if plan.period else None,
        "opens": plan.opens,
        "due": plan.due,
        "closes": plan.closes,
        "by_level": {level.value: day.isoformat() for level, day in plan.by_level.items()},
        "ladder": [s.model_dump() for s in item.ladder] if item.ladder is not None else None,
        "reason": [found.as_dict() for found in plan.reason],
        "binding": plan.binding,
        "needs_head": item.needs_head,
        "outline": [_as_json(section) for section in file.outline_of(item)],
        "checks": [_as_json(check) for check in file.checks_of(item)],
        "with_subordinates": item.with_subordinates,
    }


def ids_by_name(session: Session, province: str) -> dict[str, int]:
    """Unit ids by the key of every name a unit goes by."""
    names = select(UnitName.key, UnitName.unit_id).join(Unit).where(Unit.province == province)
    return dict(session.exec(names).all())


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


def _heading(file: DirectiveFile, issued: object) -> dict[str, Any]:
    symbol = file.display_symbol
    return {
        "code": file.code,
        "symbol": symbol,
        "kind": file.kind,
        "regime": file.regime,
        "issuer": file.issuer,
        "province": file.province,
        "issued": issued,
        "subject": file.subject,
        "search": fold(f"{symbol} {file.subject} {file.issuer}"),
        "file": {},
    }


def _as_json(file: Part) -> dict[str, Any]:
    return file.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _keep_confirmations(row: Directive, file: DirectiveFile) -> DirectiveFile:
    """What a person confirmed stays confirmed, as long as the proposed reading is the same."""
    before = {q.id: q for q in DirectiveFile.model_validate(row.file).questions}
    questions = [
        q.model_copy(update={"confirmed": old.confirmed})
        if (old := before.get(q.id)) and old.proposed == q.proposed and not q.is_confirmed
        else q
        for q in file.questions
    ]
    return file.model_copy(update={"questions": questions})


def _write_text(session: Session, owner: int, file: DirectiveFile, register: Register) -> None:
    _release(session, owner, file)
    _sync(session, Citation, owner, "number", (
        {
            "number": n,
            "symbol": c.symbol,
            "title": " ".join(filter(None, (c.kind, c.symbol, c.issuer))) or (c.quote or ""),
            "issued": c.issued,
            "relation": c.relation,
        }
        for n, c in enumerate(file.citations, start=1)
    ))  # fmt: skip
    _sync(session, Target, owner, "number", (
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
    _sync(session, Norm, owner, "number", (
        {"number": n.num, "rule": n.rule, "text": n.quote or ""} for n in file.all_norms()
    ))  # fmt: skip
    _sync(session, Phase, owner, "number", (
        {
            "number": p.num,
            "first_year": _year(p.start),
            "last_year": _year(p.end),
            "preliminary_review": p.preliminary_review and p.preliminary_review.when_text,
            "final_review": p.final_review and p.final_review.when_text,
        }
        for p in file.phases
    ))  # fmt: skip
    _sync(session, Recipient, owner, "number", (
        {"number": r.num, "name": r.recipient, "purpose": r.purpose} for r in file.recipients
    ))  # fmt: skip
    _sync(session, Question, owner, "code", (
        {"code": q.id, "asks": q.asks, "proposed": _as_json(q.proposed)} for q in file.questions
    ))  # fmt: skip
    _write_confirmations(session, owner, file)
    _write_indicators(session, owner, file)
    _write_assignments(session, owner, file, register)


def _write_indicators(session: Session, owner: int, file: DirectiveFile) -> None:
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
    _sync(session, Indicator, owner, "code", rows)
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
    _sync(session, Measure, owner, "number", (
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


def _sync(
    session: Session,
    table: type[SQLModel],
    owner: int,
    key: str,
    rows: Iterable[dict[str, Any]],
) -> None:
    """Rows of a directive brought to what is wanted, by natural key; used indicators are kept."""
    owned = getattr(table, "directive_id") == owner  # noqa: B009 the attribute is the column
    present = {getattr(row, key): row for row in session.exec(select(table).where(owned))}
    for values in rows:
        row = present.pop(values[key], None)
        if row is None:
            session.add(table(directive_id=owner, **values))
            continue
        for name, value in values.items():
            setattr(row, name, value)
    for row in present.values():
        if not (isinstance(row, Indicator) and _is_used(session, row)):
            session.delete(row)
    session.flush()


def _is_used(session: Session, row: Indicator) -> bool:
    asked = select(RoundIndicator).where(RoundIndicator.indicator_id == row.id)
    given = select(IndicatorValue).where(IndicatorValue.indicator_id == row.id)
    return bool(session.exec(asked).first() or session.exec(given).first())


def _measures_of(item: AssignmentItem) -> list[str | None]:
    """The measures an assignment names; none means the whole directive."""
    return [*item.measures] or [None]
