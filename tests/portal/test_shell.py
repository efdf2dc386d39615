"""What surrounds every page: signing in and out, foreign forms, headers, errors."""

import pytest

from models.words import AccountRole
from portal.access import ACCESS
from portal.site import Site
from tests.portal.visitor import HOST, signed_in, visitor


class TestWhoIsNotSignedIn:
    def test_is_asked_to_sign_in_and_comes_back(self, site: Site) -> None:
        guest = visitor(site)
        page = guest.opens("/sign-in?next=/history")
        assert 'name="next" value="/history"' in page.text

    @pytest.mark.parametrize(
        "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\n/x"]
    )
    def test_is_never_sent_to_another_place(self, site: Site, target: str) -> None:
        page = visitor(site).client.get("/sign-in", params={"next": target})
        assert 'name="next" value="/"' in page.text


class TestForms:
    def test_from_elsewhere_are_refused(self, site: Site) -> None:
        client = signed_in(site, AccountRole.SECRETARIAT).client
        for headers in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert client.post("/sign-out", headers=headers).status_code == 403

    def test_without_the_secret_of_the_page_are_refused(self, site: Site) -> None:
        client = signed_in(site, AccountRole.SECRETARIAT).client
        for secret in ("", "0" * 64, "ộ"):
            answer = client.post("/sign-out", data={"csrf": secret}, headers={"origin": HOST})
            assert answer.status_code == 403

    def test_that_are_too_large_are_refused(self, site: Site) -> None:
        body = b"x" * (33 * 1024 * 1024)
        answer = visitor(site).client.post("/sign-in", content=body, headers={"origin": HOST})
        assert answer.status_code == 413


class TestEveryResponse:
    @pytest.mark.parametrize("path", ["/sign-in", "/health", "/nothing-here"])
    def test_lets_nothing_in_from_outside(self, site: Site, path: str) -> None:
        headers = visitor(site).client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_every_route_has_an_audience() -> None:
    assert all(audience for audience in ACCESS.values())
