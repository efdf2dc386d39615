"""What becomes of open tasks when units end: they pass to the living successors, rule shown.

Runs twice or late without harm: it looks for open obligations of units that have ended.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.calendar import Calendar
from models.directive import Directive
from models.reasons import Step, step
from models.register import Register
from models.round import OWED, Handover, Obligation, Round
from models.status import day_of
from models.succession import Heir
from models.unit import Unit
from models.vietnamese import show_date
from models.words import Deed, Ending
from tasks import activities, lookup
from tasks.rounds import announce, phrases_asked
from tasks.units import keys_of, load_register

WORKING_DAYS_TO_TAKE_OVER = 5  # nobody can answer on the day it learns of a task


@dataclass(frozen=True)
class Passing:
    """How many open tasks were passed on, to how many new ones, and how many found nobody."""

    passed: int = 0
    made: int = 0
    lapsed: int = 0


def pass_on(session: Session, calendar: Calendar, as_of: datetime) -> Passing:
    """Passes every open task of a unit that has ended to its heirs, and tells these by mail."""
    passed = made = lapsed = 0
    orphans = _orphans(session, day_of(as_of))
    for round_id, group in groupby(orphans, key=lambda owed: owed.round_id):
        estate = _Estate(session, session.get_one(Round, round_id), calendar, as_of)
        for owed in group:
            heirs = estate.heirs(owed)
            if not heirs and estate.is_to_be_followed(owed):
                continue
            made += estate.settle(owed, heirs)
            passed, lapsed = passed + bool(heirs), lapsed + (not heirs)
        session.flush()
        announce(session, estate.owner, estate.round, as_of)
    return Passing(passed, made, lapsed)


def _orphans(session: Session, today: date) -> list[Obligation]:
    """The open obligations of units that have ended, by round."""
    statement = (
        select(Obligation)
        .join(Unit, col(Unit.id) == col(Obligation.unit_id))
        .where(OWED, col(Unit.ends) < today)
        .order_by(col(Obligation.round_id), col(Obligation.id))
    )
    return list(session.exec(statement))


class _Estate:
    """What one round's ended units leave behind, and who is there to take it over."""

    def __init__(self, session: Session, found: Round, calendar: Calendar, as_of: datetime) -> None:
        self.session, self.round, self.as_of = session, found, as_of
        self.owner = session.get_one(Directive, found.directive_id)
        self.register = load_register(session, self.owner.province)
        self.ids = keys_of(session, self.owner.province)
        self.keys = {id_: key for key, id_ in self.ids.items()}
        self.earliest = calendar.add_working_days(day_of(as_of), WORKING_DAYS_TO_TAKE_OVER)
        owed = session.exec(select(Obligation).where(Obligation.round_id == found.id))
        self.present = {obligation.unit_id: obligation for obligation in owed}

    def heirs(self, owed: Obligation) -> list[Heir]:
        return self.register.heirs(self.keys[owed.unit_id], day_of(self.as_of))

    def is_to_be_followed(self, owed: Obligation) -> bool:
        """Whether somebody takes over later, so that the task waits."""
        links = self.register.links.get(self.keys[owed.unit_id], ())
        return any(link.day > day_of(self.as_of) for link in links)

    def settle(self, owed: Obligation, heirs: Sequence[Heir]) -> int:
        """Ends one task and gives it to the heirs; how many tasks that made."""
        owed.ended_at = self.as_of
        owed.ending = Ending.PASSED_ON if heirs else Ending.LAPSED
        before, taken = len(self.present), list[str]()
        for heir in heirs:
            target = self._task_of(owed, heir)
            if target.opened_at == self.as_of:  # one it had before needs no other reason
                target.due = min(target.due, max(owed.due, self.earliest))
                target.reason = [*target.reason, self._why(owed, heir).as_dict()]
            taken.append(target.code)
            link = heir.path[-1]
            self.session.add(
                Handover(
                    from_id=lookup.id_of(owed),
                    to_id=lookup.id_of(target),
                    day=link.day,
                    rule=link.rule,
                )
            )
        activities.note(
            self.session,
            Deed.PASSED_ON,
            activities.system(),
            self.as_of,
            unit=owed.unit_id,
            directive=self.owner.id,
            obligation=owed.id,
            about=owed.code,
            after={"ending": owed.ending, "to": taken},
        )
        return len(self.present) - before

    def _task_of(self, owed: Obligation, heir: Heir) -> Obligation:
        """The heir's own task in the round; made, where it has none."""
        unit_id = self.ids[heir.code]
        if unit_id not in self.present:
            self.present[unit_id] = self._make(owed, heir, unit_id)
        return self.present[unit_id]

    def _make(self, owed: Obligation, heir: Heir, unit_id: int) -> Obligation:
        due, reason = max(owed.due, self.earliest), list[dict[str, str]]()
        if due > owed.due:
            said = step("passed-on-due", day=show_date(due), days=WORKING_DAYS_TO_TAKE_OVER)
            reason.append(said.as_dict())
        made = Obligation(
            round_id=owed.round_id,
            unit_id=unit_id,
            code=f"{self.owner.code}/{self.round.code}/{heir.code}",
            due=due,
            opened_at=self.as_of,
            urged_from=day_of(self.as_of),
            reason=reason,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def _why(self, owed: Obligation, heir: Heir) -> Step:
        link = heir.path[-1]
        name = self.register.units[self.keys[owed.unit_id]].name
        return step("passed-on", unit=name, day=show_date(link.day), ground=link.rule)


def changed_bodies(
    session: Session, owner: Directive, found: Round, as_of: datetime
) -> list[dict[str, Any]]:
    """How the bodies that a round asks have changed since the directive was issued: by day and
    rule, which ended and which living ones stand in their place.
    """
    register = load_register(session, owner.province)
    opened = day_of(found.opened_at or as_of)
    named = dict.fromkeys(
        code for phrase in phrases_asked(owner, found) for code in register.named(phrase)
    )
    ended = [
        code for code in named
        if register.units[code].lives_on(owner.issued) and not register.units[code].lives_on(opened)
    ]  # fmt: skip
    rows = (row for code in ended for row in _ends_of(register, code, opened))
    return _by_rule(sorted(rows, key=lambda row: row[:2]))


_Row = tuple[date, str, str, Sequence[str]]  # day, rule, who ended, the living in its place


def _ends_of(register: Register, code: str, on: date) -> Iterator[_Row]:
    """When and by which rule a unit ended, and the names of those living in its place."""
    unit, links = register.units[code], register.links.get(code, ())
    names = [register.units[heir.code].name for heir in register.heirs(code, on)]
    if links:
        yield links[0].day, links[0].rule, unit.name, names
    elif unit.ends:
        yield date.fromordinal(unit.ends.toordinal() + 1), "", unit.name, []


def _by_rule(rows: Iterable[_Row]) -> list[dict[str, Any]]:
    """Who ended and who took over, each once, by day and rule in the order they come."""
    groups: dict[tuple[date, str], tuple[dict[str, None], dict[str, None]]] = {}
    for day, rule, unit, successors in rows:
        ended, living = groups.setdefault((day, rule), ({}, {}))
        ended[unit] = None
        living |= dict.fromkeys(successors)
    return [
        {"day": show_date(day), "rule": rule, "ended": list(ended), "successors": list(living)}
        for (day, rule), (ended, living) in groups.items()
    ]


def handovers(session: Session, found: Round, as_of: datetime) -> list[dict[str, Any]]:
    """Which open tasks passed to whom while the round was open, by day and rule."""
    old, new = aliased(Obligation), aliased(Obligation)
    before, after = aliased(Unit), aliased(Unit)
    rows = session.execute(
        sa.select(*map(col, (Handover.day, Handover.rule, before.name, after.name)))
        .join(old, col(old.id) == col(Handover.from_id))
        .join(new, col(new.id) == col(Handover.to_id))
        .join(before, col(before.id) == col(old.unit_id))
        .join(after, col(after.id) == col(new.unit_id))
        .where(col(old.round_id) == found.id, col(old.ended_at) <= as_of)
        .order_by(col(Handover.day), col(Handover.id))
    )
    return _by_rule((day, rule, ended, [taken]) for day, rule, ended, taken in rows)
