"""The activity history: every deed is there, in whose name, with what it changed, newest first."""

from datetime import date

import pytest

from models import i18n
from models.calendar import DayKind, Decision
from models.database import Database
from models.words import Deed, Quality, ReliefKind
from tasks import lookup
from tasks.calendars import note_import
from tasks.history import Entry, activities
from tasks.resending import correct
from tests.conftest import Databases
from tests.tasks.office import A_REPORT, answer, at, owed
from tests.tasks.test_appraising import accept_, number, return_
from tests.tasks.test_reliefs import BY, CODE, DECIDED, OTHER, ask, close, decide

pytestmark = [
    pytest.mark.xdist_group("history"),
    pytest.mark.any_database,
]  # its database is made once


@pytest.fixture
def lived(databases: Databases, asking: Database) -> Database:
    """A round in which everything was done once."""
    return databases.shared(databases.template("history", live, like="asking"))


def live(db: Database) -> None:
    answer(db, CODE, A_REPORT, at(2024, 5, 20))
    return_(db, until=date(2024, 6, 14))
    decide(db, ask(db, until=date(2024, 6, 20)))
    decide(db, ask(db, ReliefKind.WAIVER, None, OTHER), granted=False, words="Việc gấp.")
    answer(db, CODE, A_REPORT, at(2024, 5, 30))
    accept_(db, number(db), Quality.FAIR, as_of=at(2024, 5, 31))
    with db.write() as session:
        correct(session, lookup.unit(session, "so-b"), "moi@so-b.example", BY, at(2024, 6, 1))
    close(db, at(2024, 6, 10))


def entries(db: Database, **wanted: object) -> list[Entry]:
    with db.read() as session, i18n.speaking("en"):
        return activities(session, **wanted)  # type: ignore[arg-type]


class TestHistory:
    def test_has_every_deed_newest_first(self, lived: Database) -> None:
        found = [entry.deed for entry in entries(lived)]
        assert found == [
            Deed.CLOSED, Deed.CORRECTED, Deed.APPRAISED, Deed.ANSWERED, Deed.DECIDED, Deed.ASKED,
            Deed.DECIDED, Deed.ASKED, Deed.APPRAISED, Deed.ANSWERED, Deed.OPENED, Deed.REGISTERED,
        ]  # fmt: skip

    def test_says_what_changed_in_words(self, lived: Database) -> None:
        (entry, _other) = [e for e in entries(lived, deed=Deed.DECIDED) if e.obligation]
        granted = entries(lived, deed=Deed.DECIDED)[-1]
        assert granted.what == "decided a request"
        assert (granted.by, granted.obligation, granted.unit) == (BY, CODE, "Đơn vị so-a")
        changed = {name: (old, new) for name, old, new in granted.changes}
        assert changed["due date"] == ("14/06/2024", "20/06/2024")
        assert (changed["granted"], changed["kind"]) == (("", "yes"), ("", "extension"))
        assert {name: new for name, _old, new in entry.changes}["words"] == "Việc gấp."

    def test_names_the_system_where_nobody_did_it(self, lived: Database) -> None:
        (entry,) = entries(lived, deed=Deed.OPENED)
        assert entry.by == i18n.vi("the system")
        assert {name: new for name, _old, new in entry.changes}["asked"] == "2"

    def test_is_filtered_by_what_a_page_is_about(self, lived: Database) -> None:
        with lived.read() as session:
            id_ = lookup.id_of(owed(session, CODE))
            unit = lookup.id_of(lookup.unit(session, "so-b"))
            owner = lookup.id_of(lookup.directive(session, "kl-1"))
        assert {entry.obligation for entry in entries(lived, obligation=id_)} == {CODE}
        assert {entry.unit for entry in entries(lived, unit=unit)} == {"Đơn vị so-b"}
        assert {entry.directive for entry in entries(lived, directive=owner)} == {"KL-1/TU"}
        assert entries(lived, account=1) == []
        of_day = entries(lived, since=DECIDED, until=DECIDED)
        assert {entry.deed for entry in of_day} == {Deed.DECIDED}

    def test_goes_on_page_by_page(self, lived: Database) -> None:
        whole, pages = entries(lived), list[Entry]()
        while page := entries(lived, limit=5, before_id=pages[-1].number if pages else None):
            pages += page
        assert pages == whole


def test_a_calendar_import_is_noted(db: Database) -> None:
    with db.write() as session:
        day = Decision(date(2030, 1, 2), DayKind.OFF, "Nghỉ bù", "Công văn 1")
        note_import(session, [day], [], at(2024, 5, 6))
    (entry,) = entries(db)
    assert (entry.deed, entry.changes) == (Deed.IMPORTED, (("days", "", "2030-01-02"),))
