"""The pictures of the guides, taken of a real office: `make pictures` writes docs/images/*.png.

Thanh Hóa's 53/KH-UBND from its issue to December 2025, answered by simulated units: the office is
filled round by round and looked at on the way, so every run shows the same, but for a hair in how
letters are set.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from dondoc.simulation.units import answers
from dondoc.simulation.view import calls
from models.calendar import vietnam
from models.database import Database
from models.settings import Settings
from models.status import OWED
from models.words import AccountRole, ReliefKind
from portal.site import Site
from tasks import accounts, boards, directive_drafts, lookup, reliefs
from tasks.answering import record_answer
from tasks.registering import confirm, register_directive
from tasks.rounds import open_round
from tasks.summarising import summarise
from tasks.units import import_register
from tests.browser.conftest import CHROMIUM, DESKTOP, FLAGS, PHONE, Served, browsing, serving
from tests.certificates import Authority
from tests.portal.units import path_to, unit_path
from tests.portal.visitor import Clock
from tests.tasks.office import CODE, ISSUED, PROVINCE, at, in_force
from tests.texts import EXAMPLES, checked, register_of

IMAGES = Path(__file__).parents[2] / "docs/images"
LARGEST = 150_000  # bytes of a picture
SEED = 7
CLERK, PASSWORD = "lan.nt", "chuyen do sang song"
PLAN = f"{CODE}/ke-hoach/so-tu-phap"
COMMUNE = "ubnd-phuong-sam-son"
REPORT = f"{CODE}/bao-cao-nam-2025/{COMMUNE}"
LAST_YEAR = f"/directives/{CODE}/rounds/bao-cao-nam-2024"
SPRING, AUTUMN = at(2024, 3, 20, 9), at(2025, 10, 1)
WINTER, MONDAY = at(2025, 12, 17, 9), at(2025, 12, 22, 9)


def main() -> None:
    """Takes every picture; refuses one that is too large for a page."""
    with TemporaryDirectory(prefix="dondoc-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with an_office(Path(folder)) as served:
            in_spring(served, browser)
            in_winter(served, browser)
        browser.close()
    too_large = [p.name for p in IMAGES.glob("page-*.png") if p.stat().st_size > LARGEST]
    if too_large:
        raise SystemExit(f"over {LARGEST} bytes: {', '.join(too_large)}")


@contextmanager
def an_office(folder: Path) -> Iterator[Served]:
    """53/KH-UBND registered and confirmed, its pages served, and somebody with an account."""
    clock = Clock(ISSUED)
    db = Database(f"sqlite:///{folder / 'dondoc.sqlite3'}")
    db.migrate()
    file = EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml"
    with db.write() as session:
        import_register(session, PROVINCE, register_of(file), ISSUED.date())
        register_directive(session, checked(file).directive, register_of(file), vietnam(), ISSUED)
        confirm(session, CODE, ["all"], "Chánh Văn phòng", vietnam(), ISSUED)
        accounts.make(
            session, CLERK, "Nguyễn Thị Lan", AccountRole.SECRETARIAT, None, PASSWORD,
            "Văn phòng", ISSUED,
        )  # fmt: skip
    with in_force(db, DONDOC_DATA=str(folder)):
        site = Site(db, Settings(data=folder), clock)
        with serving(site, Authority(folder)) as base:
            yield Served(site, clock, base)


def in_spring(served: Served, browser: Browser) -> None:
    """The action plans are due in five days: a department opens its link and begins its own."""
    for code in ("tiep-nhan", "ke-hoach"):
        begin(served, code)
        send(served, code, ISSUED, SPRING)
    page = browsing(browser, served.base, PHONE, scale=2)
    page.goto(path_to(served.site, PLAN))
    take(page, "page-task", 590)
    page.fill('[name="rows[1].product"]', "Hội nghị quán triệt; biên bản, danh sách dự")
    page.fill('[name="rows[1].who"]', "Văn phòng Sở")
    page.fill('[name="rows[1].by"]', "2024-06-28")
    page.locator('[name="rows[1].by"]').blur()
    take(page, "page-plan", 366, at="#answer fieldset")


def in_winter(served: Served, browser: Browser) -> None:
    """The reports of the year are due on Friday: a ward sends its own, and on Monday the office
    looks who did not.
    """
    send(served, "ke-hoach", SPRING, AUTUMN)
    finish(served, "tiep-nhan", "ke-hoach")
    begin(served, "bao-cao-nam-2024")
    send(served, "bao-cao-nam-2024", ISSUED, AUTUMN)
    finish(served, "bao-cao-nam-2024")
    begin(served, "bao-cao-nam-2025")
    send(served, "bao-cao-nam-2025", AUTUMN, WINTER)
    units_in_winter(served, browsing(browser, served.base, PHONE, scale=2))
    send(served, "bao-cao-nam-2025", WINTER, MONDAY)
    office_in_winter(served, browsing(browser, served.base, DESKTOP))


def units_in_winter(served: Served, page: Page) -> None:
    page.goto(unit_path(served.site, COMMUNE))
    take(page, "page-owed", 620)
    page.goto(path_to(served.site, REPORT))
    page.locator("summary", has_text="Excel").click()
    take(page, "page-excel", 330, at="details:has(#workbook)")
    take(page, "page-report", 700, at="#answer h3")
    fill_report(page)
    page.fill('[name="values.nhiem-vu-hoan-thanh.numerator"]', "7")
    page.locator("button[value=send]").click()
    take(page, "page-faults", 420)
    page.fill('[name="values.nhiem-vu-hoan-thanh.numerator"]', "5")
    page.locator("button[value=send]").click()
    take(page, "page-receipt", 560)


def fill_report(page: Page) -> None:
    for name, said in {
        "sections.tinh-hinh": "Đã quán triệt Kế hoạch tới toàn thể cán bộ, công chức phường.",
        "sections.ket-qua": "Hoàn thành 5 trên 6 nhiệm vụ của kế hoạch năm.",
        "sections.han-che": "Cán bộ làm kiêm nhiệm.",
        "sections.de-xuat": "Tập huấn nghiệp vụ cho cán bộ xã, phường.",
        "values.hoi-nghi-quan-triet": "2",
        "values.nhiem-vu-hoan-thanh.denominator": "6",
        "values.cuoc-kiem-tra": "1",
        "values.so-vu-viec-phat-hien": "0",
        "sender": "Văn thư phường",
    }.items():
        page.fill(f'#answer [name="{name}"]', said)
    for part, said in zip(page.locator("#answer .part input").all(), ("0", "1"), strict=True):
        part.fill(said)
    page.check('#answer [name="values.da-co-ke-hoach"][value=yes]')


def office_in_winter(served: Served, page: Page) -> None:
    ask_for_time(served)
    with served.site.database.write() as session:
        raw = (EXAMPLES / "thanh-hoa/2664-kl-tu.yaml").read_bytes()
        directive_drafts.upload(session, "2664-kl-tu.yaml", raw, "Nguyễn Thị Lan", MONDAY)
    page.goto("/")
    page.fill("#login", CLERK)
    page.fill("#password", PASSWORD)
    page.click("main button")
    take(page, "page-overview", 820)
    for name, path, tall, first in (
        ("page-board", f"/board/{CODE}?level=province", 900, "section.card:has(table.board)"),
        ("page-exceptions", "/exceptions", 560, "h1"),
        ("page-draft", "/drafts/1", 800, "h1"),
        ("page-coverage", f"/directives/{CODE}/coverage", 560, "h1"),
        ("page-figures", f"{LAST_YEAR}/figures", 760, "section.card"),
        ("page-signs", f"{LAST_YEAR}/signs", 620, "h1"),
        ("page-summary", f"{LAST_YEAR}/summary", 820, "h1"),
    ):
        page.goto(path)
        take(page, name, tall, first)
    page.goto("/waiting")
    page.locator("main table a").last.click()
    take(page, "page-appraise", 710, at="form:has([name=quality])")


def ask_for_time(served: Served) -> None:
    """Two units that are late ask for more time; nobody has decided yet."""
    with served.site.database.write() as session:
        lines = boards.board(session, lookup.directive(session, CODE), MONDAY)
        late = [x for x in lines if x.status in OWED and "/bao-cao-nam-2025/" in x.code]
        for line in late[:2]:
            reliefs.ask(
                session, line.code, ReliefKind.EXTENSION,
                "Mới sắp xếp tổ chức, đang nhận bàn giao hồ sơ.", "văn thư", MONDAY,
                at(2025, 12, 30).date(),
            )  # fmt: skip


def begin(served: Served, code: str) -> None:
    """Opens a round on its day."""
    with served.site.database.write() as session:
        found = lookup.round_(session, CODE, code)
        open_round(session, found, at(found.opens.year, found.opens.month, found.opens.day))


def send(served: Served, code: str, since: datetime, until: datetime) -> None:
    """Records what the units of a round send in a time; but not those that pictures show."""
    sent = [a for call in calls(CODE, code) for a in answers(SEED, call)]
    with served.site.database.write() as session:
        for one in sorted(sent, key=lambda a: a.at):
            if since <= one.at < until and one.obligation not in (PLAN, REPORT):
                record_answer(
                    session, one.obligation, one.payload, "Văn thư", one.at, decline=one.decline
                )
    served.clock.moment = until


def finish(served: Served, *codes: str) -> None:
    """Closes rounds on their day."""
    with served.site.database.write() as session:
        for code in codes:
            found = lookup.round_(session, CODE, code)
            day = found.closes
            summarise(session, found, at(day.year, day.month, day.day, 16))


def take(page: Page, name: str, tall: int, at: str = "") -> None:
    """Writes what a page shows from an element on, so many pixels high."""
    top = page.locator(at).first.bounding_box() if at else None
    y = page.evaluate("scrollY") + top["y"] - 12 if top else 0.0
    wide = page.evaluate("innerWidth")
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.screenshot(
        path=IMAGES / f"{name}.png", full_page=True,
        clip={"x": 0, "y": y, "width": wide, "height": min(tall, whole - y)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
