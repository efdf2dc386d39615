"""The board: its figures are the facts', each number opens its list, and the past stays."""

from collections import Counter
from collections.abc import Iterator

import pytest

from models.database import Database
from models.status import tally
from models.words import AccountRole
from portal.site import Site
from tasks import boards, lookup
from tests.conftest import Databases
from tests.portal.reading import HOSTILE, NOW, links, live, rows, site_of
from tests.portal.visitor import Clock, Visitor, signed_in

pytestmark = [
    pytest.mark.xdist_group("board-pages"),
    pytest.mark.any_database,
]  # its database is made once


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


class TestTheMatrix:
    def test_shows_the_tally_of_the_facts(self, reading: Site, clerk: Visitor) -> None:
        with reading.database.read() as session:
            lines = boards.board(session, lookup.directive(session, "kl-1"), NOW)
        expected = tally(line.status for line in lines)
        shown = {
            href.split("status=")[1]: int(words)
            for href, words in links(clerk.opens("/board/kl-1"))
            if "status=" in href and "round=" not in href
        }
        assert {name: expected[name] for name in ("expected", "received", "on_time", "late")} == {
            name: shown[name] for name in ("expected", "received", "on_time", "late")
        }
        assert shown["late_now"] == 2
        assert shown["declined"] == 1

    def test_has_a_sign_in_each_cell(self, clerk: Visitor) -> None:
        body = clerk.opens("/board/kl-1").text.split("<tbody>")[1]
        signs = Counter(body.count(f"<td {letter}>") and letter for letter in "vmqrx")
        assert set(signs) >= {"v", "m", "r", "x"}

    def test_opens_from_every_number_a_list_of_that_many(self, clerk: Visitor) -> None:
        for path in ("/board/kl-1", "/board/kl-1?as_of=2024-05-20", "/board/kl-1?level=province"):
            numbers = [
                (href, words)
                for href, words in links(clerk.opens(path))
                if "/list?" in href and words.isdigit()
            ]
            assert len(numbers) > 4
            for href, words in numbers:
                assert rows(clerk.opens(href)) == int(words), href

    def test_says_completeness_and_timeliness_of_the_expected(self, clerk: Visitor) -> None:
        page = clerk.opens("/board/kl-1").text
        assert "40%" in page  # two of five received
        assert "20%" in page  # one of five in time

    def test_escapes_a_hostile_name(self, clerk: Visitor) -> None:
        for path in ("/board/kl-1", "/board/kl-1/list", "/exceptions", "/units", "/search?q=alert"):
            page = clerk.opens(path).text
            assert "<script" not in page
            assert "&lt;script&gt;alert(1)" in page, path


class TestThePast:
    def test_is_the_board_as_it_was(self, clerk: Visitor) -> None:
        before = {
            href.split("status=")[1].split("&")[0]: words
            for href, words in links(clerk.opens("/board/kl-1?as_of=2024-05-19"))
            if "status=" in href and "round=" not in href
        }
        assert before["received"] == "0"
        assert before["missing"] == "5"

    def test_of_before_the_opening_is_empty(self, clerk: Visitor) -> None:
        assert "No round has opened" in clerk.opens("/board/kl-1?as_of=2024-01-01").text

    def test_of_a_day_to_come_is_now(self, clerk: Visitor) -> None:
        assert "As of 09:00 10/06/2024" in clerk.opens("/board/kl-1?as_of=2031-01-01").text


@pytest.mark.parametrize(
    "path",
    [
        "/board/none", "/board/kl-1?level=moon", "/board/kl-1?group=x", "/board/kl-1?group=0",
        "/board/kl-1?as_of=yesterday", "/board/kl-1?as_of=0001-01-01", "/board/kl-1/list?status=x",
        "/board/kl-1/list?round=99999999999999999999", "/exceptions?decides=nobody",
        "/history?deed=flew", "/history?before=-1", "/units/999", "/rounds/999", "/directives/none",
        "/directives/kl-1/rounds/none",
    ],
)  # fmt: skip
def test_what_there_is_not_is_a_page_that_says_so(clerk: Visitor, path: str) -> None:
    clerk.opens(path, 404)


class TestWhoReads:
    @pytest.mark.parametrize("role", [AccountRole.OVERSEER, AccountRole.READER])
    def test_overseers_and_readers_see_the_whole_board(
        self, reading: Site, role: AccountRole
    ) -> None:
        unit = 1 if role is AccountRole.OVERSEER else None
        guest = signed_in(reading, role, unit)
        guest.opens("/board/kl-1")
        assert "vanthu@" not in guest.opens("/units/2").text

    def test_the_head_of_a_unit_does_not(self, reading: Site) -> None:
        head = signed_in(reading, AccountRole.UNIT_HEAD, 2)
        for path in ("/board/kl-1", "/exceptions", "/units/3", "/history", "/search?q=a"):
            head.opens(path, 403)

    def test_the_secretariat_sees_addresses(self, clerk: Visitor) -> None:
        assert "vanthu@so-a.example" in clerk.opens("/units/2").text


def test_reading_writes_nothing(reading: Site, clerk: Visitor) -> None:
    """GET changes nothing: the routes open sessions that the database keeps from writing."""
    paths = [
        "/", "/board/kl-1", "/board/kl-1/list", "/sectors", "/exceptions", "/exceptions.xlsx",
        "/units", "/units/1", "/search?q=so", "/weeks", "/directives", "/directives/kl-1",
        "/rounds/1", "/history",
    ]  # fmt: skip
    for path in paths:
        clerk.opens(path)
    assert HOSTILE  # the office has it among its units
