"""The head's approval with the code that was mailed: on the receipt of the answer."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotAllowed
from models.i18n import gettext as _
from portal.site import Here, Site
from portal.task_answer import receipt_page
from portal.task_post import Posted, Sent
from tasks import approving
from tasks.accounts import Refused
from tasks.links import LinkPurpose
from tasks.task_page import the_task

linked = APIRouter()


@linked.post("/t/{token}/approval/{version}", name="task-approve")
def approve(request: Request, site: Here, token: str, version: int, sent: Sent) -> Response:
    """Approves a version with the head's code, or mails a new code (`do` again)."""
    try:
        words = _approve(request, site, token, version, sent)
    except NotAllowed as error:
        words = str(error)
    if words:
        with site.database.read() as session:
            id_ = site.links.read(session, LinkPurpose.TASK, token, site.clock())
            return receipt_page(request, site, session, token, id_, version, words)
    path = request.app.url_path_for("task-receipt", token=token, version=str(version))
    return RedirectResponse(str(path), status_code=303)


def _approve(request: Request, site: Site, token: str, version: int, sent: Posted) -> str:
    """What went wrong; empty where it went well."""
    now, address = site.clock(), request.client.host if request.client else ""
    with site.database.write() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, now)
        given = (a.submission for a in the_task(session, id_, now).answers)
        number = next((one.id for one in given if one.version == version), None) or 0
        if sent["do"] == "again":
            approving.ask(session, number, now)
            return ""
        if not sent["code"].strip():
            return _("Enter the code of six digits.")
        found = approving.approve_by_code(session, number, sent["code"], address, now)
        return found.message if isinstance(found, Refused) else ""
