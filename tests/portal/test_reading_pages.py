"""Overview, exceptions, units, search, weeks, directive, round, history."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from openpyxl import load_workbook

from models.database import Database
from models.words import AccountRole
from portal.site import Site
from tasks import lookup, missing, summarising
from tasks.coverage import coverage
from tasks.matrices import Narrowed
from tests.conftest import Databases
from tests.portal.reading import HOSTILE, NOW, links, live, rows, site_of
from tests.portal.visitor import Clock, Visitor, signed_in
from tests.tasks.office import at

pytestmark = [pytest.mark.xdist_group("board-pages"), pytest.mark.any_database]


@pytest.fixture
def life(databases: Databases) -> Iterator[Database]:
    template = databases.template("reading", live, like=databases.migrated())
    yield from databases.like(template)


@pytest.fixture
def reading(life: Database) -> Site:
    return site_of(life, Clock(NOW))


@pytest.fixture
def clerk(reading: Site) -> Visitor:
    return signed_in(reading, AccountRole.SECRETARIAT)


class TestTheOverview:
    def test_counts_what_needs_somebody(self, clerk: Visitor) -> None:
        page = clerk.opens("/").text
        for words in ("tasks overdue", "requests that wait", "submissions that wait"):
            assert words in page

    def test_opens_from_each_number_a_list_of_that_many(self, clerk: Visitor) -> None:
        page = clerk.opens("/")
        numbers = [(href, n) for href, n in links(page) if n.isdigit()]
        lists = [(h, n) for h, n in numbers if "/list?" in h or h.endswith("/exceptions")]
        assert len(lists) >= 6
        for href, n in lists:
            assert rows(clerk.opens(href)) == int(n), href

    def test_does_not_alarm_where_nothing_is_amiss(self, site: Site) -> None:
        page = signed_in(site, AccountRole.SECRETARIAT).opens("/").text
        assert "Nothing is overdue" in page


class TestExceptions:
    def test_have_four_fields(self, reading: Site) -> None:
        with reading.database.read() as session:
            first, second = missing.missing(session, NOW, Narrowed())
        assert {first.unit, second.unit} == {HOSTILE, "Uỷ ban Kiểm tra Hòa Bình"}
        assert first.days == 7
        assert first.product == "report: Báo cáo"
        assert first.level.startswith("body above: Đơn vị van-phong")

    def test_say_what_has_come_so_far(self, reading: Site) -> None:
        with reading.database.read() as session:
            said = {line.unit: line.so_far for line in missing.missing(session, NOW, Narrowed())}
        assert "faults to be mended" in said[HOSTILE]
        assert said["Uỷ ban Kiểm tra Hòa Bình"] == "nothing has come in"

    @pytest.mark.parametrize(
        ("day", "level"),
        [(at(2024, 6, 4, 9), "head of the unit"), (at(2024, 6, 6, 9), "body above")],
    )
    def test_climb_the_ladder(self, reading: Site, day: object, level: str) -> None:
        with reading.database.read() as session:
            found = missing.missing(session, day, Narrowed())  # type: ignore[arg-type]
        assert all(line.level.startswith(level) for line in found)

    def test_come_to_the_office_when_the_round_is_over(self, reading: Site) -> None:
        with reading.database.write() as session:
            found = lookup.round_(session, "kl-1", "bao-cao")
            summarising.summarise(session, found, NOW)
        with reading.database.read() as session:
            assert missing.missing(session, NOW, Narrowed()) == []
            over = missing.missing(session, NOW, Narrowed(), closed=True)
        assert {line.decides for line in over} == {missing.Decides.OFFICE}

    def test_download_as_a_sheet_without_formulas(self, clerk: Visitor) -> None:
        answer = clerk.opens("/exceptions.xlsx")
        assert "attachment" in answer.headers["content-disposition"]
        page = load_workbook(BytesIO(answer.content)).active
        assert page is not None
        cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
        assert HOSTILE in [cell.value for cell in cells]
        assert all(cell.data_type != "f" for cell in cells)

    def test_are_narrowed_to_a_level(self, clerk: Visitor) -> None:
        assert rows(clerk.opens("/exceptions?level=commune")) == 0
        assert rows(clerk.opens("/exceptions?directive=kl-1&decides=above")) == 2


class TestUnits:
    @pytest.mark.parametrize("words", ["Uỷ ban", "Ủy ban", "uy ban", "HOA BINH", "hoà bình"])
    def test_are_found_however_they_are_typed(self, clerk: Visitor, words: str) -> None:
        page = clerk.client.get("/units", params={"q": words})
        assert rows(page) == 1
        assert "Kiểm tra Hòa Bình" in page.text

    def test_show_everything_of_one(self, clerk: Visitor) -> None:
        with clerk.site.database.read() as session:
            id_ = lookup.unit(session, "so-c").id
        page = clerk.opens(f"/units/{id_}").text
        assert "Answered late" in page
        assert "<svg" in page
        assert "Văn thư so-c" in page

    def test_no_word_of_a_search_is_a_wildcard(self, clerk: Visitor) -> None:
        assert rows(clerk.opens("/units?q=%25")) == 0
        assert rows(clerk.opens("/units?q=_")) == 0


class TestSearch:
    @pytest.mark.parametrize("words", ["thiếu cán bộ", "THIEU CAN BO", "cán thiếu"])
    def test_finds_the_texts_of_answers(self, clerk: Visitor, words: str) -> None:
        page = clerk.client.get("/search", params={"q": words}).text
        assert "Thiếu cán bộ kiểm tra." in page
        assert "Đơn vị so-a" in page

    def test_finds_directives_and_rounds(self, clerk: Visitor) -> None:
        assert 'href="/directives/kl-1"' in clerk.opens("/search?q=thu nghiem").text
        assert 'href="/rounds/1"' in clerk.opens("/search?q=bao+cao").text

    def test_takes_any_words(self, clerk: Visitor) -> None:
        for words in ("", " ", "%", "'; --", "ộ" * 200):
            assert clerk.client.get("/search", params={"q": words}).status_code == 200


class TestWeeks:
    def test_have_what_falls_due(self, clerk: Visitor) -> None:
        page = clerk.opens("/weeks?first=2024-06-03").text
        assert "2 of 5 answered" in page
        assert "2 of 5 answered" not in clerk.opens("/weeks?first=2024-06-10").text


class TestADirective:
    def test_tells_its_dates_and_why(self, clerk: Visitor) -> None:
        page = clerk.opens("/directives/kl-1").text
        assert "Date set: 03/06/2024." in page
        assert "/runs?flow-run-search=kl-1+" in page

    def test_of_real_length_is_shown_whole(self, site: Site) -> None:
        page = signed_in(site, AccountRole.SECRETARIAT).opens("/directives/53-kh-ubnd").text
        assert page.count("<h2>") >= 6


class TestARound:
    def test_shows_the_summary_as_a_draft_then_frozen(self, reading: Site, clerk: Visitor) -> None:
        assert "A draft as it would be now" in clerk.opens("/rounds/1").text
        with reading.database.write() as session:
            found = lookup.round_(session, "kl-1", "bao-cao")
            frozen = summarising.summarise(session, found, NOW).sha256
        assert "version 1, not signed yet" in clerk.opens("/rounds/1").text
        assert frozen in clerk.opens("/directives/kl-1/rounds/bao-cao/summary").text

    def test_is_found_by_the_names_that_flow_runs_have(self, clerk: Visitor) -> None:
        answer = clerk.client.get("/directives/kl-1/rounds/bao-cao", follow_redirects=False)
        assert answer.headers["location"] == "/rounds/1"

    def test_opens_lists_of_as_many(self, clerk: Visitor) -> None:
        for href, n in links(clerk.opens("/rounds/1")):
            if "/list?" in href:
                assert rows(clerk.opens(href)) == int(n)


class TestCoverage:
    def test_says_what_nobody_planned(self, site: Site) -> None:
        clerk = signed_in(site, AccountRole.SECRETARIAT)
        with site.database.read() as session:
            gaps = len(coverage(session, lookup.directive(session, "53-kh-ubnd"), NOW).gaps)
        page = clerk.opens("/directives/53-kh-ubnd/coverage").text
        assert gaps
        assert f'<a href="#gaps">{gaps}</a>' in page


class TestHistory:
    def test_tells_what_was_done(self, clerk: Visitor) -> None:
        page = clerk.opens("/history")
        assert "made a request" in page.text or "sent an answer" in page.text

    def test_is_narrowed(self, clerk: Visitor) -> None:
        assert rows(clerk.opens("/history?deed=opened")) <= rows(clerk.opens("/history"))
        assert rows(clerk.opens("/history?since=2031-01-01")) == 0
        assert rows(clerk.opens("/history?until=2020-01-01")) == 0
