"""A draft beside the directives in force: what the database knows of them, and the page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session, col, select

from models import i18n
from models.calendar import Calendar
from models.carriers import Carrying, carriers, in_series
from models.database import database, is_there
from models.directive import Directive
from models.directive_asks import RoundItem
from models.directive_file import DirectiveFile
from models.i18n import gettext as _
from models.reasons import Step
from models.register import Register
from models.rehearsal import (
    BadDay,
    Call,
    Collision,
    calls_of,
    collisions,
    count_units,
    gathered,
    near_tet,
    recurring,
)
from models.round import Round
from models.tet import tet_of
from models.timetable import timetable
from models.vietnamese import show_date
from models.workload import HeatMap, heat_maps
from tasks.rendering import render
from tasks.units import load_register


@dataclass(frozen=True)
class Series:
    """The rounds of one series: the reasons all of them share, and those of each alone."""

    calls: tuple[Call, ...]
    shared: tuple[Step, ...]

    def own(self, call: Call) -> list[Step]:
        return [step for step in call.round.reason if step not in self.shared]

    @property
    def asks_the_same(self) -> bool:
        return len({call.units for call in self.calls}) == 1


@dataclass(frozen=True)
class Rehearsal:
    """A draft, its calls beside those in force, and what was found in them."""

    directive: DirectiveFile
    names: Mapping[str, str]  # of units, by code
    draft: tuple[Call, ...]
    others: tuple[Call, ...]
    on_request: tuple[RoundItem, ...]
    unknown: tuple[str, ...]  # names and phrases the register does not know
    bad_days: tuple[BadDay, ...]
    collisions: tuple[Collision, ...]
    carriers: tuple[Carrying, ...]
    maps: tuple[HeatMap, ...]
    feasts: frozenset[date]  # Mondays of the weeks that Tết falls in

    @property
    def beside(self) -> list[str]:
        """The symbols of the directives in force that still have calls."""
        return list(dict.fromkeys(call.directive for call in self.others))

    @property
    def nobody(self) -> list[Call]:
        """Calls of the draft that no unit answers to on the day they open."""
        return [call for call in self.draft if not call.units] if self.names else []

    @property
    def asked(self) -> set[str]:
        """The codes of the units that the draft asks."""
        return {unit for call in self.draft for unit in call.units}

    @property
    def to_look_at(self) -> set[Call]:
        """The calls of the draft of which something was found."""
        met = (call for found in self.collisions for call in found.calls if call.is_draft)
        return {*(bad.call for bad in self.bad_days), *met, *self.nobody}


def rehearse(directive: DirectiveFile, register: Register | None, calendar: Calendar) -> Rehearsal:
    """The draft beside what is in force; with no register given, with that of the database."""
    if not is_there():
        return _laid(directive, register or Register({}), Register({}), [], calendar)
    with database().read() as session:
        return rehearse_in(session, directive, register, calendar)


def rehearse_in(
    session: Session, directive: DirectiveFile, register: Register | None, calendar: Calendar
) -> Rehearsal:
    """The draft beside what is in force in a database."""
    others, stored = _in_force(session, directive, calendar)
    return _laid(directive, register or stored, stored, others, calendar)


def _laid(
    directive: DirectiveFile,
    known: Register,
    stored: Register,
    others: list[Call],
    calendar: Calendar,
) -> Rehearsal:
    draft = calls_of(directive, known, calendar, is_draft=True)
    calls = [*draft, *others]
    maps = heat_maps(calls)
    return Rehearsal(
        directive=directive,
        names={code: unit.name for code, unit in {**stored.units, **known.units}.items()},
        draft=tuple(draft),
        others=tuple(others),
        on_request=timetable(directive, calendar).on_request,
        unknown=tuple(_unknown(directive, known)),
        bad_days=tuple(near_tet(draft, calendar)),
        collisions=tuple(collisions(calls)),
        carriers=tuple(in_series(carriers(calls, calendar))),
        maps=tuple(maps),
        feasts=frozenset(_feast_weeks(maps, calendar)),
    )


def _in_force(
    session: Session, draft: DirectiveFile, calendar: Calendar
) -> tuple[list[Call], Register]:
    """The calls still to come of the province's other directives, and its register."""
    register = load_register(session, draft.province)
    found = session.exec(
        select(Directive)
        .where(Directive.province == draft.province, Directive.code != draft.code)
        .order_by(Directive.code)
    )
    calls = [c for row in found for c in _to_come(session, row, register, calendar)]
    issued = draft.issue_date()
    return [call for call in calls if issued is None or call.due >= issued], register


def _to_come(
    session: Session, row: Directive, register: Register, calendar: Calendar
) -> Iterator[Call]:
    """The calls of a directive that are not closed, on the due dates the database has."""
    rounds = select(Round).where(Round.directive_id == row.id, col(Round.closed_at).is_(None))
    stored = {found.code: found for found in session.exec(rounds)}
    file = DirectiveFile.model_validate(row.file)
    for call in calls_of(file, register, calendar, is_draft=False):
        found = stored.get(call.round.code)
        if found is not None:
            yield replace(call, due=call.due if found.by_level else found.due)


def _unknown(directive: DirectiveFile, register: Register) -> Iterator[str]:
    phrases = [phrase for item in directive.rounds for phrase in directive.phrases_of(item)]
    for phrase in dict.fromkeys(phrases):
        if register.units and not register.knows(phrase):
            yield phrase


def _feast_weeks(maps: Iterable[HeatMap], calendar: Calendar) -> Iterator[date]:
    weeks = [week for found in maps for week in found.weeks]
    feasts = [tet_of(year, calendar) for year in {week.year for week in weeks}]
    for week in weeks:
        sunday = week + timedelta(days=6)
        if any(feast and feast.first <= sunday and week <= feast.last for feast in feasts):
            yield week


def series_of(calls: Iterable[Call]) -> list[Series]:
    """The calls by series, in order of their first date."""
    return [
        Series(tuple(same), tuple(s for s in same[0].round.reason if _in_all(s, same)))
        for same in gathered(calls, lambda call: call.round.series).values()
    ]


def _in_all(step: Step, calls: Iterable[Call]) -> bool:
    return all(step in call.round.reason for call in calls)


def verdict(found: Rehearsal) -> str:
    """How many dates the draft sets, and how many of them are to look at."""
    if not found.draft:
        return _("The draft sets no date.")
    dates = i18n.ngettext("{n} date", "{n} dates", len(found.draft)).format(n=len(found.draft))
    first, last = found.draft[0].due, found.draft[-1].due
    if first < last:
        span = _("{dates} from {first} to {last}")
        dates = span.format(dates=dates, first=show_date(first), last=show_date(last))
    count = len(found.to_look_at)
    look = _("{n} to look at").format(n=count) if count else _("nothing to look at")
    return f"{dates}; {look}."


def warnings(found: Rehearsal) -> Iterator[str]:
    """Everything to look at, a line each."""
    for phrase in found.unknown:
        yield _("the register of units does not know “{phrase}”").format(phrase=phrase)
    for call in found.nobody:
        yield _("{call}: no unit answers to its names on {day}").format(
            call=call.round.title, day=show_date(call.round.opens)
        )
    for bad in found.bad_days:
        yield f"{bad}: {bad.call.round.title}"
    for same in recurring(found.collisions):
        yield _met(same)


def _met(same: Sequence[Collision]) -> str:
    names = "; ".join(call.words for call in same[0].calls)
    again = _(" (and {n} more times)").format(n=len(same) - 1) if len(same) > 1 else ""
    return f"{same[0]}{again}: {names}"


def write_page(found: Rehearsal) -> str:
    """The rehearsal as one page of HTML, to read or to print."""
    return render(
        "pages/rehearsal.html",
        lang=i18n.language(),
        found=found,
        directive=found.directive,
        verdict=verdict(found),
        look=found.to_look_at,
        meetings=recurring(found.collisions),
        series=series_of(found.draft),
        count_units=count_units,
        week=timedelta(days=6),
    )
