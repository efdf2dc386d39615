"""Succession: who took over from a unit that ended, from which day, by which rule.

Read from `succession.csv` beside units.csv; the columns:

    code                the unit that ends
    successor           the unit that takes over; empty where it only ends
    successor_province  its province, where that is another
    day                 the first day on which the successor acts
    kind                end, merge, split, rename
    rule                the document that says so

One row a pair: many into one and one into many are several rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.csv_file import Row, numbered
from models.errors import Fault
from models.i18n import gettext as _
from models.vietnamese import printable, slugify
from models.words import SuccessionKind

SUCCESSION_COLUMNS = ("code", "successor", "successor_province", "day", "kind", "rule")


@dataclass(frozen=True)
class Link:
    """One unit taking over from another on a day; `successor` is None where nobody does."""

    code: str
    successor: str | None
    day: date
    kind: SuccessionKind
    rule: str
    province: str = ""  # the successor's, where that is another


Links = Mapping[str, Sequence[Link]]


@dataclass(frozen=True)
class Heir:
    """A living unit in place of one that ended, with the links that lead to it, first to last."""

    code: str
    path: tuple[Link, ...] = ()


def key_of(province: str, code: str) -> str:
    """How a register calls a unit of another province."""
    return f"{slugify(province)}:{code}" if province else code


def heirs(code: str, on: date, links: Links, lives: Callable[[str, date], bool]) -> list[Heir]:
    """The living units in the place of `code` on a day: itself, or its successors' heirs.

    Empty where it ended without any, or has not begun.
    """
    found: dict[str, Heir] = {}
    seen, ahead = {code}, [Heir(code)]
    while ahead:
        here = ahead.pop(0)
        if lives(here.code, on):
            found.setdefault(here.code, here)
            continue
        for link in links.get(here.code, ()):
            if link.successor and link.day <= on and link.successor not in seen:
                seen.add(link.successor)
                ahead.append(Heir(link.successor, (*here.path, link)))
    return list(found.values())


def read_links(
    rows: Sequence[Mapping[str, str]], where: str, faults: list[Fault]
) -> list[tuple[int, Link]]:
    """The links of a table with their lines; what is wrong with a row goes to `faults`."""
    found = []
    for line, values in numbered(rows):
        link = _link(Row(where, line, {k: printable(v) for k, v in values.items()}, faults))
        if link:
            found.append((line, link))
    return found


def _link(row: Row) -> Link | None:
    before = len(row.faults)
    kind, code = row.word("kind", SuccessionKind), row["successor"]
    if kind and (kind is SuccessionKind.END) != (not code):
        row.fault("successor", _("give a successor, or the kind “end” where there is none"))
    day = row.day("day")
    if not row["rule"]:
        row.fault("rule", _("is empty; name the document or the fact that says so"))
    if kind is None or day is None or len(row.faults) > before:
        return None
    province = row["successor_province"]
    return Link(
        row["code"], key_of(province, code) if code else None, day, kind, row["rule"], province
    )


def circles(links: Links) -> list[str]:
    """The units whose successors lead back to themselves."""
    return [code for code in links if _comes_back(code, links)]


def _comes_back(code: str, links: Links) -> bool:
    seen: set[str] = set()
    ahead = [link.successor for link in links[code]]
    while ahead:
        here = ahead.pop()
        if here == code:
            return True
        if here and here not in seen:
            seen.add(here)
            ahead += [link.successor for link in links.get(here, ())]
    return False
