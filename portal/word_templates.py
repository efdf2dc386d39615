"""The office's own Word templates: look at them, download one, change it, go back to an earlier."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from fastapi.responses import Response

from models.errors import Fault, WordTemplateError
from models.i18n import gettext as _
from portal.access import Admitted, Let, admit
from portal.deeds import back, content, notice
from portal.pages import attachment, page
from portal.site import Here, Site
from tasks import word_templates
from tasks.evidence_guard import DOCX
from tasks.papers import shipped_template
from tasks.word_guard import MOST_BYTES

office = APIRouter(dependencies=[Depends(admit)])

Version = Annotated[int, Query(ge=0, lt=2**31)]


@office.get("/word-templates", name="word-templates")
def templates_page(request: Request, site: Here, admitted: Let) -> Response:
    return _list(request, site, admitted)


def _list(
    request: Request, site: Site, admitted: Admitted, name: str = "", faults: Sequence[Fault] = ()
) -> Response:
    with site.database.read() as session:
        kept = {one: word_templates.history(session, one) for one in word_templates.SHIPPED}
    return page(
        request, "word_templates", admitted, 422 if faults else 200,
        kept=kept, faults=faults, faulty=name, done=notice(request, _done()),
    )  # fmt: skip


def _done() -> dict[str, str]:
    return {
        "kept": _("The template is in force: documents are written from it from now on."),
        "back": _("The earlier template is in force again."),
    }


@office.get("/word-templates/{template}", name="word-template")
def download(site: Here, template: str, version: Version = 0) -> Response:
    """The Word file in force, or an earlier version by its number."""
    with site.database.read() as session:
        if version:
            found = word_templates.one(session, template, version)
            raw = word_templates.content(site.settings.data, found)
        else:
            raw = word_templates.in_force(session, site.settings.data, template)
    return _file(template, raw)


@office.get("/word-templates/{template}/shipped", name="word-template-shipped")
def download_shipped(template: str) -> Response:
    """The Word file as we ship it."""
    word_templates.refuse_unknown(template)
    return _file(template, shipped_template(template))


def _file(name: str, raw: bytes) -> Response:
    return Response(raw, media_type=DOCX, headers=attachment(f"{name}.docx"))


@office.post("/word-templates/{template}", name="word-template-upload")
def upload(
    request: Request, site: Here, admitted: Let, template: str, file: UploadFile | None = None
) -> Response:
    word_templates.refuse_unknown(template)
    _name, raw = content(file, MOST_BYTES)
    by = admitted.viewer.name
    try:
        with site.database.write() as session:
            word_templates.keep(session, site.settings.data, template, raw, by, site.clock())
    except WordTemplateError as error:
        return _list(request, site, admitted, template, error.faults)
    return back(request, "word-templates", "kept")


@office.post("/word-templates/{template}/back", name="word-template-back")
def go_back(
    request: Request, site: Here, admitted: Let, template: str,
    version: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:  # fmt: skip
    """Puts an earlier version in force again; 0 is the shipped one."""
    by = admitted.viewer.name
    with site.database.write() as session:
        word_templates.go_back(
            session, site.settings.data, template, version or None, by, site.clock()
        )
    return back(request, "word-templates", "back")
