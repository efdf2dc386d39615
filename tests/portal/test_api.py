"""The API: who is let in where, what it says, and that reading changes nothing."""

import pytest
from sqlmodel import select

from models.access_token import AccessToken
from models.activity import Activity
from models.words import Deed, Scope, Status
from portal import api, api_access
from portal.site import Site
from tasks import attempts, tokens
from tests.conftest import Databases
from tests.portal.other_systems import (
    METHODS,
    ROUTES,
    System,
    path_of,
    system,
    token_of,
)
from tests.portal.units import state
from tests.portal.visitor import Clock
from tests.tasks.office import A_REPORT, at

SCOPES = api_access.SCOPES


class TestScopes:
    @pytest.fixture
    def databases(self, sqlites: Databases) -> Databases:
        """One kind is enough: a scope is looked at before any database is asked."""
        return sqlites

    def test_a_route_without_one_keeps_the_application_from_starting(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(SCOPES, "history")
        with pytest.raises(RuntimeError, match="history"):
            api.create_api(site)

    def test_open_exactly_their_routes(self, connected: Site) -> None:
        paths = {name: path_of(connected, name) for name in ROUTES}
        wrong = []
        for scope in Scope:
            asking = system(connected, scope, name=scope.name.lower())
            for name in sorted(ROUTES, key=lambda one: one == "webhook-remove"):
                answer = asking.calls(name, paths[name])
                refused = answer.status_code == 403 and SCOPES[name].value in answer.text
                if refused is (SCOPES[name] is scope) or answer.status_code >= 500:
                    wrong.append((scope, name, answer.status_code, answer.text[:200]))
        assert not wrong

    def test_do_not_open_the_whole_office_to_a_unit(self, connected: Site) -> None:
        asking = system(connected, Scope.READ, Scope.SUBMISSIONS_WRITE, unit="so-a")
        for name in api_access.OF_OFFICE:
            assert asking.calls(name, path_of(connected, name)).status_code == 403, name

    def test_are_not_all_for_a_token_of_a_unit(self, site: Site) -> None:
        with pytest.raises(Exception, match="may only read and answer"):
            token_of(site, [Scope.WEBHOOKS], unit="so-noi-vu")


class TestTokenOfAUnit:
    def test_reaches_no_other_unit(self, connected: Site) -> None:
        asking = system(connected, Scope.READ, Scope.SUBMISSIONS_WRITE, unit="so-b")
        before = state_but_tokens(connected)
        for name, route in ROUTES.items():
            if "{unit}" in route.path:
                answer = asking.calls(name, path_of(connected, name))
                assert answer.status_code == 403, name
        assert state_but_tokens(connected) == before

    def test_lists_nothing_of_another_unit(self, connected: Site) -> None:
        asking = system(connected, Scope.READ, unit="so-b")
        assert [one["code"] for one in asking.get("/units")["items"]] == ["thu-nghiem:so-b"]
        for path in ("/obligations", "/history"):
            units = {one["unit"] for one in asking.get(path)["items"]}
            assert units == {"thu-nghiem:so-b"}, path
        codes = [one["obligation"] for one in asking.get("/submissions")["items"]]
        assert codes == ["kl-1/bao-cao/so-b"]
        board = asking.get("/directives/kl-1/rounds/bao-cao/board")["items"]
        assert [one["unit"] for one in board] == ["thu-nghiem:so-b"]
        assert [one["code"] for one in asking.get("/directives")["items"]] == ["kl-1", "kl-2"]
        asking.get("/obligations", 403, unit="so-a")

    def test_is_not_told_what_directives_there_are(self, connected: Site) -> None:
        asking = system(connected, Scope.READ, unit="so-b")
        for name in ("kl-3", "kl-none"):  # one that asks others, and none
            asking.get(f"/directives/{name}", 403)
            asking.get(f"/directives/{name}/rounds/none/board", 403)
            for path in ("/rounds", "/obligations", "/submissions", "/history"):
                said = asking.get(path, 403, directive=name)
                assert said["detail"] == "This directive asks nothing of the token's unit."


class TestTokens:
    @pytest.fixture
    def databases(self, sqlites: Databases) -> Databases:
        return sqlites

    def test_are_not_kept_and_end(self, connected: Site, clock: Clock) -> None:
        token = token_of(connected)
        with connected.database.read() as session:
            kept = session.exec(select(AccessToken)).one()
            assert token not in str(kept.model_dump()) and token.startswith("ddt_")
        asking = System(connected, token)
        assert asking.get("/token")["name"] == "he-thong"
        with connected.database.write() as session:
            tokens.revoke(session, "he-thong", "Lê Thị A", clock())
        assert asking.get("/token", 401)["code"] == "no-token"

    def test_end_on_their_day(self, connected: Site, clock: Clock) -> None:
        with connected.database.write() as session:
            until = at(2024, 5, 31, 23)
            token = tokens.make(session, "x-1", [Scope.READ], None, until, "A", clock())
        asking = System(connected, token)
        asking.get("/token")
        clock.moment = until
        asking.get("/token", 401)

    def test_that_are_none_are_slowed_and_right_ones_are_not(self, connected: Site) -> None:
        right, wrong = system(connected, Scope.READ), System(connected, "ddt_" + "x" * 43)
        for _n in range(attempts.BY_ADDRESS):
            assert wrong.get("/token", 401)["code"] == "no-token"
        answer = wrong.client.get("/token")
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-tries")
        assert 0 < int(answer.headers["retry-after"]) <= 61
        right.get("/token")

    def test_are_noted_in_the_history_by_name(self, connected: Site) -> None:
        asking = system(connected)
        asking.post("/drafts", {"name": "x.yaml", "text": "code: x"})
        asking.client.put("/units/so-a/contacts", json={"clerk_telephone": "0237 000 009"})
        with connected.database.read() as session:
            found = session.exec(select(Activity).where(Activity.deed == Deed.CORRECTED)).all()
        assert found[-1].by == "he-thong"


def state_but_tokens(site: Site) -> str:
    """Everything there is, but the day on which a token was last used."""
    with site.database.write() as session:
        for token in session.exec(select(AccessToken)):
            token.used_on = None
    return state(site)


class TestReading:
    def test_changes_nothing(self, connected: Site) -> None:
        asking = system(connected)
        asking.get("/token")  # it is now known to have been used today
        before = state(connected)
        for name in [one for one in sorted(ROUTES) if METHODS[one] == "GET"] * 2:
            answer = asking.calls(name, path_of(connected, name))
            assert answer.status_code == 200, (name, answer.text)
            assert answer.headers["x-content-type-options"] == "nosniff"
        for name in ROUTES:
            if METHODS[name] != "GET":
                got = asking.client.get(path_of(connected, name))
                assert got.status_code in (200, 405), name  # another route's, at the same address
        assert state(connected) == before

    def test_goes_from_part_to_part(self, connected: Site) -> None:
        asking = system(connected, Scope.READ)
        for path in ("/obligations", "/units", "/submissions", "/history", "/rounds",
                     "/directives", "/directives/kl-1/rounds/bao-cao/board"):  # fmt: skip
            whole, parts, cursor = asking.get(path)["items"], [], "0"
            while cursor:
                part = asking.get(path, limit=1, cursor=cursor)
                parts += part["items"]
                cursor = part["next"]
            assert parts == whole, path
            assert len(whole) > 1, path

    def test_finds_obligations_by_where_they_stand(self, connected: Site) -> None:
        asking = system(connected, Scope.READ)
        every = asking.get("/obligations")["items"]
        found: list[str] = []
        for status in Status:
            items = asking.get("/obligations", status=status.value)["items"]
            assert {one["status"] for one in items} <= {status.value}
            found += [one["code"] for one in items]
        assert sorted(found) == sorted(one["code"] for one in every)

    def test_finds_what_has_changed_since(self, connected: Site, clock: Clock) -> None:
        asking = system(connected)
        since, clock.moment = at(2024, 5, 29).isoformat(), at(2024, 5, 30)
        assert not asking.get("/obligations", changed_since=since)["items"]
        payload = {"brought_to_staff": "Phòng A", "received_on": "2024-05-29"}
        given = {"payload": payload, "sender": "Lê Thị B"}
        asking.post("/obligations/kl-1/tiep-nhan/so-b/submissions", given)
        (one,) = asking.get("/obligations", changed_since=since)["items"]
        assert one["code"] == "kl-1/tiep-nhan/so-b"

    def test_says_how_it_was(self, connected: Site) -> None:
        asking = system(connected, Scope.READ)
        path = "/directives/kl-1/rounds/tiep-nhan"
        assert asking.get(path)["counts"]["received"] == 1
        before = asking.get(path, as_of=at(2024, 2, 20).isoformat())
        assert before["counts"]["asked"] == 0
        assert asking.get(path, 422, as_of=at(2034, 2, 20).isoformat())["code"] == "faults"

    def test_follows_the_history_by_number(self, connected: Site, clock: Clock) -> None:
        asking = system(connected)
        whole = asking.get("/history")["items"]
        assert {one["deed"] for one in whole} >= {"registered", "opened", "answered", "appraised"}
        asking.post("/obligations/kl-1/bao-cao/so-b/submissions",
                    {"payload": A_REPORT, "sender": "B", "built_on": 1})  # fmt: skip
        last = str(whole[-1]["number"])
        assert not asking.get("/history", cursor=last)["items"]  # not settled yet
        clock.moment = at(2024, 5, 28, 10)
        *_closed, new = asking.get("/history", cursor=last)["items"]
        assert (new["obligation"], new["facts"]["channel"]) == ("kl-1/bao-cao/so-b", "api")


class TestWhatIsRead:
    @pytest.fixture
    def databases(self, sqlites: Databases) -> Databases:
        return sqlites

    def test_gives_the_structured_fields_of_a_directive(self, connected: Site) -> None:
        found = system(connected, Scope.READ).get("/directives/kl-1")
        assert (found["symbol"], found["issuer"], found["issued"], found["subject"]) == (
            "KL-1/TU", "Tỉnh ủy", "2024-02-26", "thử nghiệm",
        )  # fmt: skip
        assert found["file"]["format"] == "dondoc/directive/1"

    def test_gives_out_nobodys_name(self, connected: Site) -> None:
        asking = system(connected, Scope.READ)
        for name in ("history", "units", "board", "obligations", "unit-owed", "submissions"):
            text = asking.calls(name, path_of(connected, name)).text
            assert "Lê Thị A" not in text and ".example" not in text.replace("evil.example", "")

    def test_is_not_sent_again_what_is_known(self, connected: Site) -> None:
        client = system(connected, Scope.READ).client
        first = client.get("/obligations")
        known = {"if-none-match": first.headers["etag"]}
        again = client.get("/obligations", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/units", headers=known).status_code == 200


class TestProblems:
    @pytest.fixture
    def databases(self, sqlites: Databases) -> Databases:
        return sqlites

    @pytest.fixture
    def asking(self, connected: Site) -> System:
        return system(connected)

    def test_have_a_stable_word(self, asking: System) -> None:
        for path, status, code in (
            ("/nothing", 404, "not-found"), ("/units/%0A", 404, "not-found"),
            ("/units/nobody", 404, "not-found"),
            ("/units?limit=0", 422, "malformed"), ("/rounds?state=x", 422, "malformed"),
            ("/units?province=%00", 404, "not-found"),
            ("/obligations?changed_since=0001-01-01T00:00:00Z", 422, "faults"),
        ):  # fmt: skip
            answer = asking.client.get(path)
            assert answer.headers["content-type"] == "application/problem+json"
            said = answer.json()
            assert (answer.status_code, said["status"], said["code"]) == (status, status, code)
        assert asking.get("/history", cursor="9" * 12)["items"] == []

    def test_speak_the_language_that_was_asked_for(self, connected: Site) -> None:
        said = {
            asked: System(connected, "x", asked).get("/units/nobody", 401)["detail"]
            for asked in ("en", "en-GB,en;q=0.9,vi;q=0.1", "vi", "fr", "vi;q=0.1,en;q=0.05")
        }
        assert said["en"] == said["en-GB,en;q=0.9,vi;q=0.1"]
        assert len({said["vi"], said["fr"], said["vi;q=0.1,en;q=0.05"]}) == 1

    def test_tell_what_is_too_large(self, asking: System) -> None:
        answer = asking.client.post("/drafts", content=b"x" * (33 * 1024 * 1024))
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")

    def test_are_described(self, asking: System) -> None:
        described = asking.client.get("/openapi.json").json()
        assert described["paths"].keys() == {route.path for route in ROUTES.values()}
        scheme = described["components"]["securitySchemes"]["HTTPBearer"]
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_the_pages_describe_themselves_to_nobody(site: Site) -> None:
    client = System(site, "x").client
    assert client.get("https://testserver/openapi.json").status_code == 404
