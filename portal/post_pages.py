"""The mail: what did not arrive and whom to call, what came in; sending again, settling."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from models.errors import NotAllowed
from models.i18n import gettext as _
from models.words import MessageState, ReceivedKind
from portal.access import Let, admit
from portal.deeds import Consequence, ask_first, back, notice, undone
from portal.pages import page
from portal.site import Here
from tasks import replies, resending
from tasks.mail_page import by_address
from tasks.stoppages import stoppage
from tasks.undelivered import troubles

office = APIRouter(dependencies=[Depends(admit)])

Numbers = Annotated[list[int], Form()]


@office.get("/mail", name="post")
def post_page(request: Request, site: Here, admitted: Let) -> Response:
    moment = site.clock()
    said = {
        "resent": _("The mails wait to be sent again; they leave within five minutes."),
        "settled": _("The mail is settled in your name."),
    }
    with site.database.read() as session:
        missed = troubles(session, moment)
        return page(
            request, "post", admitted,
            stoppage=stoppage(session, site.settings),
            missed=by_address([t for t in missed if t.handled is None]),
            over=by_address([t for t in missed if t.handled is not None]),
            held_up=ReceivedKind.DELAY, sent=MessageState.SENT,
            received=replies.received(session), done=notice(request, said),
        )  # fmt: skip


@office.post("/mail/resend", name="resend")
def resend(
    request: Request,
    site: Here,
    admitted: Let,
    mail: Numbers = [],  # noqa: B006 FastAPI copies it
    confirmed: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    if not mail:
        raise NotAllowed(_("Choose the mails to send again."))
    by, moment = admitted.viewer.name, site.clock()
    if confirmed:
        with site.database.write() as session:
            resending.resend(session, mail, by, moment)
        return back(request, "post", "resent")
    with undone(site.database) as session:
        found = resending.resend(session, mail, by, moment)
        mailed = [f"{one.to_name} <{one.to_email}>" for one in found]
    words = [_("These mails are sent again, to where each unit's mail goes now.")]
    consequence = Consequence(_("Send again"), words, _("Send again"), mailed)
    fields = {"mail": [str(number) for number in mail]}
    return ask_first(request, admitted, consequence, fields, request.app.url_path_for("post"))


@office.post("/mail/settle", name="settle")
def settle(
    request: Request, site: Here, admitted: Let, mail: Annotated[int, Form()] = 0
) -> Response:
    with site.database.write() as session:
        replies.settle(session, mail, admitted.viewer.name, site.clock())
    return back(request, "post", "settled")
