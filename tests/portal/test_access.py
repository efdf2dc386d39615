"""Who may do what: the whole matrix of roles and routes, from the application's own routes."""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx import Response
from sqlmodel import Session, select

from models.directive import DirectiveDraft
from models.round import Evidence, Obligation, Submission
from models.tables import METADATA
from models.unit import Unit
from models.words import AccountRole
from portal.access import ACCESS, Open
from portal.app import LINKED, OFFICE, PUBLIC
from portal.site import Site
from tests.conftest import Databases
from tests.portal.visitor import HOST, Visitor, forms, signed_in, visitor
from tests.tasks.office import A_REPORT, answer, at, in_force

ROUTES = {
    route.name: route
    for router in (*PUBLIC, *LINKED, *OFFICE)
    for route in router.routes
    if isinstance(route, APIRoute)
}
ROLES = [*AccountRole]
FOREIGN = "did not come from our page"
# what a test would put an end to: its own sign-in
LAST = "sign-out"


@pytest.fixture
def databases(sqlites: Databases) -> Databases:
    """One kind is enough: a role is looked at before any database is asked."""
    return sqlites


@pytest.fixture
def furnished(desk: Site) -> Iterator[Site]:
    """An office that has one of everything, under the number 1; Sở A is unit 2."""
    with desk.database.write() as session:
        assert session.get_one(Unit, 2).code == "so-a"
        draft = DirectiveDraft(name="x", text="x", confirmed={}, uploaded_at=desk.clock(),
                               uploaded_by="A")  # fmt: skip
        session.add(draft)
    answer(desk.database, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))
    with desk.database.write() as session:
        given = session.exec(select(Submission.id)).one()
        owed = session.exec(select(Obligation).where(Obligation.unit_id == 2)).one()
        assert owed.id == 1
        session.add(
            Evidence(obligation_id=1, submission_id=given, name="a.pdf", media="application/pdf",
                     size=1, sha256=sha256(b"a").hexdigest(), added_at=desk.clock())
        )  # fmt: skip
    with in_force(desk.database):
        yield desk


def of_role(site: Site, role: AccountRole) -> Visitor:
    """Somebody of a role; who stands for a unit stands for Sở A, or for who oversees it."""
    codes = {AccountRole.OVERSEER: "so-c", AccountRole.UNIT_HEAD: "so-a"}
    unit = None
    if role in codes:
        with site.database.read() as session:
            unit = session.exec(select(Unit.id).where(Unit.code == codes[role])).one()
    return signed_in(site, role, unit)


def path_of(route: APIRoute) -> str:
    """An address of a route, of the one thing there is of everything."""
    known = {"code": "kl-1", "directive": "kl-1", "login": "nobody"}
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: known.get(found[1], "1"), route.path)


def calls() -> list[tuple[str, str, str]]:
    """Every route as name, method and address, signing out last."""
    found = [(n, m, path_of(r)) for n, r in ROUTES.items() for m in sorted(r.methods)]
    return sorted(found, key=lambda call: call[0] == LAST)


def send(who: Visitor, method: str, path: str, csrf: str = "") -> Response:
    headers = {"origin": HOST}
    if method == "GET":
        return who.client.get(path, follow_redirects=False)
    data = {"csrf": csrf} if csrf else None
    return who.client.request(method, path, data=data, headers=headers, follow_redirects=False)


def secret_of(who: Visitor) -> str:
    """What the pages of somebody have in their forms."""
    for path in ("/requests", "/mine"):
        page = who.client.get(path)
        if page.status_code == 200:
            return forms(page)[0].fields["csrf"][0]
    raise AssertionError("no page is for this role")


def to_sign_in(answer: Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_every_route_stands_in_the_matrix() -> None:
    assert ROUTES.keys() == ACCESS.keys()
    assert {m for route in ROUTES.values() for m in route.methods} <= {"GET", "POST"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_in_exactly_where_it_belongs(furnished: Site, role: AccountRole) -> None:
    who = of_role(furnished, role)
    csrf = secret_of(who)
    wrong = []
    for name, method, path in calls():
        audience = ACCESS[name]
        answer = send(who, method, path, csrf)
        refused = answer.status_code == 403 or (to_sign_in(answer) and name != LAST)
        allowed = isinstance(audience, Open) or role in audience
        if audience is Open.LINK:
            refused, allowed = answer.status_code == 404, False  # an account is no link
        if name == "sign-in-post":
            continue  # its 403 says that the password is wrong
        if refused is allowed or answer.status_code >= 500:
            wrong.append((name, method, path, answer.status_code))
    assert not wrong


def test_who_has_no_account_is_sent_to_sign_in_and_a_bad_link_opens_nothing(
    furnished: Site,
) -> None:
    guest = visitor(furnished)
    wrong = []
    for name, method, path in calls():
        answer = send(guest, method, path)
        meant = {
            Open.PUBLIC: answer.status_code < 500 and not to_sign_in(answer),
            Open.LINK: answer.status_code == 404,
        }.get(ACCESS[name], to_sign_in(answer))  # type: ignore[call-overload]
        if not meant:
            wrong.append((name, method, path, answer.status_code))
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_a_forged_form_does_nothing_on_any_route(furnished: Site, role: AccountRole) -> None:
    who = of_role(furnished, role)
    csrf = secret_of(who)
    before = everything(furnished)
    wrong = []
    for name, method, path in calls():
        audience = ACCESS[name]
        if method == "GET" or isinstance(audience, Open) or role not in audience:
            continue
        forged: list[tuple[dict[str, str], dict[str, str]]] = [
            ({}, {"origin": HOST}),
            ({"csrf": "0" * 64}, {"origin": HOST}),
            ({"csrf": csrf}, {"origin": "https://evil.example"}),
            ({"csrf": csrf}, {"sec-fetch-site": "cross-site"}),
            ({"csrf": csrf}, {}),
        ]
        for data, headers in forged:
            answer = who.client.post(path, data=data, headers=headers)
            if answer.status_code != 403 or FOREIGN not in answer.text:
                wrong.append((name, path, answer.status_code, headers))
    assert not wrong
    assert everything(furnished) == before


@pytest.mark.parametrize(
    ("role", "unit"), [(AccountRole.OVERSEER, "so-b"), (AccountRole.UNIT_HEAD, "so-b")]
)
def test_another_unit_is_closed(furnished: Site, role: AccountRole, unit: str) -> None:
    with furnished.database.read() as session:
        id_ = session.exec(select(Unit.id).where(Unit.code == unit)).one()
    who = signed_in(furnished, role, id_)
    csrf = secret_of(who)
    of_a_unit = {
        "obligation": "GET", "file": "GET", "appraise": "POST", "approve": "POST",
    }  # fmt: skip
    for name, method in of_a_unit.items():
        if name in ROUTES:
            answer = send(who, method, path_of(ROUTES[name]), csrf)
            assert answer.status_code == 403, name


def everything(site: Site) -> dict[str, list[Any]]:
    """Every row of every table."""
    with site.database.read() as session:
        return {table.name: _rows(session, table) for table in METADATA.sorted_tables}


def _rows(session: Session, table: Any) -> list[Any]:
    return sorted(map(repr, session.connection().execute(table.select())))
