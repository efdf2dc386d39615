"""Report periods and their cut-offs, as a report regime cuts them.

Nghị định 09/2019/NĐ-CP, Điều 12: figures run from the 15th of the month before the period to the
14th of its last month.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from models.report_regimes import ReportRegime
from models.words import Every

MONTH = timedelta(days=31)
_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF: 6, Every.NINE_MONTHS: 9, Every.YEAR: 12}
_ROMAN = ("I", "II", "III", "IV")


@dataclass(frozen=True)
class Period:
    """One reporting period: its year, its place in the year (from 1), first and last day."""

    every: Every
    year: int
    number: int
    start: date
    cutoff: date

    @property
    def code(self) -> str:
        """Suffix of the round's code: 2024, 2024-h1, 2024-q3, 2024-9t, 2024-05."""
        suffix = {
            Every.MONTH: f"-{self.number:02}",
            Every.QUARTER: f"-q{self.number}",
            Every.HALF: f"-h{self.number}",
            Every.NINE_MONTHS: "-9t",
            Every.YEAR: "",
        }
        return f"{self.year}{suffix[self.every]}"

    @property
    def title(self) -> str:
        """The period in Vietnamese, as titles of reports have it."""
        if self.every is Every.MONTH:
            return f"tháng {self.number} năm {self.year}"
        if self.every is Every.QUARTER:
            return f"quý {_ROMAN[self.number - 1]} năm {self.year}"
        if self.every is Every.HALF:
            return f"6 tháng {'đầu' if self.number == 1 else 'cuối'} năm {self.year}"
        return f"{'9 tháng ' if self.every is Every.NINE_MONTHS else ''}năm {self.year}"

    def last_month(self, day: int) -> date:
        """That day of the period's last month."""
        return date(self.year, self.number * _MONTHS[self.every], day)


def periods_of(every: Every, year: int, regime: ReportRegime) -> list[Period]:
    """The periods of one year, in order."""
    return [_period(every, year, n, regime) for n in range(1, how_many(every) + 1)]


def reporting_year(cutoff: date | None, due: date) -> int:
    """The year that a round reports of: of its period, or what ended a month before it was due."""
    return (cutoff or due - MONTH).year


def how_many(every: Every) -> int:
    """How many of these periods a year has."""
    return 1 if every is Every.NINE_MONTHS else 12 // _MONTHS[every]


def _period(every: Every, year: int, number: int, regime: ReportRegime) -> Period:
    length = _MONTHS[every]
    before = _cutoff(year, (number - 1) * length, regime)
    cutoff = _cutoff(year, number * length, regime)
    return Period(every, year, number, before + timedelta(days=1), cutoff)


def _cutoff(year: int, month: int, regime: ReportRegime) -> date:
    """The cut-off in a month; month 0 is December of the year before."""
    if month == 0:
        year, month = year - 1, 12
    return date(year, month, regime.cutoff_day or monthrange(year, month)[1])
