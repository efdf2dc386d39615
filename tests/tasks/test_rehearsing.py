"""A draft beside what the database has in force, and the page a clerk reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from dondoc.environment import environment
from models import i18n
from models.calendar import vietnam
from models.database import Database, database
from models.directive_file import DirectiveFile
from models.rehearsal import Call
from models.round import Round
from tasks import lookup
from tasks.rehearsing import Rehearsal, rehearse, verdict, warnings, write_page
from tests.tasks.office import (
    OFFICE,
    SO_A,
    SO_B,
    a_file,
    a_register,
    a_round,
    a_unit,
    at,
    in_force,
    issue,
    know,
)
from tests.tasks.test_escaping import EVIL, assert_only_words, read
from tests.texts import EXAMPLES, checked, register_of

pytestmark = pytest.mark.any_database

DRAFT = EXAMPLES / "thanh-hoa/2664-kl-tu.yaml"
UNITS = a_register(OFFICE, SO_A, SO_B)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with i18n.speaking("en"):
        yield


@pytest.fixture
def beside_53(office: Database) -> Rehearsal:
    """2664-KL/TU as a draft, where 53/KH-UBND is registered."""
    with in_force(office):
        return rehearse(checked(DRAFT).directive, register_of(DRAFT), vietnam())


@pytest.fixture
def small(db: Database) -> Iterator[Database]:
    """The small province, where "cu" asks its departments for a report by 3 June 2024."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, a_file("cu"))
    with in_force(db):
        yield db


def tried(file: DirectiveFile) -> Rehearsal:
    return rehearse(file, UNITS, vietnam())


def others(found: Rehearsal) -> set[str]:
    return {call.round.code for call in found.others}


class TestRealExamples:
    def test_meet_in_the_yearly_reports(self, beside_53: Rehearsal) -> None:
        assert beside_53.beside == ["53/KH-UBND"]
        met = next(c for c in beside_53.collisions if c.day.isoformat() == "2024-12-20")
        assert {call.round.code for call in met.calls} == {"bao-cao-2024", "bao-cao-nam-2024"}
        one, other = (set(call.units) for call in met.calls)
        assert set(met.units) == one & other != one

    def test_give_a_page_that_needs_nothing_else(self, beside_53: Rehearsal) -> None:
        page = write_page(beside_53)
        assert not read(page).tags.keys() & {"script", "link", "img"}
        assert "src=" not in page and "href=" not in page and "url(" not in page

    def test_give_a_page_with_every_date(self, beside_53: Rehearsal) -> None:
        words = read(write_page(beside_53)).words
        for call in beside_53.draft:
            assert call.due.strftime("%d/%m/%Y") in words
        assert verdict(beside_53) in words

    def test_every_warning_names_a_round(self, beside_53: Rehearsal) -> None:
        titles = [call.round.title for call in beside_53.draft]
        lines = list(warnings(beside_53))
        assert lines and all(any(title in line for title in titles) for line in lines)

    def test_speak_vietnamese(self, beside_53: Rehearsal) -> None:
        with i18n.speaking("vi"):
            assert 'lang="vi"' in write_page(beside_53)


@pytest.mark.usefixtures("small")
class TestInForce:
    def test_is_what_the_province_has_registered(self) -> None:
        found = tried(a_file("moi"))
        assert (found.beside, others(found)) == (["CU/TU"], {"bao-cao"})
        assert "CU/TU" in write_page(found)

    def test_is_not_the_draft_itself(self) -> None:
        assert tried(a_file("cu")).others == ()

    def test_is_nothing_of_another_province(self) -> None:
        assert tried(a_file("moi", province="Nơi Khác")).others == ()

    def test_is_not_what_was_due_before_the_draft(self) -> None:
        late = a_round(when={"on": "2024-07-01"})
        assert tried(a_file("moi", issued="2024-06-04", rounds=[late])).others == ()

    def test_is_not_what_is_closed(self, small: Database) -> None:
        with small.write() as session:
            done = lookup.round_(session, "cu", "bao-cao")
            done.opened_at, done.closed_at = at(2024, 5, 6), at(2024, 6, 10)
        assert tried(a_file("moi")).others == ()

    def test_is_due_when_the_database_says(self, small: Database) -> None:
        with small.write() as session:
            moved = session.exec(select(Round)).one()
            moved.due, moved.closes = at(2024, 6, 10).date(), at(2024, 6, 17).date()
        assert [call.due for call in tried(a_file("moi")).others] == [at(2024, 6, 10).date()]

    def test_gives_the_register_where_the_draft_has_none(self) -> None:
        found = rehearse(a_file("moi"), None, vietnam())
        assert found.draft[0].units == ("so-a", "so-b")


class TestWithoutDatabase:
    @pytest.fixture(autouse=True)
    def nowhere(self, tmp_path: Path) -> Iterator[Path]:
        with environment({"DONDOC_DATA": str(tmp_path / "data"), "DONDOC_DATABASE_URL": ""}):
            database.cache_clear()
            yield tmp_path / "data"

    def test_the_draft_is_shown_alone_and_the_page_says_so(self) -> None:
        found = tried(a_file())
        assert found.others == () and found.draft
        assert "No directive in force is known here" in write_page(found)

    def test_no_file_is_made(self, nowhere: Path) -> None:
        write_page(tried(a_file()))
        assert not nowhere.exists()

    def test_nor_register_the_dates_are_shown_and_nobody_is_accused(self) -> None:
        found = rehearse(a_file(), None, vietnam())
        assert (found.nobody, found.unknown, found.maps) == ([], (), ())
        page = write_page(found)
        assert "03/06/2024" in page and "No register of units is known" in page


class TestWhoIsAsked:
    def test_a_name_the_register_does_not_know_is_shown(self) -> None:
        found = tried(a_file(rounds=[a_round(units=["Sở Lạ"])]))
        assert found.unknown == ("Sở Lạ",)
        assert any("Sở Lạ" in line for line in warnings(found))

    def test_a_round_that_asks_nobody_is_to_be_looked_at(self) -> None:
        gone = a_register(OFFICE, a_unit("so-a", ends="2024-03-01"))
        found = rehearse(a_file(), gone, vietnam())
        assert found.to_look_at == set(found.draft)
        assert any("no unit answers" in line for line in warnings(found))

    def test_a_round_that_opens_on_request_has_no_date_but_stands_on_the_page(self) -> None:
        asked = a_round("yeu-cau", title="Báo cáo đột xuất", when={"on_request": "yes"})
        found = tried(a_file(rounds=[asked]))
        assert found.draft == () and "no date" in verdict(found)
        assert "Báo cáo đột xuất" in read(write_page(found)).words


class TestThePage:
    def test_shows_words_as_words(self) -> None:
        evil = a_register(OFFICE, a_unit("so-a", name=f"Sở {EVIL}"), SO_B)
        rounds = [
            a_round("mot", title=f"Một {EVIL}", overseer=f"Thanh tra {EVIL}"),
            a_round("hai", title=f"Hai {EVIL}", asks=EVIL),
            a_round("ba", title=f"Ba {EVIL}", units=[f"Sở lạ {EVIL}"]),
        ]
        file = a_file(symbol=f"1 {EVIL}", subject=EVIL, issuer=EVIL, rounds=rounds)
        found = rehearse(file, evil, vietnam())
        page = write_page(found)
        assert found.collisions and found.maps
        assert_only_words(page, *(f"{word} {EVIL}" for word in ("Một", "Hai", "Ba", "Sở", "Sở lạ")))
        assert EVIL not in page

    def test_says_so_where_nothing_is_wrong(self) -> None:
        found = tried(a_file(rounds=[a_round(when={"on": "2024-06-12"})]))
        assert verdict(found) == "1 date; nothing to look at."
        assert "No date meets Lunar New Year" in read(write_page(found)).words

    def test_marks_what_is_only_proposed(self) -> None:
        question = {
            "id": "han", "about": ["rounds/bao-cao"], "asks": "Ngày nào?", "why": "Không nêu ngày.",
            "proposed": {"on": "2024-06-12"},
        }  # fmt: skip
        file = a_file(rounds=[a_round(when=None, question="han")], questions=[question])
        assert "proposed" in row_of(tried(file))

    def test_shows_the_load_of_a_week_as_a_number(self) -> None:
        rounds = [a_round(f"dot-{n}", when={"on": "2024-06-12"}) for n in range(3)]
        page = write_page(tried(a_file(rounds=rounds)))
        assert '<td class="h3 ours" title="3 of the draft, 0 of what is in force' in page


def row_of(found: Rehearsal) -> str:
    """The words of the page about its only date."""
    (call,) = found.draft
    assert isinstance(call, Call)
    _before, _due, after = read(write_page(found)).words.partition(call.round.title)
    return after[:200]
