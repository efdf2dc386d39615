"""Files of an obligation's page: evidence to look at, the form as a workbook and back."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from models.answer_form import filled
from models.errors import UnknownName, WorkbookRefused
from models.i18n import gettext as _
from models.round import Evidence, Obligation
from portal.pages import attachment
from portal.site import Here, Site
from portal.task_answer import review
from portal.task_page import Shown, show
from portal.task_post import BY_WORKBOOK, Posted, Sent
from tasks import evidence
from tasks.answer_once import Filled, form_of, payload_of
from tasks.evidence_guard import XLSX
from tasks.links import BadLink, LinkPurpose
from tasks.workbook import workbook
from tasks.workbook_guard import MOST_BYTES
from tasks.workbook_read import Read, read_workbook

linked = APIRouter()


def evidence_file(site: Site, found: Evidence) -> Response:
    """A file of evidence as a download, for the unit's pages and the office's."""
    path = evidence.path_of(site.settings.data, found.sha256)
    if not path.is_file():
        raise UnknownName(_("The content of this file is not in the data folder any more."))
    return FileResponse(path, media_type=found.media, headers=attachment(found.name))


@linked.get("/t/{token}/evidence/{number}", name="task-evidence")
def one_file(site: Here, token: str, number: int) -> Response:
    """A file of this obligation and of no other."""
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, site.clock())
        found = evidence.one_of(session, id_, number)
        return evidence_file(site, found)


@linked.get("/t/{token}/form.xlsx", name="task-workbook")
def form_as_workbook(site: Here, token: str) -> Response:
    """The form to fill in offline."""
    with site.database.read() as session:
        now = site.clock()
        id_ = site.links.read(session, LinkPurpose.TASK, token, now)
        raw = workbook(session, id_, site.links, now)
        name = session.get_one(Obligation, id_).code.replace("/", "_")
    return Response(raw, media_type=XLSX, headers=attachment(f"{name}.xlsx"))


@linked.post("/t/{token}/workbook", name="task-upload")
def upload(request: Request, site: Here, token: str, sent: Sent) -> Response:
    """What a filled form says, shown beside what is recorded. Records nothing."""
    now = site.clock()
    with site.database.read() as session:
        id_ = site.links.read(session, LinkPurpose.TASK, token, now)
        try:
            raw = sent.files[0].file.read(MOST_BYTES + 1) if sent.files else b""
            found = _own(read_workbook(session, raw, site.links, now), id_)
        except (WorkbookRefused, BadLink) as error:
            shown = Shown(sheet=[str(error)], open="workbook")
            return show(request, site, session, token, id_, shown)
        if found.faults:
            told = [f"{one.where}: {one.message}" for one in found.faults]
            return show(request, site, session, token, id_, Shown(sheet=told, open="workbook"))
        form = form_of(session, id_)
        fields = {**filled(found.payload), "via": BY_WORKBOOK, "why": found.why}
        posted = Posted(fields)
        payload: Mapping[str, object] = found.payload
        if not found.decline:
            payload = payload_of(session, form, Filled(fields, "", form.version), now)
        shown_page = review(
            request, site, session, token, form, posted, payload, decline=found.decline
        )
        assert shown_page is not None  # a payload that is given is always shown
        return shown_page


def _own(found: Read, id_: int) -> Read:
    if found.obligation_id != id_:
        message = _("This is the form of another task ({code}). Upload it on that task's page.")
        raise WorkbookRefused(message.format(code=found.code))
    return found
