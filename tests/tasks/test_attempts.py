"""Guessing is slowed: by a name that fails too often, whoever asks at once, and never for ever."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from models.account import Attempts
from models.database import Database
from tasks import attempts
from tests.tasks.office import at

NOW = at(2024, 3, 1)
LIMITS = {"login:lan": 5}


def fail(db: Database, as_of: datetime = NOW, limits: Mapping[str, int] = LIMITS) -> bool:
    """A failure, unless there is a pause; whether it was tried."""
    with db.write() as session:
        if attempts.paused(session, limits, as_of):
            return False
        attempts.failed(session, limits, as_of)
        return True


def waits(db: Database, as_of: datetime = NOW, limits: Mapping[str, int] = LIMITS) -> timedelta:
    """How long nothing may be tried."""
    with db.write() as session:
        until = attempts.paused(session, limits, as_of)
        return until - as_of if until else timedelta()


class TestPause:
    @pytest.mark.parametrize(
        ("failures", "minutes"),
        [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (10, 32), (11, 60), (12, 60), (900, 60)],
    )
    def test_doubles_up_to_an_hour(self, failures: int, minutes: int) -> None:
        assert attempts.pause(failures, 5) == timedelta(minutes=minutes)

    def test_begins_with_the_fifth_failure(self, db: Database) -> None:
        assert [fail(db) for _ in range(7)] == [True] * 5 + [False] * 2
        assert waits(db) == timedelta(minutes=1)

    def test_is_not_made_longer_by_trying(self, db: Database) -> None:
        for second in range(0, 60, 2):
            fail(db, NOW + timedelta(seconds=second // 20))
        assert waits(db, NOW + timedelta(seconds=59)) <= timedelta(seconds=2)

    def test_ends_at_its_moment_and_the_next_is_twice_as_long(self, db: Database) -> None:
        for _ in range(5):
            fail(db)
        later = NOW + timedelta(minutes=1)
        assert waits(db, later) == timedelta()
        assert fail(db, later)
        assert waits(db, later) == timedelta(minutes=2)

    def test_of_one_name_leaves_others_alone(self, db: Database) -> None:
        for _ in range(5):
            fail(db)
        assert waits(db, limits={"login:minh": 5}) == timedelta()
        assert waits(db, limits={"login:minh": 5, "login:lan": 5}) == timedelta(minutes=1)

    def test_is_forgotten_on_success(self, db: Database) -> None:
        for _ in range(5):
            fail(db)
        with db.write() as session:
            attempts.forget(session, LIMITS)
        assert waits(db) == timedelta()
        assert [fail(db) for _ in range(6)] == [True] * 5 + [False]

    def test_is_forgotten_a_day_after_it_ended(self, db: Database) -> None:
        for _ in range(5):
            fail(db)
        later = NOW + timedelta(days=1, minutes=2)
        assert fail(db, later)
        assert waits(db, later) == timedelta()
        with db.read() as session:
            assert [row.failed for row in session.exec(select(Attempts))] == [1]


class TestGuessesAtOnce:
    def test_are_all_counted(self, db: Database) -> None:
        with ThreadPoolExecutor(8) as pool:
            tried = list(pool.map(lambda _: fail(db), range(24)))
        assert sum(tried) == 5


class TestAddress:
    @pytest.mark.parametrize(
        ("address", "name"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:aaaa::7", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("x" * 900, "?"),
            ("", "?"),
        ],
    )
    def test_is_counted_as_one_place(self, address: str, name: str) -> None:
        assert attempts.by_address(address) == {f"address:{name}": 50}

    def test_may_fail_more_often_than_a_login(self, db: Database) -> None:
        place = attempts.by_address("203.0.113.7")
        assert sum(fail(db, limits=place) for _ in range(60)) == 50
