"""An office in the midst of its work, with something for every route to show."""

import re
from typing import Any

from fastapi.routing import APIRoute
from sqlmodel import select

from models.calendar import vietnam
from models.round import Evidence, Obligation, Submission
from models.unit import Unit
from models.words import AccountRole, ReliefKind
from portal.access import ACCESS, Open
from portal.app import LINKED, OFFICE, PUBLIC
from portal.pages import _style
from portal.site import Site
from tasks import directive_drafts as drafts
from tasks import lookup, reliefs
from tasks.appraising import give_back
from tasks.emulating import ranking
from tasks.panel_scores import Points, give
from tests.portal.test_drafts import FILE
from tests.portal.units import ANSWERS, PROGRESSED, TASK, path_to, unit_path
from tests.portal.visitor import Visitor, signed_in, visitor
from tests.tasks import emulation
from tests.tasks.office import A_REPORT, ISSUED, a_file, a_round, answer, at, issue, open_

ROUTES = {
    route.name: route
    for router in (*PUBLIC, *LINKED, *OFFICE)
    for route in router.routes
    if isinstance(route, APIRoute)
}
A_PDF = b"%PDF-1.4\n%%EOF\n"
SENT = at(2024, 5, 20)
HOSTILE = "=cmd|' /C calc'!A1 <img src=//evil.example/x> @SUM(1) https://evil.example"


def fill(site: Site) -> None:
    """So A has received, begun a plan, proved progress that was given back and reported; so B has
    answered wrongly and asks for more time; a directive is a draft. Words are hostile.
    """
    guest = visitor(site)
    guest.sends(guest.opens(path_to(site, TASK["tiep-nhan"])), do="send", **ANSWERS["tiep-nhan"])
    said: dict[str, Any] = PROGRESSED | {"narrative": HOSTILE, "percent": "100"}
    page = guest.opens(path_to(site, TASK["thuc-hien"]))
    guest.sends(page, files={"files": ("Biên bản.pdf", A_PDF)}, do="send", **said)
    guest.sends(guest.opens(path_to(site, TASK["ke-hoach"])), do="draft", **ANSWERS["ke-hoach"])
    answer(site.database, TASK["bao-cao"], A_REPORT | {"narrative": HOSTILE}, ISSUED)
    answer(site.database, "kl-1/bao-cao/so-b", {"values": {}}, ISSUED)
    with site.database.write() as session:
        proved = session.exec(select(Submission).join(Evidence)).one()
        give_back(session, proved.id or 0, HOSTILE, "Lê Thị A", vietnam(), ISSUED)
        reliefs.ask(session, "kl-1/ke-hoach/so-b", ReliefKind.WAIVER, HOSTILE, "B", ISSUED)
        drafts.upload(session, "kl-9.yaml", FILE, "Lê Thị A", ISSUED)
    _emulate(site)


def _emulate(site: Site) -> None:
    """Another directive whose units are ranked, So A is proposed for a commendation; and one with a
    review.
    """
    with site.database.write() as session:
        issue(session, emulation.the_file("kl-2"))
        open_(session, "kl-2", "thi-dua", ISSUED)
        issue(session, a_file("kl-3", rounds=[a_round("so-ket", review="preliminary")]))
    emulation.sends(site.database, "so-a", 60, 35, when=SENT, directive="kl-2")
    with site.database.write() as session:
        asking = lookup.round_(session, "kl-2", "thi-dua")
        one = ranking(session, asking, SENT).of("so-a")
        given = {code: Points(points, HOSTILE) for code, points in emulation.MARKED.items()}
        give(session, one.obligation_id, given, "Lê Thị A", SENT)


def path_of(site: Site, name: str) -> str:
    """The address of a route, of something that it can show."""
    with site.database.read() as session:
        owed = session.exec(select(Obligation).where(Obligation.code == TASK["thuc-hien"])).one()
        unit = session.exec(select(Unit.id).where(Unit.code == "so-a")).one()
    path = ROUTES[name].path
    ids = {"units": unit, "obligations": owed.id}
    known = {
        "code": "kl-1", "directive": "kl-1", "login": "reader-none", "round": "bao-cao",
        "indicator": "so-cuoc", "version": "1", "number": "1", "kind": "xlsx",
        "template": "summary-state",
        "name": f"{_style()[0]}.css",
        "id": str(ids.get(path.split("/")[1], 1)),
        "token": token_of(site, name),
    }  # fmt: skip
    if name.startswith("emulation"):
        known |= {"code": "kl-2", "round": "thi-dua", "unit": "so-a"}
    if name == "review":
        known |= {"code": "kl-3", "round": "so-ket"}
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: known[found[1]], path)


def token_of(site: Site, name: str = "task", task: str = "thuc-hien") -> str:
    """The token of a live link that a route takes."""
    path = {"owed": unit_path(site), "calendar": unit_path(site, calendar=True)}.get(name)
    return (path or path_to(site, TASK[task])).split("/")[2].removesuffix(".ics")


def those_who_may(site: Site) -> dict[str, Visitor]:
    """For each route somebody who is let in: the secretariat's clerk wherever there is a choice,
    and a guest with links.
    """
    with site.database.read() as session:
        unit = session.exec(select(Unit.id).where(Unit.code == "so-a")).one()
    clerk = signed_in(site, AccountRole.SECRETARIAT)
    head = signed_in(site, AccountRole.UNIT_HEAD, unit)
    operator, guest = signed_in(site, AccountRole.OPERATOR), visitor(site)
    order = {AccountRole.SECRETARIAT: clerk, AccountRole.UNIT_HEAD: head,
             AccountRole.OPERATOR: operator}  # fmt: skip

    def who(audience: Open | frozenset[AccountRole]) -> Visitor:
        if isinstance(audience, Open):
            return guest
        return next(one for role, one in order.items() if role in audience)

    return {name: who(audience) for name, audience in ACCESS.items()}
