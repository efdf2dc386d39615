"""A clerk with a phone, without script: the answer of each stage; axe looks over every page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from models import i18n
from models.settings import Settings
from portal.site import Site
from tests.browser.conftest import DESKTOP, PHONE, browsing, serious, serving
from tests.certificates import Authority
from tests.conftest import Databases
from tests.portal.units import REPORTED, ROUNDS, TASK, accepted, fill, path_to, unit_path
from tests.portal.visitor import Clock
from tests.tasks.office import ISSUED


@pytest.fixture
def small(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    template = databases.template("units_pages", fill, like=databases.migrated())
    for found in databases.like(template):
        yield Site(found, Settings(data=tmp_path), Clock(ISSUED))


def fill_in(page: Page, fields: dict[str, str]) -> None:
    for name, said in fields.items():
        field = page.locator(f'#answer [name="{name}"]')
        if field.first.get_attribute("type") == "radio":
            page.locator(f'#answer [name="{name}"][value="{said}"]').check()
        else:
            field.fill(said)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_report_is_drafted_mended_and_sent(
    chromium: Browser, small: Site, authority: Authority, size: object
) -> None:
    path = path_to(small, TASK["bao-cao"])
    with serving(small, authority) as base:
        page = browsing(chromium, base, size)
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        fill_in(page, REPORTED | {"values.so-cuoc": "ba"})
        page.locator("#narrative").press("Tab")
        page.locator("#values-so-cuoc").press("Enter")  # saves a draft, sends nothing
        assert page.input_value("#values-so-cuoc") == "ba"
        assert accepted(small, TASK["bao-cao"]) == []
        page.fill("#sender", "Lê Thị A")
        page.locator("button[value=send]").click()
        assert page.locator("#values-so-cuoc").get_attribute("aria-invalid") == "true"
        page.fill("#values-so-cuoc", "3")
        page.locator("button[value=send]").click()
        assert f"{TASK['bao-cao']}#1" in page.inner_text("main")
    assert accepted(small, TASK["bao-cao"])[0]["values"]["so-cuoc"] == 3


@pytest.mark.parametrize("lang", ["vi", pytest.param("en", marks=pytest.mark.long)])
def test_axe_finds_nothing_serious(
    chromium: Browser, small: Site, authority: Authority, lang: str
) -> None:
    paths = [*(path_to(small, TASK[code]) for code in ROUNDS), unit_path(small)]
    with i18n.speaking(lang), serving(small, authority) as base:
        page = browsing(chromium, base, PHONE, script=True)
        for path in paths:
            page.goto(path)
            assert serious(page) == []
        page.goto(paths[3])
        page.locator("button[value=send]").click()
        assert page.locator("#faults").count() == 1
        assert serious(page) == []
        fill_in(page, REPORTED)
        page.locator("button[value=send]").click()
        assert serious(page) == []
        page.goto(paths[3])
        assert serious(page) == []
        page.locator("details", has=page.locator("#answer")).locator("summary").first.click()
        fill_in(page, {"narrative": "Khác", "why": "Thêm", "sender": "A"})
        page.locator("button[value=send]").click()
        assert page.locator("button[value=confirm]").count() == 1
        assert serious(page) == []
