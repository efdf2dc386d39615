"""Report periods and their cut-offs.

Nghị định 09/2019/NĐ-CP, Điều 12: figures run from the 15th of the month before the period to the
14th of its last month. The nine-month report follows Thanh tra Chính phủ's and provinces' rules.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from models.words import Every

PROVINCE_SENDS_ON = 25  # day of the period's last month, to the Government (NĐ 09/2019)

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

    @property
    def last_month_day(self) -> date:
        """The 25th of the period's last month: when the province's own report leaves."""
        month = self.number * _MONTHS[self.every]
        return date(self.year, month, PROVINCE_SENDS_ON)


def periods_of(every: Every, year: int, regime: Literal["nd09", "calendar"]) -> list[Period]:
    """The periods of one year, in order."""
    length = _MONTHS[every]
    count = 1 if every is Every.NINE_MONTHS else 12 // length
    return [_period(every, year, n, length, regime) for n in range(1, count + 1)]


def _period(every: Every, year: int, number: int, length: int, regime: str) -> Period:
    first, last = (number - 1) * length + 1, number * length
    if regime == "calendar":
        after = date(year + 1, 1, 1) if last == 12 else date(year, last + 1, 1)
        return Period(every, year, number, date(year, first, 1), after - timedelta(days=1))
    start = date(year - 1, 12, 15) if first == 1 else date(year, first - 1, 15)
    return Period(every, year, number, start, date(year, last, 14))
