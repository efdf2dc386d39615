"""What tests of the reading pages share: a small office with a life, and the links of a page."""

from html.parser import HTMLParser

from httpx import Response

from models.database import Database
from models.settings import Settings
from portal.site import Site
from tasks import reliefs
from tests.portal.visitor import Clock
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    a_unit,
    answer,
    at,
    figures,
    issue,
    know,
    open_,
    report_file,
)

NOW = at(2024, 6, 10, 9)
HOSTILE = "<script>alert(1)</script>\"&' Sở =1+1"
SO_X = a_unit("so-x", name=HOSTILE)
UY = a_unit("so-uy", name="Uỷ ban Kiểm tra Hòa Bình")


def live(db: Database) -> None:
    """Five units are asked for a report by 3 June: one in time, one declines, one is late, one asks
    for more time and is overdue, as is the last.
    """
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B, SO_C, SO_X, UY)
        issue(session, report_file())
        open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
    code = "kl-1/bao-cao/so-{}"
    answer(db, code.format("a"), figures(kho_khan="Thiếu cán bộ kiểm tra."), at(2024, 5, 20))
    answer(
        db, code.format("b"), {"reason": "Không thuộc chức năng."}, at(2024, 5, 21), decline=True
    )
    answer(db, code.format("c"), A_REPORT, at(2024, 6, 5))
    answer(db, code.format("x"), {"values": {}}, at(2024, 6, 1))
    with db.write() as session:
        reliefs.ask(
            session, code.format("uy"), reliefs.ReliefKind.EXTENSION, "Chờ số liệu.", "văn thư",
            at(2024, 6, 9), at(2024, 6, 20).date(),
        )  # fmt: skip


def site_of(db: Database, clock: Clock) -> Site:
    return Site(db, Settings(), clock)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.open: str | None = None
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.open = dict(attrs).get("href") or ""
            self.found.append((self.open, ""))

    def handle_data(self, data: str) -> None:
        if self.open is not None:
            href, text = self.found[-1]
            self.found[-1] = href, text + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.open = None


def links(page: Response) -> list[tuple[str, str]]:
    """The links of a page: address as resolved, and words."""
    parser = _Links()
    parser.feed(page.text)
    return [(str(page.url.join(href)), text.strip()) for href, text in parser.found]


def rows(page: Response) -> int:
    """How many rows the list of a page has; the one that says “nothing” is none."""
    body = page.text.split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    return body.count("<tr>") - body.count("<tr><td colspan")
