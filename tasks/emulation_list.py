"""The list of proposed commendations (danh sách đề nghị khen thưởng) as a Word file: the appendix
of the letter by which the panel proposes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models.directive import Directive
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.i18n import speaking
from models.register import UnitEntry
from models.round import Round
from models.status import day_of
from models.unit import Unit
from models.vietnamese import show_number
from models.words import label_vi
from tasks.emulating import Contender, Ranking, ranking
from tasks.issuing import Issuer, issuer_of
from tasks.units import load_register
from tasks.word_file import JUSTIFIED, LEFT, Column, add_table, as_bytes, line, new_document
from tasks.word_form import BLANK, STRONG, TEXT, add_appendix_title, long_date

COLUMNS = (
    Column("TT", 10, centred=True),
    Column("Tên tập thể", 48),
    Column("Khối thi đua", 40),
    Column("Tổng điểm", 16, centred=True),
    Column("Hạng trong khối", 18, centred=True),
    Column("Thứ tự trong các tập thể được xét", 28, centred=True),
)
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


@dataclass(frozen=True)
class Proposals:
    """Who is proposed for what, by whom, in which movement, on which day."""

    issuer: Issuer
    movement: str
    day: date
    found: Ranking


def proposals(session: Session, asking: Round, as_of: datetime) -> Proposals:
    """The list of a round as of an instant; raises NotAllowed where nobody is proposed."""
    with speaking("vi"):  # documents are Vietnamese whatever language the caller reads
        found = ranking(session, asking, as_of)
    if not found.proposals:
        raise NotAllowed(nobody_yet())
    owner = session.get_one(Directive, asking.directive_id)
    register = load_register(session, owner.province)
    units = register.expand(found.rules.panel or _overseer(session, asking), day_of(as_of))
    panel = next(iter(units), None) or _top(register.units)
    movement = f"{label_vi(owner.kind)} số {owner.symbol} {long_date(owner.issued)}"
    movement += f" của {owner.issuer} về {owner.subject.rstrip(' .')}"
    return Proposals(issuer_of(panel, register, owner), movement, day_of(as_of), found)


def nobody_yet() -> str:
    """Why there is no list."""
    return _("Nobody is proposed yet: the panel has to give its points first.")


def _overseer(session: Session, asking: Round) -> str:
    found = session.get(Unit, asking.overseer_id) if asking.overseer_id else None
    return found.name if found else ""


def _top(units: Mapping[str, UnitEntry]) -> UnitEntry:
    return next(unit for unit in units.values() if not unit.parent)


def write(found: Proposals) -> bytes:
    """The list as a .docx."""
    document = new_document(found.issuer.name, "Danh sách đề nghị khen thưởng", found.day)
    add_appendix_title(document, "Danh sách tập thể đề nghị khen thưởng", _belongs_to(found))
    opening = f"Tập thể có thành tích trong phong trào thi đua theo {found.movement}."
    line(document, opening, TEXT, JUSTIFIED, before=6)
    for numeral, (form, units) in zip(NUMERALS, found.found.proposals.items(), strict=False):
        heading = f"{numeral}. {form} ({len(units):02} tập thể)"
        line(document, heading, STRONG, LEFT, before=12).paragraph_format.keep_with_next = True
        line(document, "", TEXT).paragraph_format.keep_with_next = True
        add_table(document, COLUMNS, [_row(at, one) for at, one in enumerate(units, 1)])
    total = sum(len(units) for units in found.found.proposals.values())
    line(document, f"Tổng cộng: {total:02} tập thể./.", TEXT, JUSTIFIED, before=12)
    return as_bytes(document)


def _belongs_to(found: Proposals) -> str:
    """The note under the title; the number is written when the letter gets it."""
    number = f"số:{BLANK}/TTr-{found.issuer.symbol or '…'}"
    return f"Kèm theo Tờ trình {number} {long_date(found.day)} của {found.issuer.name}"


def _row(at: int, one: Contender) -> tuple[str, ...]:
    place = f"{one.place}/{one.among}"
    return (str(at), one.unit, one.block, show_number(one.total), str(one.rank), place)
