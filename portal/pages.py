"""Pages from templates, with what all of them show."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from models.errors import Fault, UnknownName
from models.i18n import gettext as _
from models.i18n import language
from models.settings import settings
from models.status import COLOURS
from portal.access import Admitted
from tasks.mail_files import TEMPLATES
from tasks.rendering import render

public = APIRouter()


def page(
    request: Request,
    name: str,
    admitted: Admitted | None = None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A template of `templates/portal` as a response; `admitted` is who sees it."""
    shown = render(
        f"portal/{name}.html",
        lang=language(),
        style=f"/static/{_style()[0]}.css",
        url=request.app.url_path_for,
        path=request.url.path,
        admitted=admitted,
        **values,
    )
    return HTMLResponse(shown, status_code=status)


def error_page(
    request: Request, status: int, words: str, faults: Sequence[Fault] = ()
) -> HTMLResponse:
    """What went wrong and what to do, for whoever called."""
    shown = render(
        "portal/error.html",
        lang=language(),
        style=f"/static/{_style()[0]}.css",
        words=words,
        faults=faults,
        status=status,
    )
    return HTMLResponse(shown, status_code=status)


def attachment(name: str) -> dict[str, str]:
    """The header that makes a browser save a file under its name and never show it (RFC 6266)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    }


@cache
def _style() -> tuple[str, str]:
    """The digest and the text of the one style sheet, with the operator's own colours."""
    parts = [
        (TEMPLATES / "pages/_style.css").read_text(encoding="utf-8"),
        (TEMPLATES / "portal/style.css").read_text(encoding="utf-8"),
    ]
    for status, colour in settings().colours.items():
        parts.append(f".s-{COLOURS[status]} {{ background: {colour}; }}")
    text = "\n".join(parts)
    return sha256(text.encode()).hexdigest()[:16], text


@public.get("/static/{name}", name="style", include_in_schema=False)
def style(name: str) -> Response:
    """The style sheet; its name changes with it, so it may be kept for ever."""
    digest, text = _style()
    if name != f"{digest}.css":
        raise UnknownName(_("There is no such page."))
    forever = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(text, media_type="text/css", headers=forever)
