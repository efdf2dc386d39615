"""Registering a directive: its text into tables, its timetable into rounds; confirming questions.

Registering again is safe: what has not changed stays, what has been opened is never moved.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from models.calendar import Calendar
from models.directive import (
    Directive,
    Question,
)
from models.directive_asks import Confirmation, RoundItem
from models.directive_file import DirectiveFile
from models.errors import NotAllowed, UnknownName
from models.i18n import gettext as _
from models.register import Register
from models.round import Round, RoundIndicator
from models.status import day_of
from models.timetable import PlannedRound, timetable
from models.unit import Unit, UnitName
from models.vietnamese import fold, phrase_key, show_date
from models.words import Deed
from tasks import activities, lookup
from tasks.registering_figures import write_round_indicators
from tasks.registering_rows import as_json
from tasks.registering_text import write_text


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
    row.file = as_json(file)
    session.add(row)
    session.flush()
    assert row.id is not None
    write_text(session, row.id, file, register)
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
    row.file = as_json(file.model_copy(update={"questions": questions}))
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
        "outline": [as_json(section) for section in file.outline_of(item)],
        "checks": [as_json(check) for check in file.checks_of(item)],
        "with_subordinates": item.with_subordinates,
    }


def ids_by_name(session: Session, province: str) -> dict[str, int]:
    """Unit ids by the key of every name a unit goes by."""
    names = select(UnitName.key, UnitName.unit_id).join(Unit).where(Unit.province == province)
    return dict(session.exec(names).all())


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
