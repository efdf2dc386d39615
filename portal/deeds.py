"""What routes that change something share: the notice after it, timers, uploads."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request, UploadFile
from fastapi.responses import RedirectResponse

from models.errors import ServiceError
from models.i18n import gettext as _
from portal.site import Site

# what a page says after a deed, by the word that stands in its address: nobody's own words do
NOTICE = "done"


def back(request: Request, route: str, done: str, **path: object) -> RedirectResponse:
    """To a page, which says what was done."""
    target = request.app.url_path_for(route, **path)
    return RedirectResponse(f"{target}?{urlencode({NOTICE: done})}", status_code=303)


def notice(request: Request, words: Mapping[str, str]) -> str:
    """What was done, as the address of the page says; empty where it says nothing known."""
    found = dict.fromkeys(request.query_params.get(NOTICE, "").split("."))
    return " ".join(words[word] for word in found if word in words)


def timers(site: Site, directive: str) -> str:
    """Sets a directive's timers; the word for what became of them."""
    try:
        return "timers" if site.set_timers(directive) else "later"
    except ServiceError:
        return "later"


def timer_words() -> dict[str, str]:
    """What a page says of timers."""
    return {
        "timers": _("Its timers are set."),
        "later": _("Prefect does not answer: `dondoc up` sets the timers when it starts."),
    }


def content(file: UploadFile | None, most: int) -> tuple[str, bytes]:
    """Name and content of an upload; of one that is too large no more than shows it."""
    if file is None or not file.filename:
        return "", b""
    return file.filename, file.file.read(most + 1)
