"""The ladder of reminders: which step an obligation has reached, and to whom it speaks."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from models.calendar import Calendar
from models.i18n import N_


class Rung(StrEnum):
    """The steps, in the order they are reached."""

    BEFORE_7 = "before-7"
    BEFORE_3 = "before-3"
    BEFORE_1 = "before-1"
    DUE = "due"
    OVERDUE_1 = "overdue-1"
    OVERDUE_3 = "overdue-3"


@dataclass(frozen=True)
class LadderStep:
    """A rung, how many working days from the due date it stands, and who is written to."""

    rung: Rung
    offset: int
    to_head: bool = False
    to_overseer: bool = False
    words: str = ""


LADDER = (
    LadderStep(Rung.BEFORE_7, -7, words=N_("7 working days left")),
    LadderStep(Rung.BEFORE_3, -3, words=N_("3 working days left")),
    LadderStep(Rung.BEFORE_1, -1, words=N_("1 working day left")),
    LadderStep(Rung.DUE, 0, words=N_("due today")),
    LadderStep(Rung.OVERDUE_1, 1, to_head=True, words=N_("overdue")),
    LadderStep(
        Rung.OVERDUE_3, 3, to_head=True, to_overseer=True, words=N_("overdue by 3 working days")
    ),
)
BY_RUNG = {step.rung: step for step in LADDER}


def day_of_step(step: LadderStep, due: date, calendar: Calendar) -> date:
    """The worked day on which a step is given for a due date."""
    if step.offset == 0:
        return calendar.next_working(due)
    return calendar.add_working_days(due, step.offset)


def reached(due: date, opened: date, today: date, calendar: Calendar) -> LadderStep | None:
    """The highest step reached by `today`; lower ones it overtook are not given any more.

    Steps that fell before the obligation was opened do not count.
    """
    steps = [step for step in LADDER if opened < day_of_step(step, due, calendar) <= today]
    return steps[-1] if steps else None
