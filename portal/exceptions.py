"""The exception board: four fields of everything overdue, on a page and as a sheet."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from models.errors import UnknownName
from models.i18n import gettext as _
from models.status import day_of
from models.vietnamese import show_date
from portal.access import Let, admit
from portal.asked import Asked, Text, What
from portal.boards import choices, obligations_of
from portal.pages import attachment, page
from portal.site import Here
from tasks import lookup, missing
from tasks.evidence_guard import XLSX
from tasks.missing import Decides
from tasks.sheets import sheet

office = APIRouter(dependencies=[Depends(admit)])


@office.get("/exceptions", name="exceptions")
def exceptions(
    request: Request, site: Here, admitted: Let, what: What,
    directive: Text = "", decides: Text = "", closed: Text = "",
) -> Response:  # fmt: skip
    with site.database.read() as session:
        lines = _lines(session, what, directive, decides, closed)
        known = lookup.all_(session)
        province = known[0].province if known else ""
        said: dict[str, str] = {"directive": directive, "decides": decides, "closed": closed}
        return page(
            request, "exceptions", admitted, what=what, lines=lines, directives=known,
            choices=choices(session, province), said=said, levels=list(Decides),
            opens=obligations_of(admitted),
        )  # fmt: skip


@office.get("/exceptions.xlsx", name="exceptions-sheet")
def exceptions_sheet(
    site: Here, what: What, directive: Text = "", decides: Text = "", closed: Text = ""
) -> Response:
    """The same lines as a sheet."""
    with site.database.read() as session:
        lines = _lines(session, what, directive, decides, closed)
    day = show_date(day_of(what.as_of))
    content = sheet(
        _("Exceptions"),
        [_(name) for name in missing.COLUMNS],
        map(missing.row, lines),
        _("Exception board as of {day}").format(day=day),
    )
    name = _("exceptions") + f"-{day_of(what.as_of).isoformat()}.xlsx"
    return Response(content, media_type=XLSX, headers=attachment(name))


def _lines(
    session: Session, what: Asked, directive: str, decides: str, closed: str
) -> list[missing.Missing]:
    owner = lookup.directive(session, directive) if directive else None
    if decides and decides not in list(Decides):
        raise UnknownName(_("There is no “{name}”.").format(name=decides))
    level = Decides(decides) if decides else None
    return missing.missing(session, what.as_of, what.narrowed, owner, level, closed=bool(closed))
