"""Who issues a document: its form, the names on its heading, and in what capacity somebody signs.

From the register of units, and nothing is made up: what it does not say stays blank for the clerk.
"""

import re
from dataclasses import dataclass

from models.directive import Directive
from models.register import Register, UnitEntry
from models.words import Regime, UnitKind

PARTY_KINDS = frozenset({UnitKind.PARTY_COMMITTEE, UnitKind.PARTY_AGENCY, UnitKind.PARTY_GROUP})
# bodies that decide together: who signs does so on their behalf, and says so (TM., T/M)
COLLECTIVE = {
    (Regime.STATE, UnitKind.PEOPLE_COMMITTEE): "TM. Ủy ban nhân dân",
    (Regime.STATE, UnitKind.COUNCIL): "TM. Thường trực Hội đồng nhân dân",
    (Regime.STATE, UnitKind.STEERING_COMMITTEE): "TM. Ban Chỉ đạo",
    (Regime.PARTY, UnitKind.PARTY_COMMITTEE): "T/M Ban Thường vụ",
    (Regime.PARTY, UnitKind.STEERING_COMMITTEE): "T/M Ban Chỉ đạo",
}
TOP_PARTY = "Tỉnh ủy"
_STANDING = re.compile(r"^(Ban Thường vụ|Thường trực) (?=\S)")
_SHORT = (("UBND ", "Ủy ban nhân dân "), ("HĐND ", "Hội đồng nhân dân "))
_TITLE_OF = re.compile(r"^(Ban|Văn phòng|Thanh tra)\b")


@dataclass(frozen=True)
class Issuer:
    """The body that issues a document, as its form needs it; what is not known is empty."""

    regime: Regime
    name: str
    heading: str
    superior: str
    reports_to: str
    capacity: tuple[str, ...]
    place: str
    symbol: str


def issuer_of(unit: UnitEntry, register: Register, directive: Directive) -> Issuer:
    """The unit as issuer of a document about the directive."""
    parent = register.units[unit.parent] if unit.parent else None
    if parent and parent.name == _committee(unit.name):
        parent = None  # Ban Thường vụ issues as its committee, and nobody stands between
    regime = regime_of(unit, parent, directive.regime)
    superior = _superior(unit, parent, regime, directive.province)
    return Issuer(
        regime=regime,
        name=unit.name,
        heading=_heading(unit, parent, superior, directive.province),
        superior=superior,
        reports_to=parent.name if parent else "",
        capacity=tuple(filter(None, (COLLECTIVE.get((regime, unit.kind)), title_of(unit)))),
        place=directive.province,
        symbol=_symbol(unit, register, directive),
    )


def regime_of(unit: UnitEntry, parent: UnitEntry | None, otherwise: Regime) -> Regime:
    """The form a body writes in.

    The rules of form bind the author of a document, whatever it is about: Thanh tra tỉnh that urges
    a party conclusion writes as a state body. Only a steering committee is of either side: it
    follows the body it stands below or, where none does, the directive.
    """
    if unit.kind is not UnitKind.STEERING_COMMITTEE:
        return Regime.PARTY if unit.kind in PARTY_KINDS else Regime.STATE
    return regime_of(parent, None, otherwise) if parent else otherwise


def _superior(unit: UnitEntry, parent: UnitEntry | None, regime: Regime, province: str) -> str:
    """The body above, for the heading: one of the same side, since Tỉnh ủy is no cơ quan chủ quản
    of a court or a front, though the register has them below it.
    """
    if parent is None or regime_of(parent, None, regime) is not regime:
        return ""
    if unit.kind is UnitKind.PARTY_COMMITTEE and parent.name == TOP_PARTY:
        return f"Đảng bộ tỉnh {province}"  # a committee stands below the party organisation
    return _located(parent.name, province)


def _heading(unit: UnitEntry, parent: UnitEntry | None, superior: str, province: str) -> str:
    """The issuer's own name in full, without what the line above says already."""
    name = _committee(unit.name)
    for short, long in _SHORT:
        name = long + name.removeprefix(short) if name.startswith(short) else name
    if not superior:
        return _located(name, province)
    return name.removesuffix(f" {TOP_PARTY}") if parent and parent.name == TOP_PARTY else name


def _located(name: str, province: str) -> str:
    """The name with its province, where it only says "tỉnh"; a line is not broken within that."""
    if name.endswith(" tỉnh"):
        place = f"tỉnh {province}".replace(" ", "\u00a0")
        return f"{name.removesuffix('tỉnh')}{place}"
    return f"{name} {province}" if name == TOP_PARTY else name


def title_of(unit: UnitEntry) -> str:
    """The office of the head without the body's name: "Giám đốc", "Chánh Thanh tra", "Bí thư"."""
    title = unit.head.removesuffix(f" {unit.name}").removesuffix(f" {_committee(unit.name)}")
    noun = _TITLE_OF.match(unit.name)
    return f"{title} {noun[1]}" if noun and title in ("Chánh", "Trưởng") else title


def _committee(name: str) -> str:
    """The committee, where the name is of its standing part: both issue under the one name."""
    return _STANDING.sub("", name)


def _symbol(unit: UnitEntry, register: Register, directive: Directive) -> str:
    """The abbreviation of the issuer: known where it issued the directive too, from its symbol."""
    issuers = register.expand(directive.issuer, directive.issued)
    return re.split("[-/]", directive.symbol)[-1] if unit in issuers else ""
