"""A real browser (Debian's Chromium) before the real application, served over TLS."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from dondoc.processes import free_port
from portal.app import create_app
from portal.site import Site
from tests.certificates import Authority
from tests.conftest import Databases
from tests.portal.visitor import Clock

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has the browser: two would share the processors that one can fill."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass
class Served:
    """The pages as they are served, and the clock they go by."""

    site: Site
    clock: Clock
    base: str


@pytest.fixture
def databases(sqlites: Databases) -> Databases:
    """What a browser sees does not depend on the database: one is enough."""
    return sqlites


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="package")  # its event loop must end before other tests run theirs
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(site: Site, authority: Authority) -> Iterator[str]:
    """Serves the pages in a thread; gives their address."""
    port = free_port()
    certificate, key = authority.server()
    base = f"https://localhost:{port}"
    config = uvicorn.Config(
        create_app(site), host="127.0.0.1", port=port, log_level="error", access_log=False,
        ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield base
    server.should_exit = True
    thread.join()


def browsing(
    browser: Browser, base: str, size: Any, script: bool = False, scale: float = 1
) -> Page:
    """A page of a new visitor; without script unless it is asked for."""
    context = browser.new_context(
        base_url=base, viewport=size, java_script_enabled=script, ignore_https_errors=True,
        locale="vi-VN", device_scale_factor=scale,
    )  # fmt: skip
    context.set_default_timeout(30_000)
    return context.new_page()


def serious(page: Page) -> list[str]:
    """What axe finds on a page that is serious or critical; needs a page with script."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{page.url} {rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:3]
    ]
