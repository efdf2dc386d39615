"""What turns a page into a PDF: WeasyPrint, which needs libraries of the machine."""

import logging
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import Any

from models.errors import LibraryMissing
from models.i18n import gettext as _

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2"


def print_page(page: str) -> bytes:
    """A page as PDF. Nothing is fetched: it has no address in it that is not a link."""
    written: bytes = _writer()(string=page, url_fetcher=_refuse).write_pdf(
        custom_metadata=False, full_fonts=False
    )
    return written


@cache
def can_print() -> bool:
    """Whether this machine can write PDF."""
    try:
        _writer()
    except LibraryMissing:
        return False
    return True


def _writer() -> Any:
    # it tells of every word of our charts that its CSS does not know, though they are drawn well,
    # and prints advice where a library lacks: ours names the packages
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):
            from weasyprint import HTML
    except OSError as error:
        raise LibraryMissing(missing()) from error
    return HTML


def missing() -> str:
    """What to install where PDF cannot be written."""
    message = _("PDF needs libraries that this machine lacks: apt-get install {packages}")
    return message.format(packages=PACKAGES)


def _refuse(url: str, *_others: object, **_named: object) -> dict[str, Any]:
    raise ValueError(f"a paper fetches nothing: {url}")
