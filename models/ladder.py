"""The ladder of reminders: which step an obligation has reached, and to whom it speaks.

A ladder is data: a round's own (`ladder` in the directive file), else the one here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from models.calendar import Calendar
from models.i18n import N_, vi


class Addressee(StrEnum):
    """How high a step speaks: the unit, its head, the body above and the overseer as well."""

    UNIT = "unit"
    HEAD = "head"
    OVERSEER = "overseer"


@dataclass(frozen=True, order=True)
class LadderStep:
    """A step `days` working days after the due date; before it, where negative."""

    days: int
    to: Addressee = Addressee.UNIT

    @property
    def code(self) -> str:
        """How the evidence calls it: before-7, due, overdue-3."""
        if self.days == 0:
            return "due"
        return f"before-{-self.days}" if self.days < 0 else f"overdue-{self.days}"

    @property
    def to_head(self) -> bool:
        return self.to is not Addressee.UNIT

    @property
    def to_overseer(self) -> bool:
        return self.to is Addressee.OVERSEER


def in_vietnamese(working_days: int) -> str:
    """How a mail says that so many working days are left; overdue, where negative."""
    if working_days == 0:
        return vi(_TODAY)
    return vi(_LEFT if working_days > 0 else _OVERDUE).format(n=abs(working_days))


_HEIGHT = list(Addressee).index
_LEFT = N_("{n} working days left")
_TODAY = N_("due today")
_OVERDUE = N_("overdue by {n} working days")

Ladder = tuple[LadderStep, ...]

LADDER: Ladder = (
    LadderStep(-7),
    LadderStep(-3),
    LadderStep(-1),
    LadderStep(0),
    LadderStep(1, Addressee.HEAD),
    LadderStep(3, Addressee.OVERSEER),
)


def ladder_of(rows: Sequence[Mapping[str, Any]] | None) -> Ladder:
    """The ladder that a round's rows (days, to) give, in order; without rows the default one."""
    if rows is None:
        return LADDER
    return tuple(sorted(LadderStep(row["days"], Addressee(row["to"])) for row in rows))


def day_of_step(step: LadderStep, due: date, calendar: Calendar) -> date:
    """The worked day on which a step is given for a due date."""
    return calendar.add_working_days(due, step.days)


def reached(
    due: date, opened: date, today: date, calendar: Calendar, ladder: Ladder = LADDER
) -> LadderStep | None:
    """The highest step reached by `today`; lower ones it overtook are not given any more, but it
    speaks as high as they would have. Steps before the obligation was opened do not count.
    """
    steps = [step for step in ladder if opened < day_of_step(step, due, calendar) <= today]
    return LadderStep(steps[-1].days, max((s.to for s in steps), key=_HEIGHT)) if steps else None
