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
    limit: float | None = None  # mails a second
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
    """At least so many times something else, or at most."""

    words: str
    found: float
    wanted: float
    at_most: bool = False

    def __str__(self) -> str:
        holds = self.found <= self.wanted if self.at_most else self.found >= self.wanted
        bound = f"{'at most' if self.at_most else 'at least'} {_times(self.wanted)}"
        verdict = "holds" if holds else "DOES NOT HOLD"
        return f"claim: {self.words}, {bound}: {_times(self.found)}: {verdict}"


def _times(value: float) -> str:
    return f"{100 * value:.0f} %" if value < 2 else f"{value:.1f}×"


def show(title: str, rows: Iterable[Measured], limit: str = "") -> None:
    """Prints a table: the rate of each, its share of the limit (another row, unless it has one of
    its own), and how many times as fast ours is.
    """
    found = {row.contender: row for row in rows}
    ours = found.get(OURS)
    print(f"\n{title}")
    print(
        f"{'':34}{'mails':>7}{'seconds':>9}{'slowest':>9}{'mails/s':>9}"
        f"{'of limit':>10}{'ours/it':>9}{'MB':>6}"
    )
    for row in found.values():
        most = row.limit or (found[limit].rate if limit in found else None)
        share = f"{100 * row.rate / most:.0f} %" if most else ""
        ratio = f"{ours.rate / row.rate:.1f}×" if ours else ""
        print(
            f"{row.contender:34}{row.mails:7,}{row.median:9.2f}{max(row.seconds):9.2f}"
            f"{row.rate:9,.0f}{share:>10}{ratio:>9}{statistics.median(row.mb):6,.0f}"
        )


def share_claims(rows: dict[str, Measured], of: str, wanted: float, words: str) -> list[Claim]:
    """The claim that ours, in each database, is at least so many times another; none where one of
    the two was not measured.
    """
    if of not in rows:
        return []
    return [
        Claim(f"{ours} {words}", rows[ours].rate / rows[of].rate, wanted)
        for ours in (OURS, OURS_POSTGRES)
        if ours in rows
    ]
