"""Signing in with a real browser: the cookie of a page that has no script."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from models.database import Database
from models.settings import Settings
from models.words import AccountRole
from portal.site import Site
from tasks import accounts
from tests.browser.conftest import DESKTOP, PHONE, browsing, serious, serving
from tests.certificates import Authority
from tests.portal.visitor import Clock
from tests.tasks.office import ISSUED

PASSWORD = "chuyen do sang song"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_cookie_is_taken_and_given_back(
    chromium: Browser, office: Database, authority: Authority, tmp_path: Path, size: object
) -> None:
    site = Site(office, Settings(data=tmp_path), Clock(ISSUED))
    with office.write() as session:
        role = AccountRole.SECRETARIAT
        accounts.make(session, "van-phong", "Văn phòng", role, None, PASSWORD, "cli", ISSUED)
    with serving(site, authority) as base:
        page = browsing(chromium, base, size)
        page.goto("/sign-in")
        page.fill("#login", "van-phong")
        page.fill("#password", "sai")
        page.click("main button")
        assert page.get_by_role("alert").count() == 1
        assert page.input_value("#login") == "van-phong"
        page.fill("#password", PASSWORD)
        page.click("main button")
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == (
            "__Host-dondoc", True, True,
        )  # fmt: skip
        scripted = browsing(chromium, base, size, script=True)
        scripted.goto("/sign-in")
        assert serious(scripted) == []
