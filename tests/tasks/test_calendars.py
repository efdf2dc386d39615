"""The operator's own table of days: what it moves, what it drops, what is wrong with its file."""

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from models.calendar import DayKind, Decision, read_decisions, vietnam
from models.database import Database
from models.errors import CalendarError
from models.reasons import in_words
from models.round import Round
from tasks.calendars import (
    Moved,
    changes,
    import_days,
    own_decisions,
    special_days,
    working_calendar,
)
from tests.tasks.office import OFFICE, SO_A, a_file, a_round, at, issue, know, open_, owed

OFF, WORK, DECIDED = DayKind.OFF, DayKind.WORK, DayKind.DECIDED
STORM = "Nghỉ phòng, chống bão"


def day(text: str, kind: DayKind = OFF, reason: str = STORM) -> Decision:
    return Decision(date.fromisoformat(text), kind, reason, "Công điện 1/CĐ-UBND")


def take(db: Database, *wanted: Decision) -> list[Moved]:
    with db.write() as session:
        return import_days(session, wanted)


def own(db: Database) -> list[tuple[str, DayKind]]:
    with db.read() as session:
        return [(found.day.isoformat(), found.kind) for found in own_decisions(session)]


def dates(session: Session) -> dict[str, tuple[date, date, date]]:
    """When each round opens, is due and closes."""
    rounds = session.exec(select(Round).order_by(col(Round.id)))
    return {found.code: (found.opens, found.due, found.closes) for found in rounds}


@pytest.fixture
def planned(db: Database) -> Database:
    """Two rounds due on Monday 3 June 2024, of which one has opened."""
    rounds = [a_round("da-mo"), a_round("chua-mo")]
    with db.write() as session:
        know(session, OFFICE, SO_A)
        issue(session, a_file(rounds=rounds))
        open_(session, "kl-1", "da-mo", at(2024, 5, 6))
    return db


class TestImporting:
    def test_moves_the_rounds_that_have_not_opened_and_says_which(self, planned: Database) -> None:
        with planned.read() as session:
            before = dates(session)
        assert take(planned, day("2024-06-03"), day("2024-06-04")) == [
            Moved("kl-1", "chua-mo", "Báo cáo", date(2024, 6, 3), date(2024, 6, 5))
        ]
        with planned.read() as session:
            after = dates(session)
            found = session.exec(select(Round).where(Round.code == "chua-mo")).one()
            assert STORM in in_words(found.reason) and "05/06/2024" in in_words(found.reason)
            assert owed(session, "kl-1/da-mo/so-a").due == date(2024, 6, 3)
        assert after["da-mo"] == before["da-mo"]
        assert after["chua-mo"][1:] == (date(2024, 6, 5), date(2024, 6, 12))

    def test_brings_them_back_when_the_day_is_dropped(self, planned: Database) -> None:
        with planned.read() as session:
            before = dates(session)
        take(planned, day("2024-06-03"))
        (moved,) = take(planned, day("2024-12-02"))
        assert (moved.before, moved.after) == (date(2024, 6, 4), date(2024, 6, 3))
        with planned.read() as session:
            assert dates(session) == before

    def test_of_a_worked_saturday_lets_a_round_end_on_it(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file(rounds=[a_round(when={"on": "2024-06-01"})]))
        (moved,) = take(db, day("2024-06-01", WORK, "Làm bù"))
        assert (moved.before, moved.after) == (date(2024, 6, 3), date(2024, 6, 1))

    def test_again_moves_nothing(self, planned: Database) -> None:
        take(planned, day("2024-06-03"))
        with planned.read() as session:
            assert changes(session, [day("2024-06-03")]) == ([], [])
        assert take(planned, day("2024-06-03")) == []
        assert own(planned) == [("2024-06-03", OFF)]


class TestYears:
    def test_are_spoken_for_whole_and_others_left_alone(self, db: Database) -> None:
        take(db, day("2024-06-03"), day("2024-06-04"), day("2025-06-03"))
        wanted = [day("2024-06-04"), day("2024-06-05")]
        with db.read() as session:
            assert changes(session, wanted) == ([day("2024-06-05")], [day("2024-06-03")])
        take(db, *wanted)
        assert own(db) == [("2024-06-04", OFF), ("2024-06-05", OFF), ("2025-06-03", OFF)]

    @pytest.mark.parametrize("now", [day("2024-06-03", WORK), day("2024-06-03", OFF, "Lý do khác")])
    def test_may_say_another_thing_of_the_same_day(self, db: Database, now: Decision) -> None:
        take(db, day("2024-06-03"))
        take(db, now)
        with db.read() as session:
            assert own_decisions(session) == [now]
            assert working_calendar(session).is_working(now.day) is (now.kind is WORK)

    def test_keep_what_is_shipped_where_the_table_says_nothing(self, db: Database) -> None:
        take(db, day("2025-05-05"))
        with db.read() as session:
            calendar = working_calendar(session)
        assert not calendar.is_working(date(2025, 5, 5))
        assert calendar.is_working(date(2025, 4, 26)) is vietnam().is_working(date(2025, 4, 26))

    def test_are_decided_when_a_row_says_so(self, db: Database) -> None:
        far = date(2031, 6, 3)
        assert vietnam().is_computed(far)
        take(db, day("2031-01-01", DECIDED, "Lịch nghỉ năm 2031"))
        with db.read() as session:
            assert not working_calendar(session).is_computed(far)


class TestSpecialDays:
    def test_of_a_year_are_what_their_weekday_does_not_say(self, db: Database) -> None:
        take(db, day("2026-06-03"), day("2026-06-06", WORK, "Làm bù"), day("2025-12-31"),
             day("2027-01-04"))  # fmt: skip
        with db.read() as session:
            found = special_days(working_calendar(session), 2026)
        said = {special: (kind, why) for special, kind, why in found}
        assert said[date(2026, 6, 3)] == (OFF, f"{STORM}; Công điện 1/CĐ-UBND")
        assert said[date(2026, 6, 6)] == (WORK, "Làm bù; Công điện 1/CĐ-UBND")
        assert {special.year for special in said} == {2026}
        assert [special for special, *_ in found] == sorted(said)
        for special, (kind, _why) in said.items():
            assert (kind is WORK) is (special.weekday() >= 5), special

    def test_of_a_year_hold_its_first_and_last_day(self, db: Database) -> None:
        take(db, day("2026-12-31"))
        with db.read() as session:
            days = [special for special, *_ in special_days(working_calendar(session), 2026)]
        assert (days[0], days[-1]) == (date(2026, 1, 1), date(2026, 12, 31))


class TestFaults:
    HEADER = "day,kind,reason,source\n"
    RIGHT = "2026-06-03,off,Nghỉ bão,Công điện 1\n"

    def read(self, folder: Path, *lines: str) -> list[Decision]:
        path = folder / "days.csv"
        path.write_text(self.HEADER + self.RIGHT + "".join(f"{line}\n" for line in lines), "utf-8")
        return read_decisions(path)

    @pytest.mark.parametrize(
        ("line", "column"),
        [
            ("03/06/2026,off,Nghỉ,CĐ 1", "day"),
            ("2026-02-30,off,Nghỉ,CĐ 1", "day"),
            (",off,Nghỉ,CĐ 1", "day"),
            ("1900-01-01,off,Nghỉ,CĐ 1", "day"),
            ("2026-06-04,nghi,Nghỉ,CĐ 1", "kind"),
            ("2026-06-04,,Nghỉ,CĐ 1", "kind"),
            ("2026-06-04,off,,CĐ 1", "reason"),
            ("2026-06-04,off,Nghỉ, ", "source"),
            ("2026-06-03,work,Làm bù,CĐ 2", "day"),
        ],
    )
    def test_have_their_line_and_column(self, tmp_path: Path, line: str, column: str) -> None:
        with pytest.raises(CalendarError) as caught:
            self.read(tmp_path, "", line)
        (fault,) = caught.value.faults
        assert (fault.where, fault.line, fault.field) == (str(tmp_path / "days.csv"), 4, column)

    def test_come_all_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(CalendarError) as caught:
            self.read(tmp_path, "?,?,,", "2026-06-03,off,Nghỉ,CĐ 1")
        found = [(fault.line, fault.field) for fault in caught.value.faults]
        assert found == [(3, "day"), (3, "kind"), (3, "reason"), (3, "source"), (4, "day")]

    def test_a_year_may_be_decided_on_a_day_that_is_off(self, tmp_path: Path) -> None:
        assert len(self.read(tmp_path, "2026-06-03,decided,Lịch nghỉ 2026,CĐ 1")) == 2
