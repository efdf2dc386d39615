"""The board: what the facts gave at an instant, though more has happened since."""

from datetime import date, datetime

import pytest

from models.database import Database
from models.words import Status
from tasks import lookup, summarising
from tasks.boards import Line, RoundLine, board, clerks, owed, round_lines
from tests.conftest import Databases
from tests.tasks.office import (
    A_REPORT,
    OFFICE,
    SO_A,
    SO_B,
    SO_C,
    answer,
    at,
    issue,
    know,
    open_,
    report_file,
)

pytestmark = pytest.mark.xdist_group("boards")  # its database is made once

OPENED = at(2024, 5, 6)
CODE = "kl-1/bao-cao/so-{}"


@pytest.fixture
def life(databases: Databases) -> Database:
    """Three units: one answers in time, one declines, one answers late; then the round closes."""
    return databases.shared(databases.template("life", live, like=databases.migrated()))


def live(db: Database) -> None:
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B, SO_C)
        issue(session, report_file())
        open_(session, "kl-1", "bao-cao", OPENED)
    reason = {"reason": "Không thuộc chức năng."}
    answer(db, CODE.format("a"), A_REPORT, at(2024, 5, 20))
    answer(db, CODE.format("b"), reason, at(2024, 5, 21), decline=True)
    answer(db, CODE.format("c"), A_REPORT, at(2024, 6, 5))
    with db.write() as session:
        summarising.summarise(session, lookup.round_(session, "kl-1", "bao-cao"), at(2024, 6, 10))


def lines(db: Database, as_of: datetime) -> list[Line]:
    with db.read() as session:
        return board(session, lookup.directive(session, "kl-1"), as_of)


def round_line(db: Database, as_of: datetime) -> RoundLine:
    with db.read() as session:
        owner = lookup.directive(session, "kl-1")
        (found,) = round_lines(session, owner, board(session, owner, as_of), as_of)
        return found


class TestThePast:
    @pytest.mark.parametrize(
        ("as_of", "expected"),
        [
            (at(2024, 5, 6, 9), [Status.OPEN] * 3),
            (at(2024, 5, 20, 7, 59), [Status.OPEN] * 3),
            (at(2024, 5, 20, 8), [Status.ON_TIME, Status.OPEN, Status.OPEN]),
            (at(2024, 5, 31), [Status.ON_TIME, Status.DECLINED, Status.NEARLY_DUE]),
            (at(2024, 6, 4), [Status.ON_TIME, Status.DECLINED, Status.OVERDUE]),
            (at(2024, 6, 5), [Status.ON_TIME, Status.DECLINED, Status.LATE]),
        ],
        ids=str,
    )
    def test_is_shown_as_it_was(
        self, life: Database, as_of: datetime, expected: list[Status]
    ) -> None:
        assert [line.status for line in lines(life, as_of)] == expected

    def test_knows_of_no_answer_that_was_still_to_come(self, life: Database) -> None:
        for line in lines(life, at(2024, 5, 19)):
            assert (line.answered_at, line.ended_at) == (None, None)

    def test_has_no_obligations_before_the_round_opened(self, life: Database) -> None:
        assert lines(life, at(2024, 5, 6, 7)) == []

    @pytest.mark.parametrize(
        ("as_of", "opened", "closed"),
        [
            (at(2024, 5, 6, 7), False, False),
            (at(2024, 5, 6, 8), True, False),
            (at(2024, 6, 10, 7), True, False),
            (at(2024, 6, 10, 8), True, True),
        ],
        ids=str,
    )
    def test_opens_and_closes_rounds_at_their_moment(
        self, life: Database, as_of: datetime, opened: bool, closed: bool
    ) -> None:
        found = round_line(life, as_of)
        assert (found.opened, found.closed) == (opened, closed)
        assert bool(found.figures) is opened


class TestLines:
    def test_stand_in_the_order_of_due_date_and_unit(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A, SO_B)
            issue(session, report_file())
            issue(session, report_file("kl-2"))
            open_(session, "kl-2", "bao-cao", OPENED)
            open_(session, "kl-1", "bao-cao", OPENED)
        found = lines(db, at(2024, 6, 5))
        assert [line.code for line in found] == ["kl-1/bao-cao/so-a", "kl-1/bao-cao/so-b"]
        assert [(line.unit, line.unit_code) for line in found] == [
            ("Đơn vị so-a", "so-a"), ("Đơn vị so-b", "so-b"),
        ]  # fmt: skip
        assert [line.days_overdue for line in found] == [2, 2]

    def test_owed_are_those_still_to_come(self, life: Database) -> None:
        assert [line.unit_code for line in owed(lines(life, at(2024, 6, 4)))] == ["so-c"]
        assert owed(lines(life, at(2024, 6, 5))) == []

    def test_may_be_of_one_round(self, life: Database) -> None:
        with life.read() as session:
            owner = lookup.directive(session, "kl-1")
            found = lookup.round_(session, "kl-1", "bao-cao")
            assert len(board(session, owner, at(2024, 6, 4), round_id=found.id)) == 3
            assert board(session, owner, at(2024, 6, 4), round_id=999) == []


class TestRoundLines:
    def test_count_what_came(self, life: Database) -> None:
        assert round_line(life, at(2024, 6, 5)).figures == {
            "asked": 3, "expected": 3, "received": 2, "on_time": 1, "late": 1, "declined": 1,
            "missing": 0, "waived": 0, "passed_on": 0, "lapsed": 0,
        }  # fmt: skip

    @pytest.mark.parametrize(("registered", "passed"), [(10, False), (11, True)])
    def test_have_passed_where_all_was_over_before_registration(
        self, db: Database, registered: int, passed: bool
    ) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, report_file(), at(2024, 6, registered))
        found = round_line(db, at(2024, 7, 1))
        assert found.closes == date(2024, 6, 10)
        assert found.passed is passed

    def test_have_not_passed_once_they_opened(self, life: Database) -> None:
        with life.write() as session:
            lookup.directive(session, "kl-1").registered_at = at(2025, 1, 1)
        assert not round_line(life, at(2025, 2, 1)).passed

    def test_name_the_number_to_call(self, life: Database) -> None:
        with life.read() as session:
            found = clerks(session)
        assert {contact.telephone for contact in found.values()} == {"0000 000 001"}
        assert len(found) == 4
