"""The life of 53/KH-UBND through the pages: issued, acknowledged, planned, given back, accepted,
reported by form and by workbook, extended, summarised, a figure explained, the summary signed;
without script, on a phone and on a desk.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlmodel import col, select

from models.database import Database
from models.mail import Message
from models.round import Obligation
from models.settings import Settings
from models.words import AccountRole, IndicatorKind, Purpose
from portal.site import Site
from tasks import accounts, lookup
from tasks.composing import Composer
from tasks.rounds import open_round
from tasks.summarising import summarise
from tasks.workbook_read import read_workbook
from tests.browser.conftest import DESKTOP, PHONE, browsing, serious, serving
from tests.certificates import Authority
from tests.portal.visitor import Clock
from tests.tasks.forms import filled
from tests.tasks.office import at
from tests.tasks.reading import parsed, part
from tests.texts import EXAMPLES

CODE = "53-kh-ubnd"
PASSWORD = "chuyen do sang song"
UNIT, OTHER = "so-noi-vu", "so-y-te"


@dataclass
class Life:
    """The office, its clock, and the browsers of those who act in it."""

    site: Site
    clock: Clock
    browser: Browser
    base: str
    desk: Page

    def passes_to(self, moment: datetime) -> None:
        self.clock.moment = moment

    def opens(self, round_: str) -> None:
        """What the round's flow does on its day."""
        with self.site.database.write() as session:
            open_round(session, lookup.round_(session, CODE, round_), self.clock())

    def closes(self, round_: str) -> None:
        with self.site.database.write() as session:
            summarise(session, lookup.round_(session, CODE, round_), self.clock())

    def mail(self, code: str, purpose: Purpose) -> str:
        """The newest mail about a task, as its unit reads it."""
        with self.site.database.read() as session:
            found = session.exec(
                select(Message)
                .where(Message.purpose == purpose, col(Message.context).is_not(None))
                .order_by(col(Message.id).desc())
            )
            (message,) = [m for m in found if self._is_of(m, code)][:1]
            raw = Composer(session, self.site.settings).compose([message])[message.id or 0]
        return part(parsed(raw), "text/plain")

    def _is_of(self, message: Message, code: str) -> bool:
        return f"obligation:{self._id(code)}:" in message.key or message.context.get("code") == code

    def _id(self, code: str) -> int | None:
        with self.site.database.read() as session:
            return session.exec(select(Obligation.id).where(Obligation.code == code)).first()

    def clerk(self, code: str, purpose: Purpose = Purpose.OPEN) -> Page:
        """A clerk who opens the link of a mail on a phone."""
        (link,) = re.findall(rf"{self.base}/t/\S+", self.mail(code, purpose))[:1]
        page = browsing(self.browser, self.base, PHONE)
        page.goto(link)
        return page

    def at_desk(self, path: str) -> Page:
        """The secretariat's page; on another day it signs in first."""
        self.desk.goto(path)
        if self.desk.locator("#password").count():
            self.desk.fill("#login", "van-phong")
            self.desk.fill("#password", PASSWORD)
            self.desk.click("main button")
        return self.desk

    def file_of(self, code: str) -> Page:
        return self.at_desk(f"/obligations/{self._id(code)}")


@pytest.fixture
def life(
    chromium: Browser, province: Database, authority: Authority, tmp_path: Path
) -> Iterator[Life]:
    clock = Clock(at(2024, 2, 26, 7))
    site = Site(province, Settings(data=tmp_path), clock, set_timers=lambda code: True)
    with province.write() as session:
        role = AccountRole.SECRETARIAT
        accounts.make(session, "van-phong", "Lê Văn Phòng", role, None, PASSWORD, "cli", clock())
    with serving(site, authority) as base:
        site.settings.portal_url = base
        yield Life(site, clock, chromium, base, browsing(chromium, base, DESKTOP))


def issue(life: Life) -> None:
    desk = life.at_desk("/drafts")
    desk.set_input_files("#file", EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml")
    desk.click("main form button")
    for box in desk.locator("input[name=question]").all():
        box.check()
    desk.locator("form[action$='/confirm'] button").click()
    assert desk.locator("input[name=question]").count() == 0
    desk.locator("form[action$='/issue'] button").click()
    assert desk.locator("input[name=question]").count() == 0


def acknowledge(clerk: Page) -> None:
    clerk.locator("input[name='way.1']").check()
    clerk.fill("[name=sender]", "Nguyễn Thị Văn Thư")
    clerk.click("button[value=send]")


def unfold(page: Page, inside: str) -> None:
    """Opens the part of a page that holds something, as a finger does."""
    page.locator("details", has=page.locator(inside)).locator("summary").first.click()


def plan(clerk: Page, product: str) -> None:
    for field in clerk.locator("[name$='.product']").all():
        field.fill(product)
    for field in clerk.locator("[name$='.who']").all():
        field.fill("Phòng Tổng hợp")
    for field in clerk.locator("[name$='.by']").all():
        field.fill("2024-10-31")
    clerk.fill("#answer [name=sender]", "Nguyễn Thị Văn Thư")
    clerk.locator("#answer button[value=send]").last.click()


def report(clerk: Page, each: int = 3) -> None:
    """Fills in the report; what has parts is their sum."""
    for section in clerk.locator("#answer textarea[name^='sections.']").all():
        section.fill("Đã tổ chức quán triệt và kiểm tra.")
    for field in clerk.locator("#answer input[name^='values.'][type=radio][value=yes]").all():
        field.check()
    for field in clerk.locator("#answer input[name^='values.']:not([type=radio])").all():
        field.fill(str(each))
    parts = clerk.locator("#answer .part input").count()
    clerk.fill("[name='values.cuoc-kiem-tra']", str(each * parts))
    for field in clerk.locator("#answer textarea[name^='values.']").all():
        field.fill("Không có.")
    clerk.fill("#answer [name=sender]", "Nguyễn Thị Văn Thư")


def appraise(desk: Page, found: str, words: str = "") -> None:
    form = desk.locator("form[action$='/appraise']")
    form.locator("textarea").fill(words)
    if found == "accepted":
        form.locator("input[value=good]").check()
    form.locator(f"button[value={found}]").click()


def fill_workbook(life: Life, path: Path) -> None:
    """Fills in the results and every figure of a form, in the cells that are theirs."""
    with life.site.database.read() as session:
        read = read_workbook(session, path.read_bytes(), life.site.links, life.clock())
    kinds = {item.code: item.kind for item in read.asked.figures}
    words = {IndicatorKind.TEXT: "Không có.", IndicatorKind.YES_NO: "Có"}
    cells = {
        cell: words.get(kinds[name.split(".")[1]], 4)
        for name, cell in read.sheet.cells.items()
        if name.startswith("values.")
    }
    cells[read.sheet.cells["values.cuoc-kiem-tra"]] = 4 * sum(
        item.part_of == "cuoc-kiem-tra" for item in read.asked.figures
    )
    sections = {
        cell: "Đã tổ chức quán triệt."
        for name, cell in read.sheet.cells.items()
        if name.startswith("sections.")
    }
    path.write_bytes(filled(path.read_bytes(), cells | sections))


def sign(life: Life, path: str) -> dict[str, bytes]:
    """Records the signing of a summary at the desk, and downloads its files."""
    desk = life.at_desk(path)
    desk.fill("#number", "123/BC-UBND")
    desk.fill("#signed_on", life.clock().date().isoformat())
    desk.fill("#signed_by", "Lê Văn Ký")
    desk.locator("form[action$='/sign'] button").click()
    found = {}
    for link in desk.locator(".files a").all():
        with desk.expect_download() as download:
            link.click()
        found[download.value.suggested_filename] = download.value.path().read_bytes()
    return found


def test_runs_from_issue_to_summary(life: Life, tmp_path: Path) -> None:
    issue(life)
    life.passes_to(at(2024, 2, 26, 8))
    life.opens("tiep-nhan")
    life.opens("ke-hoach")

    life.passes_to(at(2024, 2, 27, 9))
    clerk = life.clerk(f"{CODE}/tiep-nhan/{UNIT}")
    acknowledge(clerk)
    assert f"{CODE}/tiep-nhan/{UNIT}" in clerk.inner_text("main")
    assert f"{CODE}/tiep-nhan/{UNIT}#1" in life.mail(f"{CODE}/tiep-nhan/{UNIT}", Purpose.RECEIPT)

    # an extension, asked on the phone and granted at the desk
    life.passes_to(at(2024, 3, 1, 9))
    clerk = life.clerk(f"{CODE}/ke-hoach/{OTHER}")
    unfold(clerk, "[name='until']")
    clerk.fill("[name='until']", "2024-04-05")
    asking = clerk.locator("form", has=clerk.locator("[name='until']"))
    asking.locator("[name=reason]").fill("Chờ ý kiến thẩm định.")
    asking.locator("[name=sender]").fill("Trần Văn B")
    asking.locator("button").click()
    life.at_desk("/requests")
    life.desk.click("main tbody a")
    life.desk.fill("#words", "Đồng ý.")
    life.desk.click("button[value=grant]")
    assert "05/04/2024" in life.mail(f"{CODE}/ke-hoach/{OTHER}", Purpose.DECISION)

    # the plan: sent, given back, sent again, accepted
    life.passes_to(at(2024, 3, 11, 9))
    task = f"{CODE}/ke-hoach/{UNIT}"
    plan(life.clerk(task), "Báo cáo")
    life.passes_to(at(2024, 3, 12, 9))
    appraise(life.file_of(task), "returned", "Nêu rõ sản phẩm của từng nhiệm vụ.")
    assert "Nêu rõ sản phẩm" in life.mail(task, Purpose.RETURN)
    life.passes_to(at(2024, 3, 13, 9))
    clerk = life.clerk(task, Purpose.RETURN)
    assert "Nêu rõ sản phẩm" in clerk.inner_text("main")
    plan(clerk, "Hội nghị quán triệt, kèm biên bản")
    if clerk.locator("button[value=confirm]").count():
        clerk.click("button[value=confirm]")
    life.passes_to(at(2024, 3, 14, 9))
    appraise(life.file_of(task), "accepted")
    life.at_desk(f"/board/{CODE}")
    assert life.desk.locator("table").count() >= 1

    # the report: one by form, one by workbook
    life.passes_to(at(2024, 11, 22, 8))
    life.opens("bao-cao-nam-2024")
    life.passes_to(at(2024, 12, 16, 9))
    clerk = life.clerk(f"{CODE}/bao-cao-nam-2024/{UNIT}")
    report(clerk)
    clerk.locator("#answer button[value=draft]").last.click()
    clerk = life.clerk(f"{CODE}/bao-cao-nam-2024/{UNIT}")
    assert clerk.input_value("[name='sections.tinh-hinh']").startswith("Đã tổ chức")
    clerk.fill("#answer [name=sender]", "Nguyễn Thị Văn Thư")
    clerk.locator("#answer button[value=send]").last.click()
    assert clerk.locator("#faults").count() == 0, clerk.inner_text("main")
    assert "#1" in life.mail(f"{CODE}/bao-cao-nam-2024/{UNIT}", Purpose.RECEIPT)

    clerk = life.clerk(f"{CODE}/bao-cao-nam-2024/{OTHER}")
    unfold(clerk, "#workbook")
    with clerk.expect_download() as download:
        clerk.click("a[href$='form.xlsx']")
    path = tmp_path / "bieu.xlsx"
    download.value.save_as(path)
    fill_workbook(life, path)
    clerk.set_input_files("#workbook", path)
    clerk.locator("form", has=clerk.locator("#workbook")).locator("button").click()
    assert clerk.locator("button[value=confirm]").count() == 1, clerk.inner_text("main")
    clerk.fill("[name=sender]", "Trần Văn B")
    clerk.click("button[value=confirm]")
    assert "#1" in life.mail(f"{CODE}/bao-cao-nam-2024/{OTHER}", Purpose.RECEIPT)

    life.passes_to(at(2024, 12, 25, 16))
    life.closes("bao-cao-nam-2024")
    life.at_desk(f"/directives/{CODE}/rounds/bao-cao-nam-2024/summary")
    assert life.desk.locator(".paper").count() == 1

    # a year later one figure leaps: it is explained, listed, and signed with the summary
    life.passes_to(at(2025, 11, 21, 8))
    life.opens("bao-cao-nam-2025")
    life.passes_to(at(2025, 12, 16, 9))
    task = f"{CODE}/bao-cao-nam-2025/{OTHER}"
    clerk = life.clerk(task)
    report(clerk, each=30)
    clerk.locator("#answer button[value=send]").last.click()
    assert clerk.locator(".explain").count() == 1, clerk.inner_text("main")
    clerk.fill("[name='explanations.kiem-tra-tang-giam']", "Kiểm tra toàn diện các đơn vị.")
    clerk.locator("#answer button[value=send]").last.click()
    assert f"{task}#1" in life.mail(task, Purpose.RECEIPT)
    life.passes_to(at(2025, 12, 25, 16))
    life.closes("bao-cao-nam-2025")
    year = f"/directives/{CODE}/rounds/bao-cao-nam-2025"
    assert "Kiểm tra toàn diện" in life.at_desk(f"{year}/contradictions").inner_text("main")
    files = sign(life, f"{year}/summary")
    assert "123/BC-UBND" in life.desk.inner_text("main")
    begins = {"docx": b"PK", "pdf": b"%PDF", "xlsx": b"PK", "html": b"<!DOCTYPE html>"}
    assert {name.rsplit(".", 1)[1] for name in files} == begins.keys()
    assert all(raw.startswith(begins[name.rsplit(".", 1)[1]]) for name, raw in files.items())


REPORT = f"/directives/{CODE}/rounds/bao-cao-nam-2024"
MOST_USED = [
    "/", f"/board/{CODE}", "/exceptions", "/obligations/1", "/units/1", "/history",
    f"{REPORT}/summary", f"{REPORT}/figures",
]  # fmt: skip
OTHERS = [
    f"/board/{CODE}/list", "/waiting", "/requests", "/units", "/weeks", "/drafts", "/drafts/1",
    "/mail", "/search?q=noi+vu", "/directives", f"/directives/{CODE}",
    f"/directives/{CODE}/coverage", f"/directives/{CODE}/rounds/tiep-nhan", "/sectors",
    "/summaries", "/word-templates", REPORT, f"{REPORT}/figures?by=level",
    f"{REPORT}/figures/cuoc-kiem-tra", f"{REPORT}/contradictions", f"{REPORT}/signs",
    f"/directives/{CODE}/reviews/so-ket",
]  # fmt: skip


@pytest.mark.parametrize(
    "paths", [MOST_USED, pytest.param(OTHERS, marks=pytest.mark.long)], ids=["most used", "others"]
)
def test_axe_finds_nothing_serious_at_the_desk(life: Life, paths: list[str]) -> None:
    issue(life)
    life.opens("tiep-nhan")
    life.opens("bao-cao-nam-2024")
    page = browsing(life.browser, life.base, DESKTOP, script=True)
    page.context.add_cookies(life.desk.context.cookies())
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert serious(page) == [], path
