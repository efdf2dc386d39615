"""What the mail benchmark measured, as a table, and what was claimed of it."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

OURS, OURS_POSTGRES = "ours, SQLite", "ours, Postgres"


@dataclass
class Measured:
    """One contender before one relay: the runs it made with so many mails."""

    contender: str
    mails: int
    seconds: list[float] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.mails / self.median


@dataclass(frozen=True)
class Claim:
    """At least so much of something else."""

    words: str
    found: float
    wanted: float
    unit: str = "×"

    def __str__(self) -> str:
        scale = 100 if self.unit == "%" else 1
        found, wanted = (f"{scale * value:,.0f}{self.unit}" for value in (self.found, self.wanted))
        verdict = "holds" if self.found >= self.wanted else "DOES NOT HOLD"
        return f"claim: {self.words}, at least {wanted}: {found}: {verdict}"


def show(title: str, rows: Iterable[Measured], limit: str) -> None:
    """Prints a table: the rate of each, its share of the limit, how often ours goes into it."""
    found = {row.contender: row for row in rows}
    ours = found.get(OURS)
    print(f"\n{title}")
    print(
        f"{'':34}{'mails':>7}{'seconds':>9}{'slowest':>9}{'mails/s':>9}"
        f"{'of limit':>10}{'ours/it':>9}{'MB':>6}"
    )
    for row in found.values():
        share = f"{100 * row.rate / found[limit].rate:.0f} %" if limit in found else ""
        ratio = f"{ours.rate / row.rate:.1f}×" if ours else ""
        print(
            f"{row.contender:34}{row.mails:7,}{row.median:9.2f}{max(row.seconds):9.2f}"
            f"{row.rate:9,.0f}{share:>10}{ratio:>9}{statistics.median(row.mb):6,.0f}"
        )


def share_claims(
    rows: dict[str, Measured], of: str, wanted: float, words: str, unit: str = "×"
) -> list[Claim]:
    """The claim that ours, in each database, is at least so many times another; none where one of
    the two was not measured.
    """
    if of not in rows:
        return []
    return [
        Claim(f"{ours} {words}", rows[ours].rate / rows[of].rate, wanted, unit)
        for ours in (OURS, OURS_POSTGRES)
        if ours in rows
    ]
