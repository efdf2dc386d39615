"""GET changes nothing, ever: every route of the application that can be looked at, twice."""

from portal.access import ACCESS
from portal.site import Site
from tests.portal.filled import ROUTES, path_of, those_who_may
from tests.portal.units import state

SEEN = sorted(name for name, route in ROUTES.items() if "GET" in route.methods)


def test_every_page_is_looked_at_and_no_row_of_any_table_changes(filled: Site) -> None:
    assert ROUTES.keys() == ACCESS.keys()
    visitors = those_who_may(filled)
    paths = {name: path_of(filled, name) for name in SEEN}
    before = state(filled)
    shown = {}
    for name in SEEN * 2:
        client = visitors[name].client
        shown[name] = client.get(paths[name], follow_redirects=False).status_code
        assert client.head(paths[name], follow_redirects=False).status_code in (200, 405)
        assert client.options(paths[name]).status_code == 405
    assert state(filled) == before
    wrong = {name: status for name, status in shown.items() if status != 200}
    # the first only knows where to go on, the second is for this machine alone
    assert wrong == {"round-of": 303, "metrics": 404}


def test_a_form_that_is_asked_for_instead_of_sent_records_nothing(filled: Site) -> None:
    visitors = those_who_may(filled)
    sent = sorted(name for name, route in ROUTES.items() if "POST" in route.methods)
    paths = {name: path_of(filled, name) for name in sent}
    before = state(filled)
    for name in sent:
        fields = {"do": "send", "confirmed": "yes", "sender": "A", "code": "1"}
        for method in ("GET", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"):
            answer = visitors[name].client.request(method, paths[name], params=fields)
            assert answer.status_code in (200, 405), (method, name)
    assert state(filled) == before
