"""Lồng ghép: which report that units already owe could carry what a draft asks for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from models.calendar import Calendar
from models.i18n import gettext as _
from models.rehearsal import Call, count_units, gathered
from models.vietnamese import phrase_key, show_percent
from models.words import Stage

WITHIN = 10  # working days, either way
LEAST_SHARE = 0.5  # of the units the draft asks


@dataclass(frozen=True)
class Carrier:
    """A report (`by`) that could carry the draft's (`call`).

    `shared` units owe both; `figures` are asked by both; `apart` is working days from one due
    date to the other, negative where the carrier is due first.
    """

    call: Call
    by: Call
    shared: int
    figures: int
    same_period: bool
    apart: int

    @property
    def share(self) -> float:
        return self.shared / len(self.call.units)

    def __str__(self) -> str:
        """Why it could: the period, the dates, the units, the figures."""
        return "; ".join(self._grounds())

    def _grounds(self) -> Iterator[str]:
        if self.same_period:
            yield _("same period")
        yield self._dates()
        asked = count_units(len(self.call.units))
        share = show_percent(self.shared, len(self.call.units))
        yield _("{shared} of {asked} owe it too ({share})").format(
            shared=self.shared, asked=asked, share=share
        )
        if self.figures:
            yield _("it asks for {n} of the {all} figures already").format(
                n=self.figures, all=len(self.call.figures)
            )

    def _dates(self) -> str:
        if self.apart == 0:
            return _("due on the same day")
        later = _("due {n} working days later")
        earlier = _("due {n} working days earlier")
        return (later if self.apart > 0 else earlier).format(n=abs(self.apart))


@dataclass(frozen=True)
class Carrying:
    """One series of the draft's reports, and the series that could carry it, round by round."""

    best: Carrier
    rounds: tuple[Carrier, ...]


def carriers(calls: Sequence[Call], calendar: Calendar) -> list[Carrier]:
    """For each report of the draft, those that could carry it: in force, or a later one of its own.

    It must be of the same period or due within ten working days, and owed by half the units.
    """
    reports = [call for call in calls if call.round.stage is Stage.REPORTING]
    drafts = [call for call in reports if call.is_draft and call.units]
    return [found for call in drafts for found in _carriers_of(call, reports, calendar)]


def in_series(found: Iterable[Carrier]) -> list[Carrying]:
    """Carriers of the same two series as one, since a yearly report meets another every year."""
    pairs = gathered(found, lambda c: (c.call.round.series, c.by.directive, c.by.round.series))
    made = [Carrying(min(same, key=_rank), tuple(same)) for same in pairs.values()]
    return sorted(made, key=lambda c: (-len(c.rounds), _rank(c.best)))


def _carriers_of(call: Call, reports: Iterable[Call], calendar: Calendar) -> list[Carrier]:
    first, last = (calendar.add_working_days(call.due, n) for n in (-WITHIN, WITHIN))
    units, figures = set(call.units), set(map(phrase_key, call.figures))
    found = [
        Carrier(
            call=call,
            by=by,
            shared=len(units.intersection(by.units)),
            figures=len(figures.intersection(map(phrase_key, by.figures))),
            same_period=_same_period(call, by),
            apart=calendar.working_days_between(call.due, by.due),
        )
        for by in reports
        if _may_carry(call, by) and (_same_period(call, by) or first <= by.due <= last)
    ]
    return sorted((c for c in found if c.share >= LEAST_SHARE), key=_rank)


def _may_carry(call: Call, by: Call) -> bool:
    if by.is_draft:
        return by.round.series != call.round.series and _order(by) > _order(call)
    return by.due >= call.round.opens


def _order(call: Call) -> tuple[date, str]:
    return call.due, call.round.code


def _same_period(call: Call, by: Call) -> bool:
    mine, other = call.round.period, by.round.period
    if mine is None or other is None:
        return False
    return (mine.every, mine.year, mine.number) == (other.every, other.year, other.number)


def _rank(found: Carrier) -> tuple[bool, bool, float, int]:
    """Best first: in force, same period, most units, nearest."""
    return found.by.is_draft, not found.same_period, -found.share, abs(found.apart)
