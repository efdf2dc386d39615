"""Signs of formalism in the answers to a round: a list to look at, on a page and as a sheet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from models.i18n import gettext as _
from models.plain_words import Piece, compared
from models.round import Round
from models.status import day_of
from models.vietnamese import show_date
from portal.access import Let, admit
from portal.asked import Asked, Text, What
from portal.boards import obligations_of
from portal.pages import attachment, page
from portal.site import Here
from tasks import formalism, lookup
from tasks.evidence_guard import XLSX
from tasks.sheets import sheet
from tasks.signs import COLUMNS, Seen, Sign, SignKind, name_of, of_kind, rows_of

office = APIRouter(dependencies=[Depends(admit)])

SIGNS, SIDES = 60, 12  # signs on a page, sides of one: the sheet has all
IN_WORDS = (SignKind.COPIED, SignKind.REPEATED)


@dataclass(frozen=True)
class Side:
    """What was seen at one unit, in pieces: what the first side has too, and what it has not."""

    seen: Seen
    pieces: Sequence[Piece]


@office.get("/directives/{code}/rounds/{round}/signs", name="signs")
def signs(
    request: Request, site: Here, admitted: Let, what: What, code: str, round: str, sign: Text = ""
) -> Response:
    with site.database.read() as session:
        found, every = _signs(session, what, code, round)
        owner = lookup.directive(session, code)
        wanted = of_kind(every, sign)
        return page(
            request, "signs", admitted, what=what, directive=owner, round=found,
            signs=[(sign, sides(sign)) for sign in wanted[:SIGNS]], sort=sign,
            total=len(wanted), counts=Counter(sign.kind for sign in every), every=len(every),
            kinds=[(one, name_of(one)) for one in SignKind], opens=obligations_of(admitted),
        )  # fmt: skip


@office.get("/directives/{code}/rounds/{round}/signs.xlsx", name="signs-sheet")
def signs_sheet(site: Here, what: What, code: str, round: str, sign: Text = "") -> Response:
    """The same signs as a sheet, with every unit they concern."""
    with site.database.read() as session:
        found, every = _signs(session, what, code, round)
        title = found.title
    day = day_of(what.as_of)
    words = _("{round}: signs to be looked at, no verdict; as of {day}")
    content = sheet(
        _("Signs"), [_(name) for name in COLUMNS], rows_of(of_kind(every, sign)),
        words.format(round=title, day=show_date(day)),
    )  # fmt: skip
    name = _("signs") + f"-{found.code}-{day.isoformat()}.xlsx"
    return Response(content, media_type=XLSX, headers=attachment(name))


def _signs(session: Session, what: Asked, code: str, round: str) -> tuple[Round, list[Sign]]:
    found = lookup.round_(session, code, round)
    return found, formalism.signs(session, found, what.as_of)


def sides(sign: Sign) -> list[Side]:
    """The first sides of a sign; texts are compared with the first of them."""
    first, found = sign.seen[0], []
    for seen in sign.seen[:SIDES]:
        other = first if seen is not first else sign.seen[min(1, len(sign.seen) - 1)]
        in_words = sign.kind in IN_WORDS
        found.append(
            Side(seen, compared(seen.text, other.text) if in_words else [Piece(seen.text, True)])
        )
    return found
