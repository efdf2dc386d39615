"""What the secretariat does by hand: a reminder at once, what became of a unit."""

from datetime import date

import pytest
from sqlmodel import select

from models.activity import Activity
from models.calendar import vietnam
from models.database import Database
from models.errors import NotAllowed, RegisterError, UnknownName
from models.mail import Reminder
from models.round import Obligation
from models.words import Deed, Ending, Purpose, SuccessionKind
from tasks import lookup
from tasks.reminding import remind
from tasks.reminding_by_hand import remind_now
from tasks.succession import Passing
from tasks.succession_by_hand import Happened, NewUnit, record_succession
from tasks.units import load_register
from tests.tasks.office import A_REPORT, SMALL, answer, at, mails, owed
from tests.tasks.test_reliefs import BY, CODE, OTHER, read, task

NOW = at(2024, 5, 22, 9)
DAY = date(2024, 5, 27)
NEW = NewUnit("so-moi", "Sở Mới", "province", "department", "vanthu@so-moi.example", "0000 000 002",
              parent="van-phong")  # fmt: skip


def urge(db: Database, *codes: str, hour: int = 9) -> int:
    with db.write() as session:
        return remind_now(session, codes, BY, at(2024, 5, 22, hour))


class TestReminding:
    def test_mails_each_unit_at_once_and_keeps_the_evidence(self, asking: Database) -> None:
        assert urge(asking, CODE, OTHER) == 2
        with asking.read() as session:
            text, _event = read(session, mails(session, Purpose.REMINDER)[0])
            rows = session.exec(select(Reminder)).all()
            noted = session.exec(select(Activity).where(Activity.deed == Deed.REMINDED)).all()
        assert CODE in text and "còn 8 ngày làm việc" in text
        assert [(r.step, r.purpose, r.message_id is not None) for r in rows] == [
            ("by-hand-2024-05-22", Purpose.REMINDER, True)
        ] * 2
        assert [(n.by, n.about) for n in noted] == [(BY, CODE), (BY, OTHER)]

    def test_leaves_out_what_is_not_owed_and_what_was_urged_for_today(
        self, asking: Database
    ) -> None:
        answer(asking, CODE, A_REPORT, at(2024, 5, 20))
        assert urge(asking, CODE, OTHER) == 1
        with pytest.raises(NotAllowed):
            urge(asking, CODE, OTHER, hour=10)
        with pytest.raises(UnknownName, match="kl-1/x"):
            urge(asking, OTHER, "kl-1/x")

    def test_leaves_the_ladder_as_it_is(self, asking: Database) -> None:
        urge(asking, CODE)
        with asking.write() as session:
            remind(session, vietnam(), at(2024, 5, 23, 8, 30))
        with asking.read() as session:
            id_ = owed(session, CODE).id
            steps = session.exec(select(Reminder.step).where(Reminder.obligation_id == id_)).all()
        assert sorted(steps) == ["before-7", "by-hand-2024-05-22"]


def record(db: Database, happened: Happened, *made: NewUnit) -> Passing:
    with db.write() as session:
        unit = lookup.unit(session, "so-a")
        return record_succession(session, unit, happened, made, BY, vietnam(), at(2024, 5, 28))[1]


def merger(*successors: str) -> Happened:
    return Happened(SuccessionKind.MERGE, DAY, "Nghị quyết 12/NQ-HĐND", successors)


class TestSuccession:
    def test_passes_what_was_owed_to_a_unit_that_is_new(self, asking: Database) -> None:
        assert record(asking, merger("so-moi"), NEW) == Passing(1, 1, 0)
        assert task(asking).ending is Ending.PASSED_ON
        assert task(asking, "kl-1/bao-cao/so-moi").answered_at is None
        with asking.read() as session:
            found = load_register(session, SMALL)
            noted = session.exec(select(Activity).where(Activity.deed == Deed.SUCCEEDED)).one()
        assert (found.units["so-a"].ends, found.units["so-moi"].begins) == (date(2024, 5, 26), DAY)
        assert found.units["so-moi"].parent == "van-phong"
        assert [unit.code for unit in found.expand("Các sở", DAY)] == ["so-moi", "so-b"]
        assert (noted.by, noted.about) == (BY, "Đơn vị so-a")
        assert noted.after == {"successors": "so-moi"}

    def test_knows_one_that_is_there_and_an_end_without_any(self, asking: Database) -> None:
        assert record(asking, merger("so-b")) == Passing(1, 0, 0)
        with pytest.raises(NotAllowed, match="so-a"):
            record(asking, merger("so-moi"), NEW)

    def test_that_nobody_takes_over_ends_what_was_owed(self, asking: Database) -> None:
        gone = Happened(SuccessionKind.END, DAY, "Quyết định 5/QĐ-UBND")
        assert record(asking, gone) == Passing(0, 0, 1)
        assert task(asking).ending is Ending.LAPSED

    @pytest.mark.parametrize(
        "wrong",
        [
            Happened(SuccessionKind.END, DAY, "QĐ 5", ("so-b",)),
            Happened(SuccessionKind.MERGE, DAY, "QĐ 5"),
            Happened(SuccessionKind.MERGE, DAY, "", ("so-b",)),
            Happened(SuccessionKind.MERGE, DAY, "QĐ 5", ("so-khong-co",)),
            Happened(SuccessionKind.MERGE, DAY, "QĐ 5", ("so-a",)),
        ],
        ids=str,
    )
    def test_goes_by_the_rules_of_the_register(self, asking: Database, wrong: Happened) -> None:
        with pytest.raises(RegisterError):
            record(asking, wrong)
        with asking.read() as session:
            assert len(session.exec(select(Obligation)).all()) == 2
            assert load_register(session, SMALL).units["so-a"].ends is None
