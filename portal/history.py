"""The activity history: who did what, when, from what to what."""

from datetime import time, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import col, select

from models.account import Account
from models.errors import UnknownName
from models.i18n import gettext as _
from models.timers import at
from models.vietnamese import printable
from models.words import Deed
from portal.access import Let, admit
from portal.asked import Text, day_asked, number
from portal.pages import page
from portal.site import Here
from tasks import lookup
from tasks.history import activities

office = APIRouter(dependencies=[Depends(admit)])
LIMIT = 100
_MIDNIGHT = time()


@office.get("/history", name="history")
def history(
    request: Request, site: Here, admitted: Let, directive: Text = "", unit: Text = "",
    account: Text = "", deed: Text = "", since: Text = "", until: Text = "", before: Text = "",
) -> Response:  # fmt: skip
    """Newest first, a hundred a page."""
    said = {
        "directive": directive, "unit": printable(unit), "account": account, "deed": deed,
        "since": since, "until": until,
    }  # fmt: skip
    if deed and deed not in set(Deed):
        raise UnknownName(_("There is no “{name}”.").format(name=deed))
    first, last = day_asked(since), day_asked(until)
    with site.database.read() as session:
        wanted: dict[str, Any] = {
            "directive": lookup.directive(session, directive).id if directive else None,
            "unit": lookup.unit(session, said["unit"]).id if said["unit"] else None,
            "account": number(account),
            "deed": Deed(deed) if deed else None,
            "since": at(first, _MIDNIGHT) if first else None,
            "until": at(last + timedelta(days=1), _MIDNIGHT) if last else None,
        }
        found = activities(session, **wanted, before_id=number(before), limit=LIMIT)
        query = urlencode({name: value for name, value in said.items() if value})
        return page(
            request, "history", admitted, found=found, said=said, query=query,
            more=len(found) == LIMIT, deeds=list(Deed), directives=lookup.all_(session),
            accounts=session.exec(select(Account).order_by(col(Account.login))).all(),
        )  # fmt: skip
